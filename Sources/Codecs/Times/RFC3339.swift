// Times as logs and APIs write them: `2026-01-31T12:34:56.789Z`.

public enum RFC3339 {
    /// UTC with milliseconds, the rest cut off.
    public static func write(_ time: UnixTime) -> Bytes {
        let clamped = time.clamped
        var text = dateAndTime(CivilTime(clamped))
        text.append(0x2e)
        text.append(decimal: Int(clamped.nanoseconds / 1_000_000), width: 3)
        text.append(0x5a)
        return text
    }

    /// UTC in whole seconds, as Kubernetes writes its own times.
    public static func writeSeconds(_ time: UnixTime) -> Bytes {
        dateAndTime(CivilTime(time)) + [0x5a]
    }

    private static func dateAndTime(_ civil: CivilTime) -> Bytes {
        var text = Bytes()
        text.reserveCapacity(24)
        text.append(decimal: civil.year, width: 4)
        append(0x2d, civil.month, to: &text)
        append(0x2d, civil.day, to: &text)
        append(0x54, civil.hour, to: &text)
        append(0x3a, civil.minute, to: &text)
        append(0x3a, civil.second, to: &text)
        return text
    }

    private static func append(_ separator: UInt8, _ part: Int, to text: inout Bytes) {
        text.append(separator)
        text.append(decimal: part, width: 2)
    }

    /// With any offset and any number of decimals, of which nine count; nil where it is no time.
    public static func parse(_ text: Bytes) -> UnixTime? {
        var scanner = TimeScanner(text)
        guard let year = scanner.digits(4), scanner.take(0x2d), let month = scanner.digits(2), scanner.take(0x2d),
            let day = scanner.digits(2), scanner.take(0x54) || scanner.take(0x74),
            let hour = scanner.digits(2), scanner.take(0x3a), let minute = scanner.digits(2), scanner.take(0x3a),
            let second = scanner.digits(2),
            let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        guard let nanoseconds = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd else { return nil }
        return UnixTime(seconds: civil.seconds - Int64(offset), nanoseconds: nanoseconds)
    }
}

/// Takes a time's parts from the front of a text.
struct TimeScanner {
    private var rest: ArraySlice<UInt8>

    init(_ text: Bytes) {
        rest = text[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func take(_ word: StaticString) -> Bool {
        guard rest.hasPrefix(word) else { return false }
        rest = rest.dropFirst(word.utf8CodeUnitCount)
        return true
    }

    /// Exactly so many digits.
    mutating func digits(_ count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
        rest = rest.dropFirst(count)
        return Int(decimal: digits)
    }

    /// Nanoseconds behind a point, 0 without one; nil for a point without digits.
    mutating func fraction() -> UInt32? {
        guard take(0x2e) else { return 0 }
        let digits = rest.prefix { $0 &- 0x30 < 10 }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        let nine = Bytes(digits.prefix(9)) + Bytes(repeating: 0x30, count: max(0, 9 - digits.count))
        return UInt32(decimal: nine)
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
        if take(0x5a) || take(0x7a) { return 0 }
        let west = take(0x2d)
        guard west || take(0x2b), let hours = digits(2), take(0x3a), let minutes = digits(2),
            hours < 24, minutes < 60
        else { return nil }
        let seconds = hours * 3_600 + minutes * 60
        return west ? -seconds : seconds
    }
}
