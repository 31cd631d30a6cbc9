// What the worker reads out of an assignment, and that nothing secret is read into the model.

import Codecs
import Effects
import Testing

@Suite struct DecodeTests {
    @Test func readsEveryField() throws {
        let decoded = Decoded(text: Golden.assignment)
        let assignment = try #require(decoded.assignment)
        #expect(assignment.key.task.bytes.text == "run-1")
        #expect(assignment.key.execution?.bytes.text == "exec-1")
        #expect(assignment.agentTaskID.text == "run-1")
        #expect(assignment.ownerIsTeam)
        #expect(assignment.dockerImage?.text == "ubuntu:24.04")
        #expect(assignment.sidecarImage?.text == "agent:1")
        #expect(
            assignment.additionalSidecars == [
                Sidecar(image: Bytes(text: "cli:1"), mountPath: Bytes(text: "/mnt/cli"), readWrite: true),
                Sidecar(image: [], mountPath: [], readWrite: false),
            ])
        #expect(assignment.environment.map(\.name.text) == ["TOKEN", "EMPTY", "NIL", "TOKEN2"])
        #expect(assignment.environment.map { decoded.told($0.value) } == ["CANARY-last", "", "", "CANARY-two"])
        #expect(assignment.extraArguments.map { decoded.told($0) } == ["--flag", "CANARY-argument", ""])
        #expect(assignment.shape == InstanceShape(vcpus: 4, memoryGiB: 16))
        #expect(!assignment.hooksRequired)
        #expect(assignment.document == nil)
    }

    @Test func readsTheAgent() throws {
        let decoded = Decoded(text: Golden.assignment)
        let agent = try #require(decoded.agent)
        #expect(agent.environmentID?.text == "env-1")
        #expect(agent.modelID?.text == "model-1")
        #expect(agent.profileID?.text == "profile-1")
        #expect(agent.skillSpec?.text == "org/repo:skill")
        #expect(decoded.told(agent.mcpServers) == #"{"alpha":{"b":1.50,"a":"CANARY-a"},"zeta":{"url":"CANARY-url"}}"#)
        #expect(agent.computerUse == false)
        #expect(agent.computerUseModelID?.text == "cu-1")
        let overrides = agent.repositoryHeadOverrides.map { decoded.told($0) }
        #expect(overrides == [#"{"repo":"CANARY-repo","head":"x"}"#, "{}"])
        #expect(agent.idleTimeoutMinutes == 15)
        #expect(agent.harness?.text == "claude")
        #expect(agent.bedrockRole?.text == "arn:1")
        #expect(agent.bedrockRegion?.text == "eu-1")
        #expect(agent.publicAccess == .editor)
        #expect(agent.snapshotDisabled)
        #expect(agent.snapshotUploadTimeoutSeconds == 60)
        #expect(agent.snapshotScriptTimeoutSeconds == 30)
    }

    @Test func numbersSecretsInARow() throws {
        var next: UInt64 = 41
        let (message, secrets) = decodeMessage(Bytes(text: Golden.assignment), nextSecret: &next, keepDocument: false)
        guard case .assignment(let assignment) = message else { throw Missing() }
        #expect(secrets.map(\.ref.number) == (41..<41 + UInt64(secrets.count)).map { $0 })
        #expect(assignment.secrets == SecretRange(first: 41, count: UInt64(secrets.count)))
        #expect(next == 41 + UInt64(secrets.count))
    }

    @Test func neverGivesTheNumberOfTheAPIKey() {
        #expect(Decoded(Bytes(text: Golden.assignment), from: 0).secrets.first?.ref.number == 1)
    }

    @Test(arguments: [false, true])
    func everyCanaryIsASecretAndNoneIsInTheModel(keepDocument: Bool) throws {
        let decoded = Decoded(text: Golden.assignment, keepDocument: keepDocument)
        let names = Set(Golden.assignment.split(separator: "CANARY-").dropFirst().map { $0.prefix { $0.isLetter } })
        #expect(names.count == 15)
        let maskable = decoded.secrets.filter { $0.kind != .document }.map(\.bytes.text)
        for name in names {
            #expect(maskable.contains { $0.contains("CANARY-\(name)") }, "\(name) is hidden")
        }
        let told = try encodeState(decoded.message).encoded().text
        #expect(!told.contains("CANARY"))
        // Bytes are lists of numbers in a description.
        let canary = Bytes(text: "CANARY").map { "\($0)" }.joined(separator: ", ")
        #expect(!String(reflecting: decoded.message).contains(canary))
        #expect(!told.contains(canary))
        #expect(!String(reflecting: decoded.secrets).contains(canary))
        #expect(!String(describing: decoded.secrets).contains(canary))
        var dumped = ""
        dump(decoded.secrets, to: &dumped)
        #expect(!dumped.contains("67") && !dumped.contains("CANARY"))
    }

    @Test func keepsTheTaskAsReceived() throws {
        let decoded = Decoded(text: Golden.assignment, keepDocument: true)
        let document = try #require(decoded.told(decoded.assignment?.document))
        let task = try #require(Golden.document["data"]?["task"])
        #expect(document == task.encoded().text)
        #expect(decoded.secrets.filter { $0.kind == .document }.count == 1)
        let range = try #require(decoded.assignment?.secrets)
        #expect(range.count == UInt64(decoded.secrets.count))
    }

    @Test func idsAndFlagsAreNotHidden() {
        let hidden = Set(Decoded(text: Golden.assignment).secrets.map(\.bytes.text))
        for name in [
            "run-1", "exec-1", "conversation-1", "env-1", "model-1", "cu-1", "claude", "ubuntu:24.04", "TEAM",
        ] {
            #expect(!hidden.contains(name), "\(name) is public")
        }
    }

    @Test func ownersInEitherCase() {
        let path = ["data", "task", "owner"]
        func team(_ owner: String) -> Bool? {
            Decoded(Golden.document.setting(path, Golden.parse(owner))).assignment?.ownerIsTeam
        }
        #expect(team(#"{"type": "TEAM"}"#) == true)
        #expect(team(#"{"Type": "team", "Id": 1}"#) == true)
        #expect(team(#"{"Type": "USER", "type": "TEAM"}"#) == false)
        #expect(team(#"{"Type": "ROBOT"}"#) == false)
        #expect(team(#"{"Type": null, "type": "TEAM"}"#) == true)
    }

    @Test func absurdShapesAreUnset() {
        func shape(_ text: String) -> InstanceShape? {
            Decoded(Golden.document.setting(["data", "instance_shape"], Golden.parse(text))).assignment?.shape
        }
        let unset = InstanceShape(vcpus: nil, memoryGiB: nil)
        #expect(shape(#"{"vcpus": 0, "memory_gb": -1}"#) == unset)
        #expect(shape(#"{"vcpus": 1000001, "memory_gb": 1e400}"#) == unset)
        #expect(shape(#"{"vcpus": 1.5, "memory_gb": 99999999999999999999}"#) == unset)
        #expect(shape(#"{"vcpus": 1000000, "memory_gb": 2e0}"#) == InstanceShape(vcpus: 1_000_000, memoryGiB: 2))
        #expect(shape(#"{"memory_gb": 3}"#) == InstanceShape(vcpus: nil, memoryGiB: 3))
    }

    @Test func findsRequiredHooksAnywhere() {
        func required(_ text: String) -> Bool? {
            Decoded(Golden.document.setting(["data", "oz_lifecycle_hooks"], Golden.parse(text))).assignment?
                .hooksRequired
        }
        #expect(required(#"{"required": true}"#) == true)
        #expect(required(#"[[{"a": {"b": [{"required": true}]}}]]"#) == true)
        #expect(required(#"{"required": false, "x": {"required": "true"}}"#) == false)
        #expect(required(#""required""#) == false)
        #expect(required("true") == false)
    }

    @Test func providersCanBeDisabled() throws {
        let path = ["data", "task", "agent_config_snapshot", "inference_providers", "aws", "disabled"]
        let agent = try #require(Decoded(Golden.document.setting(path, .bool(true))).agent)
        #expect(agent.bedrockRole == nil)
        #expect(agent.bedrockRegion == nil)
    }

    @Test func sharingTakesTwoWords() {
        let path = ["data", "task", "agent_config_snapshot", "session_sharing", "public_access"]
        func access(_ word: String) -> AgentConfiguration.Sharing? {
            Decoded(Golden.document.setting(path, .string(word))).agent?.publicAccess
        }
        #expect(access("VIEWER") == .viewer)
        #expect(access("EDITOR") == .editor)
        #expect(access("OWNER") == nil)
    }

    @Test func theLastServerOfANameCountsAndTheOthersAreHidden() {
        let servers = Golden.parse(#"{"b": "CANARY-first", "a": {}, "b": "CANARY-second"}"#)
        let path = ["data", "task", "agent_config_snapshot", "mcp_servers"]
        let decoded = Decoded(Golden.document.setting(path, servers))
        #expect(decoded.told(decoded.agent?.mcpServers) == #"{"a":{},"b":"CANARY-second"}"#)
        #expect(decoded.secrets.contains { $0.bytes.text == "CANARY-first" })
    }

    @Test func aRepeatedFieldCountsOnceAndIsHiddenAllTheSame() {
        let text = #"{"type":"task_assignment","data":{"task_id":"a","task":{"id":"x-hidden"},"task":{"id":"b"}}}"#
        let decoded = Decoded(text: text)
        #expect(decoded.assignment?.agentTaskID.text == "b")
        #expect(decoded.secrets.contains { $0.bytes.text == "x-hidden" })
    }

    struct Missing: Error {}
}
