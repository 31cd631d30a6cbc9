// A JSON document as a value. Nothing is lost on the way through: numbers keep their text, objects the order of
// their members and the duplicates. Two leaves stand for content that lies in the vault.

public enum JSON: Hashable, Sendable, Codable {
    case null
    case bool(Bool)
    /// A number's text as received.
    case number(Bytes)
    /// A string's content, unescaped. What was read is always UTF-8.
    case string(Bytes)
    case array([JSON])
    case object([JSONMember])
    /// A string of which some lies in the vault.
    case secret(Text)
    /// A whole JSON text in the vault, written as it is.
    case verbatim(SecretRef)
}

extension JSON {
    /// A text as a string.
    public init(_ text: Text) {
        switch text {
        case .literal(let content): self = .string(content)
        case .secret, .joined: self = .secret(text)
        }
    }
}

/// A name and its value in an object.
public struct JSONMember: Hashable, Sendable, Codable {
    public var name: Bytes
    public var value: JSON

    public init(name: Bytes, value: JSON) {
        self.name = name
        self.value = value
    }

    public init(_ name: StaticString, _ value: JSON) {
        self.name = name.withUTF8Buffer { Bytes($0) }
        self.value = value
    }
}

/// What a reader accepts at most.
public struct JSONLimits: Hashable, Sendable {
    /// How deep arrays and objects may lie in each other; never above `deepest`, which keeps the stack safe.
    public var depth: Int
    /// How many bytes the whole text may have.
    public var size: Int
    /// How many values in all, since a value costs more memory than its text.
    public var values: Int

    public static let deepest = 1_000

    public init(depth: Int = 256, size: Int = 16 << 20, values: Int = 1 << 20) {
        self.depth = depth
        self.size = size
        self.values = values
    }
}

/// Why a text is no JSON that we read, and at which byte.
public struct JSONError: Error, Hashable, Sendable {
    public enum Problem: Hashable, Sendable {
        case endsTooSoon
        case unexpectedByte
        case contentAfterTheEnd
        case badNumber
        case badEscape
        case controlCharacter
        case notUTF8
        case tooDeep
        case tooLong
        case tooManyValues
    }

    public let problem: Problem
    public let offset: Int

    public init(_ problem: Problem, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    /// For people; never quotes the text, which may hold secrets.
    public var words: String {
        "\(what) at byte \(offset)"
    }

    private var what: String {
        switch problem {
        case .endsTooSoon: "the JSON text ends too soon"
        case .unexpectedByte: "unexpected character in the JSON text"
        case .contentAfterTheEnd: "content after the end of the JSON value"
        case .badNumber: "malformed number in the JSON text"
        case .badEscape: "malformed escape in a JSON string"
        case .controlCharacter: "unescaped control character in a JSON string"
        case .notUTF8: "the JSON text is not UTF-8"
        case .tooDeep: "the JSON text is nested too deeply"
        case .tooLong: "the JSON text is too long"
        case .tooManyValues: "the JSON text has too many values"
        }
    }
}
