// The directories of a path that were not there before, so that whoever only looks can leave things as they were.

import Codecs
import Glibc

public struct MissingDirectories: Sendable {
    /// The deepest first.
    private let paths: [Bytes]

    public init(of path: Bytes) {
        var found: [Bytes] = []
        var rest = path
        while !rest.isEmpty, (try? FileStatus(of: rest)) == nil {
            found.append(rest)
            guard let slash = rest.lastIndex(of: 0x2F) else { break }
            rest = Bytes(rest[..<slash])
        }
        paths = found
    }

    /// Removes those that were made meanwhile and are empty.
    public func remove() {
        for path in paths { _ = try? FileNames.with(path) { rmdir($0) } }
    }
}
