// From the resolved configuration to what the daemon is started with.

import Codecs
import Configuration
import Effects
import Interpreter
import WorkerModel

/// Why there is no worker for a configuration.
enum NoAssembly: Error {
    case notBuilt(BackendName)
    case badURL

    var words: String {
        switch self {
        case .notBuilt(let backend):
            "the \(backend.rawValue) backend is not built yet; this version has docker, direct and command"
        case .badURL: "--web-socket-url is not a URL that can be dialled"
        }
    }

    var exitCode: Int32 {
        switch self {
        case .notBuilt: ExitCode.unavailable
        case .badURL: ExitCode.usage
        }
    }
}

struct Assembly {
    var options: DaemonOptions

    /// `instance` is asked for only where there is a worker to have it.
    static func make(
        _ configuration: ResolvedConfiguration, _ environment: [(name: Bytes, value: Bytes)], instance: () -> Bytes
    ) throws(NoAssembly) -> Assembly {
        guard let backend = AssembledBackend(configuration.backend, environment) else {
            throw .notBuilt(configuration.backend.name)
        }
        guard let assembly = Assembly(configuration, backend, instance: instance(), environment) else {
            throw .badURL
        }
        return assembly
    }

    private init?(
        _ configuration: ResolvedConfiguration, _ backend: AssembledBackend, instance: Bytes,
        _ environment: [(name: Bytes, value: Bytes)]
    ) {
        guard let parts = try? URLParts(parsing: configuration.webSocketURL) else { return nil }
        let url = parts.settingQuery(Bytes(text: "worker_id"), configuration.workerID)
        var settings = Settings(
            workerID: configuration.workerID, instanceID: instance, url: url.bytes, backend: backend.settings)
        settings.serverRootURL = configuration.serverRootURL
        settings.sessionSharingURL = configuration.sessionSharingServerURL
        settings.capacity = configuration.maxConcurrentTasks
        settings.drainTimeout = Span(nanoseconds: UInt64(clamping: configuration.drainTimeout))
        settings.taskTimeout = configuration.taskTimeout.map { Span(nanoseconds: UInt64(clamping: $0)) }
        settings.cleanup = configuration.cleanup
        settings.idleOnComplete = configuration.idleOnComplete
        // Whoever has a state directory says so.
        settings.journals = false
        options = DaemonOptions(
            settings: settings, key: DialKey(configuration.apiKey), secrets: backend.secrets, environment: environment,
            log: Assembly.logChoice(configuration, environment), userAgent: Assembly.userAgent)
        options.recording = configuration.record.map {
            RecordingOptions(path: $0, limit: Int(clamping: configuration.recordLimit), build: Version.build)
        }
    }

    static let userAgent = Bytes(text: "oz-agent-worker/\(Version.number)")
}

extension DialKey {
    init(_ source: KeySource) {
        switch source {
        case .flag(let value), .environment(let value): self = .fixed(value.bytes)
        case .file(let path): self = .file(path)
        }
    }
}
