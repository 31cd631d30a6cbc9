// A sorted set of byte strings of at least four bytes, made to be looked for at every place of a text.
//
// The first four bytes decide: a bitmap says "surely not" for nearly every place, a hash table gives the run of
// patterns that begin so. Within a run, sorted, the greatest pattern that is not above the text has every pattern that
// fits as a prefix, so one binary search and a walk over `parents` find the longest.

struct PatternSet: Sendable {
    private let pool: Bytes
    private let starts: [Int]
    private let lengths: [Int]
    /// The longest other pattern that is a prefix of this one; -1 for none.
    private let parents: [Int]
    private let filter: [UInt64]
    private let keys: [UInt32]
    /// Runs of the keys; an empty one where the table has a gap.
    private let runs: [Range<Int>]

    var isEmpty: Bool { starts.isEmpty }

    init(_ patterns: [Bytes]) {
        let sorted = PatternSet.sorted(patterns)
        var pool = Bytes()
        var starts: [Int] = []
        var runs: [(key: UInt32, run: Range<Int>)] = []
        for (index, pattern) in sorted.enumerated() {
            starts.append(pool.count)
            pool.append(contentsOf: pattern)
            let key = pattern.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
            if let last = runs.last, last.key == key {
                runs[runs.count &- 1].run = last.run.lowerBound..<index &+ 1
            } else {
                runs.append((key, index..<index &+ 1))
            }
        }
        self.pool = pool
        self.starts = starts
        lengths = sorted.map(\.count)
        parents = PatternSet.parents(of: sorted)
        (filter, keys, self.runs) = PatternSet.table(of: runs)
    }

    /// By bytes, each once. Most comparisons are decided by the first eight bytes, taken as one number.
    private static func sorted(_ patterns: [Bytes]) -> [Bytes] {
        var order: [(front: UInt64, index: Int)] = []
        order.reserveCapacity(patterns.count)
        for (index, pattern) in patterns.enumerated() where pattern.count >= 4 {
            var front: UInt64 = 0
            for place in 0..<8 { front = front << 8 | (place < pattern.count ? UInt64(pattern[place]) : 0) }
            order.append((front, index))
        }
        order.sort { one, other in
            if one.front != other.front { return one.front < other.front }
            return patterns[one.index].lexicographicallyPrecedes(patterns[other.index])
        }
        var sorted: [Bytes] = []
        sorted.reserveCapacity(order.count)
        for (_, index) in order where sorted.last != patterns[index] { sorted.append(patterns[index]) }
        return sorted
    }

    private static func parents(of sorted: [Bytes]) -> [Int] {
        var parents: [Int] = []
        for (index, pattern) in sorted.enumerated() {
            var candidate = index &- 1
            while candidate >= 0, !pattern.starts(with: sorted[candidate]) { candidate = parents[candidate] }
            parents.append(candidate)
        }
        return parents
    }

    private static func table(
        of runs: [(key: UInt32, run: Range<Int>)]
    ) -> (filter: [UInt64], keys: [UInt32], runs: [Range<Int>]) {
        if runs.isEmpty { return ([], [], []) }
        var size = 16
        while size < runs.count &* 2 { size &*= 2 }
        var filter = [UInt64](repeating: 0, count: 1_024)
        var keys = [UInt32](repeating: 0, count: size)
        var places = [Range<Int>](repeating: 0..<0, count: size)
        for (key, run) in runs {
            let hash = PatternSet.hash(key)
            filter[Int(hash >> 22)] |= 1 << UInt64(hash >> 16 & 63)
            var place = Int(hash) & (size &- 1)
            while !places[place].isEmpty { place = (place &+ 1) & (size &- 1) }
            keys[place] = key
            places[place] = run
        }
        return (filter, keys, places)
    }

    @inline(__always)
    private static func hash(_ key: UInt32) -> UInt32 {
        let mixed = (key ^ key >> 15) &* 0x9E37_79B1
        return mixed ^ mixed >> 15
    }

    /// Calls for every place where a pattern starts, with the length of the longest one there.
    func search(_ text: UnsafeBufferPointer<UInt8>, _ found: (_ place: Int, _ length: Int) -> Void) {
        guard text.count >= 4, !filter.isEmpty else { return }
        let raw = UnsafeRawBufferPointer(text)
        filter.withUnsafeBufferPointer { filter in
            for place in 0...text.count &- 4 {
                let key = raw.loadUnaligned(fromByteOffset: place, as: UInt32.self)
                let hash = PatternSet.hash(key)
                guard filter[Int(hash >> 22)] & 1 << UInt64(hash >> 16 & 63) != 0 else { continue }
                let length = longest(key, hash, UnsafeBufferPointer(rebasing: text[place...]))
                if length > 0 { found(place, length) }
            }
        }
    }

    private func longest(_ key: UInt32, _ hash: UInt32, _ text: UnsafeBufferPointer<UInt8>) -> Int {
        var place = Int(hash) & (keys.count &- 1)
        while !runs[place].isEmpty, keys[place] != key { place = (place &+ 1) & (keys.count &- 1) }
        let run = runs[place]
        guard !run.isEmpty else { return 0 }
        // The greatest pattern of the run that is not above the text.
        var (low, high) = (run.lowerBound, run.upperBound)
        while low < high {
            let middle = low &+ (high &- low) / 2
            if isAbove(middle, text) { high = middle } else { low = middle &+ 1 }
        }
        var candidate = low > run.lowerBound ? low &- 1 : -1
        let common = candidate >= 0 ? commonPrefix(candidate, text) : 0
        while candidate >= 0, lengths[candidate] > common { candidate = parents[candidate] }
        return candidate >= 0 ? lengths[candidate] : 0
    }

    private func commonPrefix(_ index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Int {
        let (start, most) = (starts[index], min(lengths[index], text.count))
        return pool.withUnsafeBufferPointer { pool in
            var count = 0
            while count < most, pool[start &+ count] == text[count] { count &+= 1 }
            return count
        }
    }

    private func isAbove(_ index: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let common = commonPrefix(index, text)
        if common == lengths[index] { return false }
        return common == text.count || pool[starts[index] &+ common] > text[common]
    }
}
