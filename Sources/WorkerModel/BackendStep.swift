// The backends behind one face: the step of an execution that runs, and what an execution owes after its end.
//
// A new backend is one more case in each enum here, and the compiler names the places that have to know of it. The
// enums are indirect: a task is copied and looked at far more often than it moves on, and then is a few words.

import Codecs
import Effects

/// What can reach one execution beside its own start and stop.
enum TaskEvent {
    case files(FilesEvent)
    case process(ProcessEvent)
    case tick
    /// The hands broke their contract for this request.
    case broke(EffectID)
}

/// From the start of an execution until its verdict.
public indirect enum BackendStep: Hashable, Codable, Sendable {
    case direct(DirectStep)
    case command(CommandStep)

    init(_ key: ExecutionKey, _ plan: TaskPlan, _ backend: Backend, _ turn: inout Turn) {
        switch backend {
        case .direct(let direct, let executable):
            self = .direct(DirectStep(key, plan, executable: executable, direct, &turn))
        case .command(let command): self = .command(CommandStep(key, plan, command, &turn))
        }
    }

    /// Goes on where an earlier life was.
    init(_ run: Inheritance.Run, _ backend: Backend, _ turn: inout Turn) {
        if backend.isDirect(run) {
            self = .direct(DirectStep(run, executable: backend.executable, backend.direct, &turn))
        } else {
            self = .command(CommandStep(run, backend.command, &turn))
        }
    }

    public var judgement: Judgement? {
        switch self {
        case .direct(let step): step.judgement
        case .command(let step): step.judgement
        }
    }

    public var deadline: Instant? {
        switch self {
        case .direct(let step): step.deadline
        case .command(let step): step.deadline
        }
    }

    mutating func take(_ event: TaskEvent, _ backend: Backend, _ turn: inout Turn) {
        switch self {
        case .direct(var step):
            let direct = backend.direct
            switch event {
            case .files(let event): step.take(event, direct, &turn)
            case .process(let event): step.take(event, direct, &turn)
            case .tick: step.tick(direct, &turn)
            case .broke(let id): step.broke(id, direct, &turn)
            }
            self = .direct(step)
        case .command(var step):
            let command = backend.command
            switch event {
            case .files: turn.late(event)
            case .process(let event): step.take(event, command, &turn)
            case .tick: step.tick(command, &turn)
            case .broke(let id): step.broke(id, command, &turn)
            }
            self = .command(step)
        }
    }

    mutating func stop(_ cause: StopCause, _ turn: inout Turn) {
        switch self {
        case .direct(var step):
            step.stop(cause, &turn)
            self = .direct(step)
        case .command(var step):
            step.stop(cause, &turn)
            self = .command(step)
        }
    }

    /// What it still owes; nil before its verdict.
    func tidying(_ backend: Backend, _ turn: inout Turn) -> Tidying? {
        switch self {
        case .direct(let step):
            return step.judgement == nil ? nil : .direct(DirectTidying(step, backend.direct, &turn))
        case .command(let step):
            guard case .over(_, let owed) = step.phase else { return nil }
            return .command(owed)
        }
    }
}

/// From the verdict of an execution until nothing of it is left. Holds no slot, changes no verdict.
public indirect enum Tidying: Hashable, Codable, Sendable {
    case direct(DirectTidying)
    case command(CommandTidying)

    /// Goes on where an earlier life was.
    init(_ run: Inheritance.Run, _ backend: Backend, _ turn: inout Turn) {
        if backend.isDirect(run) {
            self = .direct(DirectTidying(run, backend.direct, &turn))
        } else {
            self = .command(CommandTidying(run, backend.command, &turn))
        }
    }

    public var isDone: Bool {
        switch self {
        case .direct(let tidying): tidying.isDone
        case .command(let tidying): tidying.isDone
        }
    }

    /// A process of it was not seen dead in time.
    public var isHaunting: Bool {
        switch self {
        case .direct(let tidying): tidying.isHaunting
        case .command(let tidying): tidying.isHaunting
        }
    }

    /// What it does could hit a newer execution of the same task.
    var holdsBack: Bool {
        switch self {
        case .direct: false
        case .command(let tidying): tidying.isRecalling
        }
    }

    public var deadline: Instant? {
        switch self {
        case .direct(let tidying): tidying.deadline
        case .command(let tidying): tidying.deadline
        }
    }

    /// Forgotten with it.
    var secrets: [SecretRange] {
        switch self {
        case .direct(let tidying): tidying.secrets
        case .command(let tidying): tidying.secrets
        }
    }

    mutating func take(_ event: TaskEvent, _ backend: Backend, _ turn: inout Turn) {
        switch self {
        case .direct(var tidying):
            let direct = backend.direct
            switch event {
            case .files(let event): tidying.take(event, direct, &turn)
            case .process(let event): tidying.take(event, direct, &turn)
            case .tick: tidying.tick(direct, &turn)
            case .broke(let id): tidying.broke(id, direct, &turn)
            }
            self = .direct(tidying)
        case .command(var tidying):
            let command = backend.command
            switch event {
            case .files: turn.late(event)
            case .process(let event): tidying.take(event, command, &turn)
            case .tick: tidying.tick(command, &turn)
            case .broke(let id): tidying.broke(id, command, &turn)
            }
            self = .command(tidying)
        }
    }
}

extension Turn {
    /// For nobody here any more.
    mutating func late(_ event: TaskEvent) {
        switch event {
        case .files(let event): lateFile(event)
        case .process, .broke: late()
        case .tick: break
        }
    }
}

/// The backend with what the start found out about it.
public indirect enum Backend: Hashable, Codable, Sendable {
    case direct(DirectSettings, executable: Bytes)
    case command(CommandSettings)

    /// What an execution of the direct backend goes by. An earlier life may have had another backend than this one, and
    /// then nobody configures what that life left: it is ended and given back without commands of the operator's.
    var direct: DirectSettings {
        switch self {
        case .direct(let direct, _): direct
        case .command: DirectSettings(workspaceRoot: [], temporaryDirectory: [])
        }
    }

    var command: CommandSettings {
        switch self {
        case .direct: CommandSettings(dispatchCommand: [], directory: [])
        case .command(let command): command
        }
    }

    fileprivate var executable: Bytes {
        switch self {
        case .direct(_, let executable): executable
        case .command: []
        }
    }

    /// Whose machines an inherited run needs.
    fileprivate func isDirect(_ run: Inheritance.Run) -> Bool {
        for belonging in run.belongings {
            switch belonging.possession {
            case .workspace, .directory, .file, .process(_, .setup), .process(_, .agent), .process(_, .teardown):
                return true
            case .process(_, .dispatch), .process(_, .cancel): return false
            }
        }
        switch (run.ends.last?.role, self) {
        case (.setup, _), (.agent, _), (.teardown, _), (nil, .direct): return run.kind != .recalled
        case (.dispatch, _), (.cancel, _), (nil, .command): return false
        }
    }
}

extension Backend: Visited {
    /// What the start found out; the rest are settings, which never change in a life.
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .direct(_, let executable):
            visitor.tag(0)
            visitor.bytes(executable)
        case .command: visitor.tag(1)
        }
    }
}

extension BackendStep: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .direct(let step):
            visitor.tag(0)
            step.visit(&visitor)
        case .command(let step):
            visitor.tag(1)
            step.visit(&visitor)
        }
    }
}

extension Tidying: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .direct(let tidying):
            visitor.tag(0)
            tidying.visit(&visitor)
        case .command(let tidying):
            visitor.tag(1)
            tidying.visit(&visitor)
        }
    }
}
