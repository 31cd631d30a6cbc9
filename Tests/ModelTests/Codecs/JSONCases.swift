// What a JSON reader must accept, must refuse, and may choose: cases by the categories of the published suites.

import Codecs
import Testing

struct JSONCase: CustomTestStringConvertible, Sendable {
    let text: Bytes
    let testDescription: String

    init(_ text: String) {
        self.text = Bytes(text: text)
        testDescription = text.count > 60 ? "\(text.prefix(60))..." : text
    }

    /// Bytes that no Swift literal can hold: `prefix`, then the bytes, then `suffix`.
    init(_ prefix: String, _ bytes: [UInt8], _ suffix: String) {
        text = Bytes(text: prefix) + bytes + Bytes(text: suffix)
        testDescription = "\(prefix)<\(bytes.hex.text)>\(suffix)"
    }
}

let acceptedJSON: [JSONCase] =
    acceptedStructures + acceptedNumbers.map { JSONCase($0) } + acceptedStrings

private let acceptedStructures: [JSONCase] = [
    // Every kind of value may stand alone.
    "null", "true", "false", "0", "-1", "\"\"", "\"a\"", "[]", "{}",
    // White space, all four kinds of it.
    " null ", "\tnull", "null\n", "\r\nnull\r\n", " [ ] ", "[\n]", "{\t}", " [ 1 , 2 ] ", "{ \"a\" : 1 }",
    "\n{\r\t \"a\"\n:\r\n[\t]\n}\n",
    // Arrays.
    "[1]", "[1,2]", "[null,true,false]", "[[]]", "[[],[]]", "[[[[]]]]", "[\"a\",1,{}]", "[1,null,null,null,2]",
    "[[] ]", "[\"\"]", "[ 4]", "[false]",
    // Objects.
    "{\"a\":1}", "{\"a\":1,\"b\":2}", "{\"\":0}", "{\"a\":{}}", "{\"a\":[]}", "{\"a\":{\"b\":{\"c\":{}}}}",
    "{\"a\":1,\"a\":1}", "{\"a\":1,\"a\":2}", "{\"a\\u0000b\":1}", "{\"\\n\":\"\\n\"}", "{\"a\":\"b\",\"c\":null}",
    "{\"1\":1}", "{\"a b\":[{}]}",
].map { JSONCase($0) }

let acceptedNumbers: [String] = [
    "0", "-0", "1", "-1", "10", "123456789", "-123456789", "0.0", "-0.0", "0.5", "1.5", "-1.5", "1.25e2",
    "1e1", "1E1", "1e+1", "1E+1", "1e-1", "1E-1", "0e0", "0e+1", "0E1", "-0e-0", "1e00", "1e0010", "1.000",
    "123e65", "123.456e78", "1e400", "-1e400", "1e-400", "0.00000000000000000000000000000000000001",
    "123456789012345678901234567890", "-9223372036854775808", "9223372036854775807", "18446744073709551616",
    "3.141592653589793238462643383279502884197", "20.0e0", "100e-2",
]

private let acceptedStrings: [JSONCase] =
    [
        "\"abc\"", "\"\\\"\"", "\"\\\\\"", "\"\\/\"", "\"/\"", "\"\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\u0041\"",
        "\"\\u00e9\"", "\"\\u20ac\"", "\"\\uD83D\\uDE00\"", "\"\\ud83d\\ude00\"", "\"\\uFFFF\"", "\"\\uFFFE\"",
        "\"\\uDBFF\\uDFFF\"", "\"\\u0022\"", "\"\\u005C\"", "\"\\\\u0041\"", "\"\\\\n\"", "\"a\\\\\"",
        "\"caf\u{e9}\"", "\"\u{20ac}\"", "\"\u{1f600}\"", "\"\u{7f}\"", "\"\u{80}\"", "\"\u{2028}\u{2029}\"",
        "\"\u{feff}\"", "\"\u{fffd}\"", "\"\u{ffff}\"", "\"\u{10ffff}\"", "\"\u{0}\"".replacingNul, "\"[]{},:\"",
        "\"// no comment\"", "\"/* no comment */\"", "\" \"", "\"'\"", "\"\\u0061\\u0300\"",
    ].map { JSONCase($0) }

let refusedJSON: [JSONCase] = refusedStructures + refusedNumbers.map { JSONCase($0) } + refusedStrings

private let refusedStructures: [JSONCase] =
    [
        // Nothing, or nothing but white space.
        "", " ", "\n\t ",
        // Words.
        "nul", "nulll", "tru", "truth", "fals", "False", "NULL", "True", "nil", "undefined", "a", "[nul]", "[tru]",
        "[n", "n", "t", "f", "[fals]", "trueasd",
        // Arrays.
        "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1,,]", "[1 2]", "[1 true]", "[\"a\" \"b\"]", "[[]",
        "[]]", "[1]]", "[}", "[1}", "[1:2]", "[\"a\":1]", "[3[4]]", "[a", "[\"a\"", "[*]", "[1;2]", "[-", "[\n1,\n",
        // Objects.
        "{", "}", "{]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{,\"a\":1}", "{\"a\"}",
        "{\"a\" 1}", "{\"a\",1}", "{\"a\"::1}", "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}", "{1:1}", "{null:1}",
        "{\"a\":1,,\"b\":2}", "{\"a\":1;}", "{[]:1}", "{:1}", "{\"a\":1}}", "{\"a\":1}#", "{\"a\":1}//", "{\"a\":\"b",
        "{\"a\":a}", "{\"a\" \"b\"}", "{\"a\"=1}", "{true}", "{}{}", "{\"a\":\"b\",,}",
        // Behind and before the document.
        "1 2", "[] []", "null null", "[]a", "[]\"\"", "\"a\" \"b\"", "{}1", "[],", ",[]", "[]//", "[]/**/", "/**/[]",
        "// c\n1", "# c\n1", "1 # c", ";", "<null>", "[<null>]", "*", "\u{feff}null", "\u{feff}", "\u{a0}1",
        "1\u{2003}", "\u{b}1", "[\u{c}1]", "[1\u{2060}]", "\u{85}1", "[\\u000A\"\"]", "\\u0020[]",
    ].map { JSONCase($0) } + [
        JSONCase("", [0], ""), JSONCase("1", [0], ""), JSONCase("[", [0], "1]"), JSONCase("", [0xff, 0xfe, 0x5b], ""),
        JSONCase("", [0xef, 0xbb], "{}"), JSONCase("[", [0xe9], "]"), JSONCase("[1", [0xc2, 0xa0], "]"),
        JSONCase("", [0x5b, 0, 0x5d, 0], ""),
    ]

