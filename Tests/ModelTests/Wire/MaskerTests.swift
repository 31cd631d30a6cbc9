// Secrets in lines: what is hidden, what is left alone, and that cuts and overlaps hide nothing less.

import Codecs
import Testing

@Suite struct MaskerTests {
    func masker(_ values: String...) -> Masker {
        var set = MaskedValues()
        for value in values { set.add(Bytes(text: value)) }
        return Masker(set)
    }

    func mask(_ line: String, _ values: String...) -> String {
        var set = MaskedValues()
        for value in values { set.add(Bytes(text: value)) }
        return Masker(set).masked(Bytes(text: line)).text
    }

    @Test func hidesEveryOccurrence() {
        #expect(mask("a s3cret, s3cret.", "s3cret") == "a ***, ***.")
        #expect(mask("s3cre t", "s3cret") == "s3cre t")
        #expect(mask("nothing", "s3cret") == "nothing")
        #expect(mask("s3cret", "s3cret") == "***")
        #expect(mask("", "s3cret") == "")
        #expect(Masker.nothing.masked(Bytes(text: "x")).text == "x")
    }

    @Test func shortAndTrivialValuesAreLeftAlone() {
        for value in ["", "abc", "true", "FALSE", "null", "8080", "12345", "-1.5", "0.25"] {
            #expect(mask("x\(value)x", value) == "x\(value)x", "\(value)")
        }
        for value in ["abcd", "123456", "truer", "12a45"] {
            #expect(mask("x\(value)x", value) == "x***x", "\(value)")
        }
    }

    @Test func theLongestAndTheOverlapping() {
        #expect(mask("xabcdefx", "abcd", "abcdef") == "x***x")
        #expect(mask("xabcdx", "abcd", "abcdef") == "x***x")
        #expect(mask("xabcdexdefghx", "abcde", "cdexdef", "defgh") == "x***x")
        #expect(mask("abcdabcd", "abcd") == "***")
        #expect(mask("aaaaaaaaa!", "aaaa") == "***!")
        // A prefix of the sought text that is not the value's own prefix must not end the search.
        #expect(mask("abcdz", "abcd", "abcdefgh", "abcdx") == "***z")
    }

    @Test func linesOfAValueAndItsEdges() {
        let key = "-----BEGIN KEY-----\r\nMIIEvQIBADAN\r\n  indented content\nshort\n"
        #expect(mask("got MIIEvQIBADAN here", key) == "got *** here")
        #expect(mask("indented content", key) == "***")
        #expect(mask("this is short", key) == "this is short")
        #expect(mask("key=tok3n!", "tok3n!\n") == "key=***")
    }

    @Test func aKeyThatWasWrittenInOneLine() {
        let key = #"-----BEGIN KEY-----\nMIIEvQIBADAN\nshort\n"#
        #expect(mask("got MIIEvQIBADAN here", key) == "got *** here")
        #expect(mask("this is short", key) == "this is short")
    }

    private static func base64(_ text: String) -> String { Base64.encode(Bytes(text: text)).text }

    @Test(arguments: ["", "a", "ab", "user:", "{\"token\":\""], ["", "\n", "zz", "\"}"])
    func asBase64WritesItWhereverItStands(before: String, after: String) {
        let value = "s3cret?>~value~>?/x"
        let encoded = Self.base64(before + value + after)
        for text in [encoded, encoded.map { $0 == "+" ? "-" : $0 == "/" ? "_" : "\($0)" }.joined()] {
            let masked = mask("Basic \(text) sent", value)
            let (front, rest) = (masked.prefix { $0 != "*" }, masked.drop { $0 != "*" }.drop { $0 == "*" })
            #expect(masked.contains("***"), "\(text)")
            // Of the value's own characters three at most are left at either edge.
            #expect(front.count <= "Basic ".count + before.utf8.count * 4 / 3 + 3, "\(masked)")
            #expect(rest.count <= " sent".count + (after.utf8.count * 4 + 2) / 3 + 6, "\(masked)")
        }
        #expect(mask(Self.base64("short"), "short") == Self.base64("short"), "too short to be told from chance")
    }

