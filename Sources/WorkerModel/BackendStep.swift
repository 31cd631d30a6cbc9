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

    init(_ key: ExecutionKey, _ plan: TaskPlan, _ backend: Backend, _ turn: inout Turn) {
        switch backend {
        case .direct(let direct, let executable):
            self = .direct(DirectStep(key, plan, executable: executable, direct, &turn))
        }
    }

    public var judgement: Judgement? {
        switch self {
        case .direct(let step): step.judgement
        }
    }

    public var deadline: Instant? {
        switch self {
        case .direct(let step): step.deadline
        }
    }

    mutating func take(_ event: TaskEvent, _ backend: Backend, _ turn: inout Turn) {
        switch (self, backend) {
        case (.direct(var step), .direct(let direct, _)):
            switch event {
            case .files(let event): step.take(event, direct, &turn)
            case .process(let event): step.take(event, direct, &turn)
            case .tick: step.tick(direct, &turn)
            case .broke(let id): step.broke(id, direct, &turn)
            }
            self = .direct(step)
        }
    }

    mutating func stop(_ cause: StopCause, _ turn: inout Turn) {
        switch self {
        case .direct(var step):
            step.stop(cause, &turn)
            self = .direct(step)
        }
    }

    /// What it still owes; only asked once it has its judgement.
    func tidying(_ backend: Backend, _ turn: inout Turn) -> Tidying {
        switch (self, backend) {
        case (.direct(let step), .direct(let direct, _)): .direct(DirectTidying(step, direct, &turn))
        }
    }
}

/// From the verdict of an execution until nothing of it is left. Holds no slot, changes no verdict.
public indirect enum Tidying: Hashable, Codable, Sendable {
    case direct(DirectTidying)

    public var isDone: Bool {
        switch self {
        case .direct(let tidying): tidying.isDone
        }
    }

    /// A process of it was not seen dead in time.
    public var isHaunting: Bool {
        switch self {
        case .direct(let tidying): tidying.isHaunting
        }
    }

    public var deadline: Instant? {
        switch self {
        case .direct(let tidying): tidying.deadline
        }
    }

    /// Forgotten with it.
    var secrets: [SecretRange] {
        switch self {
        case .direct(let tidying): tidying.secrets
        }
    }

    mutating func take(_ event: TaskEvent, _ backend: Backend, _ turn: inout Turn) {
        switch (self, backend) {
        case (.direct(var tidying), .direct(let direct, _)):
            switch event {
            case .files(let event): tidying.take(event, direct, &turn)
            case .process(let event): tidying.take(event, direct, &turn)
            case .tick: tidying.tick(direct, &turn)
            case .broke(let id): tidying.broke(id, direct, &turn)
            }
            self = .direct(tidying)
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
}

extension Backend: Visited {
    /// What the start found out; the rest are settings, which never change in a life.
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .direct(_, let executable): visitor.bytes(executable)
        }
    }
}

extension BackendStep: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .direct(let step):
            visitor.tag(0)
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
        }
    }
}
