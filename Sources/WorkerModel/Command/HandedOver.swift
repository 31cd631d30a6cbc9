// The executions that were handed over: small records, the oldest dropped first, so that a cancellation still finds
// them, and an assignment that is repeated does not hand them over twice. How they go on is not known here.

import Effects

public struct HandedOver: Hashable, Codable, Sendable {
    struct Entry: Hashable, Codable, Sendable {
        /// A digest of the task's id, compared first.
        let mark: UInt64
        let key: ExecutionKey
    }

    /// A ring once it is full; `next` is the oldest then.
    private var entries: [Entry] = []
    private var next = 0

    public var count: Int { entries.count }

    func contains(_ key: ExecutionKey) -> Bool {
        guard !entries.isEmpty else { return false }
        let mark = HandedOver.mark(key.task)
        return entries.contains { $0.mark == mark && $0.key == key }
    }

    /// The latest first.
    func latest(_ count: Int, of task: TaskID) -> [ExecutionKey] {
        guard !entries.isEmpty else { return [] }
        let mark = HandedOver.mark(task)
        var found: [ExecutionKey] = []
        for offset in entries.indices.reversed() where found.count < count {
            let place = (next &+ offset) % entries.count
            guard entries.indices.contains(place), entries[place].mark == mark else { continue }
            let key = entries[place].key
            // Without an execution's id, a task that was handed over twice has two records of one name.
            if key.task == task, !found.contains(key) { found.append(key) }
        }
        return found
    }

    mutating func remember(_ key: ExecutionKey, _ limits: Limits) {
        guard limits.handedOver > 0 else { return }
        let entry = Entry(mark: HandedOver.mark(key.task), key: key)
        if entries.count < limits.handedOver {
            entries.append(entry)
        } else if entries.indices.contains(next) {
            entries[next] = entry
            next = next &+ 1 < entries.count ? next &+ 1 : 0
        }
    }

    private static func mark(_ task: TaskID) -> UInt64 {
        var visitor = Visitor()
        visitor.bytes(task.bytes)
        return visitor.result
    }
}

extension HandedOver: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.number(next)
        visitor.list(entries)
    }
}

extension HandedOver.Entry: Visited {
    func visit(_ visitor: inout Visitor) {
        visitor.word(mark)
        key.visit(&visitor)
    }
}
