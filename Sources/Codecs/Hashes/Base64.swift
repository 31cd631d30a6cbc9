// Base64 (RFC 4648, section 4): with padding, and strict in reading, so that one text means one sequence of bytes.
// The URL-safe alphabet of section 5 is written without padding.

public enum Base64 {
    public static func encode(_ bytes: some Collection<UInt8>) -> Bytes {
        encode(bytes, alphabet: standard, padded: true)
    }

    public static func encodeForURL(_ bytes: some Collection<UInt8>) -> Bytes {
        encode(bytes, alphabet: forURLs, padded: false)
    }

    private static func encode(_ bytes: some Collection<UInt8>, alphabet: Bytes, padded: Bool) -> Bytes {
        var text = Bytes()
        text.reserveCapacity((bytes.count / 3 &+ 1) &* 4)
        var bits: UInt32 = 0
        var held: UInt32 = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            held &+= 8
            while held >= 6 {
                held &-= 6
                text.append(alphabet[Int(bits >> held & 63)])
            }
        }
        if held > 0 { text.append(alphabet[Int(bits << (6 &- held) & 63)]) }
        while padded && text.count % 4 != 0 { text.append(0x3d) }
        return text
    }

    /// Nil for a foreign character (white space too), missing or needless padding, and bits left over that are not
    /// zero.
    public static func decode(_ text: some Collection<UInt8>) -> Bytes? {
        guard text.count % 4 == 0 else { return nil }
        let padding = text.reversed().prefix { $0 == 0x3d }.count
        guard padding <= 2 else { return nil }
        var bytes = Bytes()
        bytes.reserveCapacity(text.count / 4 &* 3)
        var bits: UInt32 = 0
        var held: UInt32 = 0
        for character in text.dropLast(padding) {
            guard let value = value(of: character) else { return nil }
            bits = bits << 6 | value
            held &+= 6
            if held >= 8 {
                held &-= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> held))
            }
        }
        guard bits & ((1 << held) &- 1) == 0 else { return nil }
        return bytes
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case 0x41...0x5a: UInt32(character &- 0x41)
        case 0x61...0x7a: UInt32(character &- 0x47)
        case 0x30...0x39: UInt32(character) &+ 4
        case 0x2b: 62
        case 0x2f: 63
        default: nil
        }
    }

    private static let letters = Bytes(0x41...0x5a) + Bytes(0x61...0x7a) + Bytes(0x30...0x39)
    private static let standard = letters + [0x2b, 0x2f]
    private static let forURLs = letters + [0x2d, 0x5f]
}
