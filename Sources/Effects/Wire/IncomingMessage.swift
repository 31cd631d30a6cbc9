// What the control plane says, as far as the worker uses it. Whatever else a message holds is ignored.
//
// Everything in an assignment is secret unless it stands here as bytes: ids, image names, flags and numbers are
// public; prompts, titles, MCP configuration, extra arguments and environment values are references into the vault.

import Codecs

public enum IncomingMessage: Hashable, Codable, Sendable {
    /// Indirect, since it is many times the size of everything else that an event can be.
    indirect case assignment(Assignment)
    /// Not usable, but it names the task, so the server can be told.
    case unreadableAssignment(ExecutionKey, WireProblem)
    case cancellation(TaskID)
    /// Reserved by the protocol; ignored.
    case heartbeat
    case unknown(type: Bytes)
    case unreadable(WireProblem)
}

/// What was wrong with a message and where; never its content.
public struct WireProblem: Hashable, Codable, Sendable {
    public enum Kind: Hashable, Codable, Sendable {
        case notJSON
        case missing
        case expectedObject
        case expectedText
        case expectedList
        case expectedMap
        case expectedNumber
        case expectedFlag
        case empty
        case tooMany
    }

    public let kind: Kind
    /// A path of field names, as in `data.task.id`; of our own making, never the server's bytes.
    public let path: Bytes
    /// Where the text stopped being JSON; 0 otherwise.
    public let offset: Int

    public init(kind: Kind, path: Bytes, offset: Int = 0) {
        self.kind = kind
        self.path = path
        self.offset = offset
    }
}

public struct Assignment: Hashable, Codable, Sendable {
    public var key: ExecutionKey
    /// All of this message's secrets.
    public var secrets: SecretRange
    /// `task.id`, which goes into the agent's arguments.
    public var agentTaskID: Bytes
    public var ownerIsTeam: Bool
    public var dockerImage: Bytes?
    public var sidecarImage: Bytes?
    public var additionalSidecars: [Sidecar]
    public var environment: [EnvironmentVariable]
    public var extraArguments: [SecretRef]
    public var shape: InstanceShape
    /// `oz_lifecycle_hooks` holds a `"required": true`, which nobody can honour.
    public var hooksRequired: Bool
    public var agent: AgentConfiguration?
    /// The `task` as received, as JSON text; only where a backend passes it on.
    public var document: SecretRef?

    public init(key: ExecutionKey, agentTaskID: Bytes) {
        self.key = key
        self.agentTaskID = agentTaskID
        secrets = .none
        ownerIsTeam = false
        dockerImage = nil
        sidecarImage = nil
        additionalSidecars = []
        environment = []
        extraArguments = []
        shape = InstanceShape(vcpus: nil, memoryGiB: nil)
        hooksRequired = false
        agent = nil
        document = nil
    }
}

public struct Sidecar: Hashable, Codable, Sendable {
    public let image: Bytes
    public let mountPath: Bytes
    public let readWrite: Bool

    public init(image: Bytes, mountPath: Bytes, readWrite: Bool) {
        self.image = image
        self.mountPath = mountPath
        self.readWrite = readWrite
    }
}

/// Absurd or missing axes are nil.
public struct InstanceShape: Hashable, Codable, Sendable {
    public let vcpus: Int?
    public let memoryGiB: Int?

    public init(vcpus: Int?, memoryGiB: Int?) {
        self.vcpus = vcpus
        self.memoryGiB = memoryGiB
    }
}

/// `agent_config_snapshot`: values are trimmed, and nil where they were absent, null or empty.
public struct AgentConfiguration: Hashable, Codable, Sendable {
    public enum Sharing: UInt8, Hashable, Codable, Sendable { case viewer, editor }

    public var environmentID: Bytes?
    public var modelID: Bytes?
    public var profileID: Bytes?
    public var skillSpec: Bytes?
    /// Compact JSON, top-level keys sorted; nil for an absent or empty map.
    public var mcpServers: SecretRef?
    public var computerUse: Bool?
    public var computerUseModelID: Bytes?
    /// Each an object as compact JSON.
    public var repositoryHeadOverrides: [SecretRef] = []
    public var idleTimeoutMinutes: Int?
    public var harness: Bytes?
    public var bedrockRole: Bytes?
    public var bedrockRegion: Bytes?
    public var publicAccess: Sharing?
    public var snapshotDisabled: Bool = false
    public var snapshotUploadTimeoutSeconds: Int?
    public var snapshotScriptTimeoutSeconds: Int?

    public init() {}
}
