// Variables for tasks, as `-e` and the file write them. Values are never part of a message.

import Codecs

enum EnvironmentNames {
    /// `KEY=VALUE` or `KEY`; commas mean nothing.
    static func read(flag text: Bytes, spelled: String) throws(Complaint) -> EnvironmentRequest {
        let name = Bytes(text.prefix { $0 != 0x3d })
        if text.isEmpty { throw Complaint("is empty; expected KEY=VALUE or KEY") }
        if name.isEmpty { throw Complaint("has no name before the equals sign; expected KEY=VALUE or KEY") }
        if let words = complaint(name) { throw Complaint("\(words); expected KEY=VALUE or KEY") }
        let value = name.count < text.count ? SecretBytes(Bytes(text.dropFirst(name.count + 1))) : nil
        if value?.bytes.contains(0) == true { throw Complaint("the value of \(name.text) holds a NUL byte") }
        return EnvironmentRequest(name: name, value: value, place: .flag(spelled))
    }

    /// Of a broken name only the start is shown: the rest might have been meant as a value.
    static func complaint(_ name: Bytes) -> String? {
        guard !name.isEmpty else { return "the name is empty" }
        guard let bad = name.firstIndex(where: { isBad($0) }) else { return nil }
        let start = Words.quoted(Bytes(name[..<bad]))
        let what =
            switch name[bad] {
            case 0x3d: "an equals sign"
            case 0: "a NUL byte"
            case let byte where CharacterSets.isSpace(byte): "white space"
            default: "a control character"
            }
        return bad == 0 ? "the name starts with \(what)" : "the name has \(what) after \(start)"
    }

    private static func isBad(_ byte: UInt8) -> Bool {
        byte == 0x3d || CharacterSets.isSpace(byte) || CharacterSets.isControl(byte)
    }
}
