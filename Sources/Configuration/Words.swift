// How values and choices are put into sentences.

import Codecs

enum Words {
    /// At most so many characters of a value are quoted.
    static let shownMax = 60

    /// A value in quotes: control characters escaped, bytes that are no UTF-8 as \xNN, long ones cut.
    static func quoted(_ value: Bytes) -> String {
        "\"\(escaped(value, alsoEscaping: 0x22))\""
    }

    /// A value in quotes, however long.
    static func whole(_ value: Bytes) -> String {
        "\"\(escaped(value, alsoEscaping: 0x22, max: Int.max))\""
    }

    /// A file name as it is, with what could confuse a terminal escaped.
    static func shown(_ value: Bytes) -> String {
        escaped(value, alsoEscaping: nil, max: 4_096)
    }

    /// `a, b or c`.
    static func either(_ choices: [String]) -> String {
        list(choices, "or")
    }

    static func both(_ choices: [String]) -> String {
        list(choices, "and")
    }

    private static func list(_ choices: [String], _ word: String) -> String {
        guard let last = choices.last, choices.count > 1 else { return choices.first ?? "" }
        return choices.dropLast().joined(separator: ", ") + " \(word) \(last)"
    }

    /// `; did you mean docker?`, or nothing.
    static func suggestion(_ word: Bytes, among choices: [String]) -> String? {
        let known = choices.map { Bytes(text: $0) }
        let longer = known.filter { word.count >= 3 && $0.count >= 3 && ($0.hasPrefix(word) || word.hasPrefix($0)) }
        guard let best = DidYouMean.closest(to: word, among: known) ?? longer.first else { return nil }
        return "did you mean \(best.text)?"
    }

    private static func escaped(_ value: Bytes, alsoEscaping quote: UInt8?, max: Int = shownMax) -> String {
        let characters = value.isUTF8 ? Array(value.text.unicodeScalars) : []
        let pieces =
            value.isUTF8
            ? characters.prefix(max).map { escaped($0, alsoEscaping: quote) }
            : value.prefix(max).map { byte in
                byte < 0x80
                    ? escaped(Unicode.Scalar(byte), alsoEscaping: quote) : "\\x\([byte].hex.text)"
            }
        let isCut = max < (value.isUTF8 ? characters.count : value.count)
        return pieces.joined() + (isCut ? "..." : "")
    }

    private static func escaped(_ scalar: Unicode.Scalar, alsoEscaping quote: UInt8?) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\t": return "\\t"
        case "\r": return "\\r"
        case "\\" where quote != nil: return "\\\\"
        case _ where quote.map { Unicode.Scalar($0) == scalar } == true: return "\\\(scalar)"
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
            return "\\u{\(String(scalar.value, radix: 16))}"
        default: return String(Character(scalar))
        }
    }
}

enum CharacterSets {
    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) &- 0x61 < 26
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10
    }

    /// ASCII white space; the only one that shells and APIs split at.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (byte >= 0x09 && byte <= 0x0d)
    }

    static func isControl(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7f
    }
}
