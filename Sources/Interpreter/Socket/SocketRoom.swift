// What all connections share: the loop, libcurl, a buffer to read into, masks. It keeps every connection alive until
// its descriptor is given back, those too that only wait for the peer to read our last frame.

import CLinux
import Codecs

final class SocketRoom {
    static let readSize = 65_536

    let loop: Loop
    let multi: CurlMulti
    /// One turn reads one connection at a time.
    let readBuffer: UnsafeMutableRawBufferPointer
    private var masks: [UInt32] = []
    private var connections = Few<ObjectIdentifier, WebSocketConnection>()

    /// Nil where libcurl has no memory.
    init?(loop: Loop) {
        guard let multi = CurlMulti(loop: loop) else { return nil }
        self.loop = loop
        self.multi = multi
        readBuffer = .allocate(byteCount: Self.readSize, alignment: 16)
    }

    deinit {
        readBuffer.deallocate()
    }

    /// How many descriptors and dials there are.
    var count: Int { connections.count }

    /// Drops what is left, without a word.
    func close() {
        for connection in connections.values { connection.abandon() }
        for connection in connections.values { connection.release() }
    }

    func keep(_ connection: WebSocketConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func forget(_ connection: WebSocketConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    /// A key that nobody can foresee, as RFC 6455 wants it; the kernel is asked for many at once.
    func mask() -> UInt32 {
        if masks.isEmpty { masks = Self.random(count: 64) }
        return masks.popLast() ?? 0
    }

    /// Sixteen random bytes for a handshake.
    func nonce() -> Bytes {
        Self.random(count: 4).flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
    }

    private static func random(count: Int) -> [UInt32] {
        var words = [UInt32](repeating: 0, count: count)
        words.withUnsafeMutableBytes { _ = oz_random($0.baseAddress, $0.count) }
        return words
    }
}
