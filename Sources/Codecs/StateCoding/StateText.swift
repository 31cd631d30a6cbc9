// Byte strings and JSON documents inside a tree. Both keep what they are, byte for byte, and stay readable.

/// Bytes as a string: UTF-8 as it is, anything else as `hex:` and digits. A text that begins with one of the two
/// marks gets the mark `text:`, so that no two byte strings look alike.
enum StateText {
    static func write(_ bytes: Bytes) -> Bytes {
        guard bytes.isUTF8 else { return Bytes(text: "hex:") + bytes.hex }
        return isMarked(bytes) ? Bytes(text: "text:") + bytes : bytes
    }

    static func read(_ text: Bytes) -> Bytes? {
        if text.hasPrefix("hex:") { return Hex.decode(text.dropFirst(4)) }
        return text.hasPrefix("text:") ? Bytes(text.dropFirst(5)) : text
    }

    private static func isMarked(_ bytes: Bytes) -> Bool {
        bytes.hasPrefix("hex:") || bytes.hasPrefix("text:")
    }
}

/// A JSON document as itself. The leaves that JSON does not have are objects with one member, whose name begins with
/// a dollar sign; names of the document that begin with one get a second.
enum StateDocument {
    static func write(_ document: JSON) -> JSON {
        switch document {
        case .null, .bool: document
        case .number(let text):
            JSON.isNumber(text) ? document : marked("$number", .string(StateText.write(text)))
        case .string(let content): .string(StateText.write(content))
        case .secret(let text): marked("$secret", write(text))
        case .verbatim(let ref): marked("$verbatim", .number(ref.number))
        case .array(let elements): .array(elements.map { write($0) })
        case .object(let members):
            .object(members.map { JSONMember(name: write(name: $0.name), value: write($0.value)) })
        }
    }

    /// A reference as its number, words as a string, a mixture as a list.
    private static func write(_ text: Text) -> JSON {
        switch text {
        case .literal(let bytes): .string(StateText.write(bytes))
        case .secret(let ref): .number(ref.number)
        case .joined(let parts): .array(parts.map { write($0) })
        }
    }

    private static func marked(_ mark: StaticString, _ value: JSON) -> JSON {
        .object([JSONMember(mark, value)])
    }

    private static func write(name: Bytes) -> Bytes {
        if !name.isUTF8 { return Bytes(text: "$hex:") + name.hex }
        return name.first == 0x24 ? [0x24] + name : name
    }

    static func read(_ tree: JSON) -> JSON? {
        switch tree {
        case .null, .bool, .number: return tree
        case .string(let text): return StateText.read(text).map { .string($0) }
        case .array(let elements):
            var found: [JSON] = []
            found.reserveCapacity(elements.count)
            for element in elements {
                guard let value = StateDocument.read(element) else { return nil }
                found.append(value)
            }
            return .array(found)
        case .object(let members):
            if members.count == 1, let only = members.first, let leaf = readMarked(only) { return leaf }
            return readObject(members)
        case .secret, .verbatim: return nil
        }
    }

    private static func readMarked(_ member: JSONMember) -> JSON? {
        if member.name.equals("$number"), let text = member.value.asString.flatMap(StateText.read) {
            return .number(text)
        }
        if member.name.equals("$secret") { return readText(member.value, depth: deepestText).map { .secret($0) } }
        guard case .number(let text) = member.value, let number = UInt64(decimal: text) else { return nil }
        return member.name.equals("$verbatim") ? .verbatim(SecretRef(number: number)) : nil
    }

    private static let deepestText = 16

    private static func readText(_ tree: JSON, depth: Int) -> Text? {
        switch tree {
        case .number(let text): return UInt64(decimal: text).map { .secret(SecretRef(number: $0)) }
        case .string(let text): return StateText.read(text).map { .literal($0) }
        case .array(let elements):
            guard depth > 0 else { return nil }
            var parts: [Text] = []
            for element in elements {
                guard let part = readText(element, depth: depth &- 1) else { return nil }
                parts.append(part)
            }
            return .joined(parts)
        case .null, .bool, .object, .secret, .verbatim: return nil
        }
    }

    private static func readObject(_ members: [JSONMember]) -> JSON? {
        var found: [JSONMember] = []
        found.reserveCapacity(members.count)
        for member in members {
            guard let name = read(name: member.name), let value = StateDocument.read(member.value) else { return nil }
            found.append(JSONMember(name: name, value: value))
        }
        return .object(found)
    }

    private static func read(name: Bytes) -> Bytes? {
        guard name.first == 0x24 else { return name }
        if name.hasPrefix("$$") { return Bytes(name.dropFirst()) }
        return name.hasPrefix("$hex:") ? Hex.decode(name.dropFirst(5)) : nil
    }
}
