// Any Codable value to a JSON tree and back: recordings, snapshots, the journal, differences for people.
//
// Whole numbers keep every digit. Byte strings become strings, JSON documents stay documents with marked secrets.
// The order of members is the order in which a type encodes them, so nothing that is encoded here may hold a
// Dictionary or a Set. An optional of an optional comes back flat, as Codable has it.

public func encodeState<Value: Encodable>(_ value: Value) throws(StateCodingError) -> JSON {
    do {
        return try StateEncoder.json(of: value, path: nil)
    } catch {
        throw StateCodingError(wrapping: error)
    }
}

public func decodeState<Value: Decodable>(_ type: Value.Type, from json: JSON) throws(StateCodingError) -> Value {
    do {
        return try StateDecoder(value: json, path: nil).decoded(type)
    } catch {
        throw StateCodingError(wrapping: error)
    }
}

/// What could not be encoded or decoded, and where. Never says what stood there.
public struct StateCodingError: Error, Hashable, Sendable {
    public enum Problem: Hashable, Sendable {
        case missing
        case wrongKind(expected: Kind)
        case outOfRange
        case malformedText
        case nothingLeft
        /// A type asked for two kinds of container in one place.
        case conflict
        /// The type itself did not accept what it found.
        case refused
    }

    public enum Kind: Hashable, Sendable {
        case object, array, bool, number, string, null
    }

    public let problem: Problem
    /// Keys and indices, from the outside in.
    public let path: [String]

    init(_ problem: Problem, at path: StatePath?) {
        self.problem = problem
        self.path = StatePath.keys(path).map(\.stringValue)
    }

    private init(_ problem: Problem, keys: [any CodingKey]) {
        self.problem = problem
        path = keys.map(\.stringValue)
    }

    init(wrapping error: any Error) {
        switch error {
        case let error as StateCodingError: self = error
        case DecodingError.keyNotFound(let key, let context): self.init(.missing, keys: context.codingPath + [key])
        case DecodingError.valueNotFound(_, let context): self.init(.missing, keys: context.codingPath)
        case DecodingError.typeMismatch(_, let context): self.init(.refused, keys: context.codingPath)
        case DecodingError.dataCorrupted(let context): self.init(.refused, keys: context.codingPath)
        case EncodingError.invalidValue(_, let context): self.init(.refused, keys: context.codingPath)
        default: self.init(.refused, keys: [])
        }
    }

    public var words: String {
        path.isEmpty ? what : "\(what) at \(path.joined(separator: "."))"
    }

    private var what: String {
        switch problem {
        case .missing: "a value is missing"
        case .wrongKind(let expected): "expected \(name(of: expected))"
        case .outOfRange: "a number does not fit"
        case .malformedText: "a text is malformed"
        case .nothingLeft: "a list is too short"
        case .conflict: "a type encodes itself as two things"
        case .refused: "a value is not acceptable"
        }
    }

    private func name(of kind: Kind) -> String {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .null: "null"
        }
    }
}

/// Where in a tree a value lies; linked, since most paths are never looked at.
final class StatePath {
    private let parent: StatePath?
    private let key: any CodingKey

    init(_ parent: StatePath?, _ key: any CodingKey) {
        self.parent = parent
        self.key = key
    }

    static func keys(_ path: StatePath?) -> [any CodingKey] {
        var keys: [any CodingKey] = []
        var link = path
        while let step = link {
            keys.append(step.key)
            link = step.parent
        }
        return keys.reversed()
    }
}

/// A place in a list, or the place of a superclass.
struct StateKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(index: Int) {
        stringValue = "\(index)"
        intValue = index
    }

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init?(intValue: Int) {
        self.init(index: intValue)
    }

    static let superclass = StateKey(stringValue: "super")
}
