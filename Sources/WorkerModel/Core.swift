// The worker as the loop holds it: with an index of deadlines beside it.
//
// The index is a cache outside the state's value. It is never part of a digest, a snapshot or a comparison; the
// explorer checks it against a walk over the state after every input.

import Effects

public struct Core: Sendable {
    public internal(set) var worker: Worker
    private var index = DeadlineIndex()

    public init(settings: Settings) {
        worker = Worker(settings: settings)
    }

    public var exitCode: Int32? { worker.exitCode }

    public mutating func take(_ input: Input, into requests: inout [Request]) {
        let before = worker.roster.highest
        worker.take(input, into: &requests)
        refresh(input.event, before: before, requests)
    }

    public mutating func nextDeadline() -> Instant? {
        guard exitCode == nil else { return nil }
        let own = earlier(worker.life.deadline, worker.upkeep.deadline)
        return earlier(earlier(own, worker.connection.deadline), index.next())
    }

    /// Only slots that saw this event, or that asked for something because of it, can have a new deadline.
    private mutating func refresh(_ event: Event, before: UInt32, _ requests: [Request]) {
        switch event {
        case .tick, .operator, .began:
            let highest = max(before, worker.roster.highest)
            guard highest > 0 else { return }
            for slot in 1...highest { index.set(slot, worker.roster.deadline(of: slot)) }
        case .files(let event): refresh(event.id.slot)
        case .process(let event): refresh(event.id.slot)
        case .docker(let event): refresh(event.id.slot)
        case .interpreter(.contractBroken(let id)): refresh(id.slot)
        case .socket, .interpreter: break
        }
        // By index, because a request is large; and most requests of a turn are of one slot.
        var last: UInt32 = 0
        for index in requests.indices where requests[index].id.slot != last {
            last = requests[index].id.slot
            refresh(last)
        }
    }

    private mutating func refresh(_ slot: UInt32) {
        // An id from outside may name any slot; only those that ever held a task have a place in the index.
        guard slot != 0, slot <= worker.roster.highest || index.knows(slot) else { return }
        index.set(slot, worker.roster.deadline(of: slot))
    }
}

/// A heap of deadlines, one at most for each slot. Entries that were overtaken stay in the heap until they surface.
struct DeadlineIndex: Sendable {
    private struct Entry: Sendable {
        let at: Instant
        let slot: UInt32
    }

    private var current: [Instant?] = []
    private var heap: [Entry] = []

    func knows(_ slot: UInt32) -> Bool { Int(slot) < current.count }

    mutating func set(_ slot: UInt32, _ deadline: Instant?) {
        let place = Int(slot)
        while current.count <= place { current.append(nil) }
        guard current[place] != deadline else { return }
        current[place] = deadline
        guard let deadline else { return }
        push(Entry(at: deadline, slot: slot))
        if heap.count > 64, heap.count > 4 &* current.count { rebuild() }
    }

    mutating func next() -> Instant? {
        while let first = heap.first {
            if current[Int(first.slot)] == first.at { return first.at }
            pop()
        }
        return nil
    }

    private mutating func rebuild() {
        heap = []
        for (slot, deadline) in current.enumerated() {
            if let deadline { push(Entry(at: deadline, slot: UInt32(truncatingIfNeeded: slot))) }
        }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count &- 1
        while child > 0 {
            let parent = (child &- 1) / 2
            guard heap[child].at < heap[parent].at else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() {
        heap.swapAt(0, heap.count &- 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 &* parent &+ 1, 2 &* parent &+ 2] where child < heap.count {
                if heap[child].at < heap[least].at { least = child }
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
