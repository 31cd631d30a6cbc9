// The control plane, tried as the daemon tries it: by the same connection, with the same key, proxy and trust.
//
//   dialling -> shaking -> pinging -> closing -> done
//
// It comes as a worker of another id, which the caller has put into the URL. Workers that share an id share its tasks,
// so a probe under the real id could be handed a task that waits for it, and would sit on it. Under an id that nobody
// routes to nothing can be assigned, a running worker is not disturbed, and the key, the upgrade and the frames are
// proved all the same. It ends with 1000, as a clean stop does.

import CLibcurl
import Check
import Codecs
import Effects

final class ControlPlaneProbe: DialWitness {
    /// From the name to TLS; then the answer; then the pong; then the close. The daemon gives the first two 30 s.
    private static let connectTime = Span.seconds(15)
    private static let answerTime = Span.seconds(15)
    private static let pongTime = Span.seconds(10)
    private static let closeTime = Span.seconds(2)
    private static let ping = Bytes(text: "check")

    private let room: SocketRoom
    private let plan: DialPlan
    private let done: (DialRecord) -> Void
    private var record: DialRecord
    private var connection: WebSocketConnection?
    /// One for each attempt; handles speak to theirs until they are cleaned up.
    private var observations: [CurlObservation] = []
    private var easy: CurlEasy?
    private var timer: LoopTimer?
    private var further: PlainDial?
    private let began = Clock.now()
    private var pinged: Instant?
    private var isOver = false

    init(room: SocketRoom, plan: DialPlan, route: ProxyRoute, done: @escaping (DialRecord) -> Void) {
        self.room = room
        self.plan = plan
        self.done = done
        record = DialRecord(url: plan.url, route: route, trust: plan.trust.described)
    }

    func start() {
        timer = room.loop.timer { [weak self] in self?.ranOut() }
        wait(Self.connectTime)
        let connection = WebSocketConnection(room: room, plan: plan) { [weak self] in self?.take($0) }
        self.connection = connection
        connection.witness = self
        connection.dial()
    }

    private func wait(_ span: Span) {
        timer?.due = Clock.now().after(span)
    }

    // MARK: What the connection shows

    func dials(_ easy: CurlEasy, _ plan: DialPlan) {
        let observation = CurlObservation()
        observations.append(observation)
        observation.watch(easy)
        self.easy = easy
    }

    func dialled(_ easy: CurlEasy, _ code: CURLcode) {
        observations.last?.tell(&record, easy)
        self.easy = nil
        record.isConnected = code == CURLE_OK
        record.tookToConnect = Clock.now().since(began)
        if code == CURLE_OK { wait(Self.answerTime) }
    }

    func answered(_ answer: WebSocketAnswer, date: Bytes?) {
        if let date = date.flatMap(HTTPDate.parse) {
            record.serverTime = date
            record.ownTime = Clock.wall().unix
        }
        switch answer {
        case .accepted: record.answer = DialRecord.Answer(status: 101)
        case .refused(let refusal):
            record.answer = DialRecord.Answer(
                status: refusal.status, server: refusal.server.map(plan.shown),
                location: refusal.location.map(plan.shown))
        case .malformed: break
        }
    }

    private func take(_ report: WebSocketConnection.Report) {
        switch report {
        case .opened:
            pinged = Clock.now()
            wait(Self.pongTime)
            connection?.send(.ping, Self.ping)
        case .pong(let payload):
            guard payload == Self.ping, let pinged, record.pong == nil else { return }
            record.pong = Clock.now().since(pinged)
            wait(Self.closeTime)
            connection?.close(code: 1000)
        case .refused(let failure):
            // A time-out of ours was noted before the dial was given up.
            if record.failure == nil { record.failure = failure }
            lookFurther()
        case .ended(let end):
            if record.pong == nil, record.end == nil, end != .abandoned { record.end = end }
            lookFurther()
        // Nothing can be assigned to this id; what comes all the same is not answered.
        case .message, .ping, .sent, .unsent: break
        }
    }

    private func ranOut() {
        if let easy { observations.last?.tell(&record, easy) }
        if record.answer == nil, record.failure == nil { record.failure = .timedOut }
        connection?.abandon()
    }

    // MARK: What the dial did not show

    private func lookFurther() {
        guard !isOver else { return }
        isOver = true
        if let timer { room.loop.drop(timer) }
        timer = nil
        if case .tls = record.failure, record.certificate == nil, record.peer != nil {
            return ask(.lookAtCertificate) { [weak self] in self?.record.certificate = $0.certificate }
        }
        if record.isConnected, record.serverTime == nil, record.failure != .timedOut {
            return ask(.askTime) { [weak self] in
                self?.record.serverTime = $0.serverTime
                self?.record.ownTime = $0.ownTime
            }
        }
        done(record)
    }

    private func ask(_ purpose: PlainDial.Purpose, _ take: @escaping (DialRecord) -> Void) {
        var bare = plan
        bare.fields = []
        let dial = PlainDial(room: room, plan: bare, route: record.route, for: purpose) { [weak self] found in
            take(found)
            guard let self else { return }
            done(record)
        }
        further = dial
        dial.start(within: .seconds(5))
    }
}
