// Tells a session: watches the inputs, the requests and the state after each, and sorts what happened into lanes, one
// for each execution, one for the connection, one for the worker. It decides nothing and keeps no logic of the
// worker's; what it says follows from what the worker was told and asked for.

import Codecs
import Effects
import WorkerModel

public struct Chronicle {
    public private(set) var runs: [Run] = []
    public private(set) var connection = Lane<LinkPhase>()
    public private(set) var worker = Lane<LifePhase>()
    /// How many messages were not known to be heard, whenever that changed.
    public private(set) var unheard: [(when: When, count: Int)] = []
    public private(set) var first: When?
    public private(set) var last: When?
    /// Runs that were left out because there were too many.
    public private(set) var leftOut = 0

    /// Only this task's runs are kept, if one is named.
    private let only: TaskID?
    private let runsMax: Int
    /// Slot n lies at n - 1: the run in it.
    private var slots: [Int?] = []
    // Looked up, never walked, so their order does not matter.
    private var latest: [ExecutionKey: Int] = [:]
    private var latestOfTask: [TaskID: Int] = [:]
    var files: [UInt64: FilesCall] = [:]
    var commands: [UInt64: ProcessRole] = [:]
    var pids: [UInt64: Int32] = [:]
    var letters: [UInt64: OutgoingMessage] = [:]
    /// A snapshot that was not looked at yet, since only the next input says when that was.
    private var snapshot: Worker?
    private var isMuted = false
    /// Whom the sentences are about.
    var context = LogContext.unnamed

    public init(only: TaskID? = nil, runsMax: Int = .max) {
        self.only = only
        self.runsMax = runsMax
    }

    /// What follows starts from that state: at the beginning, or behind a gap.
    public mutating func begin(from state: Worker) {
        snapshot = state
    }

    /// What is not told is looked at all the same, since what follows may hang on it.
    public mutating func take(
        _ number: UInt64, _ input: Input, _ requests: [Request], _ state: Worker, isTold: Bool = true
    ) {
        isMuted = !isTold
        let when = When(number, input)
        if let snapshot { adopt(snapshot, when) }
        snapshot = nil
        if first == nil {
            first = when
            context = LogContext(worker: state.settings.workerID, backend: state.settings.backendName)
        }
        last = when
        hear(input.event, requests, state, when)
        for request in requests { heed(request, when) }
        if case .socket(let event) = input.event { end(event, requests, when) }
        settle(input.event, requests, state, when)
    }

    public mutating func note(_ aside: Aside) {
        switch aside {
        case .process(let id, let pid): pids[id.sequence] = pid
        }
    }

    /// What a gap or a snapshot finds there already.
    private mutating func adopt(_ state: Worker, _ when: When) {
        for index in runs.indices where runs[index].lane.phase != nil { runs[index].lane.enter(nil, when) }
        slots = []
        if state.roster.highest > 0 {
            for slot in 1...state.roster.highest {
                guard let task = state.roster[slot] else { continue }
                add(task.key, slot, task.serial, when, isOlder: true)
            }
        }
        settleAll(state, when)
    }

    // MARK: - Runs

    /// Where in `runs`; nil for none, or for one that is not kept.
    func run(in slot: UInt32) -> Int? {
        let index = Int(slot) &- 1
        return slots.indices.contains(index) ? slots[index] : nil
    }

    /// The latest run of an execution; for a message that names only the task, of the task.
    func run(numbered serial: UInt64) -> Int? { runs.lastIndex { $0.serial == serial } }

    func run(of key: ExecutionKey) -> Int? { latest[key] ?? latestOfTask[key.task] }

    @discardableResult
    mutating func add(
        _ key: ExecutionKey, _ slot: UInt32, _ serial: UInt64, _ when: When, isOlder: Bool = false, facts: String = ""
    ) -> Int? {
        guard isWanted(key.task) else { return nil }
        guard runs.count < runsMax else {
            leftOut &+= 1
            return nil
        }
        let index = runs.count
        runs.append(Run(key: key, slot: slot, serial: serial, isOlder: isOlder, facts: facts, began: when))
        latest[key] = index
        latestOfTask[key.task] = index
        if slot > 0 {
            while slots.count < Int(slot) { slots.append(nil) }
            slots[Int(slot) &- 1] = index
        }
        return index
    }

