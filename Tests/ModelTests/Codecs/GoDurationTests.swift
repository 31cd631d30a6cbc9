// Durations as Go reads and writes them.

import Codecs
import Testing

private let second: Int64 = 1_000_000_000

@Suite struct GoDurationTests {
    @Test(
        arguments: [
            ("0", 0), ("+0", 0), ("-0", 0), ("0s", 0), ("5s", 5 * second), ("-1s", -second), ("+5s", 5 * second),
            ("300ms", 300_000_000), ("1.5h", 5_400 * second), ("2h45m", 9_900 * second), ("1m30s", 90 * second),
            ("10ns", 10), ("11us", 11_000), ("12\u{b5}s", 12_000), ("12\u{3bc}s", 12_000), ("13ms", 13_000_000),
            ("15m", 900 * second), ("16h", 57_600 * second), ("5.s", 5 * second), (".5s", second / 2),
            ("1.0s", second), ("1.00s", second), ("1.004s", 1_004_000_000), ("1.0040s", 1_004_000_000),
            ("100.00100s", 100_001_000_000), ("-1.5h", -5_400 * second), ("3h30m", 12_600 * second),
            ("10.5s4m", 250 * second + second / 2), ("-2m3.4s", -123_400_000_000),
            ("1h2m3s4ms5us6ns", 3_723_004_005_006), ("1s1s", 2 * second),
            ("9007199254.740993ms", 9_007_199_254_740_993),
            ("9223372036854775807ns", .max), ("9223372036854775.807us", .max), ("-9223372036854775808ns", .min),
            ("-9223372036854775.808us", .min), ("0.3333333333333333333h", 1_200 * second),
            ("0.100000000000000000000h", 360 * second), ("0.830103483285477580700h", 2_988_372_539_827),
            ("007s", 7 * second), ("0.9223372036854775807s", 922_337_203), ("1.5ns", 1), ("0.1ns", 0),
        ] as [(String, Int64)]) func reads(_ text: String, _ nanoseconds: Int64) throws
    {
        #expect(try GoDuration.parse(Bytes(text: text)) == nanoseconds)
    }

    @Test(
        arguments: [
            ("", .empty), ("3", .missingUnit), ("-", .malformed), ("+", .malformed), ("s", .malformed),
            (".", .malformed),
            (".s", .malformed), ("-.s", .malformed), ("+.s", .malformed), ("3000000h", .overflow),
            ("9223372036854775808ns", .overflow), ("9223372036854775.808us", .overflow),
            ("-9223372036854775809ns", .overflow), ("9223372036854775808s", .overflow),
            ("99999999999999999999999s", .overflow), ("9223372036854775807ns1ns", .overflow), ("1d", .unknownUnit),
            ("1w", .unknownUnit), ("1S", .unknownUnit), ("1 s", .unknownUnit), ("1s ", .unknownUnit),
            (" 1s", .malformed),
            ("1h 30m", .unknownUnit), ("--1s", .malformed), ("1e3s", .unknownUnit), ("1,5s", .unknownUnit),
            ("1h-30m", .unknownUnit), ("1.2.3s", .missingUnit), ("1s0", .missingUnit), ("00", .missingUnit),
            ("\u{661}s", .malformed), ("1s\u{0}", .unknownUnit), ("1\u{ff53}", .unknownUnit), ("x", .malformed),
        ] as [(String, GoDuration.Problem)]) func refuses(_ text: String, _ problem: GoDuration.Problem)
    {
        #expect(throws: problem) { try GoDuration.parse(Bytes(text: text)) }
    }

    @Test(
        arguments: [
            (0, "0s"), (1, "1ns"), (999, "999ns"), (1_000, "1µs"), (1_100, "1.1µs"), (2_200_000, "2.2ms"),
            (300_000_000, "300ms"), (3_300_000_000, "3.3s"), (second, "1s"), (60 * second, "1m0s"),
            (90 * second, "1m30s"),
            (245 * second, "4m5s"), (245_001_000_000, "4m5.001s"), (3_600 * second, "1h0m0s"),
            (9_900 * second, "2h45m0s"),
            (18_367_001_000_000, "5h6m7.001s"), (-90 * second, "-1m30s"), (480_000_000_001, "8m0.000000001s"),
            (.max, "2562047h47m16.854775807s"), (.min, "-2562047h47m16.854775808s"),
        ] as [(Int64, String)]) func writes(_ nanoseconds: Int64, _ text: String) throws
    {
        #expect(GoDuration.format(nanoseconds) == text)
        #expect(try GoDuration.parse(Bytes(text: text)) == nanoseconds)
    }
}
