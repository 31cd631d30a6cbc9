// The door to the daemon: what one life is started with, and the order in which a process becomes one.

import Codecs
import Effects
import WorkerModel

/// How the log looks.
public struct LogChoice: Sendable {
    public enum Format: Sendable { case console, json }

    public var level: LogLevel
    /// Nil: for people on a terminal, else for machines.
    public var format: Format?
    public var withoutColour: Bool

    public init(level: LogLevel = .info, format: Format? = nil, withoutColour: Bool = false) {
        self.level = level
        self.format = format
        self.withoutColour = withoutColour
    }
}

/// What the notes of a turn survive by the time that anything behind them is done.
public enum Durability: Sendable { case process, power }

public struct DaemonOptions: Sendable {
    public var settings: Settings
    public var key: DialKey
    /// What the settings' secrets are, under the numbers by which they name them; 0 is the API key's.
    public var secrets: [Secret]
    /// This process's own environment.
    public var environment: [(name: Bytes, value: Bytes)]
    public var log: LogChoice
    /// Names this program and its version to the server.
    public var userAgent: Bytes
    /// What the lives before this one left, and where this one leaves what the next must know.
    public var state: StateDirectory?
    public var durability = Durability.process
    /// What the configuration has to say, as warnings of the log.
    public var warnings: [String]
    /// Where to record to, if anywhere.
    public var recording: RecordingOptions?

    public init(
        settings: Settings, key: DialKey, secrets: [Secret], environment: [(name: Bytes, value: Bytes)],
        log: LogChoice, userAgent: Bytes, state: StateDirectory? = nil, warnings: [String] = []
    ) {
        self.settings = settings
        self.key = key
        self.secrets = secrets
        self.environment = environment
        self.log = log
        self.userAgent = userAgent
        self.state = state
        self.warnings = warnings
    }

    /// As getenv has it: the first of that name.
    func variable(_ name: StaticString) -> Bytes? {
        environment.first { $0.name.equals(name) }?.value
    }

    fileprivate func makeLog(_ vault: Vault) -> Log {
        var options = Log.Options(context: LogContext(worker: settings.workerID, backend: settings.backend.name))
        options.level = log.level
        options.withoutColour = log.withoutColour
        switch log.format {
        case .console: options.format = .console
        case .json: options.format = .json
        case nil: options.format = nil
        }
        return Log(vault: vault, options: options)
    }

    fileprivate func makeVault() -> Vault {
        let vault = Vault()
        for secret in secrets {
            vault.replace(secret.ref, with: secret.bytes)
            vault.keep([Secret](), next: secret.ref.number &+ 1)
        }
        return vault
    }
}

extension BackendSettings {
    fileprivate var name: Bytes {
        switch self {
        case .direct: Bytes(text: "direct")
        case .command: Bytes(text: "command")
        case .docker: Bytes(text: "docker")
        }
    }
}

/// Lives one life; the code is the process's. Nothing may have made a thread before.
public func runDaemon(_ options: DaemonOptions) -> Int32 {
    // First of all: threads inherit what is blocked.
    let isBlocked = Hardening.blockSignals()
    var surroundings = ProcessSurroundings(options.environment)
    Hardening.raiseLimits(&surroundings)
    let vault = options.makeVault()
    // It opens its descriptor anew, by a file that the sealed process has no more.
    let log = options.makeLog(vault)
    Hardening.seal()
    defer { log.finish() }
    for warning in options.warnings { log.notice(.warn, "configuration.warning", warning) }
    do throws(NoMeans) {
        guard isBlocked else { throw NoMeans(words: "signals can't be blocked") }
        return try Daemon(options, log: log, vault: vault, surroundings: surroundings).run()
    } catch {
        log.notice(.error, "daemon.no_means", error.explained)
        return Daemon.noMeans
    }
}
