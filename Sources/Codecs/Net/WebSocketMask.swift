// The exclusive-or of RFC 6455, eight bytes at a time. The key's first byte on the wire is the
// number's highest one.

enum WebSocketMask {
    /// `phase` is how many bytes of the same frame came before.
    static func apply(_ key: UInt32, phase: Int, to bytes: UnsafeMutableRawBufferPointer) {
        let turned = rotated(key, by: phase)
        let wide = UInt64(turned) << 32 | UInt64(turned)
        var index = 0
        let end = bytes.count
        while end - index >= 8 {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            bytes.storeBytes(of: word ^ wide.bigEndian, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < end {
            bytes[index] ^= UInt8(truncatingIfNeeded: turned >> UInt32(24 - 8 * (index & 3)))
            index += 1
        }
    }

    private static func rotated(_ key: UInt32, by phase: Int) -> UInt32 {
        let bits = UInt32(8 * (phase & 3))
        return bits == 0 ? key : key << bits | key >> (32 - bits)
    }
}
