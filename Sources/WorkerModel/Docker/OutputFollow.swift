// The output of a container on its way to the log while it runs, where the operator wants that.
//
//   off -> following -> over
//
// It is the executor that reads; this only knows whether all of it was told. Where the following breaks off, the end
// of the output is told after the task as without it.

import Codecs
import Effects

public struct OutputFollow: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case off
        case following(EffectID)
        case over(isWhole: Bool)
    }

    public private(set) var phase = Phase.off

    var awaits: EffectID? {
        switch phase {
        case .following(let id): id
        case .off, .over: nil
        }
    }

    /// Nothing is left to be told.
    var isWhole: Bool { phase == .over(isWhole: true) }

    mutating func begin(_ name: Bytes, _ key: ExecutionKey, _ secrets: SecretRange, _ turn: inout Turn) {
        guard phase == .off else { return }
        phase = .following(turn.ask(.docker(.followOutput(name, key, secrets: secrets))))
    }

    /// False where the event is for somebody else.
    mutating func take(_ event: DockerEvent, _ key: ExecutionKey, _ turn: inout Turn) -> Bool {
        guard awaits == event.id else { return false }
        if case .failed(_, let failure) = event {
            turn.log(.warn, .docker(.outputUnread(failure)), key)
            phase = .over(isWhole: false)
        } else {
            phase = .over(isWhole: true)
        }
        return true
    }

    /// Whoever reads the log is too slow for what is left of it.
    mutating func giveUp(_ key: ExecutionKey, _ turn: inout Turn) {
        guard let awaits else { return }
        turn.ask(.docker(.abandon(awaits)))
        turn.log(.warn, .docker(.outputUnread(.timedOut)), key)
        phase = .over(isWhole: true)
    }
}

extension OutputFollow: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch phase {
        case .off: visitor.tag(0)
        case .following(let id):
            visitor.tag(1)
            visitor.id(id)
        case .over(let isWhole):
            visitor.tag(2)
            visitor.flag(isWhole)
        }
    }
}
