// Is this UTF-8? Asked piece by piece, so that the first wrong byte is noticed when it arrives.
// The next byte of an unfinished character must lie in `low...high`; `missing` more must come.

struct UTF8Stream: Sendable, Equatable {
    private var missing = 0
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    /// False while a character is unfinished.
    var isComplete: Bool { missing == 0 }

    /// False at the first byte that cannot belong to valid UTF-8.
    mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        let end = bytes.count
        while index < end {
            if missing == 0 {
                // Plain ASCII goes eight bytes at a time.
                while end - index >= 8,
                    bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    index += 8
                }
                if index >= end { return true }
            }
            guard accept(bytes[index]) else { return false }
            index += 1
        }
        return true
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        if missing > 0 {
            guard byte >= low, byte <= high else { return false }
            missing -= 1
            low = 0x80
            high = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: return expect(1)
        case 0xE0: return expect(2, from: 0xA0)
        case 0xE1...0xEC, 0xEE...0xEF: return expect(2)
        case 0xED: return expect(2, to: 0x9F)
        case 0xF0: return expect(3, from: 0x90)
        case 0xF1...0xF3: return expect(3)
        case 0xF4: return expect(3, to: 0x8F)
        default: return false
        }
    }

    private mutating func expect(_ count: Int, from: UInt8 = 0x80, to: UInt8 = 0xBF) -> Bool {
        missing = count
        low = from
        high = to
        return true
    }
}
