// What the core says to the operator: typed, so that it is decided, tested and replayed; words come at the edge.

import Codecs

public struct LogRecord: Hashable, Codable, Sendable {
    public let level: LogLevel
    public let saying: Saying
    public let key: ExecutionKey?

    public init(_ level: LogLevel, _ saying: Saying, _ key: ExecutionKey? = nil) {
        self.level = level
        self.saying = saying
        self.key = key
    }
}

public enum LogLevel: UInt8, Hashable, Codable, Sendable, CaseIterable, Comparable {
    case debug, info, warn, error

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// Each case is one stable event name (see `name` in Saying+Name.swift).
public enum Saying: Hashable, Codable, Sendable {
    // The start.
    case starting
    case backendUnusable(BackendProblem)
    case shapesDoNotApply
    /// What earlier lives left under way, and what they said last and may not have been heard.
    case inherited(tasks: Int, unheard: Int)
    // The connection.
    case dialling(attempt: Int)
    case listening
    case dialFailed(DialFailure, retryIn: Span)
    case keyRefused(status: Int, retryIn: Span)
    case connectionLost(ConnectionEnd, heldFor: Span, retryIn: Span)
    case connectionSilent
    case connectionShortLived(times: Int)
    case connectionClosed
    case resending(count: Int)
    // The wire.
    case messageUnreadable(WireProblem)
    case messageTypeUnknown(Bytes)
    case courtesyDropped
    // Tasks.
    case taskAssigned
    case taskClaimed
    case taskWaiting
    case taskRejected(Rejection)
    case claimRepeated
    case finalWordRepeated
    case claimNotWritten
    case finalWordWithdrawn
    case workspaceMade(Bytes)
    case setupStarted
    case agentStarted
    case taskAdopted(ProcessRole)
    case environmentMalformed(lines: [Int])
    case environmentTruncated(omitted: Int)
    case cancellationRequested
    case cancellationUnknown
    case taskStopping(StopCause)
    case taskKilled
    case taskCompleted
    case taskCancelled
    case taskFailed(Failure, exitCode: Int32?)
    case deathUnconfirmed
    case deathConfirmed
    case imageMissing(fallback: Bytes)
    case dispatch(DispatchSaying)
    case docker(DockerSaying)
    case teardownFailed(CommandProblem)
    case teardownTimedOut
    case removalFailed(Bytes, FileFailure, givenUp: Bool)
    case workspaceKept(Bytes)
    case finalWordHeard
    // The stop.
    case draining(active: Int)
    case stopping(active: Int)
    case stopForced
    case stopIncomplete(unheard: Int, unfinished: Int)
    case stopped
    // Surprises.
    case contractBroken
    case journalFailed(errno: Int32)
    case journalRestored
}

/// Why a task is being ended before its own end.
public enum StopCause: UInt8, Hashable, Codable, Sendable {
    case cancellation, workerStop, timeout
    /// The worker that was about to start its agent has died.
    case interruption
}

public enum BackendProblem: Hashable, Codable, Sendable {
    case agentMissing(path: Bytes?, FileFailure)
    case targetDirectory(Bytes, FileFailure)
    case workspaceRoot(Bytes, FileFailure)
    case dockerUnreachable(DockerFailure)
    case dockerTooOld(version: Bytes)
    case dockerPlatform(Bytes)
}

/// What is counted. The exporters come later; their vocabulary is here.
public enum Measure: Hashable, Codable, Sendable {
    case taskClaimed
    case taskRejected(RejectionLabel)
    case taskEnded(ResultLabel, FailureReason?, after: Span)
    case cleanupFailed(FailureReason)
    case reconnect(dialFailed: Bool)
    case connected(Bool)
    case lateCompletion
    case contractBroken
}

public enum RejectionLabel: UInt8, Hashable, Codable, Sendable { case atCapacity, shuttingDown, unreadable }
public enum ResultLabel: UInt8, Hashable, Codable, Sendable { case succeeded, failed, cancelled, dispatched }
