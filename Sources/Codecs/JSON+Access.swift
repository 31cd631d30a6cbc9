// Looking into a JSON value. Nothing here traps; what is not there, or is something else, is nil.

extension JSON {
    /// The member of that name; the last one where there are several.
    public subscript(name: StaticString) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name.equals(name) }?.value
    }

    /// The member of that name; the last one where there are several.
    public subscript(bytes name: Bytes) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The element at that place.
    public subscript(index: Int) -> JSON? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    public var isNull: Bool { self == .null }

    public var asBool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    public var asString: Bytes? {
        if case .string(let content) = self { content } else { nil }
    }

    public var asArray: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    public var asObject: [JSONMember]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// A whole number, also where it is written `1e6` or `3.0`; nil where it has a fraction or does not fit.
    public var asInt: Int? {
        if case .number(let text) = self { JSON.whole(text) } else { nil }
    }

    /// The nearest finite Double.
    public var asDouble: Double? {
        guard case .number(let text) = self, let value = Double(text.text), value.isFinite else { return nil }
        return value
    }

    /// A string of people's text.
    public static func string(_ text: String) -> JSON {
        .string(Bytes(text: text))
    }

    public static func number(_ value: some FixedWidthInteger) -> JSON {
        .number(Bytes(decimal: value))
    }

    /// The whole number that a number's text denotes, by exact decimal arithmetic.
    public static func whole<Number: FixedWidthInteger>(_ text: Bytes, as type: Number.Type = Number.self) -> Number? {
        if let value = Number(decimal: text) { return value }
        guard isNumber(text) else { return nil }
        let negative = text.first == 0x2d
        let unsigned = negative ? text.dropFirst() : text[...]
        let mantissa = unsigned.prefix { $0 | 0x20 != 0x65 }
        let exponentText = unsigned.dropFirst(mantissa.count &+ 1)
        let integer = mantissa.prefix { $0 != 0x2e }
        let fraction = mantissa.dropFirst(integer.count &+ 1)
        var digits = Bytes(integer) + Bytes(fraction)
        if digits.allSatisfy({ $0 == 0x30 }) { return 0 }
        // Zeros at the end count towards the exponent, so that what is left of it decides about a fraction.
        var shift = bounded(exponentText) &- fraction.count
        while digits.last == 0x30 {
            digits.removeLast()
            shift &+= 1
        }
        guard shift >= 0, shift < 40 else { return nil }
        digits.append(contentsOf: repeatElement(0x30, count: shift))
        return Number(decimal: (negative ? [0x2d] : []) + digits)
    }

    /// An exponent, 0 without one; one too long for Int is as good as any that no text has digits for.
    private static func bounded(_ text: ArraySlice<UInt8>) -> Int {
        let far = 1_000_000_000_000
        guard let exponent = Int(decimal: text) else { return text.isEmpty ? 0 : text.first == 0x2d ? -far : far }
        return min(far, max(-far, exponent))
    }
}
