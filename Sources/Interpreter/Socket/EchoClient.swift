// The client side of a conformance suite for WebSockets: connects case after case and echoes what it gets. It uses the
// connection of the daemon as it is, without a worker, so what is proven of it is proven of the daemon.

import CLibcurl
import Codecs
import Effects

/// Runs all cases of the suite that serves at `server` (ws://host:port), and has it write its report. The process's
/// exit code.
public func runEchoClient(server: Bytes, agent: Bytes, environment: [(name: Bytes, value: Bytes)]) -> Int32 {
    guard Hardening.blockSignals(), curl_global_init(Int(CURL_GLOBAL_NOTHING)) == CURLE_OK, let loop = Loop(),
        let room = SocketRoom(loop: loop)
    else { return Daemon.noMeans }
    let dialling = DialEnvironment { name in environment.first { $0.name.equals(name) }?.value }
    let client = EchoClient(loop: loop, room: room, environment: dialling, server: server, agent: agent)
    client.askCount()
    return loop.run()
}

private final class EchoClient {
    private let loop: Loop
    private let room: SocketRoom
    private let environment: DialEnvironment
    private let server: Bytes
    private let agent: Bytes
    private var connection: WebSocketConnection?
    private var count = 0
    private var current = 0

    init(loop: Loop, room: SocketRoom, environment: DialEnvironment, server: Bytes, agent: Bytes) {
        self.loop = loop
        self.room = room
        self.environment = environment
        self.server = server
        self.agent = agent
    }

    func askCount() {
        dial(Bytes(text: "/getCaseCount")) { [unowned self] report in
            switch report {
            case .message(let text, _): count = Int(decimal: text) ?? 0
            case .ended: loop.again { [self] in next() }
            case .refused: loop.stop(code: 1)
            case .opened, .pong, .ping, .sent, .unsent: break
            }
        }
    }

    private func next() {
        guard current < count else { return finish() }
        current += 1
        dial(Bytes(text: "/runCase?case=\(current)&agent=") + agent) { [unowned self] report in
            switch report {
            case .message(let bytes, let isText): connection?.send(isText ? .text : .binary, bytes)
            case .ended, .refused: loop.again { [self] in next() }
            case .opened, .pong, .ping, .sent, .unsent: break
            }
        }
    }

    private func finish() {
        dial(Bytes(text: "/updateReports?agent=") + agent) { [unowned self] report in
            switch report {
            case .ended: loop.stop(code: count > 0 ? 0 : 1)
            case .refused: loop.stop(code: 1)
            case .message, .opened, .pong, .ping, .sent, .unsent: break
            }
        }
    }

    private func dial(_ path: Bytes, _ report: @escaping (WebSocketConnection.Report) -> Void) {
        let url: URLParts
        do {
            url = try URLParts(parsing: server + path)
        } catch {
            return loop.stop(code: 2)
        }
        var plan = DialPlan(url: url)
        plan.proxy = environment.proxy(for: url)
        plan.trust = environment.trust
        let connection = WebSocketConnection(room: room, plan: plan, report: report)
        self.connection = connection
        connection.dial()
    }
}
