// What enters the reducer: an event, stamped with time and chance in one place, the interpreter's loop.

public struct Input: Hashable, Codable, Sendable {
    public let at: Instant
    public let wall: WallTime
    /// Drawn by the interpreter, recorded, chosen by the explorer. The core draws nothing itself.
    public let entropy: UInt64
    public let event: Event

    public init(at: Instant, wall: WallTime, entropy: UInt64, event: Event) {
        self.at = at
        self.wall = wall
        self.entropy = entropy
        self.event = event
    }
}
