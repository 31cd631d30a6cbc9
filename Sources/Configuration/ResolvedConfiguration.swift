// What the worker runs by: one value in which every option has its final word, validated.

import Codecs

public struct ResolvedConfiguration: Equatable, Sendable {
    public var apiKey: KeySource
    public var workerID: Bytes
    public var backend: BackendConfiguration
    public var logLevel: LogLevel
    public var logFormat: LogFormat
    public var cleanup: Bool
    /// 0: no limit.
    public var maxConcurrentTasks: Int
    public var idleOnComplete: Bytes?
    /// Nanoseconds.
    public var drainTimeout: Int64
    /// Nanoseconds; nil: no limit.
    public var taskTimeout: Int64?
    public var webSocketURL: Bytes
    public var serverRootURL: Bytes
    public var sessionSharingServerURL: Bytes?
    /// Where to record to; nil: nowhere.
    public var record: Bytes?
    /// Bytes, for all files of a recording.
    public var recordLimit: Int64
    /// Nil: looked for in the usual places.
    public var stateDirectory: Bytes?
    /// Nil: the one that the state directory keeps.
    public var instanceID: Bytes?
    public var durability: Durability
    public var warnings: [Problem]
    /// The config file, as the operator named it.
    public var file: Bytes?
    /// Where each option's value came from, in the order of the table.
    public var origins: [OptionOrigin]
}

/// Where the API key is taken from. A file is read again at every dial.
public enum KeySource: Equatable, Sendable {
    case flag(SecretBytes)
    case environment(SecretBytes)
    case file(Bytes)
}

public struct OptionOrigin: Equatable, Sendable {
    public enum Source: Equatable, Sendable {
        case flag(String)
        case variable(String)
        case file(Mark)
        case fallback
    }

    public var option: OptionName
    /// Several only for options that add up.
    public var sources: [Source]
}

public enum LogLevel: String, CaseIterable, Sendable {
    case debug, info, warn, error
}

public enum LogFormat: String, CaseIterable, Sendable {
    case console, json
}

/// What the journal outlasts.
public enum Durability: String, CaseIterable, Sendable {
    case process, power
}

public enum BackendConfiguration: Equatable, Sendable {
    case docker(DockerSettings)
    case kubernetes(KubernetesSettings)
    case direct(DirectSettings)
    case command(CommandSettings)

    public var name: BackendName {
        switch self {
        case .docker: .docker
        case .kubernetes: .kubernetes
        case .direct: .direct
        case .command: .command
        }
    }
}

/// A variable for tasks, with host values already taken.
public struct EnvironmentEntry: Equatable, Sendable {
    public var name: Bytes
    public var value: SecretBytes

    public init(name: Bytes, value: SecretBytes) {
        self.name = name
        self.value = value
    }
}

public struct DockerSettings: Equatable, Sendable {
    /// As Docker takes them.
    public var volumes: [Bytes]
    public var logTaskOutput: Bool
    public var environment: [EnvironmentEntry]
}

public struct DirectSettings: Equatable, Sendable {
    public var workspaceRoot: Bytes
    /// All tasks run here, when set.
    public var targetDirectory: Bytes?
    /// `oz` on PATH, when not set.
    public var ozPath: Bytes?
    public var setupCommand: Bytes?
    public var teardownCommand: Bytes?
    public var environment: [EnvironmentEntry]
}

public struct CommandSettings: Equatable, Sendable {
    public var dispatchCommand: Bytes
    public var cancelCommand: Bytes?
    /// Nanoseconds, above 0.
    public var dispatchTimeout: Int64
    public var environment: [EnvironmentEntry]
}

public struct KubernetesSettings: Equatable, Sendable {
    public var kubeconfig: Bytes?
    public var namespace: Bytes
    public var defaultImage: Bytes?
    public var imagePullPolicy: ImagePullPolicy
    public var useImageVolumes: Bool
    public var preflightImage: Bytes
    public var preflightResources: JSON
    public var sidecarImage: Bytes?
    /// Harness to image.
    public var codingCLISidecars: [NamedText]
    public var setupCommand: Bytes?
    public var teardownCommand: Bytes?
    public var extraLabels: [NamedText]
    public var extraAnnotations: [NamedText]
    public var activeDeadlineSeconds: Int64?
    public var ttlSecondsAfterFinished: Int64
    public var workspaceSizeLimit: Bytes?
    /// Nanoseconds; nil: a Pod may wait for ever.
    public var unschedulableTimeout: Int64?
    /// A PodSpec; an empty object where none is configured.
    public var podTemplate: JSON
    public var environment: [EnvironmentEntry]
}

public enum ImagePullPolicy: String, CaseIterable, Sendable {
    case always = "Always"
    case never = "Never"
    case ifNotPresent = "IfNotPresent"
}

public struct NamedText: Equatable, Sendable {
    public var name: Bytes
    public var value: Bytes

    public init(name: Bytes, value: Bytes) {
        self.name = name
        self.value = value
    }
}
