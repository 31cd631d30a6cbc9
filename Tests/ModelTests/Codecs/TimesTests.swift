// Times in the forms of RFC 3339 and HTTP, Retry-After, and durations.

import Codecs
import Testing

@Suite struct TimesTests {
    private static let known: [(Int64, String, String)] = [
        (0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "1969-12-31T23:59:59.000Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
        (784_111_777, "1994-11-06T08:49:37.000Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_399, "2000-02-28T23:59:59.000Z", "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_000_000_000, "2001-09-09T01:46:40.000Z", "Sun, 09 Sep 2001 01:46:40 GMT"),
        (1_234_567_890, "2009-02-13T23:31:30.000Z", "Fri, 13 Feb 2009 23:31:30 GMT"),
        (2_147_483_648, "2038-01-19T03:14:08.000Z", "Tue, 19 Jan 2038 03:14:08 GMT"),
        (4_107_542_399, "2100-02-28T23:59:59.000Z", "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "9999-12-31T23:59:59.000Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-62_167_219_200, "0000-01-01T00:00:00.000Z", "Sat, 01 Jan 0000 00:00:00 GMT"),
    ]

    @Test(arguments: known) func knownTimes(_ seconds: Int64, _ rfc3339: String, _ http: String) {
        let time = UnixTime(seconds: seconds)
        #expect(RFC3339.write(time).text == rfc3339)
        #expect(RFC3339.parse(Bytes(text: rfc3339)) == time)
        #expect(HTTPDate.write(time).text == http)
        #expect(HTTPDate.parse(Bytes(text: http)) == time)
    }

    @Test func everyMonthOfFourCenturiesBeginsAndEndsOnItsDay() {
        var day: Int64 = 0
        for year in 1970..<2370 {
            let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
            let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, length) in lengths.enumerated() {
                expect(day, year, month + 1, 1)
                day += Int64(length)
                expect(day - 1, year, month + 1, length)
            }
        }
        #expect(day == 146_097)
    }

    private func expect(_ number: Int64, _ year: Int, _ month: Int, _ day: Int) {
        var expected = Bytes()
        expected.append(decimal: year, width: 4)
        expected.append(0x2d)
        expected.append(decimal: month, width: 2)
        expected.append(0x2d)
        expected.append(decimal: day, width: 2)
        let time = UnixTime(seconds: number * 86_400)
        let text = RFC3339.writeSeconds(time)
        #expect(text.hasPrefix(expected) && RFC3339.parse(text) == time, "day \(number) is \(text.text)")
    }

    @Test func fractionsAndOffsets() {
        func parsed(_ text: String) -> UnixTime? { RFC3339.parse(Bytes(text: text)) }
        #expect(RFC3339.write(UnixTime(seconds: 0, nanoseconds: 1_999_999)).text == "1970-01-01T00:00:00.001Z")
        #expect(RFC3339.write(UnixTime(seconds: -1, nanoseconds: .max)).text == "1969-12-31T23:59:59.999Z")
        #expect(parsed("1970-01-01T00:00:00.5Z") == UnixTime(seconds: 0, nanoseconds: 500_000_000))
        #expect(parsed("1970-01-01T00:00:00.1234567899Z") == UnixTime(seconds: 0, nanoseconds: 123_456_789))
        #expect(parsed("1970-01-01t00:00:00z") == UnixTime(seconds: 0))
        #expect(parsed("1970-01-01T01:30:00+01:30") == UnixTime(seconds: 0))
        #expect(parsed("1969-12-31T19:00:00.25-05:00") == UnixTime(seconds: 0, nanoseconds: 250_000_000))
        #expect(parsed("1998-12-31T23:59:60Z") == parsed("1999-01-01T00:00:00Z"))
        #expect(UnixTime(seconds: 1) < UnixTime(seconds: 1, nanoseconds: 1))
    }

    @Test(arguments: [
        "", "1970", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01 00:00:00Z", "1970-1-01T00:00:00Z",
        "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z", "1970-01-00T00:00:00Z", "1970-01-32T00:00:00Z",
        "1970-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "1970-04-31T00:00:00Z", "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00+1:00",
        "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+00:60", "1970-01-01T00:00:00Zx", "-970-01-01T00:00:00Z",
        "1970-01-01T00:00:00,5Z", "+970-01-01T00:00:00Z", "1970-01-01T00:00:0\u{ff10}Z", " 1970-01-01T00:00:00Z",
    ]) func noTimes(_ text: String) {
        #expect(RFC3339.parse(Bytes(text: text)) == nil)
    }

    @Test func timesOutsideFourDigitsAreClamped() {
        #expect(RFC3339.write(UnixTime(seconds: .max)).text == "9999-12-31T23:59:59.999Z")
        #expect(RFC3339.write(UnixTime(seconds: .min)).text == "0000-01-01T00:00:00.000Z")
        #expect(HTTPDate.write(UnixTime(seconds: .max)).text == "Fri, 31 Dec 9999 23:59:59 GMT")
    }

    @Test(arguments: [
        "", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun 06 Nov 1994 08:49:37 GMT", "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nux 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "sun, 06 nov 1994 08:49:37 gmt", "Sunday, 06-Nov-94 08:49:37 GMT",
    ]) func noHTTPDates(_ text: String) {
        #expect(HTTPDate.parse(Bytes(text: text)) == nil)
    }

    @Test func retryAfter() {
        let now = UnixTime(seconds: 784_111_777, nanoseconds: 5)
        func parsed(_ text: String) -> Int64? { RetryAfter.parse(Bytes(text: text), now: now) }
        #expect(parsed("0") == 0)
        #expect(parsed(" 120 ") == 120)
        #expect(parsed("99999999999999999999999999") == RetryAfter.longest)
        #expect(parsed("Sun, 06 Nov 1994 08:50:37 GMT") == 60)
        #expect(parsed("Sun, 06 Nov 1994 08:49:37 GMT") == 0)
        #expect(parsed("Sat, 05 Nov 1994 08:49:37 GMT") == 0)
        #expect(parsed("Fri, 31 Dec 9999 23:59:59 GMT") == RetryAfter.longest)
        for text in ["", "-1", "+1", "1.5", "1s", "soon", "0x10", "1 2"] { #expect(parsed(text) == nil, "\(text)") }
        let dawn = UnixTime(seconds: .min)
        #expect(RetryAfter.parse(Bytes(text: "Sun, 06 Nov 1994 08:49:37 GMT"), now: dawn) == RetryAfter.longest)
    }
}
