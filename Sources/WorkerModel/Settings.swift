// What the operator decided before the start, and the numbers that nothing may exceed. Never changes in a life.

import Codecs
import Effects

public struct Settings: Hashable, Codable, Sendable {
    public var workerID: Bytes
    /// Whose the things outside are: several workers may share a worker id, never this.
    public var instanceID: Bytes
    /// Complete, with the worker's id in the query.
    public var url: Bytes
    public var serverRootURL: Bytes
    public var sessionSharingURL: Bytes?
    public var apiKey: SecretRef
    /// Tasks at once; 0 is unlimited.
    public var capacity: Int
    public var drainTimeout: Span
    public var taskTimeout: Span?
    public var cleanup: Bool
    public var idleOnComplete: Bytes?
    /// The next life will be told what this one leaves, so its commands outlive it. Else they end with it.
    public var journals: Bool
    public var backend: BackendSettings
    public var limits: Limits
    public var timing: Timing

    public init(workerID: Bytes, instanceID: Bytes, url: Bytes, backend: BackendSettings) {
        self.workerID = workerID
        self.instanceID = instanceID
        self.url = url
        self.backend = backend
        serverRootURL = []
        sessionSharingURL = nil
        apiKey = SecretRef(number: 0)
        capacity = 0
        drainTimeout = .zero
        taskTimeout = nil
        cleanup = true
        idleOnComplete = nil
        journals = true
        limits = Limits()
        timing = Timing()
    }
}

public indirect enum BackendSettings: Hashable, Codable, Sendable {
    case direct(DirectSettings)
    case command(CommandSettings)
    case docker(DockerSettings)

    /// The whole task goes to somebody else, with all that we do not know of it.
    public var passesTasksOn: Bool {
        switch self {
        case .direct, .docker: false
        case .command: true
        }
    }
}

public struct DirectSettings: Hashable, Codable, Sendable {
    public var workspaceRoot: Bytes
    public var targetDirectory: Bytes?
    public var ozPath: Bytes?
    public var setupCommand: Bytes?
    public var teardownCommand: Bytes?
    /// From the file and from `-e`; the values are secrets.
    public var environment: [EnvironmentVariable]
    /// Where a private git configuration lies when all tasks share one directory.
    public var temporaryDirectory: Bytes

    public init(workspaceRoot: Bytes, temporaryDirectory: Bytes) {
        self.workspaceRoot = workspaceRoot
        self.temporaryDirectory = temporaryDirectory
        targetDirectory = nil
        ozPath = nil
        setupCommand = nil
        teardownCommand = nil
        environment = []
    }
}

public struct CommandSettings: Hashable, Codable, Sendable {
    public var dispatchCommand: Bytes
    public var cancelCommand: Bytes?
    public var dispatchTimeout: Span
    /// From the file and from `-e`; the values are secrets.
    public var environment: [EnvironmentVariable]
    /// Where the commands run: the directory that the worker was started in.
    public var directory: Bytes

    public init(dispatchCommand: Bytes, directory: Bytes) {
        self.dispatchCommand = dispatchCommand
        self.directory = directory
        cancelCommand = nil
        dispatchTimeout = .seconds(60)
        environment = []
    }
}

public struct DockerSettings: Hashable, Codable, Sendable {
    /// Binds, as Docker takes them; those of the file before those of flags.
    public var volumes: [Bytes]
    /// From the file and from `-e`; the values are secrets.
    public var environment: [EnvironmentVariable]
    /// What containers print goes to the log while they run.
    public var followsOutput: Bool

    public init() {
        volumes = []
        environment = []
        followsOutput = false
    }
}

/// Nothing is unbounded. Reaching a limit has a defined answer where it is met.
public struct Limits: Hashable, Codable, Sendable {
    /// Executions known at once, those being tidied included; beyond it assignments are rejected.
    public var tasks = 10_000
    /// Final words kept for an assignment that is repeated.
    public var remembered = 1_000
    /// Messages in the outbox that admission reserved no room for; beyond it they are dropped.
    public var courtesies = 1_024
    /// Names tried for a workspace.
    public var workspaceNames = 100
    /// Times a removal is tried.
    public var removals = 3
    /// Executions that were handed over and that a cancellation still finds.
    public var handedOver = 10_000
    /// Of those of one task, how many a cancellation reaches: the latest. All but the last should have ended.
    public var cancelledAtOnce = 8
    /// Times that the cancel command is tried.
    public var cancelTries = 3
    /// Times that the files of a sidecar are copied, where the copying breaks off.
    public var sidecarCopies = 3
    /// Shared volumes of which it is known when they were last used.
    public var volumesKnown = 1_000
    /// Unknown message types that are named in the log.
    public var unknownTypes = 16

    public init() {}
}

/// Lengths of time. The contract fixes them; the simulation shrinks some.
public struct Timing: Hashable, Codable, Sendable {
    public var handshake = Span.seconds(30)
    public var backoffFirst = Span.seconds(1)
    public var backoffCap = Span.seconds(60)
    public var retryAfterCap = Span.seconds(3600)
    /// A connection that held so long was a good one.
    public var stable = Span.seconds(30)
    public var pingEvery = Span.seconds(30)
    public var pongWithin = Span.seconds(20)
    /// How long a message waits for company before a ping asks whether it was heard.
    public var barrierDelay = Span.milliseconds(250)
    public var writeStall = Span.seconds(10)
    public var closeHandshake = Span.seconds(2)
    /// From SIGTERM to SIGKILL.
    public var ladder = Span.seconds(10)
    /// From SIGKILL until a death counts as not observable.
    public var deathUnseen = Span.seconds(60)
    /// For the rest of the output once all are dead.
    public var restOfOutput = Span.milliseconds(200)
    /// For what of a container's followed output the log's reader has not taken when it ends.
    public var followedOutput = Span.seconds(30)
    public var setAside = Span.seconds(2)
    public var teardown = Span.seconds(60)
    public var removalRetry = Span.seconds(5)
    /// What a dispatch command still gets once the worker stops, if it has so much left.
    public var dispatchAtStop = Span.seconds(10)
    public var cancelCommand = Span.seconds(10)
    public var cancelRetry = Span.seconds(1)
    /// For the daemon to come up before the start counts as failed.
    public var daemonStart = Span.seconds(30)
    /// For a daemon that is away in the middle of a task.
    public var daemonPatience = Span.seconds(60)
    public var daemonRetry = Span.seconds(2)
    /// For a registry that can't be reached, or is busy.
    public var pullPatience = Span.seconds(120)
    public var pullRetryFirst = Span.seconds(1)
    public var pullRetryCap = Span.seconds(30)
    /// For filling the volume of a sidecar.
    public var sidecarFill = Span.seconds(600)
    /// Whoever has been filling a volume for so long has died over it.
    public var sidecarLease = Span.seconds(660)
    /// How often somebody who waits for a volume looks.
    public var sidecarPoll = Span.seconds(1)
    /// From the start until what is left on the daemon is looked at, and from then on; zero: never.
    public var sweepFirst = Span.seconds(60)
    public var sweepEvery = Span.seconds(3600)
    /// A shared volume that was not used for so long is removed.
    public var sidecarKept = Span.seconds(604_800)
    /// Between the removal of its marker and its own: whoever saw the marker has mounted the volume by then.
    public var parting = Span.seconds(120)
    /// Beyond the ladder, for the daemon's own work at a stop.
    public var stopGrace = Span.seconds(5)
    /// For unheard final words at a stop.
    public var lastWords = Span.seconds(10)
    /// A stop as a whole, from the end of the draining.
    public var stop = Span.seconds(85)

    public init() {}
}
