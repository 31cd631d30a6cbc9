// CRC-32 as in Ethernet, gzip and PNG: reflected, polynomial 0x04c11db7.

public enum CRC32 {
    public static func checksum(_ message: some Sequence<UInt8>) -> UInt32 {
        var rest = UInt32.max
        for byte in message {
            let index = Int(UInt8(truncatingIfNeeded: rest) ^ byte)
            rest = rest >> 8 ^ table[index]
        }
        return ~rest
    }

    private static let table: [UInt32] = (UInt32(0)..<256).map { start in
        var rest = start
        for _ in 0..<8 { rest = rest & 1 == 0 ? rest >> 1 : rest >> 1 ^ 0xedb8_8320 }
        return rest
    }
}
