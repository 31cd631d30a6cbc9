// One thing that may happen next in the world.

import Codecs
import Effects

public enum Move: Hashable, Sendable {
    case begin
    case assign(Int)
    case cancel(Int)
    case sayNonsense(Int)
    case acceptDial
    case refuseDial
    case endAbandoned
    case acceptWrite
    case deliverToServer
    case deliverToWorker
    case drop
    case answerClose
    case answerFile(Int, fails: Bool)
    case answerAdoption(Int)
    case process(Int, ProcessMove)
    case docker(Int, DockerMove)
    case container(Int, ContainerMove)
    case daemonDies
    case daemonReturns
    /// Somebody else who fills the same volume is done, or dies over it.
    case strangerFinishes
    case strangerLeaves
    case signal
    case breakContract
    /// The machine sleeps for an hour.
    case sleep
    case startAgain
    /// Time passes up to the next deadline.
    case wait
}

/// One thing that happened: a move, and perhaps a kill -9 in the middle of what followed from it.
public struct Happening: Hashable, Sendable {
    public let move: Move
    /// So many effects had reached the outside by then.
    public let diesAfter: Int?

    public init(_ move: Move, diesAfter: Int? = nil) {
        self.move = move
        self.diesAfter = diesAfter
    }

    public var words: String {
        move.words + (diesAfter.map { ", and the worker is killed after \($0) effects of it" } ?? "")
    }
}

public enum ProcessMove: UInt8, Hashable, Sendable {
    case starts, failsToStart, handsOver, ends, endsBadly, succeedsAnyway, succeedsLeaving, isKilled,
        endsLeavingDescendants, clears
    case finishes
}

extension Move {
    /// A sentence for the story of a failure.
    public var words: String {
        switch self {
        case .begin: "the worker starts"
        case .assign(let index): "the server assigns (script line \(index))"
        case .cancel(let index): "the server cancels (script line \(index))"
        case .sayNonsense(let index): "the server talks nonsense (script line \(index))"
        case .acceptDial: "the dial succeeds"
        case .refuseDial: "the dial is refused"
        case .endAbandoned: "the abandoned connection is gone"
        case .acceptWrite: "the transport takes the oldest message"
        case .deliverToServer: "the server hears the oldest message"
        case .deliverToWorker: "the worker hears the oldest message"
        case .drop: "the connection breaks"
        case .answerClose: "the server answers the close"
        case .answerAdoption(let index): "adoption \(index) is answered"
        case .answerFile(let index, let fails): "file request \(index) \(fails ? "fails" : "is done")"
        case .process(let index, let move): "process \(index) \(move.words)"
        case .docker(let index, let move): "Docker call \(index) \(move)"
        case .container(let index, let move): "container \(index) \(move)"
        case .daemonDies: "the Docker daemon dies"
        case .daemonReturns: "the Docker daemon is back"
        case .strangerFinishes: "somebody else has filled the volume"
        case .strangerLeaves: "somebody else dies while filling the volume"
        case .signal: "the operator signals"
        case .breakContract: "the hands break their contract"
        case .sleep: "the machine sleeps for an hour"
        case .startAgain: "the worker is started again"
        case .wait: "time passes to the next deadline"
        }
    }
}

extension ProcessMove {
    var words: String {
        switch self {
        case .starts: "starts"
        case .failsToStart: "can't be started"
        case .handsOver: "has handed its task over, and goes on"
        case .ends: "ends"
        case .succeedsAnyway: "ends well, although it was told to end"
        case .succeedsLeaving: "ends well, although it was told to end, and leaves descendants"
        case .isKilled: "is killed by somebody else"
        case .endsBadly: "ends with an error"
        case .endsLeavingDescendants: "ends and leaves descendants"
        case .clears: "has no descendants left"
        case .finishes: "has said its last output"
        }
    }
}

/// A sentence of the world against the worker, by the invariant's name.
public struct Violation: Hashable, Sendable, Error {
    public let invariant: String
    public let why: String

    public init(_ invariant: String, _ why: String) {
        self.invariant = invariant
        self.why = why
    }
}
