// The executor of socket calls: connections by the id of their dial, and messages between bytes and values.
//
// Every dial and every send gets exactly one final event. A connection's sends get theirs before the connection does,
// which the connection itself sees to.

import Codecs
import Effects

final class SocketExecutor {
    struct Options {
        var key: DialKey
        var environment: DialEnvironment
        /// Names this program and its version to the server.
        var userAgent: Bytes
        /// The backend passes the whole task on.
        var keepsDocuments: Bool
    }

    private let room: SocketRoom
    private let vault: Vault
    private let options: Options
    private var connections = Few<EffectID, WebSocketConnection>()

    /// Nil where libcurl has no memory.
    init?(loop: Loop, vault: Vault, options: Options) {
        guard let room = SocketRoom(loop: loop) else { return nil }
        self.room = room
        self.vault = vault
        self.options = options
    }

    /// Dials and connections that have no final event yet.
    var unfinished: Int { connections.count }

    /// At the end of a life: what only waited for its peer to read our last frame.
    func close() {
        room.close()
    }

    func execute(_ id: EffectID, _ call: SocketCall) {
        switch call {
        case .dial(let url, let authorization):
            dial(id, url, authorization)
        case .send(let connection, let message):
            guard let connection = connections[connection] else { return room.loop.deliver(.socket(.notWritten(id))) }
            connection.send(.text, encodeMessage(message), id: id)
        case .ping(let connection, let number):
            connections[connection]?.send(.ping, Self.payload(number))
        case .close(let connection, let code):
            connections[connection]?.close(code: code)
        case .abandon(let connection):
            connections[connection]?.abandon()
        }
    }

    private func dial(_ id: EffectID, _ url: Bytes, _ authorization: Text) {
        do {
            vault.replace(Vault.apiKey, with: try options.key.read())
        } catch {
            return room.loop.deliver(.socket(.refused(id, .key(error.detail))))
        }
        guard let credentials = authorization.rendered({ vault.value($0) }) else {
            return room.loop.deliver(.interpreter(.contractBroken(id)))
        }
        let parts: URLParts
        do {
            parts = try URLParts(parsing: url)
        } catch {
            return room.loop.deliver(.socket(.refused(id, .name(Detail(Bytes(text: error.words))))))
        }
        var plan = DialPlan(
            url: parts, authorization: credentials, userAgent: options.userAgent, environment: options.environment)
        plan.masked = { [vault] in vault.masked($0) }
        let connection = WebSocketConnection(room: room, plan: plan) { [weak self] in self?.take(id, $0) }
        connections[id] = connection
        connection.dial()
    }

    // MARK: What a connection reports

    private func take(_ id: EffectID, _ report: WebSocketConnection.Report) {
        if let event = event(id, report) { room.loop.deliver(.socket(event)) }
    }

    private func event(_ id: EffectID, _ report: WebSocketConnection.Report) -> SocketEvent? {
        switch report {
        case .opened: return .opened(id)
        case .message(let bytes, _): return .received(id, vault.receive(bytes, keepDocument: options.keepsDocuments))
        case .pong(let payload):
            guard let number = Self.number(payload) else { return .heard(id) }
            return .ponged(id, number: number)
        case .ping: return .heard(id)
        case .sent(let send): return .written(send)
        case .unsent(let send): return .notWritten(send)
        case .refused(let failure):
            connections[id] = nil
            return .refused(id, failure)
        case .ended(let end):
            connections[id] = nil
            return .closed(id, end)
        }
    }

    /// A ping's payload is its number, so that a pong says which ping it answers.
    private static func payload(_ number: UInt64) -> Bytes {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    }

    private static func number(_ payload: Bytes) -> UInt64? {
        guard payload.count == 8 else { return nil }
        return payload.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
