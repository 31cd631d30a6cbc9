// Percent-encoding and queries, on bytes.

public struct QueryItem: Sendable, Equatable {
    public var name: Bytes
    public var value: Bytes

    public init(_ name: Bytes, _ value: Bytes) {
        self.name = name
        self.value = value
    }
}

public enum PercentCoding {
    /// Everything but letters, digits and `-._~` becomes an escape.
    public static func encoded(_ bytes: some Collection<UInt8>) -> Bytes {
        var output = Bytes()
        output.reserveCapacity(bytes.count)
        for byte in bytes {
            if isUnreserved(byte) {
                output.append(byte)
            } else {
                output.append(0x25)
                output.append(upperHexDigit(byte >> 4))
                output.append(upperHexDigit(byte & 15))
            }
        }
        return output
    }

    /// Nil where a percent sign is not followed by two hexadecimal digits.
    public static func decoded(_ bytes: some Collection<UInt8>, plusIsBlank: Bool = false) -> Bytes? {
        var output = Bytes()
        output.reserveCapacity(bytes.count)
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            if byte == 0x25 {
                guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue) else {
                    return nil
                }
                output.append(high << 4 | low)
            } else if byte == 0x2B, plusIsBlank {
                output.append(0x20)
            } else {
                output.append(byte)
            }
        }
        return output
    }

    /// `a=1&b` as it stands in a URL; a plus sign is a blank, as forms and most servers have it.
    /// Nil where an escape is broken.
    public static func queryItems(_ query: some Collection<UInt8>) -> [QueryItem]? {
        var items: [QueryItem] = []
        for part in query.parts(separatedBy: 0x26) where !part.isEmpty {
            let equals = part.firstIndex(of: 0x3D) ?? part.endIndex
            guard
                let name = decoded(part[..<equals], plusIsBlank: true),
                let value = decoded(part[equals...].dropFirst(), plusIsBlank: true)
            else { return nil }
            items.append(QueryItem(name, value))
        }
        return items
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }

    private static func upperHexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 &+ value : 0x37 &+ value
    }
}

extension Collection where Element == QueryItem {
    /// The first value of a name.
    public func value(_ name: StaticString) -> Bytes? {
        first { $0.name.equals(name) }?.value
    }
}
