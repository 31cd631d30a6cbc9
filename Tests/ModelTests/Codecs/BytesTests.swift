// Byte strings: trimming, numbers, comparison.

import Codecs
import Testing

@Suite struct BytesTests {
    @Test func trimmingTakesUnicodeWhiteSpaceAtBothEnds() {
        let spaces = [
            " ", "\t", "\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{a0}", "\u{1680}", "\u{2000}", "\u{200a}",
            "\u{2028}", "\u{2029}", "\u{202f}", "\u{205f}", "\u{3000}", "\r\n",
        ]
        for space in spaces {
            #expect(Bytes(text: space + "a" + space + "b" + space + space).trimmed() == Bytes(text: "a\(space)b"))
            #expect(Bytes(text: space).isBlank)
        }
        for other in ["\u{200b}", "\u{feff}", "\u{2060}", "\u{180e}", "\u{0}"] {
            #expect(Bytes(text: other).trimmed() == Bytes(text: other))
        }
        #expect(Bytes().trimmed().isEmpty)
        #expect([0xa0, 0x85, 0x80].trimmed() == [0xa0, 0x85, 0x80] as Bytes)
        #expect([0x20, 0xe2, 0x80].trimmed() == [0xe2, 0x80] as Bytes)
    }

    @Test func decimalsAreReadWithoutOverflow() {
        #expect(Int(decimal: Bytes(text: "0")) == 0)
        #expect(Int(decimal: Bytes(text: "-12")) == -12)
        #expect(Int(decimal: Bytes(text: "+12")) == 12)
        #expect(Int(decimal: Bytes(text: "9223372036854775807")) == Int.max)
        #expect(Int(decimal: Bytes(text: "-9223372036854775808")) == Int.min)
        for text in ["", "-", "+", "9223372036854775808", "-9223372036854775809", "1 ", " 1", "1.0", "0x1", "１"] {
            #expect(Int(decimal: Bytes(text: text)) == nil, "\(text)")
        }
        #expect(UInt8(decimal: Bytes(text: "255")) == 255)
        #expect(UInt8(decimal: Bytes(text: "256")) == nil)
        #expect(Int8(decimal: Bytes(text: "-128")) == -128)
        #expect(Int8(decimal: Bytes(text: "128")) == nil)
        #expect(UInt(decimal: Bytes(text: "-1")) == nil)
    }

    @Test func decimalsAreWritten() {
        for number in [0, 1, -1, 10, 12345, Int.max, Int.min] {
            #expect(Bytes(decimal: number) == Bytes(text: "\(number)"))
            #expect(Int(decimal: Bytes(decimal: number)) == number)
        }
        #expect(Bytes(decimal: Int8.min) == Bytes(text: "-128"))
        var padded = Bytes(text: "x")
        padded.append(decimal: 7, width: 3)
        padded.append(decimal: 1234, width: 3)
        #expect(padded == Bytes(text: "x0071234"))
    }

    @Test func comparisonIsByBytes() {
        let composed = Bytes(text: "caf\u{e9}")
        let decomposed = Bytes(text: "cafe\u{301}")
        #expect(composed != decomposed)
        #expect(Bytes(text: "a").isLess(than: Bytes(text: "ab")))
        #expect(!Bytes(text: "ab").isLess(than: Bytes(text: "ab")))
        #expect(Bytes(text: "Z").isLess(than: Bytes(text: "a")))
        #expect([0x7f].isLess(than: [0x80] as Bytes))
    }

    @Test func partsKeepTheEmptyOnes() {
        #expect(Bytes(text: ",a,,b").parts(separatedBy: 0x2c) == ["", "a", "", "b"].map { Bytes(text: $0) })
        #expect(Bytes().parts(separatedBy: 0x2c) == [Bytes()])
    }

    @Test func edges() {
        #expect(Bytes(text: "abc").hasPrefix("ab"))
        #expect(!Bytes(text: "ab").hasPrefix("abc"))
        #expect(Bytes(text: "abc").hasSuffix("bc"))
        #expect(!Bytes(text: "bc").hasSuffix("abc"))
        #expect(Bytes(text: "abc").equals("abc"))
        #expect(!Bytes(text: "abc").equals("ab"))
        #expect(Bytes(text: "Ab\u{c4}Z").lowercasedASCII == Bytes(text: "ab\u{c4}z"))
        #expect([0x00, 0xff, 0x1a].hex == Bytes(text: "00ff1a"))
        #expect(([0xff, 0x61] as Bytes).text == "\u{fffd}a")
    }
}
