// CRC-32 as in Ethernet, gzip and PNG: reflected, polynomial 0x04c11db7. Eight bytes a step where they lie together.

public enum CRC32 {
    public static func checksum(_ message: some Sequence<UInt8>) -> UInt32 {
        if let sum = message.withContiguousStorageIfAvailable({ checksum(UnsafeRawBufferPointer($0)) }) { return sum }
        var rest = UInt32.max
        for byte in message { rest = rest >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] }
        return ~rest
    }

    public static func checksum(_ message: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { table in
            var rest = UInt32.max
            var index = 0
            while index &+ 8 <= message.count {
                let word = UInt64(littleEndian: message.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let mixed = word ^ UInt64(rest)
                // The first byte is the farthest from the end, so its table is the last.
                let front = table[at(7, mixed)] ^ table[at(6, mixed >> 8)] ^ table[at(5, mixed >> 16)]
                let middle = table[at(4, mixed >> 24)] ^ table[at(3, mixed >> 32)]
                let back = table[at(2, mixed >> 40)] ^ table[at(1, mixed >> 48)] ^ table[at(0, mixed >> 56)]
                rest = front ^ middle ^ back
                index &+= 8
            }
            while index < message.count {
                rest = rest >> 8 ^ table[Int(UInt8(truncatingIfNeeded: rest) ^ message[index])]
                index &+= 1
            }
            return ~rest
        }
    }

    @inline(__always)
    private static func at(_ slice: Int, _ word: UInt64) -> Int {
        slice &* 256 &+ Int(truncatingIfNeeded: word & 0xff)
    }

    /// Eight tables of 256: what a byte becomes after that many more bytes of zeros.
    private static let tables: [UInt32] = {
        var tables = (UInt32(0)..<256).map { start in
            var rest = start
            for _ in 0..<8 { rest = rest & 1 == 0 ? rest >> 1 : rest >> 1 ^ 0xedb8_8320 }
            return rest
        }
        for index in 256..<2_048 {
            let before = tables[index &- 256]
            tables.append(before >> 8 ^ tables[Int(before & 0xff)])
        }
        return tables
    }()
}
