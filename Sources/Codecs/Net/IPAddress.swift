// Literal addresses, as far as URLs and listen flags need them.

public enum IPAddress {
    /// Four decimal numbers; nil for everything else, among it the octal and short forms of old libraries.
    public static func v4(_ text: some Collection<UInt8>) -> UInt32? {
        let parts = text.parts(separatedBy: 0x2E)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != 0x30,
                let number = HTTPSyntax.wholeNumber(part), number <= 255
            else { return nil }
            value = value << 8 | UInt32(number)
        }
        return value
    }

    /// The eight groups of an IPv6 address without brackets and zone.
    public static func v6(_ text: some Collection<UInt8>) -> [UInt16]? {
        let bytes = Bytes(text)
        guard (2...45).contains(bytes.count) else { return nil }
        guard let gap = doubleColon(bytes) else {
            let all = groups(bytes[...], mayEndWithV4: true)
            return all?.count == 8 ? all : nil
        }
        guard doubleColon(Bytes(bytes[(gap + 1)...])) == nil,
            let front = groups(bytes[..<gap], mayEndWithV4: false),
            let back = groups(bytes[(gap + 2)...], mayEndWithV4: true),
            front.count + back.count <= 7
        else { return nil }
        return front + [UInt16](repeating: 0, count: 8 - front.count - back.count) + back
    }

    public static func isV6(_ text: some Collection<UInt8>) -> Bool {
        v6(text) != nil
    }

    /// `::1`, or a loopback address of IPv4 written as IPv6.
    static func isLoopback6(_ text: some Collection<UInt8>) -> Bool {
        guard let groups = v6(text), groups.prefix(5).allSatisfy({ $0 == 0 }) else { return false }
        if groups[5] == 0xFFFF { return groups[6] >> 8 == 127 }
        return groups[5] == 0 && groups[6] == 0 && groups[7] == 1
    }

    private static func doubleColon(_ bytes: Bytes) -> Int? {
        zip(bytes.indices, zip(bytes, bytes.dropFirst())).first { $0.1 == (0x3A, 0x3A) }?.0
    }

    /// Groups between colons; an empty text has none.
    private static func groups(_ text: ArraySlice<UInt8>, mayEndWithV4: Bool) -> [UInt16]? {
        if text.isEmpty { return [] }
        var output: [UInt16] = []
        let parts = text.parts(separatedBy: 0x3A)
        for (index, part) in parts.enumerated() {
            if mayEndWithV4, index == parts.count - 1, part.contains(0x2E) {
                guard let address = v4(part) else { return nil }
                output.append(UInt16(truncatingIfNeeded: address >> 16))
                output.append(UInt16(truncatingIfNeeded: address))
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt16 = 0
            for byte in part {
                guard let digit = hexValue(byte) else { return nil }
                value = value << 4 | UInt16(digit)
            }
            output.append(value)
        }
        return output.count <= 8 ? output : nil
    }
}
