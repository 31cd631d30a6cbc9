// A pure process table: what really lives, which the worker only hears of.

import Effects

public struct ProcessTable: Sendable {
    public enum State: UInt8, Sendable {
        case requested, running, left, cleared
        /// Only its supervisor is left, which keeps what happened until it is dismissed.
        case over
    }

    public struct Process: Sendable {
        var id: EffectID
        /// Nil for one that ends with its worker.
        let name: ProcessName?
        let role: ProcessRole
        public let key: ExecutionKey
        /// Its descendants may outlive it once we say so.
        let handsOver: Bool
        /// Since when it has its time, if it has a time of its own.
        var askedAt: Instant?
        var state: State
        /// The other side has heard of it already.
        var hasHandedOver = false
        /// What it left running is not the worker's any more.
        var released = false
        /// Its worker has died, and nobody hears of it any more; its supervisor ends it.
        var isOrphan = false
        /// Somebody listens to what becomes of it.
        var isHeard = true
        /// The journal says that it is being ended, so whatever it does from now on counts for nothing.
        var givenUp = false
        var terminated = false
        var killed = false
        var end = ProcessEnd.exit(0)

        var wasToldToEnd: Bool { killed || terminated }

        /// What it left running serves whoever got the task, for as long as the worker has not let go of it.
        var isReleasedLater: Bool { handsOver && end == .exit(0) && !killed && !released }

        /// The command itself; what it left behind may still be there.
        var hasEnded: Bool {
            switch state {
            case .requested, .running: false
            case .left, .cleared, .over: true
            }
        }

        /// All that could be said of it was said to this worker.
        var isTold: Bool { state == .over && isHeard }

        /// Something of it executes.
        public var lives: Bool {
            switch state {
            case .running: true
            case .left: !released
            case .requested, .cleared, .over: false
            }
        }
    }

    struct Pending: Sendable {
        let id: EffectID
        let name: ProcessName
    }

    public internal(set) var processes: [Process] = []
    /// Adoptions that were asked for and not answered.
    var adoptions: [Pending] = []
    /// How often each execution's agent and teardown were really started.
    var agentStarts: [ExecutionKey] = []
    var teardownStarts: [ExecutionKey] = []
    /// Teardowns that could not be started, until the worker has taken note of it.
    var failedTeardowns: [(name: ProcessName, key: ExecutionKey)] = []
    /// Executions of which a command ended badly or could not be started.
    var badEnds: [ExecutionKey] = []

    mutating func turnPage() {
        agentStarts = []
        teardownStarts = []
        failedTeardowns = []
        badEnds = []
    }

    /// A teardown that could not be started, and of which the journal does not know, never was.
    mutating func forgetFailedTeardowns(knowing isKnown: (ProcessName) -> Bool) {
        for failed in failedTeardowns where !isKnown(failed.name) {
            if let index = teardownStarts.lastIndex(of: failed.key) { teardownStarts.remove(at: index) }
        }
        failedTeardowns = []
    }

