// What the next life must know, as it happens. Derived from holdings and verdicts, never written by hand.
//
// A note is written before the effects that follow it in its turn are carried out: what is about to exist is in the
// journal before it is asked for. Nothing in a note is secret.

import Codecs

public struct JournalCall: Hashable, Codable, Sendable {
    /// Which run of an execution it is about: a number that no other run has, in no life that the journal tells of.
    public let run: UInt64
    public let note: JournalNote

    public init(run: UInt64, _ note: JournalNote) {
        self.run = run
        self.note = note
    }
}

public enum JournalNote: Hashable, Codable, Sendable {
    // What it is; the first note of every run, and runs are numbered upwards.
    /// Its claim is about to be said.
    case claimed(ExecutionKey, at: Instant)
    /// It was handed over before, and is taken back now. Nothing will be said of it.
    case recalled(ExecutionKey)

    // How far it came.
    /// A pong has proved that the server heard the claim.
    case claimHeard
    /// The claim was written, and its time counts from here.
    case started(at: Instant)
    /// It is being ended, and this is what its end will mean.
    case ending(Verdict)

    // What it owns.
    /// About to acquire: what is created from here on may exist.
    case intended(Possession)
    case acquired(Possession)
    /// How the command ended under this name. Written before its supervisor is dismissed, which forgets it.
    case ended(ProcessName, ProcessRole, ProcessEnd)
    case released(Possession)
    /// It must be taken back from whoever runs it, in this life or the next, until a cancel command has said so or the
    /// tries are used up.
    case recallBegan
    case recallEnded(succeeded: Bool)

    // What is said of it.
    /// The final word, to be said until it was heard.
    case verdictDecided(OutgoingMessage)
    /// It runs elsewhere now. A cancellation must still find it.
    case handedOver
    case verdictHeard
    /// A newer execution of its task took its place before it was known to be heard.
    case verdictWithdrawn
    /// Its claim was never written, so the server will assign it anew; or it was taken back. Nothing is to be said.
    case forgotten

    // Of no run: its number is 0.
    /// A shared volume on the Docker daemon was used then.
    case volumeUsed(Bytes, WallTime)
}

extension JournalNote {
    /// Whether a power cut that loses it would leave something behind, or a wrong or missing word: what is behind it
    /// may have been done by then. Commands end with the power, so nobody has to know that there were some.
    public var mustLast: Bool {
        switch self {
        case .intended(.process): false
        case .claimed, .recalled, .intended, .ended, .recallBegan, .verdictDecided, .handedOver: true
        case .claimHeard, .started, .ending, .acquired, .released, .recallEnded, .verdictHeard, .verdictWithdrawn,
            .forgotten, .volumeUsed:
            false
        }
    }
}

/// Something outside that a run owns.
public enum Possession: Hashable, Codable, Sendable {
    /// Under the task's own name, which somebody else's directory may have as well; kept where cleanup is off.
    case workspace(Bytes)
    /// These two have a name that is drawn, so whatever has it is ours.
    case directory(Bytes)
    case file(Bytes)
    case process(ProcessName, ProcessRole)
    /// On the Docker daemon. The task's container and its own volumes have a name that is drawn; what fills a shared
    /// volume has one that others may take when ours is gone.
    case container(Bytes)
    case volume(Bytes)

    /// Empty for what is no path.
    public var path: Bytes {
        switch self {
        case .workspace(let path), .directory(let path), .file(let path): path
        case .process, .container, .volume: []
        }
    }
}
