// What the next life must know, as it happens. Derived from holdings and verdicts, never written by hand.

import Codecs

public enum JournalCall: Hashable, Codable, Sendable {
    /// About to acquire: what is created from here on may exist.
    case intended(ExecutionKey, Possession)
    case acquired(ExecutionKey, Possession)
    case released(ExecutionKey, Possession)
    case verdictDecided(ExecutionKey)
    /// It runs elsewhere now. A cancellation must still find it.
    case handedOver(ExecutionKey)
    case verdictHeard(ExecutionKey)
    /// A shared volume on the Docker daemon was in use then.
    case volumeUsed(Bytes, WallTime)
}

/// Something outside that an execution owns.
public enum Possession: Hashable, Codable, Sendable {
    case directory(Bytes)
    case file(Bytes)
    case process(EffectID)
    /// On the Docker daemon, by name.
    case container(Bytes)
    case volume(Bytes)
}
