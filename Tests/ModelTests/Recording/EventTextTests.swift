// The text of an event is written by hand for those that come often and by the compiler's encoding for the rest. The
// two must be one text, and both readers must read the same out of it.

import Codecs
import Effects
import Testing

@testable import Recording

struct EventTextTests {
    private let coder = StateWriter()

    private func encoded(_ event: Event) throws -> Bytes {
        var text = Bytes()
        try coder.append(event, to: &text)
        return text
    }

    private func scanned(_ text: Bytes) -> Event? {
        text.withUnsafeBytes { EventScanner.read($0, 0..<$0.count) }
    }

    @Test func everyKindOfEventHasOneText() throws {
        var frequent = 0
        for event in SampleEvents.all {
            let text = try encoded(event)
            #expect(text == (try encodeState(event).encoded()), "\(event)")
            #expect(try StateReader().read(Event.self, from: text) == event)
            var byHand = Bytes()
            guard EventText(coder).appendFrequent(event, to: &byHand) else { continue }
            frequent += 1
            #expect(byHand.text == text.text)
        }
        #expect(frequent > 30)
        #expect(SampleEvents.all.count - frequent > 10)
    }

    @Test func whatIsWrittenByHandIsReadByHand() throws {
        for event in SampleEvents.all {
            var text = Bytes()
            guard EventText(coder).appendFrequent(event, to: &text) else { continue }
            let read = scanned(text)
            #expect(read == event || read == nil)
            if SampleEvents.isPlain(event) { #expect(read != nil, "\(text.text)") }
        }
    }

    @Test func aWholeSessionIsReadByHand() throws {
        var left: [String] = []
        for session in Session.some {
            for input in session.inputs {
                let text = try encoded(input.event)
                #expect(try StateReader().read(Event.self, from: text) == input.event)
                let read = scanned(text)
                #expect(read == input.event || read == nil)
                if read == nil { left.append(text.text) }
            }
        }
        // Failures, ends of connections and signals are left to the compiler's decoding.
        let frequent = left.filter { $0.contains("\"done\"") || $0.contains("\"written\"") || $0.contains("exited") }
        #expect(frequent.isEmpty)
    }

    /// Whatever stands there: what the scanner reads, the decoding reads, too, and the same.
    @Test func theScannerNeverReadsWhatTheDecodingDoesNot() throws {
        var read = 0
        for event in SampleEvents.all {
            let text = try encoded(event)
            for place in text.indices {
                for byte in [text[place] ^ 1, text[place] ^ 2, 0x22, 0x7d, 0x39, 0x5c] as [UInt8] {
                    var changed = text
                    changed[place] = byte
                    guard let event = scanned(changed) else { continue }
                    read += 1
                    let decoded = try? decodeState(Event.self, from: JSON.parse(changed))
                    #expect(decoded == event, "\(changed.text)")
                }
            }
            for length in 0..<text.count { #expect(scanned(Bytes(text.prefix(length))) == nil) }
        }
        #expect(read > 500)
    }

    @Test func aReaderOfStatesTakesAnyBytes() throws {
        let reader = StateReader()
        for event in SampleEvents.all {
            let text = try encoded(event)
            for length in 0..<text.count {
                let cut = Bytes(text.prefix(length))
                #expect((try? reader.read(Event.self, from: cut)) == nil)
            }
            for place in text.indices {
                for byte in [0x00, 0x22, 0x5c, 0x7b, 0x5d, 0xff] as [UInt8] {
                    var changed = text
                    changed[place] = byte
                    guard let read = try? reader.read(Event.self, from: changed) else { continue }
                    let decoded = try? decodeState(Event.self, from: JSON.parse(changed))
                    #expect(decoded == read, "\(changed.text)")
                }
            }
        }
        let deep = Bytes(repeating: 0x5b, count: 100_000)
        #expect(throws: StateCodingError.self) { try reader.read(Event.self, from: deep) }
    }
}

enum SampleEvents {
    private static let id = EffectID(slot: 3, sequence: 1_234)
    private static let large = EffectID(slot: .max, sequence: .max)

    static func isPlain(_ event: Event) -> Bool {
        let text = (try? encodeState(event).encoded()) ?? []
        return !text.contains(0x5c) && !text.text.contains("hex:") && !text.text.contains("text:")
            && text.allSatisfy { $0 < 0x7f }
    }

    static let all: [Event] =
        [
            .began(.nothing), .tick, .operator(.stopRequested(signal: 15)), .interpreter(.contractBroken(id)),
            .socket(.opened(id)), .socket(.opened(large)), .socket(.ponged(id, number: 9)), .socket(.heard(id)),
            .socket(.written(id)), .socket(.notWritten(id)),
        ] + failures.map { .socket(.refused(id, $0)) } + ends.map { .socket(.closed(id, $0)) }
        + messages.map { .socket(.received(id, $0)) } + processes.map { .process($0) } + files.map { .files($0) }
        + docker.map { .docker($0) }

    private static let failures: [DialFailure] = [
        .name(Detail("who")), .timedOut, .status(503, retryAfter: .seconds(3)), .status(401, retryAfter: nil),
        .abandoned,
    ]

    private static let ends: [ConnectionEnd] = [
        .closedByPeer(code: 1001), .closedByPeer(code: nil), .closedByUs, .lost(Detail("reset")),
        .violation(code: 1002, Detail("mask")), .abandoned,
    ]

    private static let processes: [ProcessEvent] = [
        .started(id), .startFailed(id, .exec(errno: 2)), .exited(id, .exit(0)), .exited(id, .exit(-1)),
        .exited(id, .signal(9)), .exited(id, .unseen), .cleared(id, .exit(3)), .finished(id, .exit(Int32.max)),
        .finished(large, .signal(15)), .finished(id, .unseen),
    ]

    private static let files: [FilesEvent] = [
        .done(id), .exists(id), .failed(id, .system(errno: 28)), .found(id, path: Bytes(text: "/usr/bin/oz")),
        .found(id, path: Bytes(text: "/with \"quotes\" and \\")), .found(id, path: [0x2f, 0xff, 0xfe]),
        .found(id, path: Bytes(text: "text:/odd")), .found(id, path: Bytes(text: "tail")), .found(id, path: []),
        .environmentRead(id, [], secrets: .none, malformed: []),
        .environmentRead(id, variables, secrets: SecretRange(first: 9, count: 2), malformed: [1, 7], omitted: 3),
    ]

    private static let docker: [DockerEvent] = {
        let words = Bytes(text: "registry \"x\": no\n")
        let failures: [DockerFailure] = [
            .refused(status: 404, Detail("no such image")), .pull(Detail(words)), .notReached(Detail("down")),
            .lost(Detail("reset")), .timedOut, .unreadable(Detail([0xff])), .credentials(Detail("none")),
            .address(Detail("ssh")), .abandoned,
        ]
        let remarks: [DockerRemark] = [
            .contextLoses(context: Bytes(text: "far"), socket: Bytes(text: "/s")), .unverified,
            .configuration(Detail("unreadable")),
        ]
        let platform = Bytes(text: "linux/amd64")
        let daemon = DockerDaemon(
            platform: platform, version: Bytes(text: "27.1"), api: nil, place: [], remarks: remarks)
        let image = DockerImage(
            id: Bytes(text: "sha256:1"), digests: [Bytes(text: "a@sha256:1"), []], platform: platform)
        let states: [DockerContainer.State] = [.created, .running, .ended]
        let containers = states.map {
            DockerContainer(
                id: Bytes(text: "c"), state: $0, exitCode: -1, outOfMemory: $0 == .ended,
                instance: $0 == .created ? nil : Bytes(text: "0011"), task: nil, execution: nil)
        }
        let listed = [
            DockerListed(id: Bytes(text: "one"), name: [0xff], instance: nil, execution: nil),
            DockerListed(id: [], name: [], instance: [1], execution: [2], isRunning: true, volumes: [[3], []]),
        ]
        return [
            .done(id), .done(large), .exists(id), .volume(id, isLabelled: true), .volume(id, isLabelled: false),
            .ended(id, code: 0), .ended(id, code: .max), .ended(large, code: .min), .reached(id, daemon),
            .image(id, image), .listed(id, []), .listed(id, listed),
        ] + failures.map { .failed(id, $0) } + containers.map { .container(id, $0) }
    }()

    private static let variables = [
        EnvironmentVariable("A", .secret(SecretRef(number: 9))), EnvironmentVariable("B", Text("plain")),
        EnvironmentVariable(name: [], value: .literal([])),
    ]

    private static let messages: [IncomingMessage] =
        [
            .heartbeat, .cancellation(TaskID(Bytes(text: "task-1"))), .cancellation(TaskID(Bytes(text: "hex:00"))),
            .unknown(type: Bytes(text: "later")), .unreadable(WireProblem(kind: .missing, path: Bytes(text: "data"))),
            .unreadableAssignment(
                ExecutionKey(task: TaskID([0x74]), execution: nil), WireProblem(kind: .empty, path: [])),
        ] + assignments.map { .assignment($0) }

    private static let assignments: [Assignment] = {
        let bare = Assignment(key: ExecutionKey(task: TaskID(Bytes(text: "b-1")), execution: nil), agentTaskID: [0x62])
        var full = Assignment(
            key: ExecutionKey(task: TaskID(Bytes(text: "b-1")), execution: ExecutionID(Bytes(text: "e-1"))),
            agentTaskID: Bytes(text: "b-1"))
        full.secrets = SecretRange(first: 4, count: 12)
        full.ownerIsTeam = true
        full.dockerImage = Bytes(text: "image:1")
        full.sidecarImage = Bytes(text: "sidecar:1")
        full.environment = variables
        full.extraArguments = [SecretRef(number: 11), SecretRef(number: 12)]
        full.shape = InstanceShape(vcpus: 2, memoryGiB: 8)
        full.hooksRequired = true
        full.agent = agent
        full.document = SecretRef(number: 13)
        var joined = full
        joined.environment = [EnvironmentVariable("C", .joined([Text("a"), .secret(SecretRef(number: 1))]))]
        var sidecars = full
        sidecars.additionalSidecars = [Sidecar(image: [0x69], mountPath: [0x2f], readWrite: true)]
        var memoryOnly = bare
        memoryOnly.shape = InstanceShape(vcpus: nil, memoryGiB: 1)
        memoryOnly.agent = AgentConfiguration()
        var accented = bare
        accented.agentTaskID = Bytes(text: "caf\u{e9}\n")
        return [bare, full, joined, sidecars, memoryOnly, accented] + sparse(full)
    }()

    private static let agent: AgentConfiguration = {
        var agent = AgentConfiguration()
        agent.environmentID = Bytes(text: "environment")
        agent.modelID = Bytes(text: "model")
        agent.profileID = Bytes(text: "profile")
        agent.skillSpec = Bytes(text: "skill")
        agent.mcpServers = SecretRef(number: 5)
        agent.computerUse = true
        agent.computerUseModelID = Bytes(text: "other")
        agent.repositoryHeadOverrides = [SecretRef(number: 6)]
        agent.idleTimeoutMinutes = 45
        agent.harness = Bytes(text: "claude")
        agent.bedrockRole = Bytes(text: "role")
        agent.bedrockRegion = Bytes(text: "region")
        agent.publicAccess = .editor
        agent.snapshotDisabled = true
        agent.snapshotUploadTimeoutSeconds = 60
        agent.snapshotScriptTimeoutSeconds = -1
        return agent
    }()

    /// The full one, with each member of its agent left out in turn.
    private static func sparse(_ full: Assignment) -> [Assignment] {
        guard let tree = try? encodeState(full), case .object(let members) = tree,
            let place = members.firstIndex(where: { $0.name.equals("agent") }),
            case .object(let agent) = members[place].value
        else { return [] }
        return agent.indices.compactMap { index in
            var left = agent
            left.remove(at: index)
            let other = tree.replacing([place]) { _ in .object(left) }
            return other.flatMap { try? decodeState(Assignment.self, from: $0) }
        }
    }
}
