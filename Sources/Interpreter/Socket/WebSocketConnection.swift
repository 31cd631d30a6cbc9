// One WebSocket, from the dial to the last byte. It knows nothing of the worker: it reports, and takes calls.
//
//   dialling  -> shaking | over          libcurl connects: name, proxy, TCP, TLS
//   shaking   -> open | over             our request is out, the answer is read
//   open      -> closing | lingering | over
//   closing   -> lingering | over        our close frame is queued or sent, the peer's is awaited
//   lingering -> over                    all is said; what still comes is read and dropped, so that no reset overtakes
//                                        our close frame
//   over

import CLibcurl
import CLinux
import Codecs
import Effects

/// Looks at a dial while it goes on. The daemon has none; `check` tells of every step.
protocol DialWitness: AnyObject {
    /// Before each attempt.
    func dials(_ easy: CurlEasy, _ plan: DialPlan)
    /// An attempt is over; the handle still knows all about it.
    func dialled(_ easy: CurlEasy, _ code: CURLcode)
    func answered(_ answer: WebSocketAnswer, date: Bytes?)
}

final class WebSocketConnection {
    enum Report {
        case opened
        case message(Bytes, isText: Bool)
        case pong(Bytes)
        case ping
        /// The transport took all of it.
        case sent(EffectID)
        /// The connection ended first.
        case unsent(EffectID)
        /// Final, before it was open.
        case refused(DialFailure)
        /// Final.
        case ended(ConnectionEnd)
    }

    enum Phase {
        case dialling
        case shaking(WebSocketAnswerReader)
        case open
        case closing
        case lingering
        case over
    }

    /// Flushed at once when so much has gathered, else at the end of the turn.
    static let gather = 65_536
    /// A peer that takes nothing while so much waits is as good as gone.
    static let backlogMax = 16 * 1_048_576
    /// While so much waits, pings of the peer stay unanswered.
    static let pongBacklogMax = 1_048_576
    static let lingerTime = Span.seconds(2)
    static let userTimeout: UInt32 = 10_000

    let room: SocketRoom
    private(set) var plan: DialPlan
    private(set) var easy: CurlEasy?
    var phase = Phase.dialling
    var reader: WebSocketReader
    let out = SendBuffer()
    private var frame = Bytes()
    private(set) var socket: Int32 = -1
    private let key: Bytes
    private let report: (Report) -> Void
    weak var witness: (any DialWitness)?
    private var wantsWrite = false
    private var flushIsDue = false
    private var isFlushing = false
    var sliceIsDue = false
    private var linger: LoopTimer?

    init(room: SocketRoom, plan: DialPlan, report: @escaping (Report) -> Void) {
        self.room = room
        self.plan = plan
        self.report = report
        reader = WebSocketReader(role: .client, limits: plan.limits)
        key = WebSocketHandshake.key(nonce: room.nonce())
    }

    /// Begins; every outcome is reported, some of them before this returns.
    func dial() {
        room.keep(self)
        connect()
    }

    private func connect() {
        guard let easy = CurlEasy() else { return finish(.connect(Detail("libcurl has no memory left"))) }
        self.easy = easy
        plan.configure(easy)
        witness?.dials(easy, plan)
        let isTaken = room.multi.add(easy) { [weak self] code in self?.connected(code) }
        if !isTaken { finish(.connect(plan.loss("libcurl refused the dial", easy.fault ?? CURLE_OK, easy))) }
    }

    // MARK: Calls

    func send(_ opcode: WebSocketOpcode, _ payload: Bytes, id: EffectID? = nil) {
        switch phase {
        case .open: break
        case .dialling, .shaking, .closing, .lingering, .over:
            if let id { report(.unsent(id)) }
            return
        }
        append(opcode, payload, id: id)
        if out.backlog > Self.backlogMax { end(.lost(Detail("the peer takes too little of what is sent to it"))) }
    }

    func close(code: UInt16) {
        switch phase {
        case .open:
            append(.close, WebSocketWriter.closePayload(code: code), id: nil)
            phase = .closing
        case .dialling, .shaking: finish(.abandoned)
        case .closing, .lingering, .over: break
        }
    }

    /// Ends it here and now; the peer may see a reset.
    func abandon() {
        switch phase {
        case .dialling, .shaking: finish(.abandoned)
        case .open, .closing: end(.abandoned)
        case .lingering, .over: break
        }
    }

    // MARK: From libcurl to the answer

