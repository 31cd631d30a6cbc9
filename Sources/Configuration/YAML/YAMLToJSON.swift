// From YAML to JSON by the rules of Kubernetes' own tools: YAML 1.1 as they read it. Every field is kept, in order.

import Codecs

extension YAMLNode {
    func json(path: ConfigPath, into diagnosis: inout Diagnosis) -> JSON {
        switch content {
        case .scalar(let scalar): return scalar.json(path: path, into: &diagnosis)
        case .sequence(let items):
            var elements: [JSON] = []
            for (index, item) in items.enumerated() {
                elements.append(item.json(path: path.appending(index: index), into: &diagnosis))
            }
            return .array(elements)
        case .mapping(let pairs):
            let entries = YAMLMapping.entries(pairs, path: path, into: &diagnosis) { scalar, diagnosis in
                scalar.jsonKey(path: path, into: &diagnosis)
            }
            return .object(
                entries.map { entry in
                    let value = entry.value.json(path: path.appending(entry.key), into: &diagnosis)
                    return JSONMember(name: entry.key, value: value)
                })
        }
    }
}

extension YAMLScalar {
    fileprivate func json(path: ConfigPath, into diagnosis: inout Diagnosis) -> JSON {
        guard let value = value(path: path, into: &diagnosis) else { return .null }
        return switch value {
        case .null: .null
        case .bool(let value): .bool(value)
        case .whole(let digits): .number(digits)
        case .real(let value): .number(JSONNumber.text(of: value))
        case .text(let text): .string(text)
        }
    }

    /// Keys are strings in JSON: `on: x` is the key "true" there, as for kubectl.
    fileprivate func jsonKey(path: ConfigPath, into diagnosis: inout Diagnosis) -> Bytes? {
        guard let value = value(path: path, into: &diagnosis) else { return nil }
        switch value {
        case .null:
            diagnosis.error(at: mark, path, "a key is missing here, or is null; quote it if that is its name")
            return nil
        case .bool(let value): return Bytes(text: value ? "true" : "false")
        case .whole(let digits): return digits
        case .real(let value): return JSONNumber.text(of: value)
        case .text(let text): return text
        }
    }

    private func value(path: ConfigPath, into diagnosis: inout Diagnosis) -> YAMLValue? {
        do {
            return try YAMLValue.of(self)
        } catch {
            diagnosis.error(at: mark, path, error.words)
            return nil
        }
    }
}

/// What a scalar is by YAML 1.1, as Kubernetes' tools resolve it: no base 60, no dates, octal with a leading zero.
enum YAMLValue: Equatable {
    case null
    case bool(Bool)
    /// Canonical decimal digits with an optional minus.
    case whole(Bytes)
    case real(Double)
    case text(Bytes)

    struct Problem: Error, Equatable {
        var words: String
    }

    /// The value of a scalar, with its tag taken into account.
    static func of(_ scalar: YAMLScalar) throws(Problem) -> YAMLValue {
        guard let tag = scalar.standardTag?.text else {
            return scalar.isPlain ? try of(plain: scalar.text) : .text(scalar.text)
        }
        switch tag {
        case "int", "float", "bool", "null": return try of(scalar.text, tagged: tag)
        case "binary":
            guard let content = Base64.decode(scalar.text.filter { $0 > 0x20 }) else {
                throw Problem(words: "is tagged !!binary and is no base64")
            }
            return .text(content)
        // Everything else is text to Kubernetes' tools too.
        default: return .text(scalar.text)
        }
    }

    static func of(plain text: Bytes) throws(Problem) -> YAMLValue {
        if YAMLWords.null(text) { return .null }
        if let value = YAMLWords.bool(text) { return .bool(value) }
        if YAMLWords.isNotFinite(text) {
            throw Problem(words: "infinity and NaN have no place in a manifest; quote it if text is meant")
        }
        guard let first = text.first, first == 0x2e || YAMLNumber.startsNumber(first) else { return .text(text) }
        let digits = first == 0x2e ? text : text.filter { $0 != 0x5f }
        if first != 0x2e, let whole = YAMLNumber.whole(digits) { return .whole(whole) }
        if let real = YAMLNumber.real(digits) { return .real(real) }
        return .text(text)
    }
}

extension YAMLValue {
    fileprivate static func of(_ text: Bytes, tagged tag: String) throws(Problem) -> YAMLValue {
        let value = try of(plain: text)
        switch (tag, value) {
        case ("int", .whole), ("float", .real), ("bool", .bool), ("null", .null): return value
        case ("float", .whole(let digits)): return .real(Double(digits.text) ?? 0)
        default: throw Problem(words: "is tagged !!\(tag) and is none")
        }
    }
}
