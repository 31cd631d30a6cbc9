// Durations as people write them: `300ms`, `1.5h`, `2h45m`, `-1s`, `0`. The rules are those of Go's
// time.ParseDuration, since people's configuration files are written for those.

public enum GoDuration {
    public enum Problem: Error, Hashable, Sendable {
        case empty
        case malformed
        case missingUnit
        case unknownUnit
        case overflow

        public var words: String {
            switch self {
            case .empty: "is empty; write a duration such as 30s, 1.5h or 2h45m"
            case .malformed: "is not a duration; write one such as 30s, 1.5h or 2h45m"
            case .missingUnit: "lacks a unit; write a duration such as 30s, 1.5h or 2h45m"
            case .unknownUnit: "has an unknown unit; the units are ns, us, ms, s, m and h"
            case .overflow: "is too long a duration"
            }
        }
    }

    /// Nanoseconds.
    public static func parse(_ bytes: Bytes) throws(Problem) -> Int64 {
        var rest = bytes[...]
        let negative = rest.first == 0x2d
        if negative || rest.first == 0x2b { rest = rest.dropFirst() }
        if rest.elementsEqual([0x30]) { return 0 }
        guard !rest.isEmpty else { throw bytes.isEmpty ? .empty : .malformed }
        var total: UInt64 = 0
        while !rest.isEmpty {
            let (sum, overflow) = total.addingReportingOverflow(try takePart(&rest))
            guard !overflow, sum <= UInt64(1) << 63 else { throw .overflow }
            total = sum
        }
        if negative { return Int64(truncatingIfNeeded: 0 &- total) }
        guard let nanoseconds = Int64(exactly: total) else { throw .overflow }
        return nanoseconds
    }

    /// One number with its unit.
    private static func takePart(_ rest: inout ArraySlice<UInt8>) throws(Problem) -> UInt64 {
        let integer = rest.prefix(while: isDigit)
        rest = rest.dropFirst(integer.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == 0x2e {
            fraction = rest.dropFirst().prefix(while: isDigit)
            rest = rest.dropFirst(fraction.count &+ 1)
        }
        guard !integer.isEmpty || !fraction.isEmpty else { throw .malformed }
        let name = rest.prefix { $0 != 0x2e && !isDigit($0) }
        guard !name.isEmpty else { throw .missingUnit }
        guard let unit = nanoseconds(in: name) else { throw .unknownUnit }
        rest = rest.dropFirst(name.count)
        guard let whole = integer.isEmpty ? 0 : UInt64(decimal: integer) else { throw .overflow }
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: unit)
        let (sum, outside) = scaled.addingReportingOverflow(part(of: unit, fraction))
        guard !overflow, !outside, sum <= UInt64(1) << 63 else { throw .overflow }
        return sum
    }

    /// A decimal fraction of a unit, cut at the nanosecond. In floating point, as Go has it: so a third of an hour,
    /// written with enough digits, is twenty minutes. Digits that do not fit are left out.
    private static func part(of unit: UInt64, _ fraction: ArraySlice<UInt8>) -> UInt64 {
        var digits: UInt64 = 0
        var scale = 1.0
        for byte in fraction {
            guard digits <= UInt64(Int64.max / 10) else { break }
            let next = digits &* 10 &+ UInt64(byte &- 0x30)
            guard next <= UInt64(1) << 63 else { break }
            digits = next
            scale *= 10
        }
        let nanoseconds = Double(digits) * (Double(unit) / scale)
        return UInt64(exactly: nanoseconds.rounded(.towardZero)) ?? 0
    }

    private static func nanoseconds(in name: ArraySlice<UInt8>) -> UInt64? {
        switch name {
        case let name where name.equals("ns"): 1
        case let name where name.equals("us"): 1_000
        // The micro sign, and the Greek letter that looks the same.
        case let name where name.elementsEqual([0xc2, 0xb5, 0x73]): 1_000
        case let name where name.elementsEqual([0xce, 0xbc, 0x73]): 1_000
        case let name where name.equals("ms"): 1_000_000
        case let name where name.equals("s"): second
        case let name where name.equals("m"): 60 * second
        case let name where name.equals("h"): 3_600 * second
        default: nil
        }
    }

    private static let second: UInt64 = 1_000_000_000

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10
    }

    /// For people and for `parse`: `1h0m0s`, `1m30s`, `1.5s`, `300ms`, `0s`.
    public static func format(_ nanoseconds: Int64) -> String {
        let size = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if size == 0 { return "0s" }
        if size < 1_000 { return "\(sign)\(size)ns" }
        if size < 1_000_000 { return sign + decimal(size, per: 1_000) + "µs" }
        if size < second { return sign + decimal(size, per: 1_000_000) + "ms" }
        let minutes = size / (60 * second)
        let seconds = decimal(size % (60 * second), per: second) + "s"
        if minutes == 0 { return sign + seconds }
        if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }

    /// A quotient with as many decimals as it has.
    private static func decimal(_ value: UInt64, per unit: UInt64) -> String {
        var text = Bytes(decimal: value / unit)
        var rest = value % unit
        if rest != 0 { text.append(0x2e) }
        while rest != 0 {
            rest *= 10
            text.append(decimal: rest / unit)
            rest %= unit
        }
        return text.text
    }
}
