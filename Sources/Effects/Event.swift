// What can happen, by origin. Past tense: it has happened, and the core only decides what follows.

public enum Event: Hashable, Codable, Sendable {
    /// The process is up and nothing was done yet: the first input of every life, with what earlier ones left.
    case began(Inheritance)
    /// Deadlines that are due fire now.
    case tick
    case socket(SocketEvent)
    case process(ProcessEvent)
    case files(FilesEvent)
    case docker(DockerEvent)
    case `operator`(OperatorEvent)
    case interpreter(InterpreterEvent)
}

public enum OperatorEvent: Hashable, Codable, Sendable {
    /// SIGTERM, SIGINT or SIGHUP; the number decides the exit code where the stop is forced.
    case stopRequested(signal: Int32)
}

public enum InterpreterEvent: Hashable, Codable, Sendable {
    /// The hands could not keep their contract for this request (a secret was gone, an executor's table was
    /// inconsistent). The request is over; what it was for fails as internal.
    case contractBroken(EffectID)
    /// Told once, not for every note. What is started until the journal is whole again ends with the worker, whatever
    /// its launch says, since the next life might not know of it.
    case journalFailed(errno: Int32)
    /// Everything that is known is in it again.
    case journalRestored
}
