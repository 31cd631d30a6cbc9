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
    case docker(DockerEvent)
    case tick
    /// The hands broke their contract for this request.
    case broke(EffectID)
}

/// From the start of an execution until its verdict.
public indirect enum BackendStep: Hashable, Codable, Sendable {
    case direct(DirectStep)
    case command(CommandStep)
    case docker(DockerStep)

    init(_ key: ExecutionKey, _ plan: TaskPlan, _ backend: Backend, _ turn: inout Turn) {
        switch backend {
        case .direct(let direct, let executable):
            self = .direct(DirectStep(key, plan, executable: executable, direct, &turn))
        case .command(let command): self = .command(CommandStep(key, plan, command, &turn))
        case .docker(_, let platform): self = .docker(DockerStep(key, plan, platform: platform, &turn))
        }
    }

    /// Goes on where an earlier life was.
    init(_ run: Inheritance.Run, _ backend: Backend, _ turn: inout Turn) {
        switch backend.machines(for: run) {
        case .direct: self = .direct(DirectStep(run, executable: backend.executable, backend.direct, &turn))
        case .command: self = .command(CommandStep(run, backend.command, &turn))
        case .docker: self = .docker(DockerStep(run, reached: backend.reachesDaemon, &turn))
        }
    }

    public var judgement: Judgement? {
        switch self {
        case .direct(let step): step.judgement
        case .command(let step): step.judgement
        case .docker(let step): step.judgement
        }
    }

    public var deadline: Instant? {
        switch self {
        case .direct(let step): step.deadline
        case .command(let step): step.deadline
        case .docker(let step): step.deadline
        }
    }

    mutating func take(_ event: TaskEvent, _ backend: Backend, _ turn: inout Turn) {
        switch self {
        case .direct(var step):
            let direct = backend.direct
            switch event {
            case .files(let event): step.take(event, direct, &turn)
            case .process(let event): step.take(event, direct, &turn)
            case .docker: turn.late(event)
            case .tick: step.tick(direct, &turn)
            case .broke(let id): step.broke(id, direct, &turn)
            }
            self = .direct(step)
        case .command(var step):
            let command = backend.command
            switch event {
            case .files, .docker: turn.late(event)
            case .process(let event): step.take(event, command, &turn)
            case .tick: step.tick(command, &turn)
            case .broke(let id): step.broke(id, command, &turn)
            }
            self = .command(step)
        case .docker(var step):
            switch event {
            case .files, .process: turn.late(event)
            case .docker(let event): step.take(event, backend.docker, &turn)
            case .tick: step.tick(backend.docker, &turn)
            case .broke(let id): step.broke(id, &turn)
            }
            self = .docker(step)
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
        case .docker(var step):
            step.stop(cause, &turn)
            self = .docker(step)
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
        case .docker(let step):
            return step.judgement == nil ? nil : .docker(DockerTidying(step, &turn))
        }
    }
}

