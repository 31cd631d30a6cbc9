// The three commands of the direct backend, complete but for the secrets in them.

import Codecs
import Effects

struct DirectCommands {
    let key: ExecutionKey
    let place: DirectPlace
    let settings: DirectSettings

    func setup(_ command: Bytes, _ plan: TaskPlan, environmentFile: Bytes) -> Launch {
        var layer = agentLayer(plan)
        layer.lay(taskVariables)
        layer.set(EnvironmentVariable("OZ_ENVIRONMENT_FILE", .literal(environmentFile)))
        return shell(.setup, command, layer.variables, [plan.secrets])
    }

    func agent(
        _ executable: Bytes, _ plan: TaskPlan, read variables: [EnvironmentVariable], secrets: SecretRange
    ) -> Launch {
        var layer = agentLayer(plan)
        if !variables.isEmpty {
            layer.lay(variables)
            // The one variable that the environment file can't override.
            layer.set(gitConfiguration)
        }
        return Launch(
            role: .agent, key: key, executable: executable, arguments: [.literal(executable)] + plan.arguments,
            base: .minimal, environment: layer.variables, directory: place.directory,
            secrets: [plan.secrets, secrets])
    }

    func teardown(_ command: Bytes, secrets: [SecretRange]) -> Launch {
        var layer = EnvironmentLayer()
        layer.lay(taskVariables)
        layer.set(gitConfiguration)
        return shell(.teardown, command, layer.variables, secrets)
    }

    private var taskVariables: [EnvironmentVariable] {
        [
            EnvironmentVariable("OZ_WORKSPACE_ROOT", .literal(place.directory)),
            EnvironmentVariable("OZ_WORKER_BACKEND", Text("direct")),
            EnvironmentVariable("OZ_RUN_ID", .literal(key.task.bytes)),
        ]
    }

    private var gitConfiguration: EnvironmentVariable {
        EnvironmentVariable("GIT_CONFIG_GLOBAL", .literal(place.gitConfiguration))
    }

    private func agentLayer(_ plan: TaskPlan) -> EnvironmentLayer {
        var layer = EnvironmentLayer(over: plan.environment, expecting: settings.environment.count &+ 6)
        layer.lay(settings.environment)
        switch plan.harness {
        case .claude:
            layer.set(EnvironmentVariable("CLAUDE_CONFIG_DIR", .literal(place.directory + Bytes(text: "/.claude"))))
        case .codex: layer.set(EnvironmentVariable("CODEX_HOME", .literal(place.directory + Bytes(text: "/.codex"))))
        case .oz, .other: break
        }
        layer.set(gitConfiguration)
        return layer
    }

    private func shell(
        _ role: ProcessRole, _ command: Bytes, _ environment: [EnvironmentVariable], _ secrets: [SecretRange]
    ) -> Launch {
        Launch(
            role: role, key: key, executable: Bytes(text: "/bin/sh"),
            arguments: [Text("/bin/sh"), Text("-c"), .literal(command)], base: .worker,
            environment: environment, directory: place.directory, secrets: secrets)
    }
}
