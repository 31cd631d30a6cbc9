// What earlier lives left, as the journal tells it: the sum of its records, and all that a new life is told.
//
// Total: every sequence of records has a sum, also one whose tail is lost, that tells things twice, or that no worker
// ever wrote. It is bounded by itself, whatever the records say. A compaction writes `records`, whose sum is the same.

import Codecs

public struct Inheritance: Hashable, Codable, Sendable {
    /// By number, the earliest first.
    public private(set) var runs: [Run] = []
    /// Final words that were heard, the latest last.
    public private(set) var remembered: [OutgoingMessage] = []
    /// What was handed over, the latest last.
    public private(set) var elsewhere: [ExecutionKey] = []
    /// Shared volumes on the Docker daemon, the one that was used last at the end.
    public private(set) var volumes: [UsedVolume] = []
    /// The highest number of a run so far.
    public private(set) var highest: UInt64 = 0

    static let mostRuns = 65_536
    /// At least so many of the latest; beyond, a quarter more gathers before the oldest go, all at once.
    static let mostRemembered = 1_000
    static let mostElsewhere = 10_000
    static let mostVolumes = 1_000

    public init() {}

    public init(_ records: some Sequence<JournalRecord>) {
        for record in records { take(record) }
    }

    public static let nothing = Inheritance()

    public mutating func take(_ record: JournalRecord) {
        switch record {
        case .noted(let call): take(call)
        case .kept(let run): open(run)
        case .remembered(let word): remember(word)
        case .elsewhere(let key): know(elsewhere: key)
        case .volumeUsed(let name, let wall): use(name, wall)
        case .counted(let number): highest = max(highest, number)
        }
    }

    public mutating func take(_ call: JournalCall) {
        switch call.note {
        case .claimed(let key, let at): open(Run(number: call.run, key: key, kind: .claimed(at: at)))
        case .recalled(let key): open(Run(number: call.run, key: key, kind: .recalled))
        case .volumeUsed(let name, let wall): use(name, wall)
        // Most notes by far, and nothing is over because of one.
        case .started, .ending, .intended, .acquired, .ended, .recallBegan, .verdictDecided:
            if let index = index(of: call.run) { runs[index].take(call.note) }
        case .claimHeard, .released, .recallEnded:
            guard let index = index(of: call.run) else { return }
            runs[index].take(call.note)
            if runs[index].isOver { runs.remove(at: index) }
        case .handedOver, .verdictHeard, .verdictWithdrawn, .forgotten:
            guard let index = index(of: call.run) else { return }
            let before = runs[index].course
            runs[index].take(call.note)
            notice(runs[index], since: before, call.note)
            if runs[index].isOver { runs.remove(at: index) }
        }
    }

    private mutating func notice(_ run: Run, since before: Run.Course, _ note: JournalNote) {
        guard run.course != before else { return }
        switch (before, run.course) {
        case (_, .handedOver): know(elsewhere: run.key)
        case (.decided(let word), .settled): if note != .forgotten { remember(word) }
        case (.open, _), (.decided, _), (.handedOver, _), (.settled, _): break
        }
    }

    /// Numbers go upwards, so one that is not new tells of a run that is known, or over.
    private mutating func open(_ run: Run) {
        guard run.number > highest else { return }
        highest = run.number
        if runs.count < Inheritance.mostRuns { runs.append(run) }
    }

    private func index(of number: UInt64) -> Int? {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = low &+ (high &- low) / 2
            if runs[middle].number < number { low = middle &+ 1 } else { high = middle }
        }
        return low < runs.count && runs[low].number == number ? low : nil
    }

    private mutating func remember(_ word: OutgoingMessage) {
        guard word.finalKey?.execution != nil else { return }
        Inheritance.thin(&remembered, Inheritance.mostRemembered)
        remembered.append(word)
    }

    private mutating func know(elsewhere key: ExecutionKey) {
        Inheritance.thin(&elsewhere, Inheritance.mostElsewhere)
        elsewhere.append(key)
    }

    private static func thin<Element>(_ list: inout [Element], _ most: Int) {
        if list.count >= most &+ most / 4 { list.removeFirst(list.count &- most) }
    }

    private mutating func use(_ name: Bytes, _ wall: WallTime) {
        volumes.removeAll { $0.name == name }
        if volumes.count >= Inheritance.mostVolumes { volumes.removeFirst() }
        volumes.append(UsedVolume(name: name, at: wall))
    }

    /// The same in as few records as it takes.
    public var records: [JournalRecord] {
        var list: [JournalRecord] = runs.map { .kept($0) }
        list += remembered.map { .remembered($0) }
        list += elsewhere.map { .elsewhere($0) }
        list += volumes.map { .volumeUsed($0.name, $0.at) }
        if highest > runs.last?.number ?? 0 { list.append(.counted(highest)) }
        return list
    }
}

/// A shared volume on the Docker daemon, and when it was used last.
public struct UsedVolume: Hashable, Codable, Sendable {
    public let name: Bytes
    public let at: WallTime
}
