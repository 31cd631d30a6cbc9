// What there is to know about one option. Parsing, validation, defaults, help, the page in docs/ and whatever else
// describes the configuration read it from here; the rows are in OptionTable.swift.

import Codecs

public struct Option: Sendable {
    public var name: OptionName
    public var group: OptionGroup
    /// Paths in the config file; several where backends share the option. Empty: not in the file.
    public var keys: [String] = []
    /// The long flag without its dashes; nil: only in the file.
    public var flag: String?
    public var short: Character?
    /// The environment variable that stands in for the flag.
    public var variable: String?
    public var kind: ValueKind
    /// What stands for the value in help and tables.
    public var placeholder: String = ""
    public var fallback: Fallback = .unset("")
    /// The backends that use it; empty: all.
    public var backends: [BackendName] = []
    /// Shown by `--help-all` only.
    public var isHidden = false
    /// The value is never shown, logged or dumped.
    public var isSecret = false
    public var help: String
    /// More than fits into `--help`; for the page.
    public var details: String = ""
}

public enum OptionName: String, CaseIterable, Sendable {
    case help, helpAll, version
    case configFile, apiKey, apiKeyFile, workerID, webSocketURL, serverRootURL, sessionSharingServerURL
    case backend, environment, maxConcurrentTasks, idleOnComplete, taskTimeout, drainTimeout, cleanup
    case logLevel, logFormat, record, recordLimit
    case instanceID, stateDirectory, durability
    case volumes, logTaskOutput
    case workspaceRoot, targetDirectory, ozPath, directSetupCommand, directTeardownCommand
    case dispatchCommand, cancelCommand, dispatchTimeout
    case kubeconfig, namespace, defaultImage, imagePullPolicy, useImageVolumes, preflightImage, preflightResources
    case sidecarImage, codingCLISidecars, kubernetesSetupCommand, kubernetesTeardownCommand
    case extraLabels, extraAnnotations, activeDeadlineSeconds, ttlSecondsAfterFinished
    case workspaceSizeLimit, unschedulableTimeout, podTemplate
    case json, offline, runTask
}

public enum BackendName: String, CaseIterable, Sendable {
    case docker, kubernetes, direct, command
}

public enum OptionGroup: String, CaseIterable, Sendable {
    case connection = "Connection"
    case tasks = "Tasks"
    case docker = "Docker backend"
    case direct = "Direct backend"
    case command = "Command backend"
    case kubernetes = "Kubernetes backend"
    case logging = "Logging"
    case state = "State"
    case check = "Check"
    case other = "Other"
}

public enum Fallback: Equatable, Sendable {
    case required
    /// Read like a value from the file.
    case value(String)
    /// Nothing; the words say what happens then.
    case unset(String)
}

/// What a value must look like.
public enum ValueKind: Equatable, Sendable {
    /// No value: help and version.
    case action
    case text
    case path
    case command
    case apiKey
    case workerID
    case image
    case namespace
    case quantity
    /// The URL schemes that may stand there.
    case url([String])
    case choice([String])
    /// A boolean; the flag of an inverted one says no.
    case toggle(isInverted: Bool)
    case whole(ClosedRange<Int64>)
    /// A Go-style duration, not negative; a positive one is not zero either.
    case duration(isPositive: Bool)
    /// A number of bytes, with or without a unit; at least so many.
    case size(atLeast: Int64)
    case volumes
    case environment
    case images
    case labels
    case annotations
    case resources
    case podTemplate

    /// A flag of this kind stands alone, or takes its value after an equals sign only.
    public var isSwitch: Bool {
        switch self {
        case .action, .toggle: true
        case .text, .path, .command, .apiKey, .workerID, .image, .namespace, .quantity, .url, .choice, .whole,
            .duration, .size, .volumes, .environment, .images, .labels, .annotations, .resources, .podTemplate:
            false
        }
    }

    /// The flag may be given again, and every value counts.
    public var isRepeatable: Bool {
        self == .volumes || self == .environment
    }
}

extension Option {
    /// As it is typed: `--worker-id`.
    public var longFlag: String? { flag.map { "--\($0)" } }

    public var shortFlag: String? { short.map { "-\($0)" } }

    public func isUsed(by backend: BackendName) -> Bool {
        backends.isEmpty || backends.contains(backend)
    }

    public static func named(_ name: OptionName) -> Option? {
        optionTable.indices.first { optionTable[$0].name == name }.map { optionTable[$0] }
    }
}
