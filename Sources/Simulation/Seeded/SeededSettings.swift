// Under which settings seeded runs live: the direct backend in its shapes, the command backend, the Docker backend.

import Codecs
import Effects
import WorkerModel

public enum SeededSettings {
    public static let direct: [Settings] = [
        direct(capacity: 0), direct(capacity: 8, setup: true), direct(capacity: 3, teardown: true),
        direct(capacity: 5, setup: true, teardown: true, taskTimeout: .seconds(600)),
        direct(capacity: 4, teardown: true, drainTimeout: .seconds(120)),
    ]

    public static let command: [Settings] = [command(cancel: true), command(cancel: false)]

    public static let docker: [Settings] = [
        settings(.docker(DockerSettings()), 0), settings(.docker(DockerSettings()), 4),
        limited(settings(.docker(DockerSettings()), 6)),
    ]

    private static func limited(_ settings: Settings) -> Settings {
        var settings = settings
        settings.taskTimeout = .seconds(600)
        settings.drainTimeout = .seconds(120)
        return settings
    }

    private static func direct(
        capacity: Int, setup: Bool = false, teardown: Bool = false, taskTimeout: Span? = nil,
        drainTimeout: Span = .zero
    ) -> Settings {
        var direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
        if setup { direct.setupCommand = Bytes(text: "setup") }
        if teardown { direct.teardownCommand = Bytes(text: "teardown") }
        var settings = settings(.direct(direct), capacity)
        settings.taskTimeout = taskTimeout
        settings.drainTimeout = drainTimeout
        return settings
    }

    private static func command(cancel: Bool) -> Settings {
        var command = CommandSettings(dispatchCommand: Bytes(text: "dispatch"), directory: Bytes(text: "/"))
        if cancel { command.cancelCommand = Bytes(text: "cancel") }
        return settings(.command(command), 6)
    }

    private static func settings(_ backend: BackendSettings, _ capacity: Int) -> Settings {
        var settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: Bytes(text: "ws://x"), backend: backend)
        settings.capacity = capacity
        return settings
    }
}
