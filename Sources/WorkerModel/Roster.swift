// The executions known here, each in a slot. A slot is an address for completions, not a permit: whether an execution
// counts against the limit is asked of its phase, never kept beside it.

import Codecs
import Effects

public struct Roster: Hashable, Codable, Sendable {
    /// Slot n lies at n - 1; slot 0 is the worker itself.
    private var slots: [Task?] = []

    public var tasks: [Task] { slots.compactMap { $0 } }
    public var isEmpty: Bool { slots.isEmpty }
    // Walks go by index and look at the one thing that they ask for where it lies: a copy of the task, which even a
    // comparison with nil is, costs more than the question.
    var count: Int {
        var count = 0
        for index in slots.indices where !isFree(index) { count &+= 1 }
        return count
    }
    public var active: Int {
        var count = 0
        for index in slots.indices where isActive(index) { count &+= 1 }
        return count
    }

    func holds(_ slot: UInt32) -> Bool {
        let index = Int(slot) &- 1
        return slots.indices.contains(index) && !isFree(index)
    }

    private func isFree(_ index: Int) -> Bool { slots[index]?.serial == nil }

    private func isActive(_ index: Int) -> Bool { slots[index]?.phase.isActive == true }

    func deadline(of slot: UInt32) -> Instant? {
        let index = Int(slot) &- 1
        return slots.indices.contains(index) ? slots[index]?.phase.deadline : nil
    }

    /// Of the execution in that slot that is active: a task is a large value to copy.
    public func activeKey(of slot: UInt32) -> ExecutionKey? {
        let index = Int(slot) &- 1
        return slots.indices.contains(index) && isActive(index) ? slots[index]?.key : nil
    }

    /// The highest slot in use; all slots are 1...highest.
    public var highest: UInt32 { UInt32(truncatingIfNeeded: slots.count) }

    public subscript(slot: UInt32) -> Task? {
        get {
            let index = Int(slot) &- 1
            return slots.indices.contains(index) ? slots[index] : nil
        }
        set {
            let index = Int(slot) &- 1
            guard slots.indices.contains(index) else { return }
            slots[index] = newValue
            while let last = slots.indices.last, isFree(last) { slots.removeLast() }
        }
    }

    /// Changes the task where it lies, so that nothing is copied.
    mutating func change<Result>(_ slot: UInt32, _ body: (inout Task) -> Result) -> Result? {
        let index = Int(slot) &- 1
        guard slots.indices.contains(index) else { return nil }
        return slots[index]?.changed(by: body)
    }

    /// The lowest slot that is free.
    func freeSlot() -> UInt32 {
        var index = 0
        while index < slots.count, !isFree(index) { index &+= 1 }
        return UInt32(truncatingIfNeeded: index &+ 1)
    }

    mutating func admit(_ task: Task, to slot: UInt32) {
        let index = Int(slot) &- 1
        if index == slots.count { slots.append(task) } else if slots.indices.contains(index) { slots[index] = task }
    }

    /// Behind all others.
    mutating func append(_ task: Task) { slots.append(task) }

    func slot(ofActive key: ExecutionKey) -> UInt32? {
        for index in slots.indices where slots[index]?.key == key && isActive(index) {
            return UInt32(truncatingIfNeeded: index &+ 1)
        }
        return nil
    }

    /// 0 for a free slot.
    func run(of slot: UInt32) -> UInt64 {
        let index = Int(slot) &- 1
        return slots.indices.contains(index) ? slots[index]?.serial ?? 0 : 0
    }

    func slot(ofRun run: UInt64) -> UInt32? {
        for index in slots.indices where slots[index]?.serial == run {
            return UInt32(truncatingIfNeeded: index &+ 1)
        }
        return nil
    }

    /// One that has its verdict and is being taken back.
    func isTakingBack(_ key: ExecutionKey) -> Bool {
        for index in slots.indices where slots[index]?.isActive == false && slots[index]?.holdsBack == true {
            if slots[index]?.key == key { return true }
        }
        return false
    }

    func slots(ofActive task: TaskID) -> [UInt32] {
        slots.indices.compactMap { index in
            guard slots[index]?.key.task == task, isActive(index) else { return nil }
            return UInt32(truncatingIfNeeded: index &+ 1)
        }
    }

    /// An earlier execution of the same task has no final word yet, or is being taken back.
    public func mustWait(_ task: Task) -> Bool {
        for index in slots.indices {
            guard let serial = slots[index]?.serial, serial < task.serial, slots[index]?.key.task == task.key.task
            else { continue }
            if isActive(index) || slots[index]?.holdsBack == true { return true }
        }
        return false
    }

    /// Those whose claim is written and that wait for nobody any more, first come first.
    func ready(of task: TaskID) -> UInt32? {
        var best: (slot: UInt32, serial: UInt64)?
        for index in slots.indices {
            guard slots[index]?.key.task == task, let entry = slots[index], entry.isReady, !mustWait(entry) else {
                continue
            }
            if let known = best, known.serial < entry.serial { continue }
            best = (UInt32(truncatingIfNeeded: index &+ 1), entry.serial)
        }
        return best?.slot
    }
}

extension Task {
    fileprivate mutating func changed<Result>(by body: (inout Task) -> Result) -> Result { body(&self) }
}

extension Roster: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.number(slots.count)
        for task in slots {
            visitor.optional(task)
            guard let task else { continue }
            // A fingerprint renames serials, which would lose who came first.
            visitor.number(slots.reduce(0) { $0 &+ (($1?.serial ?? .max) < task.serial ? 1 : 0) })
        }
    }
}
