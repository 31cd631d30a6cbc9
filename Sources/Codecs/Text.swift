// What the model may say without knowing it: bytes of which some lie in the vault.
//
// The model holds a `SecretRef`, a counter that means nothing outside its process. The executor that sends, writes or
// starts something renders the text at the last moment.

/// Points at a secret in the interpreter's vault. Never a hash of it: a hash can be guessed against.
public struct SecretRef: Hashable, Codable, Sendable {
    public let number: UInt64

    public init(number: UInt64) {
        self.number = number
    }
}

/// Secrets that live and are forgotten together: those of one message, or of one file.
public struct SecretRange: Hashable, Codable, Sendable {
    public let first: UInt64
    public let count: UInt64

    public init(first: UInt64, count: UInt64) {
        self.first = first
        self.count = count
    }

    public static let none = SecretRange(first: 0, count: 0)

    public var isEmpty: Bool { count == 0 }
}

public enum Text: Hashable, Codable, Sendable {
    case literal(Bytes)
    case secret(SecretRef)
    case joined([Text])

    public init(_ text: StaticString) {
        self = .literal(text.withUTF8Buffer { Bytes($0) })
    }

    /// The bytes, or nil where the vault has already forgotten one of the secrets.
    public func rendered(_ lookUp: (SecretRef) -> Bytes?) -> Bytes? {
        var out = Bytes()
        return render(into: &out, lookUp) ? out : nil
    }

    private func render(into out: inout Bytes, _ lookUp: (SecretRef) -> Bytes?) -> Bool {
        switch self {
        case .literal(let bytes):
            out.append(contentsOf: bytes)
            return true
        case .secret(let ref):
            guard let bytes = lookUp(ref) else { return false }
            out.append(contentsOf: bytes)
            return true
        case .joined(let parts):
            for part in parts where !part.render(into: &out, lookUp) { return false }
            return true
        }
    }
}