let refusedNumbers: [String] = [
    "-", "+1", "+0", "--1", "-+1", "01", "-01", "00", "012", "0123", "-00", ".5", "-.5", "+.5", "1.", "-1.", "0.",
    "1.e1", "0.e1", "1..2", "1.2.3", ".e1", "1e", "1E", "1e+", "1e-", "1E+", "1e1.5", "1ee1", "1e+-1", "1e1e1",
    "1.5e", "0x1", "0X1", "0x", "0b1", "0o7", "1_000", "1,000", "1'000", "NaN", "-NaN", "nan", "Infinity",
    "-Infinity", "inf", "+Inf", "1a", "1 000", "1e 5", "- 1", "0 1", "\u{ff11}", "1\u{661}", "1.5f", "1L", "$1",
    "1%", "9.3e+", "2.e3", "[1+2]", "[-foo]", "[- 1]", "[0e+]", "[1.", "1e+1a",
]

private let refusedStrings: [JSONCase] =
    [
        // Not closed, not opened, other quotes.
        "\"", "\"a", "a\"", "'a'", "\"\\\"", "\"\\", "\"\\\\\\\"", "`a`", "\"a'", "[\"", "[\"a]",
        // Escapes that do not exist, or end too soon.
        "\"\\a\"", "\"\\0\"", "\"\\x41\"", "\"\\'\"", "\"\\v\"", "\"\\N\"", "\"\\ \"", "\"\\U0041\"", "\"\\u\"",
        "\"\\u0\"", "\"\\u00\"", "\"\\u004\"", "\"\\u004", "\"\\u", "\"\\u00G0\"", "\"\\u+041\"", "\"\\u-041\"",
        "\"\\u 041\"", "\"\\u{41}\"", "\"\\uD800\\\"", "\"\\uD800\\u\"", "\"\\uD800\\u1\"", "\"\\uD800\\u1x\"",
        "\"\\uD83D\\uDE0\"", "\"\\\u{e9}\"", "\"\\\n\"", "\"\\u\u{ff10}041\"",
        // Control characters.
        "\"\n\"", "\"\t\"", "\"\r\"", "\"\u{1}\"", "\"\u{1f}\"", "\"a\u{8}b\"", "{\"\n\":1}",
    ].map { JSONCase($0) } + [
        JSONCase("\"a", [0], "b\""),
        // UTF-8: overlong, cut off, lone continuation, surrogates, too great, bytes that never occur.
        JSONCase("\"", [0x80], "\""), JSONCase("\"", [0xbf], "\""), JSONCase("\"", [0xc0, 0x80], "\""),
        JSONCase("\"", [0xc0, 0xaf], "\""), JSONCase("\"", [0xc1, 0xbf], "\""), JSONCase("\"", [0xc3], "\""),
        JSONCase("\"", [0xc3, 0x28], "\""), JSONCase("\"", [0xe0, 0x80, 0xaf], "\""),
        JSONCase("\"", [0xe0, 0x9f, 0xbf], "\""), JSONCase("\"", [0xe2, 0x82], "\""), JSONCase("\"", [0xe2], "\""),
        JSONCase("\"", [0xe2, 0x28, 0xa1], "\""), JSONCase("\"", [0xed, 0xa0, 0x80], "\""),
        JSONCase("\"", [0xed, 0xbf, 0xbf], "\""), JSONCase("\"", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], "\""),
        JSONCase("\"", [0xf0, 0x80, 0x80, 0x80], "\""), JSONCase("\"", [0xf0, 0x8f, 0xbf, 0xbf], "\""),
        JSONCase("\"", [0xf0, 0x9f, 0x98], "\""), JSONCase("\"", [0xf0, 0x9f], "\""), JSONCase("\"", [0xf0], "\""),
        JSONCase("\"", [0xf4, 0x90, 0x80, 0x80], "\""), JSONCase("\"", [0xf5, 0x80, 0x80, 0x80], "\""),
        JSONCase("\"", [0xf8, 0x88, 0x80, 0x80, 0x80], "\""), JSONCase("\"", [0xfe], "\""),
        JSONCase("\"", [0xff], "\""), JSONCase("\"\\u00e9", [0xe9], "\""), JSONCase("{\"", [0xff], "\":1}"),
        // The same at the very end of the text.
        JSONCase("\"", [0xc3], ""), JSONCase("\"", [0xe2, 0x82], ""), JSONCase("\"", [0xf0, 0x9f, 0x98], ""),
        JSONCase("\"\\", [0xff], "\""), JSONCase("\"\\u", [0xff], "\""),
    ]

extension String {
    /// A raw NUL is refused in strings; as an escape it is fine.
    fileprivate var replacingNul: String {
        String(decoding: utf8.flatMap { $0 == 0 ? Bytes(text: "\\u0000") : [$0] }, as: UTF8.self)
    }
}
