// A pure process table: what really lives, which the worker only hears of.

import Effects

public struct ProcessTable: Sendable {
    public enum State: UInt8, Sendable {
        case requested, running, left, cleared
    }

    public struct Process: Sendable {
        let id: EffectID
        let role: ProcessRole
        public let key: ExecutionKey
        var state: State
        var terminated = false
        var killed = false
        var end = ProcessEnd.exit(0)

        var wasToldToEnd: Bool { killed || terminated }

        /// Something of it executes.
        public var lives: Bool {
            switch state {
            case .running, .left: true
            case .requested, .cleared: false
            }
        }
    }

    public internal(set) var processes: [Process] = []
    /// How often each execution's agent and teardown were really started.
    var agentStarts: [ExecutionKey] = []
    var teardownStarts: [ExecutionKey] = []
    /// Executions of which a command ended badly or could not be started.
    var badEnds: [ExecutionKey] = []

    mutating func take(_ call: ProcessCall, _ id: EffectID) -> Violation? {
        switch call {
        case .start(let launch):
            processes.append(Process(id: id, role: launch.role, key: launch.key, state: .requested))
        case .signal(let process, _):
            guard let index = index(process) else { return nil }
            processes[index].terminated = true
        case .kill(let process):
            // Killing by name what is gone already is allowed: a death and an order may cross.
            guard let index = index(process) else { return nil }
            let known = processes[index]
            if known.state == .running, known.role != .teardown, !known.terminated, !known.killed {
                return Violation("AskedBeforeKilled", "a command that runs was killed without being asked to end")
            }
            processes[index].killed = true
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

    func moves(_ index: Int) -> [(ProcessMove, Fault?)] {
        let process = processes[index]
        switch process.state {
        case .requested:
            return process.wasToldToEnd
                ? [(.failsToStart, nil), (.starts, nil)] : [(.starts, nil), (.failsToStart, .startFails)]
        case .running:
            if process.killed { return [(.ends, nil)] }
            return [(.ends, nil), (.endsBadly, .agentFails), (.endsLeavingDescendants, .leavesDescendants)]
        case .left: return [(.clears, nil)]
        case .cleared: return [(.finishes, nil)]
        }
    }

    mutating func make(_ move: ProcessMove, _ index: Int) -> ProcessEvent {
        let process = processes[index]
        switch move {
        case .starts:
            processes[index].state = .running
            switch process.role {
            case .agent: agentStarts.append(process.key)
            case .teardown: teardownStarts.append(process.key)
            case .setup: break
            }
            return .started(process.id)
        case .failsToStart:
            processes.remove(at: index)
            if process.role == .teardown { teardownStarts.append(process.key) } else { badEnds.append(process.key) }
            return .startFailed(process.id, .exec(errno: 2))
        case .ends, .endsBadly:
            processes.remove(at: index)
            let end: ProcessEnd =
                move == .endsBadly
                ? .exit(3) : process.killed ? .signal(9) : process.terminated ? .signal(15) : .exit(0)
            if end != .exit(0), process.role != .teardown { badEnds.append(process.key) }
            return .finished(process.id, end)
        case .endsLeavingDescendants:
            processes[index].state = .left
            processes[index].end = process.terminated ? .signal(15) : .exit(0)
            if processes[index].end != .exit(0), process.role != .teardown { badEnds.append(process.key) }
            return .exited(process.id, processes[index].end)
        case .clears:
            processes[index].state = .cleared
            return .cleared(process.id, process.end)
        case .finishes:
            processes.remove(at: index)
            return .finished(process.id, process.end)
        }
    }
}

extension ProcessTable: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.list(processes)
        visitor.list(agentStarts)
        visitor.list(teardownStarts)
        visitor.list(badEnds)
    }
}

extension ProcessTable.Process: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.id(id)
        visitor.tag(role.rawValue)
        key.visit(&visitor)
        visitor.tag(state.rawValue)
        visitor.flag(terminated)
        visitor.flag(killed)
        end.visit(&visitor)
    }
}
