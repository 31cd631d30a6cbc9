// One execution as the ledger knows it. States: queued -> assigned -> claimed -> completed, failed or cancelled;
// from assigned also to rejected, and back to queued when the connection was lost before a claim.

import Codecs

struct Execution: Sendable {
    enum State: Sendable, Equatable {
        case queued
        case assigned
        case claimed
        case rejected(reason: Bytes)
        case ended(FinalWord)
        /// Cancelled here, before any worker saw it.
        case withdrawn

        var name: StaticString {
            switch self {
            case .queued: "queued"
            case .assigned: "assigned"
            case .claimed: "claimed"
            case .rejected: "rejected"
            case .ended(let word): word.isCancelled ? "cancelled" : word.succeeded ? "completed" : "failed"
            case .withdrawn: "cancelled"
            }
        }

        var isFinal: Bool {
            switch self {
            case .queued, .assigned, .claimed: false
            case .rejected, .ended, .withdrawn: true
            }
        }
    }

    /// What went back and forth about this execution on one connection.
    struct Tally: Sendable {
        let connection: Int
        var assignments = 0
        /// Claims, rejections and repeated final words: each answers one assignment.
        var answers = 0
        var claims = 0
        var finals = 0
        /// A claim from an earlier connection, sent again here; that happens at most once.
        var resentClaims = 0
    }

    struct Sighting: Sendable {
        var connection: Int
        var at: UnixTime
    }

    let number: Int
    let task: Bytes
    let execution: Bytes?
    /// Which run this is of an execution without an id: those may run again.
    let run: Int
    var title: Bytes?
    /// Only workers of this id may have it.
    var wantedWorker: Bytes?
    /// Who has it, or had it last.
    var worker: Bytes?
    /// The whole message. Dropped when the room is needed and nobody can ask for it any more.
    var assignment: Bytes
    var state = State.queued

    var queuedAt: UnixTime
    var claimedAt: UnixTime?
    var endedAt: UnixTime?
    var cancelledAt: UnixTime?
    var assignments = Recent<Sighting>(capacity: 16)
    var claims = Recent<Sighting>(capacity: 16)
    var finals = Recent<Sighting>(capacity: 16)
    var assignmentCount = 0
    var claimCount = 0
    var finalCount = 0
    private var tallies: [Tally] = []

    init(number: Int, run: Int, submission: Submission, at: UnixTime) {
        self.number = number
        self.run = run
        task = submission.task
        execution = submission.execution
        title = submission.title
        wantedWorker = submission.worker
        assignment = submission.message
        queuedAt = at
    }

    func tally(_ connection: Int) -> Tally {
        tallies.last { $0.connection == connection } ?? Tally(connection: connection)
    }

    mutating func count(_ connection: Int, _ change: (inout Tally) -> Void) {
        if let index = tallies.lastIndex(where: { $0.connection == connection }) {
            change(&tallies[index])
            return
        }
        var fresh = Tally(connection: connection)
        change(&fresh)
        tallies.append(fresh)
        // Old connections do not come back.
        if tallies.count > 64 { tallies.removeFirst(32) }
    }

    /// Assigned on a connection before this one; what was said about it there may be said again here.
    func wasAssigned(before connection: Int) -> Bool {
        tallies.contains { $0.connection < connection && $0.assignments > 0 }
    }

    /// How many final words this connection may bring: one for each assignment on it, and one for those before.
    func finalsAllowed(on connection: Int) -> Int {
        tally(connection).assignments + (wasAssigned(before: connection) ? 1 : 0)
    }

    var lastConnection: Int? { assignments.all.last?.connection }

    var isActive: Bool {
        switch state {
        case .assigned, .claimed: true
        case .queued, .rejected, .ended, .withdrawn: false
        }
    }
}

/// A worker's connection as the ledger knows it; kept for a while after its end.
struct WorkerRecord: Sendable {
    let connection: Int
    let worker: Bytes
    let peer: Bytes
    let opened: Moment
    var closedAt: UnixTime?
    var closedHow: String?
    var pings = 0
    var pongs = 0
    var lastPing: Moment?
    /// By the steady clock, since when a ping is waited for.
    var quietSince: Int64
    var longestPingGap: Int64 = 0
    var messages = 0
    var assignments = 0
    var silenceTold = false

    init(connection: Int, worker: Bytes, peer: Bytes, opened: Moment) {
        self.connection = connection
        self.worker = worker
        self.peer = peer
        self.opened = opened
        quietSince = opened.steady
    }

    var isOpen: Bool { closedAt == nil }
}
