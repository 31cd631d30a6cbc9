// Byte strings that need no care in the state's coding: printable ASCII that can't be mistaken for one of its marks.

public enum PlainText {
    @inlinable
    public static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != 0x22 && byte != 0x5c
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
