// The chosen backend as the core wants it: values that are secret get references here, so that the model never sees
// one.

import Codecs
import Configuration
import Effects
import WorkerModel

struct AssembledBackend {
    let settings: BackendSettings
    /// What the references stand for. Number 0 is the API key's.
    let secrets: [Secret]

    /// Nil for a backend that is not built yet.
    init?(_ configuration: BackendConfiguration, _ environment: [(name: Bytes, value: Bytes)]) {
        var secrets: [Secret] = []
        switch configuration {
        case .direct(let direct):
            settings = .direct(AssembledBackend.direct(direct, environment, &secrets))
        case .command(let command): settings = .command(AssembledBackend.command(command, &secrets))
        case .docker(let docker): settings = .docker(AssembledBackend.docker(docker, &secrets))
        case .kubernetes: return nil
        }
        self.secrets = secrets
    }

    private static func direct(
        _ given: Configuration.DirectSettings, _ environment: [(name: Bytes, value: Bytes)],
        _ secrets: inout [Secret]
    ) -> WorkerModel.DirectSettings {
        let temporary = environment.first { $0.name.equals("TMPDIR") }?.value ?? Bytes(text: "/tmp")
        var direct = WorkerModel.DirectSettings(workspaceRoot: given.workspaceRoot, temporaryDirectory: temporary)
        direct.targetDirectory = given.targetDirectory
        direct.ozPath = given.ozPath
        direct.setupCommand = given.setupCommand
        direct.teardownCommand = given.teardownCommand
        direct.environment = hide(given.environment, &secrets)
        return direct
    }

    private static func command(
        _ given: Configuration.CommandSettings, _ secrets: inout [Secret]
    ) -> WorkerModel.CommandSettings {
        var command = WorkerModel.CommandSettings(
            dispatchCommand: given.dispatchCommand, directory: HostSystem.workingDirectory())
        command.cancelCommand = given.cancelCommand
        command.dispatchTimeout = Span(nanoseconds: UInt64(clamping: given.dispatchTimeout))
        command.environment = hide(given.environment, &secrets)
        return command
    }

    private static func docker(
        _ given: Configuration.DockerSettings, _ secrets: inout [Secret]
    ) -> WorkerModel.DockerSettings {
        var docker = WorkerModel.DockerSettings()
        docker.volumes = given.volumes
        docker.followsOutput = given.logTaskOutput
        docker.environment = hide(given.environment, &secrets)
        return docker
    }

    private static func hide(_ entries: [EnvironmentEntry], _ secrets: inout [Secret]) -> [EnvironmentVariable] {
        entries.map { entry in
            let ref = SecretRef(number: UInt64(secrets.count) + 1)
            secrets.append(Secret(ref: ref, bytes: entry.value.bytes, kind: .text))
            return EnvironmentVariable(name: entry.name, value: .secret(ref))
        }
    }
}
