// The control plane: one thread, one epoll, a ledger. This file has its life: begin, run, end. A turn of the loop
// is: wait, take what came, do what is due, write what can be written.

import CLinux
import Codecs
import Glibc

public enum ControlPlaneFault: Error, Sendable, Equatable {
    case badAddress
    case notLoopback
    case cannotListen(address: Bytes, why: String)
    case noEpoll

    public var words: String {
        switch self {
        case .badAddress: "the address to listen on must be HOST:PORT with a literal address or localhost"
        case .notLoopback: "other machines can reach this address; --listen-anywhere allows that"
        case .cannotListen(let address, let why): "cannot listen on \(shown(address)): \(why)"
        case .noEpoll: "the kernel gives no epoll descriptor"
        }
    }
}

public final class ControlPlane {
    static let listenerToken: UInt64 = 0
    static let stopToken: UInt64 = 1
    static let second: Int64 = 1_000_000_000
    static let peersMax = 256

    let options: ControlPlaneOptions
    /// HOST:PORT, with the port that was really taken.
    public let address: Bytes
    public let isReachableFromElsewhere: Bool

    let epoll: Int32
    let listener: Int32
    var ledger: Ledger
    var peers: [Int: Peer] = [:]
    var moods = Moods()
    var now: Moment
    /// No descriptor was left for another connection: not tried again before.
    var acceptsAgainAt: Int64?
    private var lastPeer = 15
    private var told = 0
    let log: Log
    private var isStopping = false
    var buffer = Bytes(repeating: 0, count: 65_536)

    public init(_ options: ControlPlaneOptions) throws(ControlPlaneFault) {
        guard let wanted = ListenAddress(options.listen) else { throw .badAddress }
        guard wanted.isLoopback || options.listensAnywhere else { throw .notLoopback }
        epoll = oz_epoll_create()
        guard epoll >= 0 else { throw .noEpoll }
        switch Sockets.listen(wanted) {
        case .success(let listening):
            listener = listening.descriptor
            address = listening.address.bytes
        case .failure(let fault):
            close(epoll)
            throw .cannotListen(address: options.listen, why: fault.words)
        }
        self.options = options
        log = Log(level: options.logLevel)
        isReachableFromElsewhere = !wanted.isLoopback
        var settings = LedgerSettings()
        settings.queues = options.queues
        settings.reassigns = options.reassigns
        ledger = Ledger(settings: settings)
        now = Self.clock()
        _ = oz_epoll_add(epoll, listener, OZ_EPOLL_IN, Self.listenerToken)
    }

    deinit {
        for peer in peers.values { close(peer.descriptor) }
        close(listener)
        close(epoll)
    }

    /// The same as `POST /tasks`: a complete assignment or the short form. For the thread that runs the loop.
    public func submit(_ body: Bytes) -> Result<(task: Bytes, execution: Bytes?), ControlPlaneSubmitFault> {
        now = Self.clock()
        do throws(SubmissionFault) {
            let submission = try Submission.read(body, fresh: Self.freshNames(), now: now.wall)
            dispatch(try ledger.submit(submission, at: now))
            return .success((submission.task, submission.execution))
        } catch {
            return .failure(ControlPlaneSubmitFault(words: error.words))
        }
    }

    /// Serves until the descriptor becomes readable, then says good-bye to everyone.
    public func run(untilReadable stop: Int32) {
        _ = oz_epoll_add(epoll, stop, OZ_EPOLL_IN, Self.stopToken)
        settle()
        while !isStopping { turn() }
        _ = oz_epoll_remove(epoll, stop)
        goodBye()
    }

    // MARK: The loop

    private func turn() {
        let none = oz_epoll_event(data: 0, events: 0)
        var events = [oz_epoll_event](repeating: none, count: 64)
        let count = oz_epoll_wait(epoll, &events, 64, waitMilliseconds())
        now = Self.clock()
        for event in events.prefix(Int(max(0, count))) {
            switch event.data {
            case Self.listenerToken: acceptAll()
            case Self.stopToken: isStopping = true
            default: ready(Int(truncatingIfNeeded: event.data), event.events)
            }
        }
        settle()
    }

    /// Deadlines, answers that became possible, output, and what epoll should tell of next. Until nothing new has
    /// happened: what one connection's end brings about may be what another one waits for.
    private func settle() {
        passDeadlines()
        var before: Int
        repeat {
            before = ledger.journal.last
            for id in peers.keys.sorted() { peers[id].map(settle) }
        } while ledger.journal.last != before
        for peer in peers.values { register(peer) }
        tell()
    }

