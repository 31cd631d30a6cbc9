// The environment file that a setup command may write: `NAME=value`, `NAME: value`, `export NAME=value`, comments,
// quotes that may span lines, and `$NAME` from earlier names of the same file.
//
// A line that cannot be read is remembered by its number and costs nothing but itself: reading goes on with the line
// behind it, also where it opened a quote that never closes. CRLF counts as a line feed, inside quotes too.

public struct Dotenv: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public let name: Bytes
        public fileprivate(set) var value: Bytes

        public init(name: Bytes, value: Bytes) {
            self.name = name
            self.value = value
        }
    }

    public struct Limits: Hashable, Sendable {
        /// Bytes of the whole file.
        public var size: Int
        /// Names.
        public var entries: Int
        /// Bytes that `$NAME` may add, over the whole file.
        public var expansion: Int
        /// Numbers of malformed lines that are kept.
        public var malformed: Int

        public init(size: Int = 1 << 20, entries: Int = 10_000, expansion: Int = 1 << 20, malformed: Int = 100) {
            self.size = size
            self.entries = entries
            self.expansion = expansion
            self.malformed = malformed
        }
    }

    public enum Bound: Hashable, Sendable {
        /// The file is too long; nothing of it was read.
        case size
        /// There are too many names; those past the limit were left out.
        case entries
        /// `$NAME` would have made the values too long; the lines where it would have are malformed.
        case expansion
    }

    /// Each name once, where it stood first, with the value that it had last.
    public fileprivate(set) var entries: [Entry] = []
    /// The numbers, from one, of the lines that could not be read; the first ones only.
    public fileprivate(set) var malformed: [Int] = []
    /// How many there were in all.
    public fileprivate(set) var malformedCount = 0
    public fileprivate(set) var exceeded: Bound?
    /// How many good lines were left out, since their names were too many.
    public fileprivate(set) var omitted = 0

    public static func parse(_ bytes: Bytes, limits: Limits = Limits()) -> Dotenv {
        guard bytes.count <= limits.size else { return Dotenv(exceeded: .size) }
        var reader = DotenvReader(limits: limits)
        reader.read(bytes)
        return reader.file
    }

    /// The value that the file gave a name.
    public subscript(name: Bytes) -> Bytes? {
        entries.first { $0.name == name }?.value
    }
}

private struct DotenvReader {
    var file = Dotenv()
    private let limits: Dotenv.Limits
    private var expansionLeft: Int
    /// Where each name stands among the entries.
    private var places: [Bytes: Int] = [:]

    init(limits: Dotenv.Limits) {
        self.limits = limits
        expansionLeft = limits.expansion
    }

    mutating func read(_ bytes: Bytes) {
        var cursor = DotenvCursor(bytes)
        while let line = cursor.nextStatement() {
            let start = cursor
            if let name = cursor.readName(), let value = readValue(&cursor), cursor.endLine() {
                set(name, value)
            } else {
                file.malformedCount &+= 1
                if file.malformed.count < limits.malformed { file.malformed.append(line) }
                cursor = start
                cursor.skipLine()
            }
        }
    }

    private func place(of name: Bytes) -> Int? {
        guard let place = places[name], file.entries.indices.contains(place) else { return nil }
        return place
    }

    private mutating func set(_ name: Bytes, _ value: Bytes) {
        if let place = place(of: name) {
            file.entries[place].value = value
        } else if file.entries.count < limits.entries {
            places[name] = file.entries.count
            file.entries.append(Dotenv.Entry(name: name, value: value))
        } else {
            file.exceeded = .entries
            file.omitted &+= 1
        }
    }

    private mutating func readValue(_ cursor: inout DotenvCursor) -> Bytes? {
        switch cursor.current {
        case 0x27: cursor.readSingleQuoted()
        case 0x22: cursor.readDoubleQuoted { look(up: $0) }
        default: cursor.readBare { look(up: $0) }
        }
    }

    /// The value of an earlier name, empty for an unknown one; nil where it would be too much.
    private mutating func look(up name: Bytes) -> Bytes? {
        guard let place = place(of: name) else { return [] }
        let value = file.entries[place].value
        guard value.count <= expansionLeft else {
            file.exceeded = file.exceeded ?? .expansion
            return nil
        }
        expansionLeft &-= value.count
        return value
    }
}
