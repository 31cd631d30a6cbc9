// From an assignment to a command line: what every backend runs, built purely. Values that the model may not know are
// references into the vault; the order of the arguments is the contract's.

import Codecs
import Effects

public struct TaskPlan: Hashable, Codable, Sendable {
    /// Directories of their own for harnesses that keep configuration.
    public enum Harness: UInt8, Hashable, Codable, Sendable {
        case oz, claude, codex, other
    }

    /// Behind the command itself.
    public let arguments: [Text]
    /// The layer that all backends share; names are unique, later ones won.
    public let environment: [EnvironmentVariable]
    public let harness: Harness
    public let secrets: SecretRange

    public init(_ assignment: Assignment, _ settings: Settings) {
        arguments = TaskPlan.arguments(assignment, settings)
        environment = TaskPlan.environment(assignment, settings)
        harness = Harness(assignment.agent?.harness)
        secrets = assignment.secrets
    }
}

extension TaskPlan.Harness {
    init(_ name: Bytes?) {
        switch name {
        case nil, Bytes(text: "oz"): self = .oz
        case Bytes(text: "claude"): self = .claude
        case Bytes(text: "codex"): self = .codex
        case .some: self = .other
        }
    }
}

extension TaskPlan {
    private static func arguments(_ assignment: Assignment, _ settings: Settings) -> [Text] {
        var list: [Text] = [Text("agent"), Text("run")]
        if assignment.ownerIsTeam { list += [Text("--share"), Text("team:edit")] }
        list += [Text("--task-id"), .literal(assignment.agentTaskID), Text("--sandboxed")]
        list += [Text("--server-root-url"), .literal(settings.serverRootURL)]
        if let agent = assignment.agent {
            appendModel(agent, &list)
            appendSharing(agent, &list)
        }
        list += assignment.extraArguments.map { .secret($0) }
        list.append(Text("--idle-on-complete"))
        if let minutes = assignment.agent?.idleTimeoutMinutes, minutes > 0 {
            list.append(.literal(Bytes(text: "\(minutes)m")))
        } else if let idle = settings.idleOnComplete {
            list.append(.literal(idle))
        }
        if let url = settings.sessionSharingURL { list += [Text("--session-sharing-server-url"), .literal(url)] }
        return list
    }

    private static func appendModel(_ agent: AgentConfiguration, _ list: inout [Text]) {
        let isOz = Harness(agent.harness) == .oz
        if isOz, let model = agent.modelID { list += [Text("--model"), .literal(model)] }
        if let profile = agent.profileID { list += [Text("--profile"), .literal(profile)] }
        if let skill = agent.skillSpec { list += [Text("--skill"), .literal(skill)] }
        if let servers = agent.mcpServers { list += [Text("--mcp"), .secret(servers)] }
        let computerUse = agent.computerUse ?? isOz
        list.append(computerUse ? Text("--computer-use") : Text("--no-computer-use"))
        if computerUse, isOz, let model = agent.computerUseModelID {
            list += [Text("--computer-use-model"), .literal(model)]
        }
        if let role = agent.bedrockRole {
            list += [Text("--bedrock-inference-role"), .literal(role)]
            if let region = agent.bedrockRegion { list += [Text("--bedrock-role-region"), .literal(region)] }
        }
        if let harness = agent.harness { list += [Text("--harness"), .literal(harness)] }
    }

    private static func appendSharing(_ agent: AgentConfiguration, _ list: inout [Text]) {
        switch agent.publicAccess {
        case .viewer: list += [Text("--share"), Text("public:view")]
        case .editor: list += [Text("--share"), Text("public:edit")]
        case nil: break
        }
        if agent.snapshotDisabled { list.append(Text("--no-snapshot")) }
        if let seconds = agent.snapshotUploadTimeoutSeconds, seconds > 0 {
            list += [Text("--snapshot-upload-timeout"), .literal(Bytes(text: "\(seconds)s"))]
        }
        if let seconds = agent.snapshotScriptTimeoutSeconds, seconds > 0 {
            list += [Text("--snapshot-script-timeout"), .literal(Bytes(text: "\(seconds)s"))]
        }
        if let environment = agent.environmentID { list += [Text("--environment"), .literal(environment)] }
        for override in agent.repositoryHeadOverrides {
            list += [Text("--repository-head-override-json"), .secret(override)]
        }
        if !agent.repositoryHeadOverrides.isEmpty { list.append(Text("--remove-repository-origins")) }
    }

    private static func environment(_ assignment: Assignment, _ settings: Settings) -> [EnvironmentVariable] {
        var layer = EnvironmentLayer()
        layer.set("TASK_ID", .literal(assignment.agentTaskID))
        layer.set("GIT_TERMINAL_PROMPT", Text("0"))
        layer.set("GH_PROMPT_DISABLED", Text("1"))
        if !settings.serverRootURL.isEmpty { layer.set("WARP_SERVER_ROOT_URL", .literal(settings.serverRootURL)) }
        layer.lay(assignment.environment)
        return layer.variables
    }
}

/// Variables in the order of their first setting; a later one of the same name wins.
public struct EnvironmentLayer {
    public private(set) var variables: [EnvironmentVariable] = []
    /// Where each name lies. Looked up, never walked, so its order does not matter.
    private var places: [Bytes: Int] = [:]

    public init() {}

    public mutating func set(_ name: StaticString, _ value: Text) {
        set(EnvironmentVariable(name, value))
    }

    public mutating func set(_ variable: EnvironmentVariable) {
        if let place = places[variable.name] {
            variables[place] = variable
        } else {
            places[variable.name] = variables.count
            variables.append(variable)
        }
    }

    public mutating func lay(_ more: [EnvironmentVariable]) {
        for variable in more { set(variable) }
    }
}

extension TaskPlan: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.list(arguments)
        visitor.list(environment)
        visitor.tag(harness.rawValue)
        secrets.visit(&visitor)
    }
}
