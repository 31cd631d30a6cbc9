// The leaves of a tree one by one, and a tree that differs in exactly one of them. For the test that ties the
// encoding of a state to its digest, and for showing differences.

/// The way to a value: which member or element, from the outside in.
public typealias JSONPath = [Int]

extension JSON {
    /// The ways to all booleans, numbers and strings, in the order of the text.
    public var leaves: [JSONPath] {
        var found: [JSONPath] = []
        var path: JSONPath = []
        collectLeaves(&path, &found)
        return found
    }

    private func collectLeaves(_ path: inout JSONPath, _ found: inout [JSONPath]) {
        switch self {
        case .null: break
        case .bool, .number, .string, .secret, .verbatim: found.append(path)
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                path.append(index)
                element.collectLeaves(&path, &found)
                path.removeLast()
            }
        case .object(let members):
            for (index, member) in members.enumerated() {
                path.append(index)
                member.value.collectLeaves(&path, &found)
                path.removeLast()
            }
        }
    }

    /// The value there.
    public func value(at path: JSONPath) -> JSON? {
        var value = self
        for index in path {
            switch value {
            case .array(let elements) where elements.indices.contains(index): value = elements[index]
            case .object(let members) where members.indices.contains(index): value = members[index].value
            case .null, .bool, .number, .string, .array, .object, .secret, .verbatim: return nil
            }
        }
        return value
    }

    /// The way there in words: `tasks.0.phase`.
    public func words(for path: JSONPath) -> String {
        var steps: [String] = []
        var value = self
        for index in path {
            switch value {
            case .array(let elements) where elements.indices.contains(index):
                steps.append("\(index)")
                value = elements[index]
            case .object(let members) where members.indices.contains(index):
                steps.append(members[index].name.text)
                value = members[index].value
            case .null, .bool, .number, .string, .array, .object, .secret, .verbatim:
                return (steps + ["?"]).joined(separator: ".")
            }
        }
        return steps.joined(separator: ".")
    }

    /// The same tree with another value there; nil where the way leads nowhere.
    public func replacing(_ path: some Collection<Int>, _ change: (JSON) -> JSON?) -> JSON? {
        guard let index = path.first else { return change(self) }
        switch self {
        case .array(var elements) where elements.indices.contains(index):
            guard let inner = elements[index].replacing(path.dropFirst(), change) else { return nil }
            elements[index] = inner
            return .array(elements)
        case .object(var members) where members.indices.contains(index):
            guard let inner = members[index].value.replacing(path.dropFirst(), change) else { return nil }
            members[index].value = inner
            return .object(members)
        case .null, .bool, .number, .string, .array, .object, .secret, .verbatim: return nil
        }
    }

    /// The same tree with one leaf changed: a boolean turned, a number moved by one, a string made longer.
    /// Nil where no leaf is. The change stays decodable where the type of the leaf has another value at all, but for
    /// names of cases.
    public func perturbed(at path: JSONPath) -> JSON? {
        replacing(path) { leaf in
            switch leaf {
            case .bool(let value): .bool(!value)
            case .number(let text): .number(JSON.neighbour(of: text))
            case .string(let content): .string(content + Bytes(text: content.hasPrefix("hex:") ? "00" : "x"))
            case .secret(let text): .secret(.joined([text, Text("x")]))
            case .verbatim(let ref): .verbatim(SecretRef(number: ref.number &+ 1))
            case .null, .array, .object: nil
            }
        }
    }

    /// One more; one less where it is the greatest of some width; for fractions a leading one.
    private static func neighbour(of text: Bytes) -> Bytes {
        if let number = Int64(decimal: text) {
            let greatest =
                [Int64(UInt8.max), Int64(UInt16.max), Int64(UInt32.max)]
                + [Int64(Int8.max), Int64(Int16.max), Int64(Int32.max), Int64.max]
            return Bytes(decimal: greatest.contains(number) ? number - 1 : number &+ 1)
        }
        if let number = UInt64(decimal: text) {
            return Bytes(decimal: number == .max ? number - 1 : number &+ 1)
        }
        let sign = Bytes(text.prefix { $0 == 0x2d })
        return sign + [0x31] + text.dropFirst(sign.count)
    }
}
