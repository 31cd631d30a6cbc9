// A process under its supervisor: the holding of a running command.
//
//   starting    -> alive | terminating | killing | over
//   adopting    -> alive | terminating | killing | clearing | draining | over   (an earlier life started it)
//   alive       -> terminating | killing | clearing | draining | over
//   terminating -> killing | clearing | draining | over
//   killing     -> clearing | draining | over | haunting
//   clearing    -> draining | over | haunting      (the command ended, its descendants are being killed or let go)
//   draining    -> over                            (all dead, the rest of the output comes)
//   haunting    -> clearing | draining | over      (no death was seen in time; killed again and again)
//   over
//
// A process is named by the id of its start, which is ours alone, so it can be killed unseen: before its start was
// answered, and once more when the late answer comes. Its other name is for the next life, and goes to the journal
// before it can exist; its supervisor keeps what it knows until the end stands there, too.
//
// A command that hands over is special in one point: when it ends with 0 and nobody asked it to end, what it left
// running is let go. Whoever was asked to end takes everything along, whatever it says of itself in the end.

import Effects

public struct Supervised: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case starting
        case adopting
        case alive
        case terminating(killAt: Instant)
        case killing(unseenAt: Instant)
        case clearing(ProcessEnd, unseenAt: Instant)
        case draining(ProcessEnd, abandonAt: Instant)
        case haunting(retryAt: Instant, ended: ProcessEnd?)
        case over(Outcome)
    }

    public enum Outcome: Hashable, Codable, Sendable {
        case ended(ProcessEnd)
        case notStarted(StartFailure)
        /// An earlier life was to start it. It never came to that, or all of it is gone, and nobody saw its end.
        case vanished
        case broken
    }

    public let id: EffectID
    public let name: ProcessName
    public let role: ProcessRole
    public private(set) var phase: Phase
    private let handsOver: Bool

    /// Asks for the start.
    init(_ launch: Launch, _ turn: inout Turn) {
        // The intent names the process before it can exist.
        id = turn.mint()
        name = turn.name(of: id)
        role = launch.role
        handsOver = launch.handsOver
        phase = .starting
        turn.note(.intended(possession))
        var launch = launch
        if turn.settings.journals { launch.name = name }
        turn.ask(.process(.start(launch)), as: id)
    }

    /// Takes over what an earlier life has started, or was about to.
    init(adopting name: ProcessName, _ role: ProcessRole, _ key: ExecutionKey, _ turn: inout Turn) {
        self.name = name
        self.role = role
        handsOver = role == .dispatch
        phase = .adopting
        id = turn.ask(.process(.adopt(Adoption(name: name, role: role, key: key))))
    }

    private var possession: Possession { .process(name, role) }

    public var outcome: Outcome? {
        switch phase {
        case .over(let outcome): outcome
        case .starting, .adopting, .alive, .terminating, .killing, .clearing, .draining, .haunting: nil
        }
    }

    /// How the command itself ended, as soon as that is known; its descendants may still be there.
    public var end: ProcessEnd? {
        switch phase {
        case .clearing(let end, _), .draining(let end, _), .over(.ended(let end)): end
        case .haunting(_, let end): end
        case .starting, .adopting, .alive, .terminating, .killing, .over(.notStarted), .over(.vanished),
            .over(.broken):
            nil
        }
    }

    public var isHaunting: Bool {
        switch phase {
        case .haunting: true
        case .starting, .adopting, .alive, .terminating, .killing, .clearing, .draining, .over: false
        }
    }

    public var deadline: Instant? {
        switch phase {
        case .terminating(let at), .killing(let at), .clearing(_, let at), .draining(_, let at),
            .haunting(let at, _):
            at
        case .starting, .adopting, .alive, .over: nil
        }
    }

    /// The first rung of the ladder. The command may run before we hear of its start, so it is asked in any case.
    mutating func terminate(_ turn: inout Turn) {
        switch phase {
        case .starting, .adopting, .alive:
            turn.ask(.process(.signal(process: id, .terminate)))
            phase = .terminating(killAt: turn.at.after(turn.timing.ladder))
        case .terminating, .killing, .clearing, .draining, .haunting, .over: break
        }
    }

    mutating func kill(_ turn: inout Turn) {
        switch phase {
        case .starting, .adopting, .alive, .terminating:
            turn.ask(.process(.kill(process: id)))
            phase = .killing(unseenAt: turn.at.after(turn.timing.deathUnseen))
        case .killing, .clearing, .draining, .haunting, .over: break
        }
    }

    /// Takes what became of it. False where the event is of another process.
    mutating func take(_ event: ProcessEvent, _ turn: inout Turn) -> Bool {
        guard event.id == id else { return false }
        switch event {
        case .started: started(&turn)
        case .startFailed(_, let failure): over(.notStarted(failure), &turn)
        case .notFound: over(.vanished, &turn)
        case .exited(_, let end): exited(end, &turn)
        case .cleared(_, let end): cleared(end, &turn)
        case .finished(_, let end): over(.ended(end), &turn)
        }
        return true
    }

    /// The hands lost it: nothing more will be heard, so it is killed unseen and counts as over.
    mutating func broke(_ turn: inout Turn) {
        turn.ask(.process(.kill(process: id)))
        over(.broken, &turn)
    }

    mutating func tick(_ key: ExecutionKey, _ turn: inout Turn) {
        guard let deadline, deadline <= turn.at else { return }
        switch phase {
        case .terminating:
            turn.log(.warn, .taskKilled, key)
            kill(&turn)
        case .killing, .clearing, .haunting:
            if !isHaunting { turn.log(.error, .deathUnconfirmed, key) }
            turn.ask(.process(.kill(process: id)))
            phase = .haunting(retryAt: turn.at.after(turn.timing.deathUnseen), ended: end)
        case .draining(let end, _):
            turn.ask(.process(.abandonOutput(process: id)))
            // Abandoning is answered at once by `finished`; asking again does no harm if that is slow.
            phase = .draining(end, abandonAt: turn.at.after(turn.timing.deathUnseen))
        case .starting, .adopting, .alive, .over: break
        }
    }

    private mutating func started(_ turn: inout Turn) {
        turn.note(.acquired(possession))
        switch phase {
        case .starting, .adopting: phase = .alive
        case .terminating: break
        case .killing, .haunting: turn.ask(.process(.kill(process: id)))
        case .alive, .clearing, .draining, .over: turn.late()
        }
    }

    private mutating func exited(_ end: ProcessEnd, _ turn: inout Turn) {
        switch phase {
        case .starting, .adopting, .alive:
            if handsOver, end == .exit(0) { turn.ask(.process(.release(process: id))) }
            phase = .clearing(end, unseenAt: turn.at.after(turn.timing.deathUnseen))
        case .terminating, .killing, .haunting:
            if handsOver { turn.ask(.process(.kill(process: id))) }
            phase = .clearing(end, unseenAt: turn.at.after(turn.timing.deathUnseen))
        case .clearing, .draining, .over: turn.late()
        }
    }

    private mutating func cleared(_ end: ProcessEnd, _ turn: inout Turn) {
        switch phase {
        case .starting, .adopting, .alive, .terminating, .killing, .clearing, .haunting:
            phase = .draining(end, abandonAt: turn.at.after(turn.timing.restOfOutput))
        case .draining, .over: turn.late()
        }
    }

    private mutating func over(_ outcome: Outcome, _ turn: inout Turn) {
        if case .over = phase { return turn.late() }
        phase = .over(outcome)
        if turn.settings.journals {
            switch outcome {
            case .ended(let end):
                // First it is known to the next life, then it is forgotten where it was kept.
                turn.note(.ended(name, role, end))
                turn.ask(.process(.dismiss(name)))
            case .notStarted:
                // Teardown is tried once: the next life is told that it was.
                if role == .teardown { turn.note(.ended(name, role, .unseen)) }
                turn.ask(.process(.dismiss(name)))
            case .vanished, .broken:
                // Nobody knows what it did, so the next life takes back what it may have handed over.
                if role == .dispatch { turn.note(.ended(name, role, .unseen)) }
            }
        }
        turn.note(.released(possession))
    }
}

extension Supervised: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.id(id)
        name.visit(&visitor)
        visitor.tag(role.rawValue)
        visitor.flag(handsOver)
        switch phase {
        case .starting: visitor.tag(0)
        case .alive: visitor.tag(1)
        case .terminating(let at):
            visitor.tag(2)
            visitor.instant(at)
        case .killing(let at):
            visitor.tag(3)
            visitor.instant(at)
        case .clearing(let end, let at):
            visitor.tag(4)
            end.visit(&visitor)
            visitor.instant(at)
        case .draining(let end, let at):
            visitor.tag(5)
            end.visit(&visitor)
            visitor.instant(at)
        case .haunting(let at, let end):
            visitor.tag(6)
            visitor.instant(at)
            visitor.optional(end)
        case .over(.ended(let end)):
            visitor.tag(7)
            end.visit(&visitor)
        case .over(.notStarted(let failure)):
            visitor.tag(8)
            failure.visit(&visitor)
        case .over(.broken): visitor.tag(9)
        case .over(.vanished): visitor.tag(10)
        case .adopting: visitor.tag(11)
        }
    }
}
