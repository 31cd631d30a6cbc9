// A container that runs a task, from its start until it is seen ended.
//
//   starting    -> alive | terminating | haunting | over
//   alive       -> terminating | over
//   terminating -> killing | over          (SIGTERM, and SIGKILL by the daemon itself)
//   killing     -> haunting | over         (the daemon did not manage: killed by us)
//   haunting    -> over                    (no end was seen in time; killed again and again)
//   over
//
// Beside the phase goes the watch: one request that answers when the container runs no more, and where that breaks, a
// look at the container, again and again for as long as the daemon is away. Only what the watch says counts.

import Codecs
import Effects

public struct Contained: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        /// With a moment, it is to be stopped as soon as the answer is here.
        case starting(DockerAsking, unseenAt: Instant?)
        case alive
        case terminating(DockerAsking?, killAt: Instant)
        case killing(DockerAsking?, unseenAt: Instant)
        case haunting(DockerAsking?, retryAt: Instant)
        case over(Outcome)
    }

    public enum Watch: Hashable, Codable, Sendable {
        case none
        case waiting(EffectID)
        /// With the exit code that the wait told.
        case looking(DockerAsking, code: Int32?)
    }

    public enum Outcome: Hashable, Codable, Sendable {
        case ended(code: Int32, outOfMemory: Bool)
        case notStarted(DockerFailure)
        /// Removed by somebody else.
        case vanished
    }

    public let name: Bytes
    public private(set) var phase: Phase
    public private(set) var watch: Watch = .none
    /// What the start said, if it did not go well.
    private(set) var startFailure: DockerFailure?

    init(_ name: Bytes, _ turn: inout Turn) {
        self.name = name
        phase = .starting(DockerAsking(.startContainer(name), &turn), unseenAt: nil)
    }

    /// Of an earlier life.
    init(adopting name: Bytes, _ turn: inout Turn) {
        self.name = name
        phase = .alive
        beginToLook(code: nil, &turn)
    }

    public var outcome: Outcome? {
        switch phase {
        case .over(let outcome): outcome
        case .starting, .alive, .terminating, .killing, .haunting: nil
        }
    }

    public var isHaunting: Bool {
        switch phase {
        case .haunting: true
        case .starting, .alive, .terminating, .killing, .over: false
        }
    }

    /// It runs, as far as we know, and its end will be told.
    var isWaitedFor: Bool {
        switch watch {
        case .waiting: true
        case .none, .looking: false
        }
    }

    private var order: DockerAsking? {
        switch phase {
        case .starting(let asking, _): asking
        case .terminating(let asking, _), .killing(let asking, _), .haunting(let asking, _): asking
        case .alive, .over: nil
        }
    }

    private var look: DockerAsking? {
        switch watch {
        case .looking(let asking, _): asking
        case .none, .waiting: nil
        }
    }

    public var awaited: [EffectID] {
        var list = [order?.awaits, look?.awaits]
        if case .waiting(let id) = watch { list.append(id) }
        return list.compactMap { $0 }
    }

    public var deadline: Instant? {
        let next = earlier(order?.deadline, look?.deadline)
        switch phase {
        case .starting(_, let unseenAt): return earlier(next, unseenAt)
        case .terminating(_, let at), .killing(_, let at), .haunting(_, let at): return earlier(next, at)
        case .alive, .over: return next
        }
    }

    // MARK: - Being stopped

    mutating func terminate(_ turn: inout Turn) {
        switch phase {
        case .starting(let asking, nil):
            if asking.awaits == nil {
                stopUnstarted(&turn)
            } else {
                phase = .starting(asking, unseenAt: turn.at.after(turn.timing.deathUnseen))
            }
        case .alive: stop(&turn)
        case .starting, .terminating, .killing, .haunting, .over: break
        }
    }

    /// The daemon was away when it should have started it, and may have done so all the same. It is not tried again.
    private mutating func stopUnstarted(_ turn: inout Turn) {
        startFailure = .timedOut
        beginToLook(code: nil, &turn)
        stop(&turn)
    }

    private mutating func stop(_ turn: inout Turn) {
        let killAt = turn.at.after(turn.timing.ladder).after(turn.timing.stopGrace)
        phase = .terminating(askToEnd(&turn), killAt: killAt)
    }

    private func askToEnd(_ turn: inout Turn) -> DockerAsking {
        DockerAsking(.stopContainer(name, within: turn.timing.ladder), endless: true, &turn)
    }

    // MARK: - Events

    /// False where the event is for somebody else.
    mutating func take(_ event: DockerEvent, _ key: ExecutionKey, _ turn: inout Turn) -> Bool {
        if case .waiting(let id) = watch, event.id == id {
            waited(event, key, &turn)
            return true
        }
        if case .looking(var asking, let code) = watch {
            switch asking.take(event, &turn) {
            case .notMine: break
            case .goesOn:
                watch = .looking(asking, code: code)
                return true
            case .answered(let answer):
                looked(answer, code, key, &turn)
                return true
            }
        }
        guard var order else { return false }
        switch order.take(event, &turn) {
        case .notMine: return false
        case .goesOn:
            keep(order)
            if case .starting(_, .some) = phase { stopUnstarted(&turn) }
        case .answered(let answer): ordered(answer, &turn)
        }
        return true
    }

    mutating func tick(_ key: ExecutionKey, _ turn: inout Turn) {
        guard let deadline, deadline <= turn.at else { return }
        if case .looking(var asking, let code) = watch {
            asking.tick(&turn)
            watch = .looking(asking, code: code)
        }
        if climb(key, &turn) { return }
        if var order {
            order.tick(&turn)
            keep(order)
        }
    }

    /// The next rung of the ladder, if the time of this one is over: what was asked for on it is given up.
    private mutating func climb(_ key: ExecutionKey, _ turn: inout Turn) -> Bool {
        switch phase {
        case .starting(let asking, let unseenAt?) where unseenAt <= turn.at:
            asking.abandon(&turn)
            startFailure = .timedOut
            beginToLook(code: nil, &turn)
            // It may run, and was not asked to end so far.
            turn.log(.error, .deathUnconfirmed, key)
            haunt(askToEnd(&turn), turn)
        case .terminating(let asking, let killAt) where killAt <= turn.at:
            asking?.abandon(&turn)
            turn.log(.warn, .taskKilled, key)
            phase = .killing(kill(&turn), unseenAt: turn.at.after(turn.timing.deathUnseen))
        case .killing(let asking, let unseenAt) where unseenAt <= turn.at:
            asking?.abandon(&turn)
            turn.log(.error, .deathUnconfirmed, key)
            haunt(kill(&turn), turn)
        case .haunting(let asking, let retryAt) where retryAt <= turn.at:
            asking?.abandon(&turn)
            haunt(kill(&turn), turn)
        case .starting, .alive, .terminating, .killing, .haunting, .over: return false
        }
        return true
    }

    /// The hands lost one of its requests; the look tells what there is.
    mutating func broke(_ id: EffectID, _ key: ExecutionKey, _ turn: inout Turn) -> Bool {
        take(.failed(id, .lost(Detail("an internal error"))), key, &turn)
    }

    private func kill(_ turn: inout Turn) -> DockerAsking {
        DockerAsking(.killContainer(name), endless: true, &turn)
    }

    private mutating func haunt(_ asking: DockerAsking, _ turn: Turn) {
        phase = .haunting(asking, retryAt: turn.at.after(turn.timing.deathUnseen))
    }

    private mutating func ordered(_ answer: DockerEvent, _ turn: inout Turn) {
        switch phase {
        case .starting(_, let unseenAt):
            if case .failed(_, let failure) = answer {
                startFailure = failure
                beginToLook(code: nil, &turn)
            } else {
                watch = .waiting(turn.ask(.docker(.awaitEnd(name))))
            }
            phase = .alive
            if unseenAt != nil { stop(&turn) }
        // Whatever the daemon says of it: the watch tells what came of it.
        case .terminating(_, let killAt): phase = .terminating(nil, killAt: killAt)
        case .killing(_, let unseenAt): phase = .killing(nil, unseenAt: unseenAt)
        case .haunting(_, let retryAt): phase = .haunting(nil, retryAt: retryAt)
        case .alive, .over: break
        }
    }

    private mutating func keep(_ asking: DockerAsking) {
        switch phase {
        case .starting(_, let unseenAt): phase = .starting(asking, unseenAt: unseenAt)
        case .terminating(_, let killAt): phase = .terminating(asking, killAt: killAt)
        case .killing(_, let unseenAt): phase = .killing(asking, unseenAt: unseenAt)
        case .haunting(_, let retryAt): phase = .haunting(asking, retryAt: retryAt)
        case .alive, .over: break
        }
    }

    // MARK: - The watch

    private mutating func beginToLook(code: Int32?, _ turn: inout Turn) {
        watch = .looking(DockerAsking(.inspectContainer(name), endless: true, &turn), code: code)
    }

    private mutating func waited(_ event: DockerEvent, _ key: ExecutionKey, _ turn: inout Turn) {
        switch event {
        case .ended(_, 0): end(.ended(code: 0, outOfMemory: false), &turn)
        // Whether it ran out of memory is told only by a look.
        case .ended(_, let code): beginToLook(code: code, &turn)
        case .failed(_, let failure):
            if !failure.isNotFound { turn.log(.warn, .docker(.waitBroken(failure)), key) }
            beginToLook(code: nil, &turn)
        case .done, .exists, .reached, .image, .volume, .container, .listed: beginToLook(code: nil, &turn)
        }
    }

    private mutating func looked(_ answer: DockerEvent, _ code: Int32?, _ key: ExecutionKey, _ turn: inout Turn) {
        switch answer {
        case .container(_, let found): judge(found, code, &turn)
        case .failed(_, let failure) where failure.isNotFound:
            end(code.map { .ended(code: $0, outOfMemory: false) } ?? .vanished, &turn)
        case .failed(_, let failure):
            // What the daemon can't tell now it may tell later; the ladder goes on beside it.
            turn.log(.warn, .docker(.waitBroken(failure)), key)
            if let code { return end(.ended(code: code, outOfMemory: false), &turn) }
            watch = .looking(DockerAsking(soon: .inspectContainer(name), &turn), code: nil)
        case .done, .exists, .reached, .image, .volume, .ended, .listed: end(.vanished, &turn)
        }
    }

    private mutating func judge(_ found: DockerContainer, _ code: Int32?, _ turn: inout Turn) {
        switch found.state {
        case .running: watch = .waiting(turn.ask(.docker(.awaitEnd(name))))
        case .created: end(.notStarted(startFailure ?? .unreadable(Detail("it was never started"))), &turn)
        case .ended:
            // A start that the daemon refused leaves a container that has ended, too.
            if let startFailure, !startFailure.mayPass { return end(.notStarted(startFailure), &turn) }
            end(.ended(code: code ?? found.exitCode, outOfMemory: found.outOfMemory), &turn)
        }
    }

    private mutating func end(_ outcome: Outcome, _ turn: inout Turn) {
        order?.abandon(&turn)
        watch = .none
        phase = .over(outcome)
    }
}
