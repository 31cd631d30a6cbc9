// What the WebSocket says. Every event of a connection carries the id of its dial.

import Codecs

public enum SocketEvent: Hashable, Codable, Sendable {
    case opened(EffectID)
    /// Final: the dial came to nothing.
    case refused(EffectID, DialFailure)
    case received(EffectID, IncomingMessage)
    case ponged(EffectID, number: UInt64)
    /// Bytes arrived that are no message and no pong of ours: the peer lives.
    case heard(EffectID)
    /// Final: the connection is over.
    case closed(EffectID, ConnectionEnd)
    /// Final for a send: the transport took all of its bytes.
    case written(EffectID)
    /// Final for a send: the connection ended first.
    case notWritten(EffectID)
}

/// Why a dial came to nothing.
public enum DialFailure: Hashable, Codable, Sendable {
    case name(Detail)
    case proxy(Detail)
    case connect(Detail)
    case tls(Detail)
    case timedOut
    /// An HTTP status instead of an upgrade.
    case status(Int, retryAfter: Span?)
    case handshake(Detail)
    /// The API key's file could not be read, or is empty.
    case key(Detail)
    case abandoned
}

/// Why a connection ended.
public enum ConnectionEnd: Hashable, Codable, Sendable {
    /// The peer sent a close frame.
    case closedByPeer(code: UInt16?)
    /// Our close frame was answered.
    case closedByUs
    /// The transport broke or ended without a close frame.
    case lost(Detail)
    /// The peer broke RFC 6455; the code is the one that we closed with.
    case violation(code: UInt16, Detail)
    case abandoned
}

/// Words from outside (a library, the kernel), masked and bounded before they became an event.
public struct Detail: Hashable, Codable, Sendable {
    public let bytes: Bytes

    public init(_ bytes: Bytes) {
        self.bytes = bytes
    }

    public init(_ text: StaticString) {
        bytes = text.withUTF8Buffer { Bytes($0) }
    }
}
