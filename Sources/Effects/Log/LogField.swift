// What stands beside a sentence of the log, for machines.

import Codecs

public struct LogField: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        case text(Bytes)
        case number(Int)
        case numbers([Int])
        case flag(Bool)
    }

    public let name: StaticName
    public let value: Value

    public init(_ name: StaticString, _ value: Value) {
        self.name = StaticName(name)
        self.value = value
    }

    public init(_ name: StaticString, _ span: Span) {
        let milliseconds = span.nanoseconds / 1_000_000
        self.init(name, .number(Int(clamping: milliseconds)))
    }

    public init(_ name: StaticString, words: String) {
        self.init(name, .text(Bytes(text: words)))
    }
}

/// A name from our own source, comparable in tests.
public struct StaticName: Hashable, Sendable {
    public let text: StaticString

    public init(_ text: StaticString) {
        self.text = text
    }

    public var bytes: Bytes { text.withUTF8Buffer { Bytes($0) } }

    public static func == (left: StaticName, right: StaticName) -> Bool { left.bytes == right.bytes }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

/// What every line of one life may need to know.
public struct LogContext: Hashable, Sendable {
    public var worker: Bytes
    public var backend: Bytes

    public init(worker: Bytes, backend: Bytes) {
        self.worker = worker
        self.backend = backend
    }
}
