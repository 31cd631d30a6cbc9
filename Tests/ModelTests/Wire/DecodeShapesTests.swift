// Absent, null and empty are the same; nonsense is named and refused; what is not used can't do any harm.

import Codecs
import Effects
import Testing

@Suite struct DecodeShapesTests {
    static let snapshot = ["data", "task", "agent_config_snapshot"]

    /// Every optional field with what empty means for it.
    static let optional: [(path: [String], empty: String)] = [
        (["data", "execution_id"], #""""#),
        (["data", "docker_image"], #""""#),
        (["data", "sidecar_image"], #""""#),
        (["data", "env_vars"], "{}"),
        (["data", "additional_sidecars"], "[]"),
        (["data", "additional_oz_args"], "[]"),
        (["data", "instance_shape"], "{}"),
        (["data", "oz_lifecycle_hooks"], "[]"),
        (["data", "task", "owner"], "{}"),
        (snapshot, "{}"),
        (snapshot + ["environment_id"], #""  ""#),
        (snapshot + ["model_id"], #""\n""#),
        (snapshot + ["profile_id"], #""""#),
        (snapshot + ["skill_spec"], #""""#),
        (snapshot + ["mcp_servers"], "{}"),
        (snapshot + ["computer_use_model_id"], #""""#),
        (snapshot + ["repository_head_overrides"], "[]"),
        (snapshot + ["harness"], "{}"),
        (snapshot + ["harness", "type"], #"" ""#),
        (snapshot + ["inference_providers"], "{}"),
        (snapshot + ["inference_providers", "aws"], "{}"),
        (snapshot + ["inference_providers", "aws", "role_arn"], #""""#),
        (snapshot + ["session_sharing"], "{}"),
        (snapshot + ["session_sharing", "public_access"], #""""#),
    ]

    /// Those that have no empty form.
    static let nullable: [[String]] = [
        snapshot + ["computer_use_enabled"], snapshot + ["idle_timeout_minutes"],
        snapshot + ["snapshot_disabled"], snapshot + ["snapshot_upload_timeout_secs"],
        snapshot + ["snapshot_script_timeout_secs"], snapshot + ["inference_providers", "aws", "disabled"],
        ["data", "instance_shape", "vcpus"], ["data", "instance_shape", "memory_gb"],
    ]

    @Test func absentNullAndEmptyAreTheSame() throws {
        for (path, empty) in Self.optional {
            let absent = try #require(Decoded(Golden.document.setting(path, nil)).assignment, "\(path)")
            let null = Decoded(Golden.document.setting(path, .null)).assignment
            let blank = Decoded(Golden.document.setting(path, Golden.parse(empty))).assignment
            #expect(absent == null, "\(path)")
            #expect(absent == blank, "\(path)")
            // Else the field would not be looked at, and the test would see nothing.
            let full = try #require(Decoded(Golden.document).assignment)
            if path.last != "oz_lifecycle_hooks" { #expect(absent != full, "\(path)") }
        }
        for path in Self.nullable {
            let absent = try #require(Decoded(Golden.document.setting(path, nil)).assignment, "\(path)")
            #expect(absent == Decoded(Golden.document.setting(path, .null)).assignment, "\(path)")
        }
    }

    @Test func aSmallAssignmentIsEnough() throws {
        let decoded = Decoded(text: #"{"type":"task_assignment","data":{"task_id":"t","task":{"id":"t"}}}"#)
        let assignment = try #require(decoded.assignment)
        #expect(assignment.key.execution == nil)
        #expect(assignment.agent == nil)
        #expect(assignment.secrets == .none)
        #expect(decoded.secrets.isEmpty)
        #expect(decoded.next == 1)
    }

    @Test func unknownFieldsMayBeAnything() {
        for value in ["null", "1e999", #"[[[{}]]]"#, #""text""#, "{}"] {
            for place in [
                ["data"], ["data", "task"], Self.snapshot, ["data", "instance_shape"], ["data", "task", "owner"],
            ] {
                let document = Golden.document.setting(place + ["brand_new"], Golden.parse(value))
                #expect(Decoded(document).assignment != nil, "\(value) in \(place)")
            }
        }
        for unused in ["title", "task_definition", "created_at", "agent_conversation_id"] {
            #expect(Decoded(Golden.document.setting(["data", "task", unused], .number(1))).assignment != nil)
        }
        for unused in ["base_prompt", "harness_auth_secrets"] {
            #expect(Decoded(Golden.document.setting(Self.snapshot + [unused], .array([]))).assignment != nil)
        }
    }

    /// A field, a value that does not fit it, and what the worker says of it.
    private static let problems: [([String], String, String)] = [
        (["data", "execution_id"], "7", "expectedText data.execution_id"),
        (["data", "task"], "null", "missing data.task"),
        (["data", "task"], "[]", "expectedObject data.task"),
        (["data", "task"], "{}", "missing data.task.id"),
        (["data", "task", "id"], #""""#, "empty data.task.id"),
        (["data", "task", "id"], #""\t ""#, "empty data.task.id"),
        (["data", "task", "id"], "{}", "expectedText data.task.id"),
        (["data", "task", "owner"], "[]", "expectedObject data.task.owner"),
        (["data", "task", "owner", "Type"], "1", "expectedText data.task.owner.Type"),
        (["data", "docker_image"], "{}", "expectedText data.docker_image"),
        (["data", "env_vars"], "[]", "expectedMap data.env_vars"),
        (["data", "env_vars"], #"{"A": "b", "SECRET": 1}"#, "expectedText data.env_vars[1]"),
        (["data", "additional_sidecars"], "{}", "expectedList data.additional_sidecars"),
        (["data", "additional_sidecars"], "[{}, 1]", "expectedObject data.additional_sidecars[1]"),
        (["data", "additional_sidecars"], #"[{"image": 1}]"#, "expectedText data.additional_sidecars[0].image"),
        (
            ["data", "additional_sidecars"], #"[{"read_write": "yes"}]"#,
            "expectedFlag data.additional_sidecars[0].read_write"
        ),
        (["data", "additional_oz_args"], #"["a", null]"#, "expectedText data.additional_oz_args[1]"),
        (["data", "instance_shape"], #""2x4""#, "expectedObject data.instance_shape"),
        (["data", "instance_shape", "vcpus"], #""2""#, "expectedNumber data.instance_shape.vcpus"),
    ]

    private static let agent = "data.task.agent_config_snapshot"
    private static let agentProblems: [([String], String, String)] = [
        (snapshot, "7", "expectedObject \(agent)"),
        (snapshot + ["mcp_servers"], "[]", "expectedMap \(agent).mcp_servers"),
        (snapshot + ["computer_use_enabled"], #""yes""#, "expectedFlag \(agent).computer_use_enabled"),
        (snapshot + ["idle_timeout_minutes"], "1.5", "expectedNumber \(agent).idle_timeout_minutes"),
        (snapshot + ["idle_timeout_minutes"], "1e99", "expectedNumber \(agent).idle_timeout_minutes"),
        (snapshot + ["harness"], #""oz""#, "expectedObject \(agent).harness"),
        (
            snapshot + ["repository_head_overrides"], #"["x"]"#,
            "expectedObject \(agent).repository_head_overrides[0]"
        ),
    ]

    @Test func namesWhatIsWrong() {
        for (path, value, problem) in Self.problems + Self.agentProblems {
            let decoded = Decoded(Golden.document.setting(path, Golden.parse(value)))
            #expect(decoded.problem == problem)
            guard case .unreadableAssignment(let key, _) = decoded.message else {
                Issue.record("\(path) names no task")
                continue
            }
            #expect(key.task.bytes.text == "run-1")
            #expect(key.execution?.bytes.text == (path.last == "execution_id" ? nil : "exec-1"))
            #expect(decoded.secrets.isEmpty)
            #expect(decoded.next == 1)
        }
    }

    @Test func namesWhatIsWrongWithAMessage() {
        let cases = [
            ("", "notJSON "), ("{", "notJSON "), ("[]", "expectedObject "), ("null", "expectedObject "),
            ("{}", "missing type"), (#"{"type": null}"#, "missing type"), (#"{"type": 1}"#, "expectedText type"),
            (#"{"type": ""}"#, "empty type"), (#"{"type": "task_assignment"}"#, "missing data"),
            (#"{"type": "task_assignment", "data": "x"}"#, "expectedObject data"),
            (#"{"type": "task_assignment", "data": {}}"#, "missing data.task_id"),
            (#"{"type": "task_assignment", "data": {"task_id": 1}}"#, "expectedText data.task_id"),
            (#"{"type": "task_cancellation", "data": {"task_id": ""}}"#, "empty data.task_id"),
            (#"{"type": "task_cancellation"}"#, "missing data"),
        ]
        for (text, problem) in cases { #expect(Decoded(text: text).problem == problem, "\(text)") }
    }

    @Test func readsTheSmallMessages() {
        let cancel = Decoded(text: #"{"data": {"task_id": "t\u0000", "x": 1}, "type": "task_cancellation"}"#).message
        #expect(cancel == .cancellation(TaskID([0x74, 0])))
        #expect(Decoded(text: #"{"type": "heartbeat", "data": 7}"#).message == .heartbeat)
        #expect(Decoded(text: #"{"type": "pause"}"#).message == .unknown(type: Bytes(text: "pause")))
        let long = String(repeating: "x", count: 100_000)
        guard case .unknown(let type) = Decoded(text: "{\"type\": \"\(long)\"}").message else {
            Issue.record("not unknown")
            return
        }
        #expect(type.count == 128)
    }

    @Test func nothingPublicGrowsWithoutBound() {
        let long = JSON.string(String(repeating: "x", count: 100_000))
        #expect(Decoded(Golden.document.setting(["data", "task_id"], long)).problem == "tooMany data.task_id")
        #expect(
            Decoded(Golden.document.setting(["data", "docker_image"], long)).problem == "tooMany data.docker_image")
        #expect(Decoded(Golden.document.setting(["data", "task", "title"], long)).assignment != nil)
    }
}
