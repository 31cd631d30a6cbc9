// What a session is told in: moments, and spans of time in a phase, each in the lane of what it is about.

import Codecs
import Effects

/// When something was: by the clock that only goes on, by the one on the wall, and by the input.
public struct When: Hashable, Sendable {
    public let number: UInt64
    public let at: Instant
    public let wall: WallTime

    public init(_ number: UInt64, _ input: Input) {
        self.number = number
        at = input.at
        wall = input.wall
    }
}

public struct Moment: Hashable, Sendable {
    public enum Kind: UInt8, CaseIterable, Sendable {
        /// From the server to us.
        case received
        /// From us to the server.
        case said
        /// The server has it.
        case heard
        /// Something was asked for, or came of it.
        case step
        /// A command's start or end.
        case command
        /// What became of the execution.
        case verdict
        /// Signals, cancellations, stops.
        case stop
        case connection
        /// Something that somebody may have to look at.
        case trouble
        case note
    }

    public let when: When
    public let kind: Kind
    public let words: String
    /// More than fits beside others; empty for none.
    public let detail: String

    init(_ when: When, _ kind: Kind, _ words: String, _ detail: String = "") {
        self.when = when
        self.kind = kind
        self.words = words
        self.detail = detail
    }
}

public struct Stretch<Phase: Hashable & Sendable>: Hashable, Sendable {
    public let phase: Phase
    public let from: When
    /// Nil for what still goes on at the end.
    public internal(set) var to: When?
}

/// Spans one after another, and moments.
public struct Lane<Phase: Hashable & Sendable>: Hashable, Sendable {
    public internal(set) var spans: [Stretch<Phase>] = []
    public internal(set) var moments: [Moment] = []

    public var phase: Phase? { spans.last.flatMap { $0.to == nil ? $0.phase : nil } }

    /// From now on it is in that phase, or in none.
    mutating func enter(_ next: Phase?, _ when: When) {
        guard phase != next else { return }
        if let last = spans.indices.last, spans[last].to == nil { spans[last].to = when }
        if let next { spans.append(Stretch(phase: next, from: when, to: nil)) }
    }
}

public enum RunPhase: UInt8, CaseIterable, Sendable {
    /// Its claim is not handed over yet.
    case claiming
    /// An earlier execution of its task is not over.
    case queued
    case preparing, settingUp, running
    /// The dispatch command runs.
    case dispatching
    /// The cancel command takes back what was handed over.
    case recalling
    /// Asked to end, or ended and its remains are looked after, and no verdict yet.
    case ending
    /// The verdict is out.
    case tidying
    /// Reported, though a process of it was not seen dead.
    case haunting
    /// Nothing is left but its final word, which nobody is known to have heard.
    case unheard
}

public enum LinkPhase: UInt8, CaseIterable, Sendable {
    case dialling, open, abandoned, waiting, closing
}

public enum LifePhase: UInt8, CaseIterable, Sendable {
    case starting, running, draining, stopping, closing
}

public enum Outcome: UInt8, CaseIterable, Sendable {
    case completed, failed, cancelled, rejected
    /// Somebody else runs it and reports its end.
    case dispatched
    /// Its claim never reached the server, so it was forgotten.
    case forgotten

    /// The server is told of it by a message that it must hear.
    var isSaid: Bool {
        switch self {
        case .completed, .failed, .cancelled: true
        case .rejected, .dispatched, .forgotten: false
        }
    }
}

/// One execution as it was seen here, or an assignment that was turned down.
public struct Run: Hashable, Sendable {
    public let key: ExecutionKey
    /// 0 for one that was turned down.
    public let slot: UInt32
    public let serial: UInt64
    /// Known already when what is told begins.
    public let isOlder: Bool
    /// What is public about its assignment and out of the ordinary.
    public internal(set) var facts: String
    public let began: When
    public internal(set) var lane = Lane<RunPhase>()
    public internal(set) var outcome: Outcome?
    /// Why it failed or was turned down.
    public internal(set) var reason = ""
    public internal(set) var exitCode: Int32?
    public internal(set) var heard: When?
    /// Nothing of it is left here.
    public internal(set) var gone: When?
}
