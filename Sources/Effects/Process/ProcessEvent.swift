// What becomes of a process. Every event carries the id of its start.

public enum ProcessEvent: Hashable, Codable, Sendable {
    /// The command runs; its first instruction is behind it or near.
    case started(EffectID)
    /// Final: nothing was started.
    case startFailed(EffectID, StartFailure)
    /// Final, for an adoption: nobody answers to the name. Either nothing was ever started under it, and never will
    /// be, or its supervisor is gone, and what it supervised with it.
    case notFound(EffectID)
    /// The command itself ended; descendants may still live, output may still come.
    case exited(EffectID, ProcessEnd)
    /// No descendant lives any more, or what lives was released; the rest of the output may still be on its way.
    case cleared(EffectID, ProcessEnd)
    /// Final: all dead, and the output is complete or was abandoned. May come without the ones before.
    case finished(EffectID, ProcessEnd)
}

/// How a command ended.
public enum ProcessEnd: Hashable, Codable, Sendable {
    case exit(Int32)
    case signal(Int32)
    /// The supervisor itself was lost, so nobody saw it.
    case unseen

    /// As a shell tells it: 128 + signal. Nil where nobody saw it.
    public var code: Int32? {
        switch self {
        case .exit(let status): status
        case .signal(let number): 128 &+ number
        case .unseen: nil
        }
    }
}

public enum StartFailure: Hashable, Codable, Sendable {
    /// The executable could not be run: the errno of execve.
    case exec(errno: Int32)
    /// Its working directory could not be entered.
    case directory(errno: Int32)
    /// No process could be made: too many processes, no memory, no descriptors.
    case host(errno: Int32)
    /// Arguments and environment are too large for the kernel or for us.
    case tooLarge
}

extension ProcessEvent {
    public var id: EffectID {
        switch self {
        case .started(let id), .startFailed(let id, _), .notFound(let id), .exited(let id, _), .cleared(let id, _),
            .finished(let id, _):
            id
        }
    }
}
