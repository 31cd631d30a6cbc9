// What the Docker daemon answered. Every event carries the id of its call.

import Codecs

public enum DockerEvent: Hashable, Codable, Sendable {
    case done(EffectID)
    /// The name is taken.
    case exists(EffectID)
    case failed(EffectID, DockerFailure)
    case reached(EffectID, DockerDaemon)
    case image(EffectID, DockerImage)
    /// `isLabelled`: made by a worker, for a sidecar. Docker makes volumes by itself where a bind names a missing one.
    case volume(EffectID, isLabelled: Bool)
    case container(EffectID, DockerContainer)
    /// It runs no more.
    case ended(EffectID, code: Int32)
    case listed(EffectID, [DockerListed])

    public var id: EffectID {
        switch self {
        case .done(let id), .exists(let id), .failed(let id, _), .reached(let id, _), .image(let id, _),
            .volume(let id, _), .container(let id, _), .ended(let id, _), .listed(let id, _):
            id
        }
    }
}

public struct DockerDaemon: Hashable, Codable, Sendable {
    /// As in `linux/amd64`.
    public let platform: Bytes
    /// The daemon's own version, for people.
    public let version: Bytes
    /// What was agreed on, as in `1.41`; nil where the daemon is too old.
    public let api: Bytes?
    /// Where it was found, for people.
    public let place: Bytes
    /// What is odd about how it was found.
    public let remarks: [DockerRemark]

    public init(platform: Bytes, version: Bytes, api: Bytes?, place: Bytes, remarks: [DockerRemark]) {
        self.platform = platform
        self.version = version
        self.api = api
        self.place = place
        self.remarks = remarks
    }
}

public enum DockerRemark: Hashable, Codable, Sendable {
    /// A default socket goes before DOCKER_CONTEXT.
    case contextLoses(context: Bytes, socket: Bytes)
    /// TLS without a look at the certificate.
    case unverified
    /// The Docker configuration could not be read, so there are no credentials.
    case configuration(Detail)
}

public struct DockerImage: Hashable, Codable, Sendable {
    public let id: Bytes
    /// Each `repository@algorithm:hex`.
    public let digests: [Bytes]
    public let platform: Bytes

    public init(id: Bytes, digests: [Bytes], platform: Bytes) {
        self.id = id
        self.digests = digests
        self.platform = platform
    }
}

public struct DockerContainer: Hashable, Codable, Sendable {
    public enum State: UInt8, Hashable, Codable, Sendable {
        case created, running, ended
    }

    public let id: Bytes
    public let state: State
    public let exitCode: Int32
    public let outOfMemory: Bool
    /// Its labels `oz-instance-hash`, `oz-task-hash` and `oz-execution-hash`.
    public let instance: Bytes?
    public let task: Bytes?
    public let execution: Bytes?

    public init(
        id: Bytes, state: State, exitCode: Int32, outOfMemory: Bool, instance: Bytes?, task: Bytes?,
        execution: Bytes?
    ) {
        self.id = id
        self.state = state
        self.exitCode = exitCode
        self.outOfMemory = outOfMemory
        self.instance = instance
        self.task = task
        self.execution = execution
    }
}

public enum DockerFailure: Hashable, Codable, Sendable {
    /// An HTTP status, with the daemon's words.
    case refused(status: Int, Detail)
    /// A line of a pull's progress that tells of an error.
    case pull(Detail)
    /// There is no connection to the daemon, so nothing was done.
    case notReached(Detail)
    /// The connection broke: it may have been done.
    case lost(Detail)
    /// It took too long: it may have been done.
    case timedOut
    /// The daemon said what nobody understands.
    case unreadable(Detail)
    /// The credentials for the registry could not be got.
    case credentials(Detail)
    /// Where the daemon is could not be found out.
    case address(Detail)
    case abandoned
}

extension DockerFailure {
    /// The daemon may be back in a moment.
    public var mayPass: Bool {
        switch self {
        case .notReached, .lost, .timedOut: true
        case .refused, .pull, .unreadable, .credentials, .address, .abandoned: false
        }
    }

    /// It may have been done all the same.
    public var isUncertain: Bool {
        switch self {
        case .lost, .timedOut, .abandoned, .unreadable: true
        case .refused, .pull, .notReached, .credentials, .address: false
        }
    }

    public var isNotFound: Bool {
        if case .refused(404, _) = self { true } else { false }
    }
}
