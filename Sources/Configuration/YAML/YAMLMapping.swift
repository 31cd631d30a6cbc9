// What a block of keys comes to: merge keys followed, duplicates reported, every key as text.

import Codecs

/// A key and its value once merges are followed.
struct YAMLEntry {
    var key: Bytes
    var mark: Mark
    var value: YAMLNode
}

/// Turns a key's scalar into text; nil where it can be none, with the reason reported.
typealias YAMLKeyReading = (YAMLScalar, inout Diagnosis) -> Bytes?

enum YAMLMapping {
    /// The entries in the order of the file. What a merge brings in stands where the merge key stands; keys of the
    /// block itself win over it, and of several merged blocks the first wins.
    static func entries(
        _ pairs: [YAMLPair], path: ConfigPath, into diagnosis: inout Diagnosis, key: YAMLKeyReading = plainKey
    ) -> [YAMLEntry] {
        var own: [YAMLEntry?] = []
        var firsts = KeysSeen()
        for pair in pairs {
            guard case .scalar(let scalar) = pair.key.content else {
                diagnosis.error(
                    at: pair.key.mark, path, "a key must be a single value, and this one is \(pair.key.shape)")
                own.append(nil)
                continue
            }
            let text = scalar.isMergeKey ? scalar.text : key(scalar, &diagnosis)
            if let text, let first = firsts.takeDown(text, at: pair.key.mark) {
                let words = "duplicate key; it was set at \(first.line):\(first.column) already"
                diagnosis.error(at: pair.key.mark, path.appending(text), words)
                own.append(nil)
                continue
            }
            own.append(text.map { YAMLEntry(key: $0, mark: pair.key.mark, value: pair.value) })
        }
        guard firsts.holds(mergeKey) else { return own.compactMap { $0 } }
        return merged(pairs, own, taken: firsts, path, into: &diagnosis, key)
    }

    /// The second pass, only for blocks that have a merge key.
    private static func merged(
        _ pairs: [YAMLPair], _ own: [YAMLEntry?], taken: KeysSeen, _ path: ConfigPath,
        into diagnosis: inout Diagnosis, _ key: YAMLKeyReading
    ) -> [YAMLEntry] {
        var taken = taken
        var result: [YAMLEntry] = []
        for (pair, entry) in zip(pairs, own) {
            guard let entry else { continue }
            guard case .scalar(let scalar) = pair.key.content, scalar.isMergeKey else {
                result.append(entry)
                continue
            }
            for block in sources(entry.value, path, into: &diagnosis) {
                for brought in entries(block, path: path, into: &diagnosis, key: key)
                where taken.takeDown(brought.key, at: brought.mark) == nil {
                    result.append(brought)
                }
            }
        }
        return result
    }

    /// The blocks that a merge key names.
    private static func sources(
        _ node: YAMLNode, _ path: ConfigPath, into diagnosis: inout Diagnosis
    ) -> [[YAMLPair]] {
        let items: [YAMLNode] = if case .sequence(let items) = node.content { items } else { [node] }
        return items.compactMap { item in
            if case .mapping(let pairs) = item.content { return pairs }
            let words = "a merge key takes a block of keys or a list of such blocks, not \(item.shape)"
            diagnosis.error(at: item.mark, path.appending(mergeKey), words)
            return nil
        }
    }

    private static let mergeKey = Bytes(text: "<<")

    /// Outside of pod templates a key is what is written there.
    static func plainKey(_ scalar: YAMLScalar, _ diagnosis: inout Diagnosis) -> Bytes? {
        scalar.text
    }
}

/// The keys of one block and where each stood first, in their order by bytes. A dictionary would do the same; the
/// first one of its kind in a process takes longer to be made than the whole file to be read.
private struct KeysSeen {
    private var keys: [Bytes] = []
    private var marks: [Mark] = []

    func holds(_ key: Bytes) -> Bool {
        let place = self.place(of: key)
        return place < keys.count && keys[place] == key
    }

    /// Where the key stood before, if it did; else it is taken down, and stands here first.
    mutating func takeDown(_ key: Bytes, at mark: Mark) -> Mark? {
        let place = self.place(of: key)
        if place < keys.count, keys[place] == key { return marks[place] }
        keys.insert(key, at: place)
        marks.insert(mark, at: place)
        return nil
    }

    /// That of the key, or where it would be.
    private func place(of key: Bytes) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle].isLess(than: key) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
