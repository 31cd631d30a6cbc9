// The cancel command: taking back what was handed over, or what may have been.
//
//   running -> killed | pausing | over
//   killed  -> pausing | over          (that try took too long)
//   pausing -> running
//   over
//
// A try that an earlier life was to begin, and that nobody finds, was none.
//
// It has to be safe to cancel what has ended, or what never arrived: nobody here knows.
//
// That it is owed stands in the journal from before the first try. Whoever owns this notes its end, since more than
// the tries may have to be over by then.

import Codecs
import Effects

public struct CommandRecall: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case running(Supervised, attempt: Int, killAt: Instant)
        case killed(Supervised, attempt: Int)
        case pausing(until: Instant, attempt: Int)
        case over(succeeded: Bool)
    }

    public private(set) var phase: Phase
    private let key: ExecutionKey
    private let secrets: [SecretRange]

    /// Nil where there is no cancel command, and so nothing to do.
    init?(_ key: ExecutionKey, secrets: [SecretRange], _ command: CommandSettings, _ turn: inout Turn) {
        guard let line = command.cancelCommand else { return nil }
        self.key = key
        self.secrets = secrets
        phase = .over(succeeded: false)
        turn.note(.recallBegan)
        run(line, attempt: 1, command, &turn)
    }

    /// Goes on where an earlier life was.
    init(adopting name: ProcessName, _ key: ExecutionKey, _ turn: inout Turn) {
        self.key = key
        secrets = []
        let process = Supervised(adopting: name, .cancel, key, &turn)
        phase = .running(process, attempt: 1, killAt: turn.at.after(turn.timing.cancelCommand))
    }

    /// How it went; nil while it goes on.
    public var succeeded: Bool? {
        switch phase {
        case .over(let succeeded): succeeded
        case .running, .killed, .pausing: nil
        }
    }

    /// A try of it was not seen dead in time. Nobody waits for it any more; where it ends after all, the next follows.
    public var isHaunting: Bool { process?.isHaunting ?? false }

    public var process: Supervised? {
        switch phase {
        case .running(let process, _, _), .killed(let process, _): process
        case .pausing, .over: nil
        }
    }

    public var deadline: Instant? {
        switch phase {
        // What has ended in time is not killed for what it left behind.
        case .running(let process, _, let killAt): process.end == nil ? killAt : process.deadline
        case .killed(let process, _): process.deadline
        case .pausing(let until, _): until
        case .over: nil
        }
    }

    /// False where the event is of another process.
    mutating func take(_ event: ProcessEvent, _ turn: inout Turn) -> Bool {
        switch phase {
        case .running(var process, let attempt, let killAt):
            guard process.take(event, &turn) else { return false }
            phase = .running(process, attempt: attempt, killAt: killAt)
        case .killed(var process, let attempt):
            guard process.take(event, &turn) else { return false }
            phase = .killed(process, attempt: attempt)
        case .pausing, .over: return false
        }
        advance(&turn)
        return true
    }

    mutating func tick(_ command: CommandSettings, _ turn: inout Turn) {
        guard let deadline, deadline <= turn.at else { return }
        switch phase {
        case .running(var process, let attempt, let killAt):
            guard process.end == nil else {
                process.tick(key, &turn)
                phase = .running(process, attempt: attempt, killAt: killAt)
                return
            }
            process.kill(&turn)
            phase = .killed(process, attempt: attempt)
        case .killed(var process, let attempt):
            process.tick(key, &turn)
            phase = .killed(process, attempt: attempt)
        case .pausing(_, let attempt):
            guard let line = command.cancelCommand else {
                phase = .over(succeeded: false)
                return
            }
            run(line, attempt: attempt, command, &turn)
        case .over: break
        }
    }

    /// False where the request is not one of its own.
    mutating func broke(_ id: EffectID, _ turn: inout Turn) -> Bool {
        switch phase {
        case .running(var process, let attempt, let killAt) where process.id == id:
            process.broke(&turn)
            phase = .running(process, attempt: attempt, killAt: killAt)
        case .killed(var process, let attempt) where process.id == id:
            process.broke(&turn)
            phase = .killed(process, attempt: attempt)
        case .running, .killed, .pausing, .over: return false
        }
        advance(&turn)
        return true
    }

    private mutating func run(_ line: Bytes, attempt: Int, _ command: CommandSettings, _ turn: inout Turn) {
        turn.log(.info, .dispatch(.cancelStarted(attempt: attempt)), key)
        let launch = CommandLaunches(key: key, settings: command).cancel(line, secrets: secrets)
        let process = Supervised(launch, &turn)
        phase = .running(process, attempt: attempt, killAt: turn.at.after(turn.timing.cancelCommand))
    }

    /// Looks whether the try under way came to an end, and what follows from it.
    private mutating func advance(_ turn: inout Turn) {
        switch phase {
        case .running(let process, let attempt, _):
            guard let outcome = process.outcome else { return }
            switch outcome {
            case .ended(.exit(0)): succeed(&turn)
            case .ended(let end): fail(.ended(end), attempt, &turn)
            case .notStarted(let failure): fail(.startFailed(failure), attempt, &turn)
            case .broken: fail(.ended(.unseen), attempt, &turn)
            case .vanished: phase = .pausing(until: turn.at, attempt: attempt)
            }
        case .killed(let process, let attempt):
            guard let outcome = process.outcome else { return }
            // It may have ended well in the last moment.
            if outcome == .ended(.exit(0)) { return succeed(&turn) }
            guard outcome != .vanished else {
                phase = .pausing(until: turn.at, attempt: attempt)
                return
            }
            fail(.tookTooLong(turn.timing.cancelCommand), attempt, &turn)
        case .pausing, .over: break
        }
    }

    private mutating func succeed(_ turn: inout Turn) {
        turn.log(.info, .dispatch(.cancelDone), key)
        phase = .over(succeeded: true)
    }

    private mutating func fail(_ problem: CommandProblem, _ attempt: Int, _ turn: inout Turn) {
        let givenUp = attempt >= turn.limits.cancelTries
        let saying = DispatchSaying.cancelFailed(problem, attempt: attempt, givenUp: givenUp)
        turn.log(givenUp ? .error : .warn, .dispatch(saying), key)
        guard givenUp else {
            phase = .pausing(until: turn.at.after(turn.timing.cancelRetry), attempt: attempt &+ 1)
            return
        }
        turn.measure(.cleanupFailed(.cancelCommand))
        phase = .over(succeeded: false)
    }
}

extension CommandRecall: Visited {
    public func visit(_ visitor: inout Visitor) {
        key.visit(&visitor)
        visitor.list(secrets)
        switch phase {
        case .running(let process, let attempt, let killAt):
            visitor.tag(0)
            process.visit(&visitor)
            visitor.number(attempt)
            visitor.instant(killAt)
        case .killed(let process, let attempt):
            visitor.tag(1)
            process.visit(&visitor)
            visitor.number(attempt)
        case .pausing(let until, let attempt):
            visitor.tag(2)
            visitor.instant(until)
            visitor.number(attempt)
        case .over(let succeeded):
            visitor.tag(3)
            visitor.flag(succeeded)
        }
    }
}
