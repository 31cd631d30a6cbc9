// Cuts a stream of output into lines and hides the secrets in them.
//
// A line that is longer than the limit is given out in pieces. A piece is cut only once enough of what follows is
// known, so a secret that lies across a cut, or across two reads, is seen whole.

public struct LineFramer: Sendable {
    public struct Line: Hashable, Sendable {
        public let bytes: Bytes
        /// The line is longer than the limit and goes on in the next piece.
        public let goesOn: Bool

        public init(bytes: Bytes, goesOn: Bool) {
            self.bytes = bytes
            self.goesOn = goesOn
        }
    }

    public static let standardLimit = 16 << 10

    private let limit: Int
    private var rest = Bytes()
    /// How many bytes at the front of the rest belong to a secret that began in the piece before.
    private var hidden = 0

    public init(limit: Int = LineFramer.standardLimit) {
        self.limit = max(1, limit)
    }

    /// How many bytes wait for the end of their line.
    public var waiting: Int { rest.count }

    public mutating func push(
        _ bytes: UnsafeBufferPointer<UInt8>, _ masker: Masker, _ emit: (Line) -> Void
    ) {
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != 0x0a { end &+= 1 }
            rest.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<end]))
            if end == bytes.count { return cut(masker, emit) }
            finishLine(masker, emit)
            start = end &+ 1
        }
    }

    /// The stream is over: what waited is a line, too.
    public mutating func finish(_ masker: Masker, _ emit: (Line) -> Void) {
        if !rest.isEmpty { finishLine(masker, emit) }
    }

    private mutating func finishLine(_ masker: Masker, _ emit: (Line) -> Void) {
        cut(masker, emit)
        if rest.last == 0x0d { rest.removeLast() }
        let regions = regions(masker)
        if regions.isEmpty {
            emit(Line(bytes: rest, goesOn: false))
        } else {
            var line = Bytes()
            Masker.append(rest[...], without: regions[...], to: &line)
            emit(Line(bytes: line, goesOn: false))
        }
        hidden = 0
        rest.removeAll(keepingCapacity: rest.capacity <= 4 &* limit)
    }

    /// Gives out whole pieces while there is more than a piece and the lookahead.
    private mutating func cut(_ masker: Masker, _ emit: (Line) -> Void) {
        let lookahead = Masker.longestPattern
        guard rest.count > limit &+ lookahead else { return }
        var regions = regions(masker)[...]
        var done = 0
        while rest.count &- done > limit &+ lookahead {
            var end = done &+ limit
            let across = regions.first { $0.upperBound > end }.map { $0.lowerBound < end } ?? false
            if !across { end = LineFramer.characterStart(rest, before: end, after: done) }
            var piece = Bytes()
            let within = regions.prefix { $0.lowerBound < end }.map { $0.clamped(to: done..<end) }
            Masker.append(rest[done..<end], without: within[...], to: &piece)
            emit(Line(bytes: piece, goesOn: true))
            regions = regions.drop { $0.upperBound <= end }
            done = end
        }
        // Only what lies across the cut is remembered; whatever starts behind it will be found again.
        let region = regions.first.flatMap { $0.lowerBound < done ? $0 : nil }
        hidden = region.map { $0.upperBound &- done } ?? 0
        rest.removeFirst(done)
    }

    /// What has to be hidden of the waiting bytes.
    private func regions(_ masker: Masker) -> [Range<Int>] {
        let found = masker.regions(in: rest[...])
        let front = min(hidden, rest.count)
        guard front > 0 else { return found }
        let touching = found.prefix { $0.lowerBound <= front }
        let end = touching.reduce(front) { max($0, $1.upperBound) }
        return [0..<end] + found.dropFirst(touching.count)
    }

    /// Does not cut a UTF-8 character in two, where these are characters.
    private static func characterStart(_ bytes: Bytes, before end: Int, after start: Int) -> Int {
        var place = end
        while place > start &+ 1, end &- place < 3, bytes[place] & 0xc0 == 0x80 { place &-= 1 }
        return bytes[place] & 0xc0 == 0x80 ? end : place
    }
}