    @Test(arguments: [64, 76]) func theLinesOfBase64(width: Int) {
        let value = (0..<40).map { "line \($0 * 7919) of a key" }.joined(separator: "\n")
        let encoded = Array(Self.base64(value))
        let lines = stride(from: 0, to: encoded.count, by: width).map {
            String(encoded[$0..<min($0 + width, encoded.count)])
        }
        for line in lines.dropLast() { #expect(mask(line, value) == "***", "\(line)") }
        #expect((lines.last ?? "").count < 10 || mask(lines.last ?? "", value).count <= 6)
    }

    @Test func encodedFormsAreBounded() {
        var set = MaskedValues()
        for number in 0..<40 { set.add(Bytes(repeating: 0x61, count: 1_024) + Bytes(text: "\(number)")) }
        set.add(Bytes(text: "the-last-secret"))
        let masker = Masker(set)
        #expect(masker.masked(Bytes(text: "x the-last-secret")).text == "x ***")
        // The large ones took the room, and left enough for a small one.
        #expect(masker.masked(Bytes(text: Self.base64("the-last-secret"))).text == "***")
    }

    @Test func asAJSONStringWritesIt() {
        let value = "pass\"word\\\nnext"
        #expect(mask(#"{"p":"pass\"word\\\nnext"}"#, value) == #"{"p":"***"}"#)
        #expect(mask(#"pass"word\"#, value) == "***")
    }

    @Test func leavesOfADocument() {
        var set = MaskedValues()
        set.addLeaves(of: Bytes(text: #"{"name-of-it": ["first-leaf", {"x": "second\"leaf"}], "n": 1234567}"#))
        let masker = Masker(set)
        func told(_ text: String) -> String { masker.masked(Bytes(text: text)).text }
        #expect(told("first-leaf") == "***")
        #expect(told("second\"leaf") == "***")
        #expect(told("name-of-it 1234567") == "name-of-it 1234567")
    }

    @Test func longValuesAreHiddenWhole() {
        let long = String((0..<10_000).map { Character(UnicodeScalar(UInt8(33 + $0 * 7 % 90))) })
        #expect(mask("<\(long)>", long) == "<***>")
        #expect(mask("<\(long.prefix(5_000))", long).count < 1_000)
    }

    /// Against the plainest thing that could be meant: each value at each place, the union of what is found.
    @Test func agreesWithTheNaiveSearch() {
        var dice = Dice(seed: 11)
        for round in 0..<2_000 {
            let values = (0..<1 + dice.below(6)).map { _ in
                Bytes((0..<4 + dice.below(6)).map { _ in 0x61 + UInt8(dice.below(2 + round % 3)) })
            }
            let line = Bytes((0..<dice.below(60)).map { _ in 0x61 + UInt8(dice.below(2 + round % 3)) })
            var set = MaskedValues()
            for value in values { set.add(value) }
            #expect(Masker(set).masked(line).text == naive(line, values).text)
        }
    }

    private func naive(_ line: Bytes, _ values: [Bytes]) -> Bytes {
        var hidden = [Bool](repeating: false, count: line.count)
        var joins = hidden
        for value in values where value.count <= line.count {
            for start in 0...line.count - value.count where line[start...].starts(with: value) {
                for place in start..<start + value.count {
                    hidden[place] = true
                    joins[place] = true
                }
            }
        }
        var output = Bytes()
        for place in line.indices {
            if !hidden[place] { output.append(line[place]) }
            if hidden[place], place == 0 || !hidden[place - 1] { output.append(contentsOf: [0x2a, 0x2a, 0x2a]) }
        }
        return output
    }
}

@Suite struct LinesTests {
    func cut(
        _ chunks: [Bytes], limit: Int = LineFramer.standardLimit, _ masker: Masker = .nothing, finish: Bool = true
    ) -> [LineFramer.Line] {
        var framer = LineFramer(limit: limit)
        var lines: [LineFramer.Line] = []
        for chunk in chunks { chunk.withUnsafeBufferPointer { framer.push($0, masker) { lines.append($0) } } }
        if finish { framer.finish(masker) { lines.append($0) } }
        return lines
    }

    func texts(_ chunks: [String], finish: Bool = true) -> [String] {
        cut(chunks.map { Bytes(text: $0) }, finish: finish).map(\.bytes.text)
    }

    @Test func linesAcrossChunks() {
        #expect(texts(["a\nb", "c\r\n", "\n", "d"]) == ["a", "bc", "", "d"])
        #expect(texts(["a\nb"], finish: false) == ["a"])
        #expect(texts([]) == [])
        #expect(texts(["a\r", "\nb\rc\n"]) == ["a", "b\rc"])
    }

    @Test func aLongLineIsGivenOutInPieces() {
        let long = Bytes(repeating: 0x61, count: 100_000)
        let lines = cut([long + [0x0a], Bytes(text: "next\n")])
        #expect(lines.map(\.bytes).reduce([], +) == long + Bytes(text: "next"))
        #expect(lines.allSatisfy { $0.bytes.count <= LineFramer.standardLimit + Masker.longestPattern })
        #expect(lines.map(\.goesOn) == Array(repeating: true, count: lines.count - 2) + [false, false])
        #expect(lines.count > 5)
    }

    @Test func whatWaitsIsBounded() {
        var framer = LineFramer()
        let chunk = Bytes(repeating: 0x61, count: 65_536)
        for _ in 0..<50 { chunk.withUnsafeBufferPointer { framer.push($0, .nothing) { _ in } } }
        #expect(framer.waiting <= LineFramer.standardLimit + Masker.longestPattern)
    }

    @Test func charactersAreNotCutInTwo() {
        let text = Bytes(text: String(repeating: "a\u{20ac}", count: 2_000))
        for limit in 100..<104 {
            for line in cut([text], limit: limit) { #expect(line.bytes.isUTF8) }
        }
        // What is no text is cut all the same.
        #expect(cut([Bytes(repeating: 0x80, count: 5_000)], limit: 100).count > 20)
    }

    /// A secret at every place of a long line, read in every kind of chunk, is never seen, not even a half of it.
    @Test func secretsAcrossChunksAndCuts() {
        let secret = Bytes(text: "0123456789abcdefghijklmnopqrstuvwxyz")
        var set = MaskedValues()
        set.add(secret)
        let masker = Masker(set)
        for place in stride(from: 0, to: 400, by: 7) {
            let line = Bytes(repeating: 0x2d, count: place) + secret + Bytes(repeating: 0x2d, count: 2_500 - place)
            for size in [1, 13, 999, 5_000] {
                let chunks = stride(from: 0, to: line.count, by: size).map {
                    Bytes(line[$0..<min(line.count, $0 + size)])
                }
                let told = cut(chunks, limit: 100, masker).map(\.bytes).reduce([], +)
                let dashes = told.filter { $0 == 0x2d }.count
                let stars = told.filter { $0 == 0x2a }.count
                #expect(dashes == 2_500 && dashes + stars == told.count && stars >= 3 && stars <= 6)
            }
        }
    }

    @Test func aSecretLongerThanAPieceStaysHidden() {
        let secret = Bytes((0..<50_000).map { 0x41 + UInt8($0 * $0 % 23) })
        var set = MaskedValues()
        set.add(secret)
        let lines = cut([Bytes(text: "<") + secret + Bytes(text: ">\n")], limit: 1_000, Masker(set))
        #expect(lines.map(\.bytes).reduce([], +).filter { $0 != 0x2a } == Bytes(text: "<>"))
    }
}
