// What the tests of the wire share: a full assignment, edits of it, and decoding it.

import Codecs
import Effects

enum Golden {
    /// Every field that the protocol names, each secret one with a canary in it.
    static let assignment = #"""
        {"type": "task_assignment", "extra": 1, "data": {
          "task_id": "run-1", "execution_id": "exec-1",
          "task": {
            "id": " run-1 ", "title": "CANARY-title", "task_definition": {"prompt": "CANARY-prompt"},
            "created_at": "2026-01-01T00:00:00Z", "updated_at": null,
            "owner": {"Type": "TEAM", "Id": 7}, "agent_conversation_id": "conversation-1",
            "unknown": {"deep": ["CANARY-unknown"]},
            "agent_config_snapshot": {
              "environment_id": "env-1", "base_prompt": "CANARY-base", "model_id": " model-1\n",
              "profile_id": "profile-1",
              "skill_spec": "org/repo:skill",
              "mcp_servers": {"zeta": {"url": "CANARY-url"}, "alpha": {"b": 1.50, "a": "CANARY-a"}},
              "computer_use_enabled": false, "computer_use_model_id": "cu-1",
              "repository_head_overrides": [{"repo": "CANARY-repo", "head": "x"}, {}],
              "idle_timeout_minutes": 15, "harness": {"type": "claude", "more": "CANARY-harness"},
              "harness_auth_secrets": {"claude_auth_secret_name": "CANARY-auth"},
              "inference_providers": {"aws": {"disabled": false, "role_arn": "arn:1", "region": "eu-1"}},
              "session_sharing": {"public_access": "EDITOR"}, "snapshot_disabled": true,
              "snapshot_upload_timeout_secs": 60, "snapshot_script_timeout_secs": 3e1
            }
          },
          "docker_image": "ubuntu:24.04", "sidecar_image": "agent:1",
          "env_vars": {
            "TOKEN": "CANARY-token", "EMPTY": "", "NIL": null, "TOKEN2": "CANARY-two", "TOKEN": "CANARY-last"
          },
          "additional_sidecars": [{"image": "cli:1", "mount_path": "/mnt/cli", "read_write": true}, {"image": null}],
          "additional_oz_args": ["--flag", "CANARY-argument", ""],
          "instance_shape": {"vcpus": 4, "memory_gb": 16},
          "telemetry_collection": {"endpoint": {"token": "CANARY-telemetry"}},
          "oz_lifecycle_hooks": [{"command": "CANARY-hook", "required": false}]
        }}
        """#

    static var document: JSON { parse(assignment) }

    static func parse(_ text: String) -> JSON {
        (try? JSON.parse(Bytes(text: text))) ?? .null
    }
}

struct Decoded {
    let message: IncomingMessage
    let secrets: [Secret]
    let next: UInt64

    init(_ bytes: Bytes, from first: UInt64 = 1, keepDocument: Bool = false) {
        var next = first
        (message, secrets) = decodeMessage(bytes, nextSecret: &next, keepDocument: keepDocument)
        self.next = next
    }

    init(_ json: JSON, keepDocument: Bool = false) {
        self.init(json.encoded(), keepDocument: keepDocument)
    }

    init(text: String, keepDocument: Bool = false) {
        self.init(Bytes(text: text), keepDocument: keepDocument)
    }

    var assignment: Assignment? {
        if case .assignment(let assignment) = message { assignment } else { nil }
    }

    var agent: AgentConfiguration? { assignment?.agent }

    /// What a reference points at, as text.
    func told(_ ref: SecretRef?) -> String? {
        guard let ref else { return nil }
        return secrets.first { $0.ref == ref }?.bytes.text
    }

    func told(_ text: Text?) -> String? {
        text?.rendered { ref in secrets.first { $0.ref == ref }?.bytes }?.text
    }

    var problem: String? {
        switch message {
        case .unreadable(let problem), .unreadableAssignment(_, let problem): "\(problem.kind) \(problem.path.text)"
        case .assignment, .cancellation, .heartbeat, .unknown: nil
        }
    }
}

extension JSON {
    /// A copy in which the value at the path of names is another one, or is gone.
    func setting(_ path: [String], _ value: JSON?) -> JSON {
        guard let name = path.first, case .object(var members) = self else { return self }
        let key = Bytes(text: name)
        if path.count > 1 {
            for index in members.indices where members[index].name == key {
                members[index].value = members[index].value.setting(Array(path.dropFirst()), value)
            }
            return .object(members)
        }
        members.removeAll { $0.name == key }
        if let value { members.append(JSONMember(name: key, value: value)) }
        return .object(members)
    }
}
