// Looking into values, and writing them.

import Codecs
import Testing

@Suite struct JSONAccessTests {
    @Test(arguments: [
        ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("3.0", 3), ("-3.000", -3), ("1e6", 1_000_000),
        ("1E+6", 1_000_000), ("1.5e1", 15), ("100e-2", 1), ("0.0", 0), ("0e999999999999999999999", 0),
        ("0.000e-99999999999999999999999", 0), ("1200.00e-2", 12), ("9223372036854775807", Int.max),
        ("-9223372036854775808", Int.min), ("9223372036854775.807e3", Int.max), ("922337203685477580700e-2", Int.max),
        ("-0.9223372036854775808e19", Int.min),
    ]) func wholeNumbers(_ text: String, _ number: Int) {
        #expect(JSON.number(Bytes(text: text)).asInt == number)
    }

    @Test(arguments: [
        "0.5", "1.5", "1e-1", "15e-1", "9223372036854775808", "-9223372036854775809", "1e19", "1e400", "1e99999999999",
        "1e99999999999999999999999999", "1e-99999999999999999999999999", "123e-3", "", "-", "e", "1e", "x", "1.5.0",
        "--1", "1e1e1", "1e+", ".", "9223372036854775.8071e3",
    ]) func notWholeOrTooGreat(_ text: String) {
        #expect(JSON.number(Bytes(text: text)).asInt == nil)
    }

    @Test func otherWidths() {
        #expect(JSON.whole(Bytes(text: "255"), as: UInt8.self) == 255)
        #expect(JSON.whole(Bytes(text: "2.55e2"), as: UInt8.self) == 255)
        #expect(JSON.whole(Bytes(text: "256"), as: UInt8.self) == nil)
        #expect(JSON.whole(Bytes(text: "-1"), as: UInt64.self) == nil)
        #expect(JSON.whole(Bytes(text: "18446744073709551615"), as: UInt64.self) == UInt64.max)
        #expect(JSON.whole(Bytes(text: "1e38"), as: UInt64.self) == nil)
    }

    @Test func doublesAreFinite() {
        #expect(JSON.number(Bytes(text: "1.5")).asDouble == 1.5)
        #expect(JSON.number(Bytes(text: "1e400")).asDouble == nil)
        #expect(JSON.string("1.5").asDouble == nil)
    }

    @Test func kindsAreNotMixedUp() {
        #expect(JSON.string("1").asInt == nil)
        #expect(JSON.number(1).asString == nil)
        #expect(JSON.bool(true).asBool == true)
        #expect(JSON.number(1).asBool == nil)
        #expect(JSON.null.isNull)
        #expect(!JSON.bool(false).isNull)
        #expect(JSON.array([]).asObject == nil)
        #expect(JSON.object([]).asArray == nil)
        #expect(JSON.string("a")["a"] == nil)
        #expect(JSON.secret(.secret(SecretRef(number: 1))).asString == nil)
    }

    @Test func elementsOutsideAreNil() {
        let list = JSON.array([.number(1)])
        #expect(list[0]?.asInt == 1)
        #expect(list[1] == nil)
        #expect(list[-1] == nil)
        #expect(list[Int.max] == nil)
    }

    @Test func stringsAreEscaped() {
        let content = Bytes(0...0x1f) + Bytes(text: "\"\\/\u{7f}\u{e9}\u{2028}\u{1f600}")
        let expected =
            #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#
            + #"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"#
            + "\\\"\\\\/\u{7f}\u{e9}\u{2028}\u{1f600}\""
        #expect(JSON.string(content).encoded().text == expected)
    }

    @Test func whateverTheBytesTheOutputIsJSON() throws {
        let samples: [Bytes] = [
            [0xff], [0x61, 0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80], [0xc0, 0x80, 0x22],
            [0x80, 0x0a],
        ]
        for sample in samples {
            let value = JSON.object([JSONMember(name: sample, value: .string(sample))])
            let read = try JSON.parse(value.encoded())
            // Bad bytes are replaced one by one; good ones stay.
            #expect(read.asObject?.first?.name == read.asObject?.first?.value.asString)
            #expect(read.asObject?.first?.name.text.unicodeScalars.contains("\u{fffd}") == true)
        }
        #expect(JSON.string([0x61, 0xff, 0x62]).encoded() == Bytes(text: "\"a\u{fffd}b\""))
        for text in ["", "01", "1 ", "NaN", "1,2", "-", "\"", "1]", "0x1"] {
            #expect(try JSON.parse(JSON.number(Bytes(text: text)).encoded()).asString == Bytes(text: text))
        }
    }

    @Test func secretsAreWrittenAtTheLastMoment() {
        let value = JSON.object([
            JSONMember("a", .secret(.secret(SecretRef(number: 1)))), JSONMember("b", .verbatim(SecretRef(number: 2))),
            JSONMember("c", .secret(.secret(SecretRef(number: 3)))), JSONMember("d", .verbatim(SecretRef(number: 3))),
            JSONMember("e", JSON(.joined([Text("A="), .secret(SecretRef(number: 1))]))),
            JSONMember("f", JSON(Text("plain"))),
        ])
        var output = Bytes(text: ">")
        value.encode(into: &output) { ref in
            switch ref.number {
            case 1: Bytes(text: "p\"w")
            case 2: Bytes(text: "{\"x\": 1.0}")
            default: nil
            }
        }
        let known = #""a":"p\"w","b":{"x": 1.0}"#
        let unknown = #""c":"[secret]","d":"[secret]""#
        #expect(output.text == #">{\#(known),\#(unknown),"e":"A=p\"w","f":"plain"}"#)
        #expect(
            value.encoded().text == #"{"a":"[secret]","b":"[secret]",\#(unknown),"e":"[secret]","f":"plain"}"#)
    }

    @Test func deepValuesAreWrittenAndFreed() {
        var value = JSON.null
        for _ in 0..<JSONLimits.deepest { value = .array([value]) }
        #expect(value.encoded().count == 2 * JSONLimits.deepest + 4)
    }
}
