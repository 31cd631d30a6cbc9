// The root: everything the daemon has decided, and which machine sees which event.
//
// `take` is the only door. It is total: every event in every state has an answer, and none traps.

import Codecs
import Effects

public struct Worker: Hashable, Codable, Sendable {
    private let fixed: Fixed<Settings>
    public internal(set) var life: Life
    public internal(set) var connection = Connection()
    public internal(set) var roster = Roster()
    public internal(set) var memory = Memory()
    public internal(set) var handedOver = HandedOver()
    /// Of the Docker daemon.
    public internal(set) var upkeep = Upkeep()
    /// Types that were named in the log once.
    var unknownTypes: [Bytes] = []
    private var sequence: UInt64 = 0

    public init(settings: Settings) {
        fixed = .fixed(settings)
        life = .starting(Starting())
    }

    public var settings: Settings { fixed.value }
    public var exitCode: Int32? { life.exitCode }

    /// The earliest deadline of all machines, by a walk over all of them. `Core` keeps an index of it.
    public func nextDeadline() -> Instant? {
        guard exitCode == nil else { return nil }
        var next = earlier(earlier(life.deadline, connection.deadline), upkeep.deadline)
        if roster.highest > 0 {
            for slot in 1...roster.highest { next = earlier(next, roster.deadline(of: slot)) }
        }
        return next
    }

    /// As the design states it: a value and an input give a value and a list.
    public func step(_ input: Input) -> (Worker, [Request]) {
        var next = self
        var requests: [Request] = []
        next.take(input, into: &requests)
        return (next, requests)
    }

    public mutating func take(_ input: Input, into requests: inout [Request]) {
        guard exitCode == nil else { return }
        var taken: [Request] = []
        swap(&taken, &requests)
        var turn = Turn(input, settings: fixed, sequence: sequence, requests: taken)
        dispatch(input.event, &turn)
        for volume in turn.used { upkeep.use(volume, &turn) }
        connection.flush(&turn, hurry: isStopping)
        proceed(&turn)
        sequence = turn.sequence
        requests = turn.requests
    }

    private var isStopping: Bool {
        switch life {
        case .stopping: true
        case .starting, .running, .draining, .closing, .stopped: false
        }
    }

    private mutating func dispatch(_ event: Event, _ turn: inout Turn) {
        switch event {
        case .began(let inheritance):
            guard case .starting(var starting) = life else { return }
            starting.begin(inheritance, &turn)
            life = .starting(starting)
        case .tick: tick(&turn)
        case .socket(let event):
            let news = connection.take(event, &turn)
            heed(news, &turn)
        case .process(let event): route(.process(event), to: event.id, &turn)
        case .files(let event): takeFiles(event, &turn)
        case .docker(let event): takeDocker(event, &turn)
        case .operator(.stopRequested(let signal)): stopRequested(signal, &turn)
        case .interpreter(.contractBroken(let id)): contractBroken(id, &turn)
        case .interpreter(.journalFailed(let errno)): turn.log(.error, .journalFailed(errno: errno))
        case .interpreter(.journalRestored): turn.log(.info, .journalRestored)
        }
    }

    private mutating func takeFiles(_ event: FilesEvent, _ turn: inout Turn) {
        guard event.id.slot == 0, case .starting(var starting) = life else {
            return route(.files(event), to: event.id, &turn)
        }
        starting.take(event, &turn)
        life = .starting(starting)
    }

    private mutating func takeDocker(_ event: DockerEvent, _ turn: inout Turn) {
        guard event.id.slot == 0 else { return route(.docker(event), to: event.id, &turn) }
        guard case .starting(var starting) = life else { return keepUp(event, &turn) }
        starting.take(event, &turn)
        life = .starting(starting)
    }

    private mutating func keepUp(_ event: DockerEvent, _ turn: inout Turn) {
        let names = Set(roster.tasks.flatMap(\.namesOnDaemon))
        upkeep.take(event, names: names, &turn)
    }

    private mutating func contractBroken(_ id: EffectID, _ turn: inout Turn) {
        turn.log(.error, .contractBroken, roster[id.slot]?.key)
        turn.measure(.contractBroken)
        if id.slot != 0 { return route(.broke(id), to: id, &turn) }
        if case .starting(var starting) = life {
            starting.broke(id, &turn)
            life = .starting(starting)
            return
        }
        if upkeep.awaits == id {
            return keepUp(.failed(id, .unreadable(Detail("an internal error"))), &turn)
        }
        let news = connection.broke(id, &turn)
        heed(news, &turn)
    }

    // MARK: - Tasks

    /// Hands the turn to the task in the id's slot. It accepts by the id itself, so a slot that was given to another
    /// execution meanwhile answers as to any late completion.
    private mutating func route(_ event: TaskEvent, to id: EffectID, _ turn: inout Turn) {
        guard let backend = life.backend, roster.holds(id.slot) else { return turn.late(event) }
        with(id.slot, backend, &turn) { $0.take(event, $1, &$2) }
    }

    mutating func with(
        _ slot: UInt32, _ backend: Backend, _ turn: inout Turn,
        _ body: (inout Task, Backend, inout Turn) -> Task.News
    ) {
        turn.slot = slot
        turn.run = roster.run(of: slot)
        let news = roster.change(slot) { body(&$0, backend, &turn) } ?? .nothing
        turn.slot = 0
        turn.run = 0
        guard let task = roster[slot] else { return }
        if task.isGone { roster[slot] = nil }
        switch news {
        case .nothing: return
        case .ended(let judgement): report(task, judgement, &turn)
        case .outOfTheWay: break
        }
        if let next = roster.ready(of: task.key.task) { with(next, backend, &turn) { $0.start($1, &$2) } }
    }

    private mutating func tick(_ turn: inout Turn) {
        if case .starting(var starting) = life {
            starting.tick(&turn)
            life = .starting(starting)
        }
        upkeep.tick(&turn)
        var due: [(at: Instant, slot: UInt32)] = []
        if let at = connection.deadline, at <= turn.at { due.append((at, 0)) }
        if life.backend != nil, roster.highest > 0 {
            for slot in 1...roster.highest {
                if let at = roster.deadline(of: slot), at <= turn.at { due.append((at, slot)) }
            }
        }
        due.sort { ($0.at, $0.slot) < ($1.at, $1.slot) }
        for entry in due {
            if entry.slot == 0 {
                connection.tick(&turn)
            } else if let backend = life.backend {
                with(entry.slot, backend, &turn) { $0.take(.tick, $1, &$2) }
            }
        }
    }
}

extension Worker: Visited {
    public func visit(_ visitor: inout Visitor) {
        life.visit(&visitor)
        connection.visit(&visitor)
        roster.visit(&visitor)
        memory.visit(&visitor)
        handedOver.visit(&visitor)
        upkeep.visit(&visitor)
        visitor.number(unknownTypes.count)
        for type in unknownTypes { visitor.bytes(type) }
        visitor.serial(sequence)
    }

    public var digest: UInt64 {
        var visitor = Visitor()
        visit(&visitor)
        return visitor.result
    }
}
