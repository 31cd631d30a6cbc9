// Outside bytes in a line for people: control characters, invisible ones and too much of it are not passed on.

import Codecs

func shown(_ bytes: Bytes, limit: Int = 200) -> String {
    var output = ""
    for scalar in bytes.prefix(limit).text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            output += "\\u{" + String(scalar.value, radix: 16) + "}"
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber, .connectorPunctuation,
            .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
            .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol, .spaceSeparator:
            output.unicodeScalars.append(scalar)
        @unknown default:
            output += "\\u{" + String(scalar.value, radix: 16) + "}"
        }
    }
    return bytes.count > limit ? output + "..." : output
}

/// A task as log lines name it.
func named(_ task: Bytes, _ execution: Bytes?) -> String {
    guard let execution else { return "task \(shown(task))" }
    return "task \(shown(task)) (execution \(shown(execution)))"
}