    private func settle(_ peer: Peer) {
        answerWaiting(peer)
        var unread: Int
        repeat {
            guard peers[peer.id] != nil else { return }
            if peer.stalledUntil == nil, !peer.flush() {
                lose(peer, "the connection broke while writing")
                return
            }
            // Output that is out makes room for the answers to what was asked meanwhile.
            unread = peer.codec.bufferedCount
            serveBuffered(peer)
        } while peer.codec.bufferedCount < unread
        if peer.pending > Peer.outputMax {
            lose(peer, "it does not read what is sent")
        } else {
            finishIfDone(peer)
        }
    }

    /// An ending peer half-closes when all is written, and goes when the other side has ended, too.
    private func finishIfDone(_ peer: Peer) {
        guard peer.endsAfterOutput, peer.pending == 0, peer.stalledUntil == nil else { return }
        if peer.inputEnded {
            remove(peer)
        } else if !peer.outputEnded {
            shutdown(peer.descriptor, Int32(SHUT_WR))
            peer.outputEnded = true
            peer.cutOffAt = min(peer.cutOffAt ?? Int64.max, now.steady + 2 * Self.second)
        }
    }

    private func register(_ peer: Peer) {
        let wanted = peer.wantedInterest
        guard wanted != peer.interest else { return }
        switch (peer.interest, wanted) {
        case (nil, let wanted?): _ = oz_epoll_add(epoll, peer.descriptor, wanted, UInt64(peer.id))
        case (_?, let wanted?): _ = oz_epoll_modify(epoll, peer.descriptor, wanted, UInt64(peer.id))
        case (_, nil): _ = oz_epoll_remove(epoll, peer.descriptor)
        }
        peer.interest = wanted
    }

    private func goodBye() {
        ledger.isEnding = true
        for peer in peers.values {
            peer.stalledUntil = nil
            peer.stopsReading = false
            switch peer.speech {
            case .worker:
                peer.isClosing = true
                let words = Bytes(text: "the control plane ends")
                peer.send(.close, WebSocketWriter.closePayload(code: 1001, reason: words))
            case .http where peer.waiting != nil: giveUpWaiting(peer)
            case .http, .echo: end(peer)
            case .ending: break
            }
        }
        let deadline = now.steady + Self.second
        settle()
        while !peers.isEmpty, now.steady < deadline {
            for peer in peers.values where peer.cutOffAt == nil { peer.cutOffAt = deadline }
            turn()
        }
        for peer in Array(peers.values) { lose(peer, "the control plane ended") }
        tell()
    }

    // MARK: Peers come and go

    func add(_ descriptor: Int32) {
        lastPeer += 1
        let peer = Peer(id: lastPeer, descriptor: descriptor, now: now.steady)
        _ = oz_tcp_nodelay(descriptor, 1)
        peers[peer.id] = peer
    }

    /// The connection is over, and not as agreed.
    func lose(_ peer: Peer, _ how: String, reset: Bool = false) {
        let wasWorker = peer.speech == .worker
        remove(peer, reset: reset)
        if wasWorker { dispatch(ledger.closed(peer.id, how: how, at: now)) }
    }

    func remove(_ peer: Peer, reset: Bool = false) {
        guard peers.removeValue(forKey: peer.id) != nil else { return }
        if peer.interest != nil { _ = oz_epoll_remove(epoll, peer.descriptor) }
        if reset { Sockets.reset(peer.descriptor) } else { close(peer.descriptor) }
    }

    /// All is said; what is written still goes out.
    func end(_ peer: Peer) {
        peer.speech = .ending
        peer.endsAfterOutput = true
    }

    func dispatch(_ sendings: [Sending]) {
        for sending in sendings { peers[sending.connection]?.send(.text, sending.message) }
    }

    // MARK: Names, time, words

    static func clock() -> Moment {
        let real = oz_clock_realtime()
        let (seconds, rest) = real.quotientAndRemainder(dividingBy: second)
        let wall = UnixTime(seconds: seconds, nanoseconds: UInt32(truncatingIfNeeded: rest))
        return Moment(wall: wall, steady: oz_clock_boottime())
    }

    static func freshNames() -> FreshNames {
        var random = Bytes(repeating: 0, count: 16)
        _ = oz_random(&random, 16)
        let task = Bytes(text: "task-") + random.prefix(8).hex
        return FreshNames(task: task, execution: Bytes(text: "exec-") + random.suffix(8).hex)
    }

    private func tell() {
        for happening in ledger.journal.since(told) { log.write(happening) }
        told = ledger.journal.last
        log.flush()
    }
}

public struct ControlPlaneSubmitFault: Error, Sendable, Equatable {
    public var words: String
}
