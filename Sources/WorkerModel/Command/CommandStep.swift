// One execution on its way to whoever runs it, from the start of the dispatch command until the verdict.
//
//   dispatching -> breakingOff | recalling | over    (the command runs, within its time)
//   breakingOff -> recalling | over                  (we end it; what it says of itself counts no more)
//   recalling   -> over                              (nobody knows what arrived over there: the cancel command runs)
//   over
//
// The command's exit status is its word: 0 is handed over, anything else is refused. A command that gave no word,
// since we or somebody else killed it, may have handed the task over all the same. Nothing may start after its user
// was told that it failed, or run on after it was cancelled, so the cancel command runs before the final word.

import Codecs
import Effects

public struct CommandStep: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        /// `orElse` is what it means when it has not ended by then.
        case dispatching(Supervised, until: Instant, orElse: Failure)
        case breakingOff(Supervised, Verdict)
        case recalling(CommandRecall, Judgement)
        case over(Judgement, owed: CommandTidying)
    }

    public let key: ExecutionKey
    public internal(set) var phase: Phase
    private let secrets: SecretRange

    init(_ key: ExecutionKey, _ plan: TaskPlan, _ command: CommandSettings, _ turn: inout Turn) {
        self.key = key
        secrets = plan.secrets
        if plan.image.isMissing { turn.log(.warn, .imageMissing(fallback: plan.image.name), key) }
        turn.log(.debug, .dispatch(.started), key)
        let launch = CommandLaunches(key: key, settings: command).dispatch(plan, turn.settings)
        phase = .dispatching(
            Supervised(launch, &turn), until: turn.at.after(command.dispatchTimeout),
            orElse: .dispatchTimeout(command.dispatchTimeout))
    }

    /// Goes on where an earlier life was. The command gives its word to whoever comes, and needs nothing more from us.
    init(_ run: Inheritance.Run, _ command: CommandSettings, _ turn: inout Turn) {
        key = run.key
        secrets = .none
        let interrupted = Judgement(.failed(.internal(.interrupted)))
        phase = .over(interrupted, owed: CommandTidying(run.key, secrets: [], haunted: nil, nil))
        let verdict = run.ending.map { Judgement($0) }
        switch (run.process, run.end(of: .dispatch)) {
        case (let (name, role)?, _):
            turn.log(.info, .taskAdopted(role), key)
            if run.processes.count > 1 {
                // The dispatch command was not seen dead, so its user is told with a doubt, as this was to be.
                let doubtful = Judgement((verdict ?? interrupted).verdict, confirmed: false)
                phase = .over(doubtful, owed: CommandTidying(run, command, &turn))
                return
            }
            if role == .cancel {
                phase = .recalling(CommandRecall(adopting: name, key, &turn), verdict ?? interrupted)
                return
            }
            var process = Supervised(adopting: name, role, key, &turn)
            guard let verdict else {
                let until = turn.at.after(command.dispatchTimeout)
                phase = .dispatching(process, until: until, orElse: .dispatchTimeout(command.dispatchTimeout))
                return
            }
            // Whoever was out of time is killed, and whoever was cancelled is asked.
            switch verdict.verdict {
            case .cancelled, .failed(.taskTimeout): process.terminate(&turn)
            case .failed, .completed, .dispatched: process.kill(&turn)
            }
            phase = .breakingOff(process, verdict.verdict)
        case (nil, _) where run.recall?.succeeded != nil:
            let verdict = verdict ?? interrupted
            conclude(Judgement(verdict.verdict, confirmed: run.recall?.succeeded ?? false))
        case (nil, let end?) where verdict == nil && end.isAWord: conclude(judge(end))
        case (nil, let end):
            guard let verdict = verdict ?? end.map({ $0 == .unseen ? interrupted : judge($0) }) else { return }
            takeBack(verdict, command, &turn)
            // The operator has taken the cancel command away.
            if recall == nil, run.recall == .owed { turn.note(.recallEnded(succeeded: false)) }
        }
    }

    public var judgement: Judgement? {
        switch phase {
        case .over(let judgement, _): judgement
        case .dispatching, .breakingOff, .recalling: nil
        }
    }

    public var deadline: Instant? {
        switch phase {
        // What has ended in time is not broken off for what it left behind.
        case .dispatching(let process, let until, _): process.end == nil ? until : process.deadline
        case .breakingOff(let process, _): process.deadline
        case .recalling(let recall, _): recall.deadline
        case .over: nil
        }
    }

    /// The dispatch command, while it is under way.
    public var process: Supervised? {
        switch phase {
        case .dispatching(let process, _, _), .breakingOff(let process, _): process
        case .recalling, .over: nil
        }
    }

    public var recall: CommandRecall? {
        switch phase {
        case .recalling(let recall, _): recall
        case .dispatching, .breakingOff, .over: nil
        }
    }

    // MARK: - Events

    mutating func stop(_ cause: StopCause, _ turn: inout Turn) {
        guard case .dispatching(var process, let until, _) = phase else { return }
        switch cause {
        case .cancellation:
            turn.log(.info, .taskStopping(cause), key)
            turn.note(.ending(.cancelled))
            process.terminate(&turn)
            phase = .breakingOff(process, .cancelled)
        case .timeout, .interruption:
            guard process.end == nil else { return }
            let verdict = Verdict.failed(.taskTimeout(turn.settings.taskTimeout ?? .zero))
            turn.log(.info, .taskStopping(cause), key)
            turn.note(.ending(verdict))
            process.terminate(&turn)
            phase = .breakingOff(process, verdict)
        case .workerStop:
            guard process.end == nil else { return }
            let last = turn.at.after(turn.timing.dispatchAtStop)
            turn.log(.info, .dispatch(.hurried(min(until, last).since(turn.at))), key)
            if last < until { phase = .dispatching(process, until: last, orElse: .gracefulShutdown) }
        }
    }

    mutating func take(_ event: ProcessEvent, _ command: CommandSettings, _ turn: inout Turn) {
        switch phase {
        case .dispatching(var process, let until, let failure):
            guard process.take(event, &turn) else { return turn.late() }
            phase = .dispatching(process, until: until, orElse: failure)
        case .breakingOff(var process, let verdict):
            guard process.take(event, &turn) else { return turn.late() }
            phase = .breakingOff(process, verdict)
        case .recalling(var recall, let judgement):
            guard recall.take(event, &turn) else { return turn.late() }
            phase = .recalling(recall, judgement)
        case .over: return turn.late()
        }
        advance(command, &turn)
    }

    mutating func tick(_ command: CommandSettings, _ turn: inout Turn) {
        guard let deadline, deadline <= turn.at else { return }
        switch phase {
        case .dispatching(var process, let until, let failure):
            if process.end == nil {
                turn.log(.warn, .dispatch(.brokenOff(failure)), key)
                turn.note(.ending(.failed(failure)))
                process.kill(&turn)
                phase = .breakingOff(process, .failed(failure))
            } else {
                process.tick(key, &turn)
                phase = .dispatching(process, until: until, orElse: failure)
            }
        case .breakingOff(var process, let verdict):
            process.tick(key, &turn)
            phase = .breakingOff(process, verdict)
        case .recalling(var recall, let judgement):
            recall.tick(command, &turn)
            phase = .recalling(recall, judgement)
        case .over: break
        }
        advance(command, &turn)
    }

    /// The hands broke their contract for one of our requests.
    mutating func broke(_ id: EffectID, _ command: CommandSettings, _ turn: inout Turn) {
        switch phase {
        case .dispatching(var process, let until, let failure) where process.id == id:
            process.broke(&turn)
            phase = .dispatching(process, until: until, orElse: failure)
        case .breakingOff(var process, let verdict) where process.id == id:
            process.broke(&turn)
            phase = .breakingOff(process, verdict)
        case .recalling(var recall, let judgement):
            guard recall.broke(id, &turn) else { return turn.late() }
            phase = .recalling(recall, judgement)
        case .dispatching, .breakingOff, .over: return turn.late()
        }
        advance(command, &turn)
    }

    // MARK: - The end

    /// Looks whether what is under way came to an end, and what follows from it.
    private mutating func advance(_ command: CommandSettings, _ turn: inout Turn) {
        switch phase {
        case .dispatching(let process, _, _):
            // Only one that has ended can haunt here: its descendants do.
            if process.isHaunting {
                return conclude(judge(process.end ?? .unseen, confirmed: false), haunted: process)
            }
            guard let outcome = process.outcome else { return }
            switch outcome {
            case .ended(let end) where end.isAWord: conclude(judge(end))
            case .ended(let end): takeBack(judge(end), command, &turn)
            case .notStarted(let failure): conclude(Judgement(.failed(.dispatchCommand(.startFailed(failure)))))
            case .vanished: takeBack(Judgement(.failed(.internal(.interrupted))), command, &turn)
            case .broken: takeBack(Judgement(.failed(.internal(.contractBroken))), command, &turn)
            }
        case .breakingOff(let process, let verdict):
            if process.isHaunting {
                let recall = CommandRecall(key, secrets: [secrets], command, &turn)
                return conclude(Judgement(verdict, confirmed: false), haunted: process, recall)
            }
            guard let outcome = process.outcome else { return }
            switch outcome {
            case .ended, .vanished, .broken: takeBack(Judgement(verdict), command, &turn)
            case .notStarted: conclude(Judgement(verdict))
            }
        case .recalling(let recall, let judgement):
            if let succeeded = recall.succeeded {
                turn.note(.recallEnded(succeeded: succeeded))
                return conclude(Judgement(judgement.verdict, confirmed: judgement.confirmed && succeeded))
            }
            if recall.isHaunting { conclude(Judgement(judgement.verdict, confirmed: false), recall) }
        case .over: break
        }
    }

    private func judge(_ end: ProcessEnd, confirmed: Bool = true) -> Judgement {
        Judgement(end == .exit(0) ? .dispatched : .failed(.dispatchCommand(.ended(end))), confirmed: confirmed)
    }

    private mutating func takeBack(_ judgement: Judgement, _ command: CommandSettings, _ turn: inout Turn) {
        if case .dispatching = phase { turn.note(.ending(judgement.verdict)) }
        guard let recall = CommandRecall(key, secrets: [secrets], command, &turn) else { return conclude(judgement) }
        phase = .recalling(recall, judgement)
    }

    private mutating func conclude(
        _ judgement: Judgement, haunted: Supervised? = nil, _ recall: CommandRecall? = nil
    ) {
        phase = .over(judgement, owed: CommandTidying(key, secrets: [secrets], haunted: haunted, recall))
    }
}

extension ProcessEnd {
    /// Said by the command itself, not done to it.
    fileprivate var isAWord: Bool {
        switch self {
        case .exit: true
        case .signal, .unseen: false
        }
    }
}

extension Inheritance.Run.Recall {
    /// How it went; nil while it is owed.
    fileprivate var succeeded: Bool? {
        switch self {
        case .owed: nil
        case .ended(let succeeded): succeeded
        }
    }
}

extension CommandStep: Visited {
    public func visit(_ visitor: inout Visitor) {
        key.visit(&visitor)
        secrets.visit(&visitor)
        switch phase {
        case .dispatching(let process, let until, let failure):
            visitor.tag(0)
            process.visit(&visitor)
            visitor.instant(until)
            failure.visit(&visitor)
        case .breakingOff(let process, let verdict):
            visitor.tag(1)
            process.visit(&visitor)
            verdict.visit(&visitor)
        case .recalling(let recall, let judgement):
            visitor.tag(2)
            recall.visit(&visitor)
            judgement.visit(&visitor)
        case .over(let judgement, let owed):
            visitor.tag(3)
            judgement.visit(&visitor)
            owed.visit(&visitor)
        }
    }
}
