// In which phase a state is, in the coarser terms in which a session is told.

import Effects
import WorkerModel

extension RunPhase {
    init?(_ task: Task, _ roster: Roster) {
        switch task.phase {
        case .claimed(_, let written): self = written && roster.mustWait(task) ? .queued : .claiming
        case .running(.direct(let step), _): self = RunPhase.of(step)
        case .running(.command(let step), _): self = RunPhase.of(step)
        case .running(.docker(let step), _): self = RunPhase.of(step)
        case .reported(let tidying): self = RunPhase.of(tidying)
        case .gone: return nil
        }
    }

    private static func of(_ step: DirectStep) -> RunPhase {
        if step.stopping != nil { return .ending }
        switch step.phase {
        case .makingGround, .makingEnvironmentFile, .readingEnvironment: return .preparing
        case .settingUp: return .settingUp
        case .running: return .running
        case .interrupted, .settingAside, .over: return .ending
        }
    }

    private static func of(_ step: CommandStep) -> RunPhase {
        switch step.phase {
        case .dispatching: .dispatching
        case .recalling: .recalling
        case .breakingOff, .over: .ending
        }
    }

    private static func of(_ step: DockerStep) -> RunPhase {
        if step.stopping != nil { return .ending }
        switch step.phase {
        case .pulling, .preparing, .creating, .verifying: return .preparing
        case .running: return .running
        case .over: return .ending
        }
    }

    private static func of(_ tidying: Tidying) -> RunPhase {
        if tidying.isHaunting { return .haunting }
        switch tidying {
        case .direct, .docker: return .tidying
        case .command(let tidying): return tidying.isRecalling ? .recalling : .tidying
        }
    }

    public var words: String {
        switch self {
        case .claiming: "being claimed"
        case .queued: "waiting for the task's earlier execution"
        case .preparing: "being prepared"
        case .settingUp: "setup command"
        case .running: "running"
        case .dispatching: "dispatch command"
        case .recalling: "cancel command"
        case .ending: "ending"
        case .tidying: "tidying up"
        case .haunting: "its death not seen"
        case .unheard: "final word not heard yet"
        }
    }
}

extension LinkPhase {
    init?(_ connection: Connection) {
        switch connection.phase {
        case .idle, .shut: return nil
        case .dialling: self = .dialling
        case .open(_): self = connection.isOpen ? .open : .abandoned
        case .waiting: self = .waiting
        case .closing: self = .closing
        }
    }

    public var words: String {
        switch self {
        case .dialling: "dialling"
        case .open: "open"
        case .abandoned: "given up, its end not seen yet"
        case .waiting: "waiting to dial again"
        case .closing: "closing"
        }
    }
}

extension LifePhase {
    init?(_ life: Life) {
        switch life {
        case .starting: self = .starting
        case .running: self = .running
        case .draining: self = .draining
        case .stopping: self = .stopping
        case .closing: self = .closing
        case .stopped: return nil
        }
    }

    public var words: String {
        switch self {
        case .starting: "starting"
        case .running: "running"
        case .draining: "draining: no new tasks, running ones go on"
        case .stopping: "stopping: tasks are being ended"
        case .closing: "closing the connection"
        }
    }
}

extension Outcome {
    public var words: String {
        switch self {
        case .completed: "completed"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .rejected: "rejected"
        case .dispatched: "handed over"
        case .forgotten: "forgotten"
        }
    }
}