    private func connected(_ code: CURLcode) {
        guard case .dialling = phase, let easy else { return }
        witness?.dialled(easy, code)
        if let better = plan.withBundle(after: code) {
            room.multi.remove(easy)
            plan = better
            return connect()
        }
        guard code == CURLE_OK else { return finish(plan.failure(code, easy)) }
        guard let socket = easy.activeSocket else {
            return finish(.connect(Detail("libcurl lost the connection that it had made")))
        }
        easy.forgetErrorText()
        self.socket = socket
        _ = oz_tcp_user_timeout(socket, Self.userTimeout)
        do {
            let request = try WebSocketHandshake.request(url: plan.url, key: key, fields: plan.fields)
            out.append(request, id: nil)
        } catch {
            return finish(.handshake(plan.detail(Bytes(text: error.words))))
        }
        // libcurl no longer polls it, so it is ours to watch.
        let isWatched = room.loop.watch(socket, .read, rank: .socket) { [weak self] ready in self?.ready(ready) }
        guard isWatched else { return finish(.connect(Detail("the connection's descriptor can't be watched"))) }
        phase = .shaking(WebSocketAnswerReader(key: key))
        flush()
    }

    private func ready(_ ready: Loop.Interest) {
        // What waits for its slice is read there.
        if ready.contains(.read), !sliceIsDue { read() }
        if ready.contains(.write) || wantsWrite { flush() }
    }

    func opened(rest: Bytes) {
        phase = .open
        // What the handshake left behind is the largest garbage of an idle worker.
        oz_curl_release_memory()
        // Loading and dialling touched code that an open connection never needs.
        oz_release_clean_pages()
        report(.opened)
        reader.feed(rest)
    }

    // MARK: Writing

    func append(_ opcode: WebSocketOpcode, _ payload: Bytes, id: EffectID?) {
        frame.removeAll(keepingCapacity: frame.capacity <= Self.gather)
        WebSocketWriter.append(opcode, payload: payload, mask: room.mask(), to: &frame)
        out.append(frame, id: id)
        if out.backlog >= Self.gather, !wantsWrite, !isFlushing { return flush() }
        guard !flushIsDue else { return }
        flushIsDue = true
        room.loop.atTurnEnd { [weak self] in
            self?.flushIsDue = false
            self?.flush()
        }
    }

    func flush() {
        guard !isFlushing, let easy else { return }
        isFlushing = true
        defer { isFlushing = false }
        while let piece = out.offer() {
            var taken = 0
            let code = curl_easy_send(easy.handle, piece.baseAddress, piece.count, &taken)
            if code == CURLE_AGAIN { return want(write: true) }
            guard code == CURLE_OK else { return sendFailed(code, easy) }
            for id in out.took(taken) { report(.sent(id)) }
        }
        want(write: false)
    }

    private func want(write: Bool) {
        guard wantsWrite != write, socket >= 0 else { return }
        wantsWrite = write
        room.loop.change(socket, write ? [.read, .write] : .read)
    }

    /// The peer may have said why before it went: what it sent is read first.
    private func sendFailed(_ code: CURLcode, _ easy: CurlEasy) {
        let detail = plan.loss("sending failed", code, easy)
        want(write: false)
        var slices = 0
        while isReading, slices < 64 {
            sliceIsDue = false
            read()
            if !sliceIsDue { break }
            slices += 1
        }
        broke(detail)
    }

    var isReading: Bool {
        switch phase {
        case .shaking, .open, .closing, .lingering: true
        case .dialling, .over: false
        }
    }

    // MARK: The end

    /// The transport ended or broke.
    func broke(_ detail: Detail) {
        switch phase {
        case .dialling, .shaking: finish(.handshake(detail))
        case .open, .closing: end(.lost(detail))
        case .lingering: release()
        case .over: break
        }
    }

    /// Ends a dial.
    func finish(_ failure: DialFailure) {
        phase = .over
        release()
        report(.refused(failure))
    }

    /// Ends an open connection at once.
    func end(_ end: ConnectionEnd) {
        phase = .over
        let unsent = out.giveUp()
        release()
        tell(unsent, end)
    }

    /// Ends an open connection whose last frame is still to reach the peer.
    func endGently(_ end: ConnectionEnd) {
        phase = .lingering
        flush()
        let isGone = if case .over = phase { true } else { false }
        if !isGone {
            let timer = room.loop.timer { [weak self] in self?.release() }
            timer.due = Clock.now().after(Self.lingerTime)
            linger = timer
        }
        tell(out.forgetIDs(), end)
    }

    private func tell(_ unsent: [EffectID], _ end: ConnectionEnd) {
        for id in unsent { report(.unsent(id)) }
        report(.ended(end))
    }

    func tell(_ event: Report) {
        report(event)
    }

    /// Gives everything back. Nothing is reported from here on.
    func release() {
        phase = .over
        if socket >= 0 { room.loop.unwatch(socket) }
        socket = -1
        if let linger { room.loop.drop(linger) }
        linger = nil
        if let easy { room.multi.remove(easy) }
        easy = nil
        room.forget(self)
    }
}