    mutating func take(_ call: ProcessCall, _ id: EffectID, at now: Instant) -> Violation? {
        switch call {
        case .adopt(let adoption):
            adoptions.append(Pending(id: id, name: adoption.name))
            // It takes orders from now on.
            if let index = index(adoption.name) { processes[index].id = id }
        case .dismiss(let name):
            failedTeardowns.removeAll { $0.name == name }
            guard let index = index(name) else { return nil }
            guard processes[index].state == .over else {
                return Violation("NothingLeftBehind", "a supervisor was dismissed whose command was not over")
            }
            processes.remove(at: index)
        case .start(let launch):
            processes.append(
                Process(
                    id: id, name: launch.name, role: launch.role, key: launch.key,
                    handsOver: launch.handsOver,
                    askedAt: launch.role == .dispatch ? now : nil, state: .requested))
        case .signal(let process, _):
            guard let index = index(process) else { return nil }
            processes[index].terminated = true
        case .kill(let process):
            // Killing by name what is gone already is allowed: a death and an order may cross.
            guard let index = index(process) else { return nil }
            let known = processes[index]
            if known.state == .running, !known.role.hasATimeOfItsOwn, !known.terminated, !known.killed {
                return Violation("AskedBeforeKilled", "a command that runs was killed without being asked to end")
            }
            processes[index].killed = true
        case .release(let process):
            guard let index = index(process), processes[index].handsOver, processes[index].end == .exit(0),
                processes[index].state == .left, !processes[index].wasToldToEnd
            else { return Violation("NothingLeftBehind", "what is not known to have ended well was let go") }
            processes[index].released = true
        case .abandonOutput(let process):
            guard let index = index(process) else { return nil }
            guard processes[index].state == .cleared else {
                return Violation("VerdictAfterDeath", "output was abandoned while the process lives")
            }
        }
        return nil
    }

    func index(_ id: EffectID) -> Int? {
        processes.firstIndex { $0.id == id }
    }

    func index(_ name: ProcessName) -> Int? {
        processes.firstIndex { $0.name == name }
    }

    func awaits(_ id: EffectID) -> Bool {
        adoptions.contains { $0.id == id } || processes.contains { $0.id == id && !$0.isTold }
    }

    /// What an earlier life started tells all that it has to tell.
    mutating func answer(adoption index: Int) -> ProcessEvent {
        let asked = adoptions.remove(at: index)
        guard let index = self.index(asked.name) else { return .notFound(asked.id) }
        processes[index].isHeard = true
        let process = processes[index]
        switch process.state {
        case .requested, .running: return .started(process.id)
        case .left: return .exited(process.id, process.end)
        case .cleared: return .cleared(process.id, process.end)
        case .over: return .finished(process.id, process.end)
        }
    }

    /// In place: a process is a large value, and this is asked for all the time.
    func addMoves(of index: Int, to list: inout MoveList) {
        if processes[index].isOrphan { return list.add(.process(index, .ends)) }
        switch processes[index].state {
        case .requested:
            let wasToldToEnd = processes[index].wasToldToEnd
            if wasToldToEnd { list.add(.process(index, .failsToStart)) }
            list.add(.process(index, .starts))
            if !wasToldToEnd { list.add(.process(index, .failsToStart), .startFails) }
        case .running: addMoves(ofRunning: index, to: &list)
        case .left: if !processes[index].isReleasedLater { list.add(.process(index, .clears)) }
        case .cleared: list.add(.process(index, .finishes))
        case .over: break
        }
    }

    private func addMoves(ofRunning index: Int, to list: inout MoveList) {
        let role = processes[index].role
        let wasToldToEnd = processes[index].wasToldToEnd
        let hasHandedOver = processes[index].hasHandedOver
        list.add(.process(index, .ends))
        if role == .dispatch || role == .cancel, wasToldToEnd {
            list.add(.process(index, .succeedsAnyway), .lateSuccess)
        }
        if processes[index].handsOver, wasToldToEnd { list.add(.process(index, .succeedsLeaving), .lateSuccess) }
        if processes[index].killed { return }
        // Whoever says that it failed has not handed anything over.
        if !hasHandedOver { list.add(.process(index, .endsBadly), .agentFails) }
        list.add(.process(index, .endsLeavingDescendants), .leavesDescendants)
        if role == .dispatch {
            if !hasHandedOver { list.add(.process(index, .handsOver)) }
            if !wasToldToEnd { list.add(.process(index, .isKilled), .agentFails) }
        }
    }

    /// Nil where the worker hears nothing of it.
    mutating func make(_ move: ProcessMove, _ index: Int) -> ProcessEvent? {
        let isHeard = processes[index].isHeard
        let event = change(move, index)
        return isHeard ? event : nil
    }

