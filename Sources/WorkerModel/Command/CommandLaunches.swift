// The two commands of the command backend, complete but for the secrets in them.
//
// What belongs to the task (its environment, its prompt, its secrets) goes over standard input and nowhere else: what
// lies in an environment or in arguments is inherited by everything that the command starts, and shown by `ps`.

import Codecs
import Effects

struct CommandLaunches {
    let key: ExecutionKey
    let settings: CommandSettings

    func dispatch(_ plan: TaskPlan, _ worker: Settings) -> Launch {
        var layer = ownLayer
        layer.set(EnvironmentVariable("OZ_SERVER_ROOT_URL", .literal(worker.serverRootURL)))
        layer.set(EnvironmentVariable("OZ_DOCKER_IMAGE", .literal(plan.image.name)))
        return shell(
            .dispatch, settings.dispatchCommand, layer, [plan.secrets],
            input: DispatchPayload.document(key, plan, worker), handsOver: true)
    }

    /// Once the task was handed over its secrets are forgotten here, so there may be none left to mask.
    func cancel(_ command: Bytes, secrets: [SecretRange]) -> Launch {
        shell(.cancel, command, ownLayer, secrets, input: nil, handsOver: false)
    }

    /// Ours go over what the operator configured.
    private var ownLayer: EnvironmentLayer {
        var layer = EnvironmentLayer()
        layer.lay(settings.environment)
        layer.set(EnvironmentVariable("OZ_RUN_ID", .literal(key.task.bytes)))
        layer.set(EnvironmentVariable("OZ_EXECUTION_ID", .literal(key.execution?.bytes ?? [])))
        layer.set(EnvironmentVariable("OZ_WORKER_BACKEND", Text("command")))
        return layer
    }

    private func shell(
        _ role: ProcessRole, _ command: Bytes, _ layer: EnvironmentLayer, _ secrets: [SecretRange], input: JSON?,
        handsOver: Bool
    ) -> Launch {
        Launch(
            role: role, key: key, executable: Bytes(text: "/bin/sh"),
            arguments: [Text("/bin/sh"), Text("-c"), .literal(command)], base: .worker, environment: layer.variables,
            directory: settings.directory, secrets: secrets, input: input, handsOver: handsOver)
    }
}
