// What was reported here a short while ago, so that a repeated assignment gets the same final word and no second run.
// Only executions with an id of their own: without one, the same task is a new run.

import Effects

public struct Memory: Hashable, Codable, Sendable {
    public struct Entry: Hashable, Codable, Sendable {
        let key: ExecutionKey
        let finalWord: OutgoingMessage
    }

    public private(set) var entries: [Entry] = []
    /// A digest of each entry's key, in the same order: few bytes to look through.
    private var marks: [UInt64] = []
    /// Where the next one goes once the ring is full.
    private var next = 0

    func finalWord(of key: ExecutionKey) -> OutgoingMessage? {
        guard key.execution != nil, !entries.isEmpty else { return nil }
        let mark = Memory.mark(key)
        // Most keys were never seen before. Whether this one was is asked of all marks without stopping at one, which
        // the compiler does for several at a time.
        var isMarked = false
        for known in marks where known == mark { isMarked = true }
        return isMarked ? entries.first { $0.key == key }?.finalWord : nil
    }

    mutating func remember(_ key: ExecutionKey, _ word: OutgoingMessage, _ limits: Limits) {
        guard key.execution != nil, limits.remembered > 0 else { return }
        let entry = Entry(key: key, finalWord: word)
        if entries.count < limits.remembered {
            entries.append(entry)
            marks.append(Memory.mark(key))
        } else if entries.indices.contains(next), marks.indices.contains(next) {
            entries[next] = entry
            marks[next] = Memory.mark(key)
            next = next &+ 1 < entries.count ? next &+ 1 : 0
        }
    }

    /// Its claim was never written, so the server will hand it out again.
    mutating func forget(_ key: ExecutionKey) {
        guard let index = entries.firstIndex(where: { $0.key == key }) else { return }
        entries.remove(at: index)
        if marks.indices.contains(index) { marks.remove(at: index) }
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
        for mark in marks { visitor.word(mark) }
    }
}

extension Memory.Entry: Visited {
    public func visit(_ visitor: inout Visitor) {
        key.visit(&visitor)
        finalWord.visit(&visitor)
    }
}