    /// The slot that a new execution got: the lowest that was free.
    func freshSlot(_ key: ExecutionKey, _ state: Worker) -> UInt32? {
        guard state.roster.highest > 0 else { return nil }
        for slot in 1...state.roster.highest {
            guard let task = state.roster[slot], task.key == key else { continue }
            if let index = run(in: slot), runs[index].serial == task.serial { continue }
            return slot
        }
        return nil
    }

    mutating func tell(_ index: Int?, _ when: When, _ kind: Moment.Kind, _ words: String, _ detail: String = "") {
        guard !isMuted, let index, runs.indices.contains(index) else { return }
        runs[index].lane.moments.append(Moment(when, kind, words, detail))
    }

    mutating func tellOfConnection(_ when: When, _ kind: Moment.Kind, _ words: String, _ detail: String = "") {
        if !isMuted { connection.moments.append(Moment(when, kind, words, detail)) }
    }

    mutating func tellOfWorker(_ when: When, _ kind: Moment.Kind, _ words: String) {
        if !isMuted { worker.moments.append(Moment(when, kind, words)) }
    }

    func isWanted(_ task: TaskID) -> Bool { only == nil || only == task }

    mutating func change(_ index: Int, _ body: (inout Run) -> Void) {
        body(&runs[index])
    }

    // MARK: - Phases

    /// Only executions that saw this input, or about which something was asked for, can be in another phase.
    private mutating func settle(_ event: Event, _ requests: [Request], _ state: Worker, _ when: When) {
        switch event {
        case .tick, .operator, .began, .socket(.closed), .socket(.refused), .socket(.received(_, .cancellation)):
            settleAll(state, when)
        case .socket: break
        case .files(let event): settle(event.id.slot, state, when)
        case .docker(let event): settle(event.id.slot, state, when)
        case .process(let event): settle(event.id.slot, state, when)
        case .interpreter(.contractBroken(let id)): settle(id.slot, state, when)
        case .interpreter: break
        }
        for request in requests {
            if request.id.slot != 0 { settle(request.id.slot, state, when) }
            if case .log(let record) = request.effect, let index = record.key.flatMap({ run(of: $0) }) {
                settle(runs[index].slot, state, when)
            }
        }
        settleWorker(state, when)
    }

    private mutating func settleAll(_ state: Worker, _ when: When) {
        for index in slots.indices { settle(UInt32(truncatingIfNeeded: index &+ 1), state, when) }
        settleWorker(state, when)
    }

    private mutating func settleWorker(_ state: Worker, _ when: When) {
        connection.enter(LinkPhase(state.connection), when)
        worker.enter(LifePhase(state.life), when)
        let count = state.connection.outbox.letters.count
        if count != unheard.last?.count ?? 0 { unheard.append((when, count)) }
    }

    private mutating func settle(_ slot: UInt32, _ state: Worker, _ when: When) {
        guard slot != 0, let index = run(in: slot) else { return }
        if let task = state.roster[slot], task.serial == runs[index].serial {
            runs[index].lane.enter(RunPhase(task, state.roster), when)
            return
        }
        slots[Int(slot) &- 1] = nil
        runs[index].gone = when
        leave(index, when)
    }

    /// Nothing is left of it here but, perhaps, its final word.
    private mutating func leave(_ index: Int, _ when: When) {
        let isUnheard = runs[index].outcome.map { $0.isSaid } ?? false
        runs[index].lane.enter(isUnheard && runs[index].heard == nil ? .unheard : nil, when)
    }

    mutating func wasHeard(_ index: Int, _ when: When) {
        guard runs[index].heard == nil else { return }
        runs[index].heard = when
        if runs[index].gone != nil { runs[index].lane.enter(nil, when) }
    }
}
