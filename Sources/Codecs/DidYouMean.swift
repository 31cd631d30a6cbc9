// Which known name somebody may have meant: the closest by edit distance, if one is close enough.

public enum DidYouMean {
    /// Longer names are not looked at, so that nobody can make this slow.
    static let longest = 100

    /// The closest of the names, the first of equals; nil where none is close. A third of the letters may be wrong.
    public static func closest(to name: Bytes, among names: [Bytes]) -> Bytes? {
        let wanted = name.lowercasedASCII
        guard !wanted.isEmpty, wanted.count <= longest else { return nil }
        var best: Bytes?
        var bound = max(1, (wanted.count + 1) / 3)
        for candidate in names {
            guard let distance = distance(wanted, candidate.lowercasedASCII, atMost: bound),
                distance < max(wanted.count, candidate.count)
            else { continue }
            best = candidate
            if distance == 0 { return best }
            // Only a closer one can win from here.
            bound = distance - 1
        }
        return best
    }

    /// How many bytes to insert, remove, replace or swap with their neighbour; nil if it is more than the bound.
    public static func distance(_ one: Bytes, _ other: Bytes, atMost bound: Int) -> Int? {
        guard bound >= 0, one.count <= longest, other.count <= longest, abs(one.count - other.count) <= bound else {
            return nil
        }
        var before: [Int] = []
        var above = Array(0...other.count)
        for (row, byte) in one.enumerated() {
            var current = [row + 1]
            for (column, otherByte) in other.enumerated() {
                var cost = min(current[column] + 1, above[column + 1] + 1)
                cost = min(cost, above[column] + (byte == otherByte ? 0 : 1))
                if row > 0, column > 0, byte == other[column - 1], one[row - 1] == otherByte {
                    cost = min(cost, before[column - 1] + 1)
                }
                current.append(cost)
            }
            before = above
            above = current
        }
        guard let distance = above.last, distance <= bound else { return nil }
        return distance
    }
}
