// The environment file, rule by rule.

import Codecs
import Testing

@Suite struct DotenvTests {
    /// `name=value` of each entry, in order.
    private func read(_ text: String) -> [String] {
        Dotenv.parse(Bytes(text: text)).entries.map { "\($0.name.text)=\($0.value.text)" }
    }

    @Test(arguments: [
        ("A=b", "A=b"), ("A=b\n", "A=b"), ("A = b", "A=b"), ("  A=b  ", "A=b"), ("\tA\t=\tb\t", "A=b"), ("A=", "A="),
        ("A=  ", "A="), ("A: b", "A=b"), ("A:b", "A=b"), ("A : b", "A=b"), ("A==b", "A==b"), ("A=:b", "A=:b"),
        ("export A=b", "A=b"), ("export\tA=b", "A=b"), ("  export   A: b", "A=b"), ("export=1", "export=1"),
        ("export =1", "export=1"), ("exported=1", "exported=1"), ("export export=1", "export=1"),
        ("a.b-c_D9=x", "a.b-c_D9=x"), ("9=x", "9=x"), ("A=b c  d", "A=b c  d"), ("A=\\n", "A=\\n"),
        ("A=a=b", "A=a=b"), ("A=x\"y\"z", "A=x\"y\"z"), ("A=it's", "A=it's"), ("\u{feff}A=b", "A=b"),
        ("A=\u{e9}\u{1f600}", "A=\u{e9}\u{1f600}"), ("A=b\\", "A=b\\"),
    ]) func plain(_ text: String, _ expected: String) {
        #expect(read(text) == [expected])
        #expect(Dotenv.parse(Bytes(text: text)).malformed.isEmpty)
    }

    @Test(arguments: [
        ("A=b # c", "b"), ("A=b#c", "b#c"), ("A=b\t#c", "b"), ("A= # c", ""), ("A=#c", "#c"), ("A='b' # c", "b"),
        ("A=\"b\" # c", "b"), ("A='b'# c", "b"), ("A='b # c'", "b # c"), ("A=\"b # c\"", "b # c"), ("A=b # \"c", "b"),
        ("A=b # c # d", "b"), ("A=b  \t # c", "b"), ("# x\n  # y\nA=b", "b"), ("A=b # $A \u{0}", "b"),
    ]) func comments(_ text: String, _ value: String) {
        let file = Dotenv.parse(Bytes(text: text))
        #expect(file[Bytes(text: "A")] == Bytes(text: value))
        #expect(file.malformed.isEmpty)
    }

