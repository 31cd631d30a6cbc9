// What happened, in order, numbered: a bounded list of everything and one of the violations alone.

import Codecs

/// Now, by the clock on the wall and by one that only goes forward (nanoseconds).
struct Moment: Sendable, Equatable {
    var wall: UnixTime
    var steady: Int64
}

struct Happening: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case connected
        case refused
        case disconnected
        case queued
        case assigned
        case claimed
        case rejected
        case finalWord
        case cancellation
        case misbehaviour
        case violation(Violation)
        case note

        var name: StaticString {
            switch self {
            case .connected: "connected"
            case .refused: "refused"
            case .disconnected: "disconnected"
            case .queued: "queued"
            case .assigned: "assigned"
            case .claimed: "claimed"
            case .rejected: "rejected"
            case .finalWord: "final_word"
            case .cancellation: "cancellation"
            case .misbehaviour: "misbehaviour"
            case .violation: "violation"
            case .note: "note"
            }
        }
    }

    var number: Int
    var at: UnixTime
    var kind: Kind
    var connection: Int?
    var task: Bytes?
    var execution: Bytes?
    /// For people; outside text in it is already made harmless.
    var words: String

    var isViolation: Bool {
        if case .violation = kind { true } else { false }
    }
}

/// The last so many of a list that only grows.
struct Recent<Element: Sendable>: Sendable {
    let capacity: Int
    private var kept: [Element] = []

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var all: ArraySlice<Element> { kept.suffix(capacity) }

    mutating func append(_ element: Element) {
        kept.append(element)
        if kept.count >= 2 * capacity { kept.removeFirst(kept.count - capacity) }
    }
}

struct Journal: Sendable {
    private var happenings: Recent<Happening>
    private var violations: Recent<Happening>
    /// The number of the latest happening; the first one has number 1.
    private(set) var last = 0
    private(set) var violationCount = 0

    init(capacity: Int, violationCapacity: Int) {
        happenings = Recent(capacity: capacity)
        violations = Recent(capacity: violationCapacity)
    }

    var keptViolations: ArraySlice<Happening> { violations.all }

    /// Those after a number, as far as they are still kept.
    func since(_ number: Int) -> ArraySlice<Happening> {
        let all = happenings.all
        guard let first = all.first else { return all }
        return all.dropFirst(max(0, min(number, last) - first.number + 1))
    }

    mutating func add(
        _ kind: Happening.Kind, _ words: String, at moment: Moment, connection: Int? = nil, task: Bytes? = nil,
        execution: Bytes? = nil
    ) {
        last += 1
        let happening = Happening(
            number: last, at: moment.wall, kind: kind, connection: connection, task: task, execution: execution,
            words: words)
        happenings.append(happening)
        if happening.isViolation {
            violationCount += 1
            violations.append(happening)
        }
    }
}
