// When to dial again: doubling from the first to the cap, with full jitter, the first wait included, so that a
// thousand workers do not return in the same second. Only a connection that held resets it.

import Effects

public struct Backoff: Hashable, Codable, Sendable {
    /// Dials and connections in a row that came to nothing.
    public private(set) var attempt = 0
    /// Connections in a row that did not hold.
    public private(set) var shortLived = 0

    /// Doublings beyond this are over every cap, and the counter stops there.
    private static let attemptMax = 30
    private static let shortLivedMax = 1_000

    mutating func held() {
        attempt = 0
        shortLived = 0
    }

    mutating func heldTooShort() {
        shortLived = min(shortLived &+ 1, Backoff.shortLivedMax)
    }

    /// The next wait: anywhere between nothing and the current ceiling.
    mutating func next(_ timing: Timing, chance: UInt64) -> Span {
        let ceiling = min(timing.backoffFirst.nanoseconds.times(1 << UInt64(attempt)), timing.backoffCap.nanoseconds)
        attempt = min(attempt &+ 1, Backoff.attemptMax)
        return Span(nanoseconds: share(of: ceiling, chance))
    }

    /// At the cap: for a refusal that only an operator can end. Never below half of it.
    mutating func slow(_ timing: Timing, chance: UInt64) -> Span {
        attempt = min(attempt &+ 1, Backoff.attemptMax)
        let half = timing.backoffCap.nanoseconds / 2
        return Span(nanoseconds: half &+ share(of: half, chance))
    }

    private func share(of whole: UInt64, _ chance: UInt64) -> UInt64 {
        chance.multipliedFullWidth(by: whole).high
    }
}

extension Backoff: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.number(attempt)
        visitor.number(shortLived)
    }
}