/// From the verdict of an execution until nothing of it is left. Holds no slot, changes no verdict.
public indirect enum Tidying: Hashable, Codable, Sendable {
    case direct(DirectTidying)
    case command(CommandTidying)
    case docker(DockerTidying)

    /// Goes on where an earlier life was.
    init(_ run: Inheritance.Run, _ backend: Backend, _ turn: inout Turn) {
        switch backend.machines(for: run) {
        case .direct: self = .direct(DirectTidying(run, backend.direct, &turn))
        case .command: self = .command(CommandTidying(run, backend.command, &turn))
        case .docker: self = .docker(DockerTidying(run, reached: backend.reachesDaemon, &turn))
        }
    }

    public var isDone: Bool {
        switch self {
        case .direct(let tidying): tidying.isDone
        case .command(let tidying): tidying.isDone
        case .docker(let tidying): tidying.isDone
        }
    }

    /// A process of it was not seen dead in time.
    public var isHaunting: Bool {
        switch self {
        case .direct(let tidying): tidying.isHaunting
        case .command(let tidying): tidying.isHaunting
        case .docker(let tidying): tidying.isHaunting
        }
    }

    /// What it does could hit a newer execution of the same task.
    var holdsBack: Bool {
        switch self {
        case .direct, .docker: false
        case .command(let tidying): tidying.isRecalling
        }
    }

    public var deadline: Instant? {
        switch self {
        case .direct(let tidying): tidying.deadline
        case .command(let tidying): tidying.deadline
        case .docker(let tidying): tidying.deadline
        }
    }

    /// Forgotten with it.
    var secrets: [SecretRange] {
        switch self {
        case .direct(let tidying): tidying.secrets
        case .command(let tidying): tidying.secrets
        case .docker(let tidying): [tidying.secrets]
        }
    }

    mutating func take(_ event: TaskEvent, _ backend: Backend, _ turn: inout Turn) {
        switch self {
        case .direct(var tidying):
            let direct = backend.direct
            switch event {
            case .files(let event): tidying.take(event, direct, &turn)
            case .process(let event): tidying.take(event, direct, &turn)
            case .docker: turn.late(event)
            case .tick: tidying.tick(direct, &turn)
            case .broke(let id): tidying.broke(id, direct, &turn)
            }
            self = .direct(tidying)
        case .command(var tidying):
            let command = backend.command
            switch event {
            case .files, .docker: turn.late(event)
            case .process(let event): tidying.take(event, command, &turn)
            case .tick: tidying.tick(command, &turn)
            case .broke(let id): tidying.broke(id, command, &turn)
            }
            self = .command(tidying)
        case .docker(var tidying):
            switch event {
            case .files, .process: turn.late(event)
            case .docker(let event): tidying.take(event, &turn)
            case .tick: tidying.tick(&turn)
            case .broke(let id): tidying.broke(id, &turn)
            }
            self = .docker(tidying)
        }
    }
}

extension Turn {
    /// For nobody here any more.
    mutating func late(_ event: TaskEvent) {
        switch event {
        case .files(let event): lateFile(event)
        case .process, .docker, .broke: late()
        case .tick: break
        }
    }
}

/// The backend with what the start found out about it.
public indirect enum Backend: Hashable, Codable, Sendable {
    case direct(DirectSettings, executable: Bytes)
    case command(CommandSettings)
    /// The daemon's platform, as in `linux/amd64`.
    case docker(DockerSettings, platform: Bytes)

    /// What an execution of the direct backend goes by. An earlier life may have had another backend than this one,
    /// and then nobody configures what that life left: it is ended and given back without commands of the operator's.
    var direct: DirectSettings {
        switch self {
        case .direct(let direct, _): direct
        case .command, .docker: DirectSettings(workspaceRoot: [], temporaryDirectory: [])
        }
    }

    var command: CommandSettings {
        switch self {
        case .direct, .docker: CommandSettings(dispatchCommand: [], directory: [])
        case .command(let command): command
        }
    }

    var docker: DockerSettings {
        switch self {
        case .direct, .command: DockerSettings()
        case .docker(let docker, _): docker
        }
    }

    fileprivate var reachesDaemon: Bool {
        switch self {
        case .direct, .command: false
        case .docker: true
        }
    }

    fileprivate var executable: Bytes {
        switch self {
        case .direct(_, let executable): executable
        case .command, .docker: []
        }
    }

    fileprivate enum Machines {
        case direct, command, docker
    }

    /// Whose machines an inherited run needs.
    fileprivate func machines(for run: Inheritance.Run) -> Machines {
        if run.recall != nil { return .command }
        for belonging in run.belongings {
            switch belonging.possession {
            case .workspace, .directory, .file, .process(_, .setup), .process(_, .agent), .process(_, .teardown):
                return .direct
            case .process(_, .dispatch), .process(_, .cancel): return .command
            case .container, .volume: return .docker
            }
        }
        switch (run.ends.last?.role, self) {
        case (.dispatch, _), (.cancel, _): return .command
        case (.setup, _), (.agent, _), (.teardown, _): return run.kind == .recalled ? .command : .direct
        case (nil, .command): return .command
        case (nil, .direct): return run.kind == .recalled ? .command : .direct
        case (nil, .docker): return run.kind == .recalled ? .command : .docker
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
        case .docker(let docker, let platform):
            visitor.tag(2)
            visitor.bytes(platform)
            visitor.flag(docker.followsOutput)
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
        case .docker(let step):
            visitor.tag(2)
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
        case .docker(let tidying):
            visitor.tag(2)
            tidying.visit(&visitor)
        }
    }
}
