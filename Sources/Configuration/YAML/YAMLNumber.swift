// Numbers as YAML 1.1 writes them, and as JSON does.

import Codecs

enum YAMLNumber {
    static func startsNumber(_ byte: UInt8) -> Bool {
        byte == 0x2b || byte == 0x2d || byte &- 0x30 < 10
    }

    /// Canonical decimal digits of a whole number in base 10, 16 (0x), 8 (0 or 0o) or 2 (0b); nil for what is none or
    /// needs more than 64 bits.
    static func whole(_ text: Bytes) -> Bytes? {
        let negative = text.first == 0x2d
        let signed = negative || text.first == 0x2b
        let digits = text.dropFirst(signed ? 1 : 0)
        guard let magnitude = magnitude(digits) else { return nil }
        if negative {
            guard magnitude <= Int64.min.magnitude else { return nil }
            return magnitude == 0 ? [0x30] : [0x2d] + Bytes(decimal: magnitude)
        }
        guard !signed || magnitude <= Int64.max.magnitude else { return nil }
        return Bytes(decimal: magnitude)
    }

    private static func magnitude(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard digits.first == 0x30, digits.count > 1 else { return number(digits, base: 10) }
        let second = digits.dropFirst().first.map { $0 | 0x20 }
        switch second {
        case 0x78: return number(digits.dropFirst(2), base: 16)
        case 0x6f: return number(digits.dropFirst(2), base: 8)
        case 0x62: return number(digits.dropFirst(2), base: 2)
        default: return number(digits.dropFirst(1), base: 8)
        }
    }

    /// Digits only: the standard library's reading would also take a sign.
    private static func number(_ digits: ArraySlice<UInt8>, base: Int) -> UInt64? {
        guard let first = digits.first, first != 0x2b, first != 0x2d else { return nil }
        return UInt64(digits.text, radix: base)
    }

    /// A finite decimal fraction, with or without an exponent; nil for anything else.
    static func real(_ text: Bytes) -> Double? {
        var rest = text[...]
        if rest.first == 0x2d || rest.first == 0x2b { rest = rest.dropFirst() }
        let integer = rest.prefix { $0 &- 0x30 < 10 }
        rest = rest.dropFirst(integer.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == 0x2e {
            fraction = rest.dropFirst().prefix { $0 &- 0x30 < 10 }
            rest = rest.dropFirst(fraction.count + 1)
        }
        guard !integer.isEmpty || !fraction.isEmpty, isExponent(rest) else { return nil }
        let canonical = [0x30] + integer + [0x2e] + fraction + [0x30] + rest
        guard let value = Double(canonical.text), value.isFinite else { return nil }
        return text.first == 0x2d ? -value : value
    }

    private static func isExponent(_ rest: ArraySlice<UInt8>) -> Bool {
        guard let first = rest.first else { return true }
        let digits = rest.dropFirst(rest.dropFirst().first == 0x2d || rest.dropFirst().first == 0x2b ? 2 : 1)
        return first | 0x20 == 0x65 && !digits.isEmpty && digits.allSatisfy { $0 &- 0x30 < 10 }
    }
}

/// Floating-point numbers as Kubernetes' tools write them to JSON: `1`, not `1.0`, so that whole numbers stay whole.
enum JSONNumber {
    static func text(of value: Double) -> Bytes {
        let sign: Bytes = value.sign == .minus ? [0x2d] : []
        if value == 0 { return sign + [0x30] }
        let (digits, exponent) = decimals(of: value.magnitude)
        if exponent < -6 || exponent > 20 { return sign + scientific(digits, exponent) }
        if exponent < 0 { return sign + Bytes(text: "0.") + zeros(-exponent - 1) + digits }
        guard digits.count > exponent + 1 else { return sign + digits + zeros(exponent + 1 - digits.count) }
        return sign + digits.prefix(exponent + 1) + [0x2e] + digits.dropFirst(exponent + 1)
    }

    private static func scientific(_ digits: Bytes, _ exponent: Int) -> Bytes {
        let fraction = digits.dropFirst()
        let mantissa = digits.prefix(1) + (fraction.isEmpty ? [] : [0x2e]) + fraction
        return mantissa + [0x65, exponent < 0 ? 0x2d : 0x2b] + Bytes(decimal: exponent.magnitude)
    }

    private static func zeros(_ count: Int) -> Bytes {
        Bytes(repeating: 0x30, count: max(0, count))
    }

    /// The shortest digits that denote the value, without zeros at either end, and the power of ten of the first.
    private static func decimals(of value: Double) -> (digits: Bytes, exponent: Int) {
        let text = Bytes(text: value.description)
        let mantissa = text.prefix { $0 | 0x20 != 0x65 }
        var exponent = Int(decimal: text.dropFirst(mantissa.count + 1)) ?? 0
        let integer = mantissa.prefix { $0 != 0x2e }
        var digits = Bytes(integer) + Bytes(mantissa.dropFirst(integer.count + 1))
        exponent += integer.count - 1
        while digits.first == 0x30 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.last == 0x30 { digits.removeLast() }
        return (digits, exponent)
    }
}
