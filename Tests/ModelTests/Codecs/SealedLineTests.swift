// Lines that prove themselves: what changed in one is seen, wherever it changed.

import Codecs
import Testing

@Suite("Sealed lines") struct SealedLineTests {
    private static func sealed(_ object: String) -> Bytes {
        var line = Bytes(text: object)
        SealedLine.seal(&line, from: 0)
        return line
    }

    private static func body(_ line: Bytes, _ range: Range<Int>? = nil) -> Range<Int>? {
        line.withUnsafeBytes { SealedLine.body(of: range ?? 0..<$0.count, in: $0) }
    }

    @Test("The seal closes the object and the line, and gives back what was sealed")
    func whole() {
        let line = Self.sealed("{\"r\":1")
        #expect(line.text == "{\"r\":1,\"crc\":\"\(String(line.dropFirst(14).prefix(8).text))\"}\n")
        #expect(Self.body(line) == 0..<6)
        #expect(line.count == 6 + SealedLine.sealLength)
    }

    @Test("The seal is of this line alone, wherever it lies")
    func among() {
        var lines = Self.sealed("{\"r\":1")
        let start = lines.count
        lines.append(text: "{\"r\":2")
        SealedLine.seal(&lines, from: start)
        #expect(Bytes(lines[start...]) == Self.sealed("{\"r\":2"))
        #expect(Self.body(lines, start..<lines.count) == start..<start + 6)
    }

    @Test("No bit of it can change unnoticed, and no end of it be missing")
    func everyChange() {
        let line = Self.sealed("{\"r\":{\"claimed\":\"616263\"}")
        for place in line.indices {
            for bit in 0..<8 {
                var changed = line
                changed[place] ^= 1 << UInt8(bit)
                #expect(Self.body(changed) == nil, "byte \(place), bit \(bit)")
            }
            #expect(Self.body(Bytes(line[..<place])) == nil, "cut at \(place)")
            #expect(Self.body(line, place + 1..<line.count) == nil, "begun at \(place + 1)")
        }
    }

    @Test("A range that lies outside is no line")
    func outside() {
        let line = Self.sealed("{\"r\":1")
        #expect(Self.body(line, 0..<line.count + 1) == nil)
        #expect(Self.body(line, -1..<line.count) == nil)
        #expect(Self.body([], 0..<0) == nil)
    }

    @Test("The checksum's digits are lower case, so that there is one spelling of a line")
    func spelling() {
        // One whose checksum has letters.
        let line = (0..<100).map { Self.sealed("{\"r\":\($0)") }.first { $0.suffix(11).contains { $0 >= 0x61 } }
        let upper = (line ?? []).enumerated().map { place, byte in
            place >= (line ?? []).count - 11 && byte >= 0x61 && byte <= 0x66 ? byte - 32 : byte
        }
        #expect(line != nil && Self.body(line ?? []) != nil)
        #expect(Self.body(upper) == nil)
    }
}
