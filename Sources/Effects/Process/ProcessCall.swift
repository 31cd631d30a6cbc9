// Processes under a supervisor, as calls. In one life a process is named by the id of the request that started it or
// took it over; from life to life by the name of its launch.

import Codecs

public enum ProcessCall: Hashable, Codable, Sendable {
    /// A stream: `started`, `exited`; ends with `startFailed` or `finished`.
    case start(Launch)
    /// Takes over what an earlier life started: the same stream from its beginning, also for what happened while
    /// nobody listened. Ends as a start does, or with `notFound`. Its supervisor takes orders for it as soon as this
    /// was asked.
    case adopt(Adoption)
    /// To the process group of the command; done when asked.
    case signal(process: EffectID, Signal)
    /// SIGKILL to the command and all of its descendants, now or as soon as it exists; done when asked.
    case kill(process: EffectID)
    /// The command ended with 0, and what it left running is not ours to end: its supervisor lets go of it. Only for
    /// a launch that hands over; done when asked.
    case release(process: EffectID)
    /// Waits no longer for the rest of the output; `finished` follows once the descendants are gone.
    case abandonOutput(process: EffectID)
    /// How it ended is in the journal, so whoever still answers to that name may forget it and leave; often nobody
    /// does. Only after its final event, in this life or in an earlier one; done, as far as it can be, when asked.
    case dismiss(ProcessName)

    public var answers: Bool {
        switch self {
        case .start, .adopt: true
        case .signal, .kill, .release, .abandonOutput, .dismiss: false
        }
    }
}

public enum Signal: UInt8, Hashable, Codable, Sendable {
    case terminate
}

/// What a process is for; also the name under which its output is logged.
public enum ProcessRole: UInt8, Hashable, Codable, Sendable, CaseIterable {
    case setup, agent, teardown, dispatch, cancel
}

/// A command to start, complete but for the secrets in it.
public struct Launch: Hashable, Codable, Sendable {
    public let role: ProcessRole
    public let key: ExecutionKey
    /// Absolute, or found by the checks of the start.
    public let executable: Bytes
    /// With argv[0].
    public let arguments: [Text]
    /// Laid over the base; names are unique.
    public let base: EnvironmentBase
    public let environment: [EnvironmentVariable]
    public let directory: Bytes
    /// Whose values are masked in the output.
    public let secrets: [SecretRange]
    /// What it finds on its standard input, as one JSON text; nothing where this is nil.
    public let input: JSON?
    /// What it leaves running when it ends with 0 is killed only if we say so, and lives on once we `release` it. In
    /// every other case descendants end with their command.
    public let handsOver: Bool
    /// Under this name it outlives a worker that dies: its supervisor answers to the name before it launches anything,
    /// then looks whether its worker still lives, and launches nothing if not. From then on it keeps what happened
    /// until it is dismissed. Without a name everything ends with the worker.
    public var name: ProcessName?

    public init(
        role: ProcessRole, key: ExecutionKey, executable: Bytes, arguments: [Text], base: EnvironmentBase,
        environment: [EnvironmentVariable], directory: Bytes, secrets: [SecretRange], input: JSON? = nil,
        handsOver: Bool = false, name: ProcessName? = nil
    ) {
        self.role = role
        self.key = key
        self.executable = executable
        self.arguments = arguments
        self.base = base
        self.environment = environment
        self.directory = directory
        self.secrets = secrets
        self.input = input
        self.handsOver = handsOver
        self.name = name
    }
}

/// A command that an earlier life started. The secrets of that life are gone, so nothing in its output can be masked.
public struct Adoption: Hashable, Codable, Sendable {
    public let name: ProcessName
    public let role: ProcessRole
    public let key: ExecutionKey

    public init(name: ProcessName, role: ProcessRole, key: ExecutionKey) {
        self.name = name
        self.role = role
        self.key = key
    }
}

/// What an environment starts from. The worker's own values never enter the model.
public enum EnvironmentBase: UInt8, Hashable, Codable, Sendable {
    /// `HOME`, `TMPDIR` and `PATH` of the host, nothing else.
    case minimal
    /// The worker's environment without its own API key variables.
    case worker
}

public struct EnvironmentVariable: Hashable, Codable, Sendable {
    public let name: Bytes
    public let value: Text

    public init(name: Bytes, value: Text) {
        self.name = name
        self.value = value
    }

    public init(_ name: StaticString, _ value: Text) {
        self.name = name.withUTF8Buffer { Bytes($0) }
        self.value = value
    }
}
