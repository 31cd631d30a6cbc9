// What the worker says. A value, so that a message said again is the same bytes.

import Codecs

public enum OutgoingMessage: Hashable, Codable, Sendable {
    case claimed(TaskID, worker: Bytes)
    /// Where a death could not be seen in time, the message says so.
    case completed(ExecutionKey, confirmed: Bool = true)
    case cancelled(ExecutionKey, confirmed: Bool = true)
    case failed(ExecutionKey, Failure, exitCode: Int32?, confirmed: Bool = true)
    case rejected(TaskID, Rejection)
}

extension OutgoingMessage {
    /// Whose final word it is, if it is one.
    public var finalKey: ExecutionKey? {
        switch self {
        case .completed(let key, _), .cancelled(let key, _), .failed(let key, _, _, _): key
        case .claimed, .rejected: nil
        }
    }
}

public enum Rejection: Hashable, Codable, Sendable {
    case unreadable(WireProblem)
    case lifecycleHooksRequired
    case shuttingDown
    case atCapacity
}

/// Why an execution failed. Becomes `failure_reason` and the words for the person who started the task.
public enum Failure: Hashable, Codable, Sendable {
    /// Ours; it may be retried.
    case `internal`(InternalFailure)
    case taskTimeout(Span)
    case gracefulShutdown
    case workspaceSetup(WorkspaceProblem)
    case setupCommand(CommandProblem)
    case agentInvocation(CommandProblem)
    case dispatchCommand(CommandProblem)
    case dispatchTimeout(Span)
    case imagePull(ImageProblem)
    case sidecarPrep(SidecarProblem)
    case containerCreate(DockerFailure)
    case containerStart(DockerFailure)
    /// It was removed by somebody else, so nobody knows how it ended.
    case containerWait
    case containerExit(Int32)
    case containerOOM(Int32)
}

public enum ImageProblem: Hashable, Codable, Sendable {
    case pull(Bytes, PullTrouble, DockerFailure)
    case inspection(Bytes, DockerFailure)
    case platform(Bytes, has: Bytes, wanted: Bytes)
}

/// What a registry, or the way to it, has against a pull.
public enum PullTrouble: UInt8, Hashable, Codable, Sendable, CaseIterable {
    case notFound, denied
    /// No way to the registry: it may pass.
    case unreachable
    /// It is there, and can't or won't now: it may pass.
    case busy
    case other
}

public enum SidecarProblem: Hashable, Codable, Sendable {
    case emptyImage
    case emptyMountPath
    case sameMountPath(Bytes)
    case image(ImageProblem)
    case volume(Bytes, DockerFailure)
    case filling(Bytes, DockerFailure)
    case fillingTooLong(Bytes, Span)
    /// Removed by somebody else after it was filled.
    case vanished(Bytes)
}

public enum InternalFailure: UInt8, Hashable, Codable, Sendable {
    case contractBroken
    case interrupted
}

public enum WorkspaceProblem: Hashable, Codable, Sendable {
    /// The task's id can't be the name of a directory.
    case unusableTaskID
    case workspace(FileFailure)
    case environmentFile(FileFailure)
    case noFreeName
}

public enum CommandProblem: Hashable, Codable, Sendable {
    case startFailed(StartFailure)
    case ended(ProcessEnd)
    /// It took longer than this and was killed.
    case tookTooLong(Span)
    /// It ended well, and left something that nobody can kill.
    case leftUnkillable
}

/// `failure_reason` on the wire and the metrics' `reason`: a closed set that the server mirrors.
public enum FailureReason: String, Hashable, Codable, Sendable, CaseIterable {
    case unknown
    case taskTimeout = "task_timeout"
    case taskCancelled = "task_cancelled"
    case gracefulShutdown = "graceful_shutdown"
    case workspaceSetup = "workspace_setup"
    case setupCommand = "setup_command"
    case agentInvocation = "agent_invocation"
    case dispatchCommand = "dispatch_command"
    case dispatchTimeout = "dispatch_timeout"
    case imagePull = "image_pull"
    case sidecarPrep = "sidecar_prep"
    case containerCreate = "container_create"
    case containerStart = "container_start"
    case containerWait = "container_wait"
    case containerExit = "container_exit"
    case containerOOM = "container_oom"
    case teardownCommand = "teardown_command"
    case cleanup
    case cancelCommand = "cancel_command"
}

extension Failure {
    public var reason: FailureReason {
        switch self {
        case .internal: .unknown
        case .taskTimeout: .taskTimeout
        case .gracefulShutdown: .gracefulShutdown
        case .workspaceSetup: .workspaceSetup
        case .setupCommand: .setupCommand
        case .agentInvocation: .agentInvocation
        case .dispatchCommand: .dispatchCommand
        case .dispatchTimeout: .dispatchTimeout
        case .imagePull: .imagePull
        case .sidecarPrep: .sidecarPrep
        case .containerCreate: .containerCreate
        case .containerStart: .containerStart
        case .containerWait: .containerWait
        case .containerExit: .containerExit
        case .containerOOM: .containerOOM
        }
    }
}

/// How an execution ended. Decided once, never changed.
public enum Verdict: Hashable, Codable, Sendable {
    case completed
    case cancelled
    case failed(Failure)
    /// Handed over: whoever took it reports its end, and we say no final word.
    case dispatched
}
