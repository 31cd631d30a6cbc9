// The WebSocket to the control plane, as calls. A connection is named by the id of the request that dialled it.

import Codecs

public enum SocketCall: Hashable, Codable, Sendable {
    /// A stream: `opened`, `received`, `ponged`, `heard`; ends with `refused` or `closed`.
    case dial(url: Bytes, authorization: Text)
    /// Ends with `written` or `notWritten`. Sends go out in the order they were asked.
    case send(connection: EffectID, OutgoingMessage)
    /// Done when asked; its pong comes as `ponged` with the number.
    case ping(connection: EffectID, number: UInt64)
    /// Starts the closing handshake; the connection still ends with `closed`.
    case close(connection: EffectID, code: UInt16)
    /// Drops the connection or the dial at once, without a word to the peer; it still ends with its final event.
    case abandon(connection: EffectID)

    public var answers: Bool {
        switch self {
        case .dial, .send: true
        case .ping, .close, .abandon: false
        }
    }
}
