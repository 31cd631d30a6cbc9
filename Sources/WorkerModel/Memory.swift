// What was reported here a short while ago, so that a repeated assignment gets the same final word and no second run.
// Only executions with an id of their own: without one, the same task is a new run.

import Effects

public struct Memory: Hashable, Codable, Sendable {
    public struct Entry: Hashable, Codable, Sendable {
        /// A digest of the key, compared first.
        let mark: UInt64
        let key: ExecutionKey
        let finalWord: OutgoingMessage
    }

    public private(set) var entries: [Entry] = []
    /// Where the next one goes once the ring is full.
    private var next = 0

    func finalWord(of key: ExecutionKey) -> OutgoingMessage? {
        guard key.execution != nil, !entries.isEmpty else { return nil }
        let mark = Memory.mark(key)
        // By index: a copy of each entry would cost more than the comparison.
        for index in entries.indices where entries[index].mark == mark && entries[index].key == key {
            return entries[index].finalWord
        }
        return nil
    }

    mutating func remember(_ key: ExecutionKey, _ word: OutgoingMessage, _ limits: Limits) {
        guard key.execution != nil, limits.remembered > 0 else { return }
        let entry = Entry(mark: Memory.mark(key), key: key, finalWord: word)
        if entries.count < limits.remembered {
            entries.append(entry)
        } else if entries.indices.contains(next) {
            entries[next] = entry
            next = next &+ 1 < entries.count ? next &+ 1 : 0
        }
    }

    /// Its claim was never written, so the server will hand it out again.
    mutating func forget(_ key: ExecutionKey) {
        guard let index = entries.firstIndex(where: { $0.key == key }) else { return }
        entries.remove(at: index)
        next = 0
    }

    private static func mark(_ key: ExecutionKey) -> UInt64 {
        var visitor = Visitor()
        key.visit(&visitor)
        return visitor.result
    }
}

extension Memory: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.number(next)
        visitor.list(entries)
    }
}

extension Memory.Entry: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.word(mark)
        key.visit(&visitor)
        finalWord.visit(&visitor)
    }
}
