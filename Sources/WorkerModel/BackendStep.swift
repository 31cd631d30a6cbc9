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
        switch (self, backend) {
        case (.direct(var step), .direct(let direct, _)):
            switch event {
            case .files(let event): step.take(event, direct, &turn)
            case .process(let event): step.take(event, direct, &turn)
            case .docker: turn.late(event)
            case .tick: step.tick(direct, &turn)
            case .broke(let id): step.broke(id, direct, &turn)
            }
            self = .direct(step)
        case (.command(var step), .command(let command)):
            switch event {
            case .files, .docker: turn.late(event)
            case .process(let event): step.take(event, command, &turn)
            case .tick: step.tick(command, &turn)
            case .broke(let id): step.broke(id, command, &turn)
            }
            self = .command(step)
        case (.docker(var step), .docker(let docker, _)):
            switch event {
            case .files, .process: turn.late(event)
            case .docker(let event): step.take(event, docker, &turn)
            case .tick: step.tick(docker, &turn)
            case .broke(let id): step.broke(id, &turn)
            }
            self = .docker(step)
        case (.direct, _), (.command, _), (.docker, _): turn.late(event)
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
        switch (self, backend) {
        case (.direct(let step), .direct(let direct, _)):
            return step.judgement == nil ? nil : .direct(DirectTidying(step, direct, &turn))
        case (.command(let step), .command):
            guard case .over(_, let owed) = step.phase else { return nil }
            return .command(owed)
        case (.docker(let step), .docker):
            return step.judgement == nil ? nil : .docker(DockerTidying(step, &turn))
        case (.direct, _), (.command, _), (.docker, _): return nil
        }
    }
}

/// From the verdict of an execution until nothing of it is left. Holds no slot, changes no verdict.
public indirect enum Tidying: Hashable, Codable, Sendable {
    case direct(DirectTidying)
    case command(CommandTidying)
    case docker(DockerTidying)

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
        switch (self, backend) {
        case (.direct(var tidying), .direct(let direct, _)):
            switch event {
            case .files(let event): tidying.take(event, direct, &turn)
            case .process(let event): tidying.take(event, direct, &turn)
            case .docker: turn.late(event)
            case .tick: tidying.tick(direct, &turn)
            case .broke(let id): tidying.broke(id, direct, &turn)
            }
            self = .direct(tidying)
        case (.command(var tidying), .command(let command)):
            switch event {
            case .files, .docker: turn.late(event)
            case .process(let event): tidying.take(event, command, &turn)
            case .tick: tidying.tick(command, &turn)
            case .broke(let id): tidying.broke(id, command, &turn)
            }
            self = .command(tidying)
        case (.docker(var tidying), .docker):
            switch event {
            case .files, .process: turn.late(event)
            case .docker(let event): tidying.take(event, &turn)
            case .tick: tidying.tick(&turn)
            case .broke(let id): tidying.broke(id, &turn)
            }
            self = .docker(tidying)
        case (.direct, _), (.command, _), (.docker, _): turn.late(event)
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
