// A secret on its way from a decoder into the interpreter's vault. Neither recorded nor printed: what it says of
// itself is its number and its length.

import Codecs

public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public enum Kind: UInt8, Hashable, Sendable {
        /// Masked as a whole.
        case text
        /// A JSON text; its string leaves are masked.
        case json
        /// A JSON text in which every leaf that has to be masked is a secret of its own as well.
        case document
    }

    public let ref: SecretRef
    public let bytes: Bytes
    public let kind: Kind

    public init(ref: SecretRef, bytes: Bytes, kind: Kind) {
        self.ref = ref
        self.bytes = bytes
        self.kind = kind
    }

    public var description: String { "secret \(ref.number), \(bytes.count) bytes" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Collects the secrets of one message under consecutive numbers.
struct SecretCollector {
    let first: UInt64
    private(set) var secrets: [Secret] = []

    init(first: UInt64) {
        self.first = first
        secrets.reserveCapacity(16)
    }

    var range: SecretRange {
        secrets.isEmpty ? .none : SecretRange(first: first, count: UInt64(secrets.count))
    }

    mutating func add(_ bytes: Bytes, _ kind: Secret.Kind = .text) -> SecretRef {
        let ref = SecretRef(number: first &+ UInt64(secrets.count))
        secrets.append(Secret(ref: ref, bytes: bytes, kind: kind))
        return ref
    }

    /// A value as compact JSON.
    mutating func add(_ value: JSONText.Place, of text: JSONText, _ kind: Secret.Kind) -> SecretRef {
        add(text.encoded(value), kind)
    }

    /// All string leaves, for masking only; those that the masker leaves alone are not kept.
    mutating func hide(_ value: JSONText.Place, of text: JSONText) {
        text.eachString(in: value) { if Masker.isMasked($0) { _ = add($0) } }
    }
}