    @Test(arguments: [
        ("A='b'", "b"), ("A=''", ""), ("A='  b  '", "  b  "), ("A='a\nb'", "a\nb"), ("A='\n'", "\n"),
        (#"A='a\nb'"#, #"a\nb"#), (#"A='$B ${B}'"#, "$B ${B}"), (#"A='a\'"#, #"a\"#), ("A='\"'", "\""),
        ("A=\"b\"", "b"), ("A=\"\"", ""), ("A=\"  b  \"", "  b  "), ("A=\"a\nb\"", "a\nb"), ("A=\"'\"", "'"),
        (#"A="a\nb\tc\rd""#, "a\nb\tc\rd"), (#"A="a\"b""#, "a\"b"), (#"A="a\\b""#, #"a\b"#), (#"A="a\\""#, #"a\"#),
        (#"A="\$B""#, "$B"), (#"A="\q""#, "q"), ("A=\"a\r\nb\"\r\n", "a\nb"), ("A='a\r\nb'\r\n", "a\nb"),
        ("A=\"a\\\nb\"", "a\nb"), (#"A="\\$B""#, "\\"), ("A='a\rb'", "a\rb"),
    ]) func quotes(_ text: String, _ value: String) {
        let file = Dotenv.parse(Bytes(text: text))
        #expect(file.entries == [Dotenv.Entry(name: Bytes(text: "A"), value: Bytes(text: value))])
        #expect(file.malformed.isEmpty)
    }

    @Test(arguments: [
        ("$B", "x"), ("${B}", "x"), ("\"$B\"", "x"), ("\"${B}\"", "x"), ("a${B}b", "axb"), ("$B$B", "xx"), ("$Bc", ""),
        ("${B}c", "xc"), ("$B-c", "x-c"), ("${b.c-d}", "y"), ("$b.c", ".c"), ("$NONE", ""), ("${NONE}", ""),
        (#"\$B"#, "$B"), (#"\${B}"#, "${B}"), ("$", "$"), ("$$B", "$x"), ("${", "${"), ("${B", "${B"), ("${}", "${}"),
        ("$(B)", "$(B)"), ("${B:-z}", "${B:-z}"), ("$ B", "$ B"), ("100$", "100$"), ("$B # $B", "x"), ("$Z", ""),
        ("'$B'", "$B"), ("$B #", "x"),
    ]) func expansion(_ value: String, _ expected: String) {
        let file = Dotenv.parse(Bytes(text: "B=x\nb.c-d=y\nA=\(value)\nZ=late\n"))
        #expect(file[Bytes(text: "A")] == Bytes(text: expected))
        #expect(file.malformed.isEmpty)
    }

    @Test func expansionTakesTheValueOfThatMoment() {
        #expect(read("A=1\nB=$A\nA=2\nC=$A\nA=${A}3") == ["A=23", "B=1", "C=2"])
        #expect(read("A='$B'\nB=1\nC=$A") == ["A=$B", "B=1", "C=$B"])
    }

    @Test func laterValuesWinInTheFirstPlace() {
        #expect(read("A=1\nB=2\nA=3\n") == ["A=3", "B=2"])
    }

    @Test(arguments: [
        "A", "export A", "=b", ": b", "A B=c", "A\u{e9}=b", "'A'=b", "\"A\"=b", "A/B=c", "export", "A='b' c",
        "A=\"b\"c",
        "A='b", "A=\"b", "A=\"b\\", "A=\"b\\\"", "-", "!", "$A=b", "A+=b", "A='", "A=\"", "A=\"$B", "export A B=c",
        "A=b\u{0}", "A='\u{0}'", "A=\"\u{0}\"", "A=\"\\\u{0}\"", "A\u{0}=b", "\u{0}", "A=${B\u{0}}", "A='b\u{0}\nc'",
    ]) func malformedLinesCostThemselves(_ line: String) {
        for lineEnd in ["\n", "\r\n"] {
            let text = "# first\(lineEnd)GOOD=1\(lineEnd)\(line)\(lineEnd)LAST=2"
            let file = Dotenv.parse(Bytes(text: text))
            #expect(file.malformed.first == 3, "\(line)")
            #expect(file[Bytes(text: "GOOD")] == Bytes(text: "1"))
            #expect(file[Bytes(text: "LAST")] == Bytes(text: "2"))
            #expect(file[Bytes(text: "A")] == nil)
        }
    }

    @Test func afterAnUnclosedQuoteReadingGoesOnWithTheNextLine() {
        let file = Dotenv.parse(Bytes(text: "A=\"open\nB=1\nC='x'\nD='open\nE=don't\nF=1\n"))
        #expect(file.malformed == [1, 4])
        #expect(file.entries.map { $0.name.text } == ["B", "C", "E", "F"])
    }

    @Test func lineNumbersCountLinesInsideQuotes() {
        #expect(Dotenv.parse(Bytes(text: "A='1\n2\r\n3'\n\n#\nbad\r\nB=1\nbad")).malformed == [6, 8])
    }

    @Test func nothingAndAlmostNothing() {
        for text in ["", "\n", "\r\n", " ", "#", "# x", "\u{feff}", "\n\n\n"] {
            #expect(Dotenv.parse(Bytes(text: text)) == Dotenv.parse([]))
        }
    }

    @Test func valuesNeedNotBeUTF8() {
        let file = Dotenv.parse([0x41, 0x3d, 0xff, 0xfe, 0x0a])
        #expect(file[[0x41]] == [0xff, 0xfe])
    }

    @Test func sizeIsBounded() {
        let file = Dotenv.parse(Bytes(text: "A=1234"), limits: Dotenv.Limits(size: 5))
        #expect(file.exceeded == .size)
        #expect(file.entries.isEmpty)
        #expect(Dotenv.parse(Bytes(text: "A=1234"), limits: Dotenv.Limits(size: 6)).exceeded == nil)
    }

    @Test func entriesAreBounded() {
        let file = Dotenv.parse(Bytes(text: "A=1\nB=2\nC=3\nA=4"), limits: Dotenv.Limits(entries: 2))
        #expect(file.entries.map { $0.value.text } == ["4", "2"])
        #expect(file.exceeded == .entries && file.omitted == 1)
    }

    @Test func expansionIsBounded() {
        var text = "A0=xxxxxxxxxxxxxxxx\n"
        for step in 1...60 { text += "A\(step)=$A\(step - 1)${A\(step - 1)}\n" }
        let file = Dotenv.parse(Bytes(text: text + "Z=1"))
        #expect(file.exceeded == .expansion)
        #expect(file.entries.reduce(0) { $0 + $1.value.count } < 2 << 20)
        #expect(file[Bytes(text: "Z")] == Bytes(text: "1"))
        #expect(file.malformed.first ?? 0 > 2)
    }

    @Test func malformedLinesAreCountedPastTheirList() {
        let file = Dotenv.parse(Bytes(text: String(repeating: "x\n", count: 1000)))
        #expect(file.malformed.count == 100)
        #expect(file.malformedCount == 1000)
    }

    @Test func anyBytesAreReadOrRefused() {
        let pieces = [
            "A", "=", "'", "\"", "\\", "$", "{", "}", "\n", "\r\n", "#", " ", "\u{0}", "export ", "\u{e9}", ":",
        ]
        var dice = Dice(seed: 7)
        for _ in 0..<3_000 {
            var text = ""
            for _ in 0..<16 { text += pieces[dice.below(pieces.count)] }
            let file = Dotenv.parse(Bytes(text: text))
            #expect(file.malformedCount >= file.malformed.count)
            #expect(file.entries.allSatisfy { !$0.name.isEmpty && !$0.value.contains(0) }, "\(text)")
        }
    }
}
