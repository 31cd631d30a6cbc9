// What a daemon says of a pull: one JSON value a line. An error among them is an error, whatever the status was.

public struct PullProgress: Sendable {
    private static let longest = 64 << 10

    private var line = Bytes()
    private var isCut = false
    /// The first error.
    public private(set) var error: Bytes?

    public init() {}

    public mutating func push(_ bytes: UnsafeBufferPointer<UInt8>) {
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x0a { end &+= 1 }
            add(UnsafeBufferPointer(rebasing: bytes[start..<end]))
            if end == bytes.count { return }
            finish()
            start = end &+ 1
        }
    }

    /// At the end of a line, and at the end of all.
    public mutating func finish() {
        defer {
            line.removeAll(keepingCapacity: true)
            isCut = false
        }
        guard error == nil, !isCut, !line.isEmpty, let value = try? JSON.parse(line) else { return }
        error = value["errorDetail"]?["message"]?.asString ?? value["error"]?.asString
    }

    private mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        if line.count &+ bytes.count > PullProgress.longest { isCut = true }
        if !isCut { line.append(contentsOf: bytes) }
    }
}
