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
    public let image: Image
    /// As received, the one that holds the agent first.
    public let sidecars: [Sidecar]
    public let shape: InstanceShape
    /// The task as received; only where a backend passes it on.
    public let document: SecretRef?
    public let secrets: SecretRange

    public struct Image: Hashable, Codable, Sendable {
        public let name: Bytes
        /// An environment was named, but no image came with it.
        public let isMissing: Bool
    }

    public init(_ assignment: Assignment, _ settings: Settings) {
        arguments = TaskPlan.arguments(assignment, settings)
        environment = TaskPlan.environment(assignment, settings)
        harness = Harness(assignment.agent?.harness)
        image = Image(
            name: assignment.dockerImage ?? TaskPlan.fallbackImage,
            isMissing: assignment.dockerImage == nil && assignment.agent?.environmentID != nil)
        sidecars = TaskPlan.sidecars(assignment)
        shape = assignment.shape
        document = assignment.document
        secrets = assignment.secrets
    }
}

extension TaskPlan.Harness {
    init(_ name: Bytes?) {
        guard let name else {
            self = .oz
            return
        }
        self = name.equals("oz") ? .oz : name.equals("claude") ? .claude : name.equals("codex") ? .codex : .other
    }
}

/// The words of a command line that are the same for every task, made once.
private enum Word {
    static let begin = [Text("agent"), Text("run")]
    static let team = [Text("--share"), Text("team:edit")]
    static let viewer = [Text("--share"), Text("public:view")]
    static let editor = [Text("--share"), Text("public:edit")]
    static let taskID = Text("--task-id")
    static let server = [Text("--sandboxed"), Text("--server-root-url")]
    static let idleOnComplete = Text("--idle-on-complete")
    static let sessionSharing = Text("--session-sharing-server-url")
    static let model = Text("--model")
    static let profile = Text("--profile")
    static let skill = Text("--skill")
    static let servers = Text("--mcp")
    static let computerUse = Text("--computer-use")
    static let noComputerUse = Text("--no-computer-use")
    static let computerUseModel = Text("--computer-use-model")
    static let role = Text("--bedrock-inference-role")
    static let region = Text("--bedrock-role-region")
    static let harness = Text("--harness")
    static let noSnapshot = Text("--no-snapshot")
    static let uploadTimeout = Text("--snapshot-upload-timeout")
    static let scriptTimeout = Text("--snapshot-script-timeout")
    static let environment = Text("--environment")
    static let headOverride = Text("--repository-head-override-json")
    static let removeOrigins = Text("--remove-repository-origins")
}

private enum Variable {
    static let taskID = Bytes(text: "TASK_ID")
    static let serverRootURL = Bytes(text: "WARP_SERVER_ROOT_URL")
    static let noPrompts = [
        EnvironmentVariable("GIT_TERMINAL_PROMPT", Text("0")), EnvironmentVariable("GH_PROMPT_DISABLED", Text("1")),
    ]
}

extension [Text] {
    fileprivate mutating func append(_ option: Text, _ value: Bytes?) {
        guard let value else { return }
        append(option)
        append(.literal(value))
    }

    /// A number of that unit; only where it is above zero.
    fileprivate mutating func append(_ option: Text, _ number: Int?, unit: UInt8) {
        guard let number, number > 0 else { return }
        append(option, Bytes(decimal: number) + [unit])
    }
}

extension TaskPlan {
    static let fallbackImage = Bytes(text: "ubuntu:22.04")
    private static let agentMount = Bytes(text: "/agent")

    private static func sidecars(_ assignment: Assignment) -> [Sidecar] {
        guard let image = assignment.sidecarImage else { return assignment.additionalSidecars }
        let agent = Sidecar(image: image, mountPath: agentMount, readWrite: false)
        return [agent] + assignment.additionalSidecars
    }

    private static func arguments(_ assignment: Assignment, _ settings: Settings) -> [Text] {
        var list: [Text] = []
        list.reserveCapacity(32)
        list += Word.begin
        if assignment.ownerIsTeam { list += Word.team }
        list.append(Word.taskID, assignment.agentTaskID)
        list += Word.server
        list.append(.literal(settings.serverRootURL))
        if let agent = assignment.agent {
            appendModel(agent, &list)
            appendSharing(agent, &list)
        }
        for argument in assignment.extraArguments { list.append(.secret(argument)) }
        list.append(Word.idleOnComplete)
        if let minutes = assignment.agent?.idleTimeoutMinutes, minutes > 0 {
            list.append(.literal(Bytes(decimal: minutes) + [UInt8(ascii: "m")]))
        } else if let idle = settings.idleOnComplete {
            list.append(.literal(idle))
        }
        list.append(Word.sessionSharing, settings.sessionSharingURL)
        return list
    }

    private static func appendModel(_ agent: AgentConfiguration, _ list: inout [Text]) {
        let isOz = Harness(agent.harness) == .oz
        if isOz { list.append(Word.model, agent.modelID) }
        list.append(Word.profile, agent.profileID)
        list.append(Word.skill, agent.skillSpec)
        if let servers = agent.mcpServers {
            list.append(Word.servers)
            list.append(.secret(servers))
        }
        let computerUse = agent.computerUse ?? isOz
        list.append(computerUse ? Word.computerUse : Word.noComputerUse)
        if computerUse, isOz { list.append(Word.computerUseModel, agent.computerUseModelID) }
        if let role = agent.bedrockRole {
            list.append(Word.role, role)
            list.append(Word.region, agent.bedrockRegion)
        }
        list.append(Word.harness, agent.harness)
    }

    private static func appendSharing(_ agent: AgentConfiguration, _ list: inout [Text]) {
        switch agent.publicAccess {
        case .viewer: list += Word.viewer
        case .editor: list += Word.editor
        case nil: break
        }
        if agent.snapshotDisabled { list.append(Word.noSnapshot) }
        list.append(Word.uploadTimeout, agent.snapshotUploadTimeoutSeconds, unit: UInt8(ascii: "s"))
        list.append(Word.scriptTimeout, agent.snapshotScriptTimeoutSeconds, unit: UInt8(ascii: "s"))
        list.append(Word.environment, agent.environmentID)
        for override in agent.repositoryHeadOverrides {
            list.append(Word.headOverride)
            list.append(.secret(override))
        }
        if !agent.repositoryHeadOverrides.isEmpty { list.append(Word.removeOrigins) }
    }

    private static func environment(_ assignment: Assignment, _ settings: Settings) -> [EnvironmentVariable] {
        var layer = EnvironmentLayer(expecting: assignment.environment.count &+ 4)
        layer.set(EnvironmentVariable(name: Variable.taskID, value: .literal(assignment.agentTaskID)))
        layer.lay(Variable.noPrompts)
        if !settings.serverRootURL.isEmpty {
            layer.set(EnvironmentVariable(name: Variable.serverRootURL, value: .literal(settings.serverRootURL)))
        }
        layer.lay(assignment.environment)
        return layer.variables
    }
}

extension TaskPlan: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.list(arguments)
        visitor.list(environment)
        visitor.tag(harness.rawValue)
        visitor.bytes(image.name)
        visitor.flag(image.isMissing)
        visitor.list(sidecars)
        shape.visit(&visitor)
        visitor.optional(document) { $0.word($1.number) }
        secrets.visit(&visitor)
    }
}