    /// It is over; a supervisor that was to keep what happened keeps it.
    private mutating func finish(_ index: Int, _ end: ProcessEnd) {
        guard processes[index].name != nil else {
            processes.remove(at: index)
            return
        }
        processes[index].state = .over
        processes[index].end = end
    }

    private mutating func change(_ move: ProcessMove, _ index: Int) -> ProcessEvent? {
        let process = processes[index]
        if process.isOrphan {
            processes.remove(at: index)
            return nil
        }
        switch move {
        case .starts:
            processes[index].state = .running
            switch process.role {
            case .agent, .dispatch: agentStarts.append(process.key)
            case .teardown: teardownStarts.append(process.key)
            case .setup, .cancel: break
            }
            return .started(process.id)
        case .failsToStart:
            processes.remove(at: index)
            if process.role == .teardown {
                teardownStarts.append(process.key)
                if let name = process.name { failedTeardowns.append((name, process.key)) }
            } else if process.role != .cancel {
                badEnds.append(process.key)
            }
            return .startFailed(process.id, .exec(errno: 2))
        case .handsOver:
            processes[index].hasHandedOver = true
            return nil
        case .ends, .endsBadly, .succeedsAnyway, .isKilled:
            let end = process.end(move)
            finish(index, end)
            if end != .exit(0), process.role.isWork { badEnds.append(process.key) }
            return .finished(process.id, end)
        case .succeedsLeaving:
            processes[index].state = .left
            processes[index].end = process.end(move)
            return .exited(process.id, process.end(move))
        case .endsLeavingDescendants:
            processes[index].state = .left
            processes[index].end = process.terminated ? .signal(15) : .exit(0)
            if processes[index].end != .exit(0), process.role.isWork { badEnds.append(process.key) }
            return .exited(process.id, processes[index].end)
        case .clears:
            processes[index].state = .cleared
            return .cleared(process.id, process.end)
        case .finishes:
            finish(index, process.end)
            return .finished(process.id, process.end)
        }
    }
}

extension ProcessTable.Process {
    fileprivate func end(_ move: ProcessMove) -> ProcessEnd {
        switch move {
        case .endsBadly: .exit(3)
        case .succeedsAnyway, .succeedsLeaving: .exit(0)
        case .isKilled: .signal(9)
        case .starts, .failsToStart, .handsOver, .ends, .endsLeavingDescendants, .clears, .finishes:
            killed ? .signal(9) : terminated ? .signal(15) : .exit(0)
        }
    }
}

extension ProcessRole {
    /// A task fails with it.
    fileprivate var isWork: Bool {
        switch self {
        case .setup, .agent, .dispatch: true
        case .teardown, .cancel: false
        }
    }

    /// Short commands of the operator's, with a time that is known in advance: killed when it is up.
    fileprivate var hasATimeOfItsOwn: Bool {
        switch self {
        case .teardown, .dispatch, .cancel: true
        case .setup, .agent: false
        }
    }
}

extension ProcessTable: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.list(processes)
        visitor.number(adoptions.count)
        for pending in adoptions {
            visitor.id(pending.id)
            pending.name.visit(&visitor)
        }
        visitor.list(agentStarts)
        visitor.list(teardownStarts)
        visitor.number(failedTeardowns.count)
        for failed in failedTeardowns { failed.name.visit(&visitor) }
        visitor.list(badEnds)
    }
}

extension ProcessTable.Process: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.id(id)
        visitor.optional(name)
        visitor.flag(isHeard)
        visitor.tag(role.rawValue)
        key.visit(&visitor)
        visitor.tag(state.rawValue)
        visitor.flag(handsOver)
        visitor.optional(askedAt) { $0.instant($1) }
        visitor.flag(hasHandedOver)
        visitor.flag(released)
        visitor.flag(givenUp)
        visitor.flag(terminated)
        visitor.flag(isOrphan)
        visitor.flag(killed)
        end.visit(&visitor)
    }
}
