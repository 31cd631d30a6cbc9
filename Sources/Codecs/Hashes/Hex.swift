// Hexadecimal digits back to bytes; `hex` of Bytes.swift writes them.

public enum Hex {
    /// Either case; nil for an odd number of digits and for anything else.
    public static func decode(_ text: some Collection<UInt8>) -> Bytes? {
        guard text.count % 2 == 0 else { return nil }
        var bytes = Bytes()
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for character in text {
            guard let digit = hexValue(character) else { return nil }
            if let upper = high {
                bytes.append(upper << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }
}
