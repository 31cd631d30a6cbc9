// What can happen, by origin. Past tense: it has happened, and the core only decides what follows.

public enum Event: Hashable, Codable, Sendable {
    /// The process is up and nothing was done yet: the first input of every life.
    case began
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
}
