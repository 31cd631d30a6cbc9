// Byte strings that need no care in the state's coding: printable ASCII that can't be mistaken for one of its marks.

public enum PlainText {
    @inlinable
    public static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != 0x22 && byte != 0x5c
    }

    /// The same of eight bytes at once, in whichever order they lie.
    @inlinable
    @inline(__always)
    public static func isPlain(word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        // A byte becomes zero where it is the one that is looked for, and below zero where it is a control character.
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5c)
        let delete = word ^ (ones &* 0x7f)
        let low = (word &- ones &* 0x20) & ~word
        let found = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (delete &- ones) & ~delete
        return (low | found | word) & tops == 0
    }

    @inlinable
    public static func isMarked(_ bytes: some Collection<UInt8>) -> Bool {
        switch bytes.first {
        case 0x68: bytes.hasPrefix("hex:")
        case 0x74: bytes.hasPrefix("text:")
        default: false
        }
    }

    @inlinable
    public static func isPlain(_ bytes: Bytes) -> Bool {
        for byte in bytes where !isPlain(byte) { return false }
        return !isMarked(bytes)
    }
}
