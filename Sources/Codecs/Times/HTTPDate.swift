// Times as HTTP writes them (RFC 9110, IMF-fixdate): `Sun, 06 Nov 1994 08:49:37 GMT`; and the Retry-After field.

public enum HTTPDate {
    public static func write(_ time: UnixTime) -> Bytes {
        let civil = CivilTime(time)
        var text = Bytes(text: weekdays[civil.weekday])
        text.append(text: ", ")
        text.append(decimal: civil.day, width: 2)
        text.append(text: " ")
        text.append(contentsOf: Bytes(text: months[civil.month - 1]))
        text.append(text: " ")
        text.append(decimal: civil.year, width: 4)
        text.append(text: " ")
        text.append(decimal: civil.hour, width: 2)
        text.append(text: ":")
        text.append(decimal: civil.minute, width: 2)
        text.append(text: ":")
        text.append(decimal: civil.second, width: 2)
        text.append(text: " GMT")
        return text
    }

    /// The weekday must be one, not the right one.
    public static func parse(_ text: Bytes) -> UnixTime? {
        var scanner = TimeScanner(text)
        guard weekdays.contains(where: { scanner.take($0) }), scanner.take(", "), let day = scanner.digits(2),
            scanner.take(0x20), let month = months.firstIndex(where: { scanner.take($0) }), scanner.take(0x20),
            let year = scanner.digits(4), scanner.take(0x20),
            let hour = scanner.digits(2), scanner.take(0x3a), let minute = scanner.digits(2), scanner.take(0x3a),
            let second = scanner.digits(2), scanner.take(" GMT"), scanner.isAtEnd
        else { return nil }
        return CivilTime(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)
            .map { UnixTime(seconds: $0.seconds) }
    }

    private static let weekdays: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

public enum RetryAfter {
    /// What counts at most, in seconds: ten years, so that it can be told in nanoseconds.
    public static let longest: Int64 = 10 * 366 * 86_400

    /// Seconds to wait: a number, or the way from now to a date (0 if that is past); nil where it is neither.
    public static func parse(_ text: Bytes, now: UnixTime) -> Int64? {
        let value = text.trimmed()
        if !value.isEmpty, value.allSatisfy({ $0 &- 0x30 < 10 }) {
            return min(longest, Int64(decimal: value) ?? longest)
        }
        guard let date = HTTPDate.parse(value) else { return nil }
        let (wait, overflow) = date.seconds.subtractingReportingOverflow(now.seconds)
        return overflow ? longest : min(longest, max(0, wait))
    }
}
