// One call to the daemon, made again while the daemon can't be reached.
//
//   asked   -> pausing | answered
//   pausing -> asked
//
// A daemon that restarts is away for seconds and comes back with all that it had, so trouble that may pass is no
// answer, for as long as there is patience. Whoever asks sees only the answer.

import Codecs
import Effects

public struct DockerAsking: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case asked(EffectID)
        case pausing(until: Instant)
    }

    enum Heard {
        /// The event is for somebody else.
        case notMine
        case goesOn
        case answered(DockerEvent)
    }

    public let call: DockerCall
    public private(set) var phase: Phase
    /// An earlier try may have been carried out, although nobody heard so.
    public private(set) var mayBeDone = false
    private let isEndless: Bool
    /// Set by the first trouble.
    private var giveUpAt: Instant?

    init(_ call: DockerCall, endless: Bool = false, _ turn: inout Turn) {
        self.call = call
        isEndless = endless
        phase = .asked(turn.ask(.docker(call)))
    }

    /// Not at once, since an answer to the same question was of no use just now.
    init(soon call: DockerCall, _ turn: inout Turn) {
        self.call = call
        isEndless = true
        phase = .pausing(until: turn.at.after(turn.timing.daemonRetry))
    }

    public var awaits: EffectID? {
        switch phase {
        case .asked(let id): id
        case .pausing: nil
        }
    }

    public var deadline: Instant? {
        switch phase {
        case .asked: nil
        case .pausing(let until): until
        }
    }

    mutating func take(_ event: DockerEvent, _ turn: inout Turn) -> Heard {
        guard awaits == event.id else { return .notMine }
        guard case .failed(_, let failure) = event else { return .answered(event) }
        if failure.isUncertain { mayBeDone = true }
        guard failure.mayPass else { return .answered(event) }
        if !isEndless {
            let end = giveUpAt ?? turn.at.after(turn.timing.daemonPatience)
            giveUpAt = end
            guard turn.at < end else { return .answered(event) }
        }
        phase = .pausing(until: turn.at.after(turn.timing.daemonRetry))
        return .goesOn
    }

    mutating func tick(_ turn: inout Turn) {
        guard case .pausing(let until) = phase, until <= turn.at else { return }
        phase = .asked(turn.ask(.docker(call)))
    }

    /// Nobody waits for the answer any more.
    func abandon(_ turn: inout Turn) {
        if let awaits { turn.ask(.docker(.abandon(awaits))) }
    }
}

extension DockerAsking: Visited {
    public func visit(_ visitor: inout Visitor) {
        call.visit(&visitor)
        visitor.flag(mayBeDone)
        visitor.flag(isEndless)
        visitor.optional(giveUpAt) { $0.instant($1) }
        switch phase {
        case .asked(let id):
            visitor.tag(0)
            visitor.id(id)
        case .pausing(let until):
            visitor.tag(1)
            visitor.instant(until)
        }
    }
}
