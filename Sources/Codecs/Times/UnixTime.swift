// A point in time as the clock tells it, and the same in years, months and days (UTC, proleptic Gregorian).
// Pure arithmetic; no time zones, no locale.

public struct UnixTime: Hashable, Codable, Sendable, Comparable {
    /// Since 1970, leap seconds not counted; negative before.
    public let seconds: Int64
    /// Forward from there, below a billion.
    public let nanoseconds: UInt32

    /// More nanoseconds than there are in a second count as the last one.
    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = min(nanoseconds, 999_999_999)
    }

    public static func < (one: UnixTime, other: UnixTime) -> Bool {
        (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
    }

    /// The first second of the year 0 and the last one of 9999: four digits write them all.
    static let writable: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// The nearest time whose year has four digits.
    var clamped: UnixTime {
        if seconds < UnixTime.writable.lowerBound { return UnixTime(seconds: UnixTime.writable.lowerBound) }
        if seconds > UnixTime.writable.upperBound {
            return UnixTime(seconds: UnixTime.writable.upperBound, nanoseconds: 999_999_999)
        }
        return self
    }
}

/// A date and a time of day, without a zone.
struct CivilTime: Hashable {
    var year = 1970
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0

    static let secondsPerDay = 86_400

    /// Of a time with a year of four digits; others are clamped.
    init(_ time: UnixTime) {
        let seconds = Int(time.clamped.seconds)
        let days = CivilTime.floorQuotient(seconds, CivilTime.secondsPerDay)
        let rest = seconds - days * CivilTime.secondsPerDay
        setDate(days: days)
        hour = rest / 3_600
        minute = rest / 60 % 60
        second = rest % 60
    }

    /// Nil where there is no such day or time; second 60 is a leap second.
    init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        guard (0...9_999).contains(year), (1...12).contains(month), day >= 1,
            day <= CivilTime.days(inMonth: month, of: year),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second) = (hour, minute, second)
    }

    /// Since 1970, the zone being UTC.
    var seconds: Int64 {
        Int64(daysSince1970 * CivilTime.secondsPerDay + hour * 3_600 + minute * 60 + second)
    }

    /// 0 is Sunday.
    var weekday: Int {
        // 1970 began on a Thursday.
        let shifted = daysSince1970 + 4
        return shifted - CivilTime.floorQuotient(shifted, 7) * 7
    }

    // Years are counted from March here, so that the leap day is the last one, in eras of 400 years with 146,097 days.

    private var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = CivilTime.floorQuotient(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private mutating func setDate(days: Int) {
        let shifted = days + 719_468
        let era = CivilTime.floorQuotient(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    private static func floorQuotient(_ value: Int, _ divisor: Int) -> Int {
        (value >= 0 ? value : value - divisor + 1) / divisor
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
