// One execution, from its claim until nothing of it is left.
//
//   claimed -> running | reported      (waits for its claim to be written, and for an earlier execution of its task)
//   running -> reported                (the backend's step; its last phases hold the verdict back until all is dead)
//   reported -> gone                   (the final word is in the outbox; what remains is tidied; no slot is held)
//   gone
//
// One that was handed over is gone at once. If it is cancelled later, it comes back as `reported`, to be taken back.
//
// The verdict is decided once, by the step, and leaves it only when the thing is dead.

import Codecs
import Effects

public struct Task: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        indirect case claimed(TaskPlan, written: Bool)
        case running(BackendStep, timeUp: Instant?)
        case reported(Tidying)
        case gone
    }

    /// What a turn brought that the roster must know.
    public enum News: Hashable, Sendable {
        case nothing
        case ended(Judgement)
        /// It had its verdict before, and now a newer execution of the task need not wait for it any more.
        case outOfTheWay
    }

    public let key: ExecutionKey
    /// The order of admission; also tells two runs of one key apart.
    public let serial: UInt64
    public let assignedAt: Instant
    public private(set) var phase: Phase
    private let secrets: SecretRange
    /// It is only taken back, and nothing is to be said of it.
    private let isRecall: Bool

    init(_ assignment: Assignment, _ turn: inout Turn) {
        key = assignment.key
        serial = turn.mint().sequence
        assignedAt = turn.at
        secrets = assignment.secrets
        isRecall = false
        phase = .claimed(TaskPlan(assignment, turn.settings), written: false)
        turn.note(.claimed(key, at: turn.at), of: serial)
    }

    /// It was handed over, and is cancelled now. Nil where there is no way to reach it.
    init?(takingBack key: ExecutionKey, _ command: CommandSettings, _ turn: inout Turn) {
        guard command.cancelCommand != nil else { return nil }
        self.key = key
        serial = turn.mint().sequence
        assignedAt = turn.at
        secrets = .none
        isRecall = true
        turn.run = serial
        defer { turn.run = 0 }
        turn.note(.recalled(key))
        guard let recall = CommandRecall(key, secrets: [], command, &turn) else { return nil }
        phase = .reported(.command(CommandTidying(key, secrets: [], haunted: nil, recall)))
    }

    /// Goes on where an earlier life was. Whatever follows at once, `resume` tells.
    init(_ run: Inheritance.Run, _ backend: Backend, _ turn: inout Turn) {
        key = run.key
        serial = run.number
        secrets = .none
        switch (run.kind, run.course) {
        case (.claimed(let at), let course):
            isRecall = false
            // The clock begins anew with the machine.
            assignedAt = min(at, turn.at)
            guard case .open = course else {
                phase = .reported(Tidying(run, backend, &turn))
                return
            }
            let startedAt = min(run.startedAt ?? turn.at, turn.at)
            phase = .running(
                BackendStep(run, backend, &turn), timeUp: turn.settings.taskTimeout.map { startedAt.after($0) })
        case (.recalled, _):
            isRecall = true
            assignedAt = turn.at
            phase = .reported(Tidying(run, backend, &turn))
        }
    }

    /// Holds a slot: no final word yet.
    public var isActive: Bool { phase.isActive }

    /// A newer execution of its task waits for it.
    var holdsBack: Bool {
        switch phase {
        case .claimed, .running: true
        case .reported(let tidying): tidying.holdsBack
        case .gone: false
        }
    }

    public var isGone: Bool {
        switch phase {
        case .gone: true
        case .claimed, .running, .reported: false
        }
    }

    /// Claimed and written, waiting only for its turn.
    public var isReady: Bool {
        switch phase {
        case .claimed(_, let written): written
        case .running, .reported, .gone: false
        }
    }

    public var deadline: Instant? { phase.deadline }

    // MARK: - Events

    mutating func claimWritten() {
        guard case .claimed(let plan, _) = phase else { return }
        phase = .claimed(plan, written: true)
    }

    mutating func resume(_ backend: Backend, _ turn: inout Turn) -> News { settle(backend, &turn) }

    mutating func start(_ backend: Backend, _ turn: inout Turn) -> News {
        guard case .claimed(let plan, true) = phase else { return .nothing }
        turn.note(.started(at: turn.at))
        phase = .running(
            BackendStep(key, plan, backend, &turn), timeUp: turn.settings.taskTimeout.map { turn.at.after($0) })
        return settle(backend, &turn)
    }

    mutating func stop(_ cause: StopCause, _ backend: Backend, _ turn: inout Turn) -> News {
        switch phase {
        case .claimed:
            let judgement = Judgement(cause == .cancellation ? .cancelled : .failed(.gracefulShutdown))
            note(judgement, &turn)
            turn.forget(secrets)
            phase = .gone
            return .ended(judgement)
        case .running(var step, let timeUp):
            step.stop(cause, &turn)
            phase = .running(step, timeUp: timeUp)
            return settle(backend, &turn)
        case .reported, .gone: return .nothing
        }
    }

    mutating func take(_ event: TaskEvent, _ backend: Backend, _ turn: inout Turn) -> News {
        let heldBack = holdsBack
        switch phase {
        case .running(var step, let timeUp):
            if case .tick = event, let due = timeUp, due <= turn.at {
                step.stop(.timeout, &turn)
                phase = .running(step, timeUp: nil)
            } else {
                step.take(event, backend, &turn)
                phase = .running(step, timeUp: timeUp)
            }
        case .reported(var tidying):
            tidying.take(event, backend, &turn)
            phase = .reported(tidying)
        case .claimed, .gone: turn.late(event)
        }
        let news = settle(backend, &turn)
        return news == .nothing && heldBack && !holdsBack ? .outOfTheWay : news
    }

    /// The claim was never written: forgotten together with its assignment.
    mutating func forget(_ turn: inout Turn) {
        guard case .claimed = phase else { return }
        turn.forget(secrets)
        phase = .gone
    }

    // MARK: - The end

    private func note(_ judgement: Judgement, _ turn: inout Turn) {
        turn.note(judgement.word(on: key).map { .verdictDecided($0) } ?? .handedOver)
    }

    private mutating func settle(_ backend: Backend, _ turn: inout Turn) -> News {
        var news = News.nothing
        if case .running(let step, _) = phase, let judgement = step.judgement {
            news = .ended(judgement)
            note(judgement, &turn)
            if let tidying = step.tidying(backend, &turn) {
                phase = .reported(tidying)
            } else {
                turn.forget(secrets)
                phase = .gone
            }
        }
        if case .reported(let tidying) = phase, tidying.isDone {
            for range in tidying.secrets { turn.forget(range) }
            if isRecall { turn.note(.forgotten) }
            phase = .gone
        }
        return news
    }
}

extension Task.Phase {
    var isActive: Bool {
        switch self {
        case .claimed, .running: true
        case .reported, .gone: false
        }
    }

    var deadline: Instant? {
        switch self {
        case .running(let step, let timeUp): earlier(step.deadline, timeUp)
        case .reported(let tidying): tidying.deadline
        case .claimed, .gone: nil
        }
    }
}

extension Task: Visited {
    public func visit(_ visitor: inout Visitor) {
        key.visit(&visitor)
        visitor.serial(serial)
        visitor.memory(assignedAt)
        secrets.visit(&visitor)
        visitor.flag(isRecall)
        switch phase {
        case .claimed(let plan, let written):
            visitor.tag(0)
            plan.visit(&visitor)
            visitor.flag(written)
        case .running(let step, let timeUp):
            visitor.tag(1)
            step.visit(&visitor)
            visitor.optional(timeUp) { $0.instant($1) }
        case .reported(let tidying):
            visitor.tag(2)
            tidying.visit(&visitor)
        case .gone: visitor.tag(3)
        }
    }
}
