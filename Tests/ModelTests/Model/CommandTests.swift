// The command backend: the payload to the byte, what its two commands get to see, and what is kept of the tasks that
// were handed over. The courses of events are golden scenarios, spec/scenarios/command*.txt.

import Codecs
import Effects
import Testing

@testable import WorkerModel

struct CommandTests {
    private static func stage(_ change: (inout CommandSettings) -> Void = { _ in }) -> WorkerStage {
        var command = CommandSettings(dispatchCommand: Bytes(text: "hand over"), directory: Bytes(text: "/home"))
        command.cancelCommand = Bytes(text: "take back")
        change(&command)
        var stage = WorkerStage {
            $0.backend = .command(command)
            $0.serverRootURL = Bytes(text: "https://s")
        }
        stage.feed(.began(.nothing))
        stage.opens()
        return stage
    }

    // MARK: - What goes out

    @Test func thePayloadIsThisToTheByte() throws {
        var stage = CommandTests.stage()
        let decoded = Decoded(Bytes(text: Golden.assignment), keepDocument: true)
        stage.receives(decoded.message)
        for (id, _) in stage.sends { stage.written(id) }
        let input = try #require(stage.launch.launch.input)
        var text = Bytes()
        input.encode(into: &text) { ref in decoded.secrets.first { $0.ref == ref }?.bytes }
        let task = try #require(Golden.document["data"]?["task"]).encoded().text
        let wanted =
            #"{"version":1,"run_id":"run-1","execution_id":"exec-1","server_root_url":"https://s","worker_id":"w","#
            + #""docker_image":"ubuntu:24.04","base_args":["agent","run","--share","team:edit","--task-id","run-1","#
            + #""--sandboxed","--server-root-url","https://s","--profile","profile-1","--skill","org/repo:skill","#
            + #""--mcp","{\"alpha\":{\"b\":1.50,\"a\":\"CANARY-a\"},\"zeta\":{\"url\":\"CANARY-url\"}}","#
            + #""--no-computer-use","--bedrock-inference-role","arn:1","--bedrock-role-region","eu-1","#
            + #""--harness","claude","--share","public:edit","--no-snapshot","--snapshot-upload-timeout","60s","#
            + #""--snapshot-script-timeout","30s","--environment","env-1","--repository-head-override-json","#
            + #""{\"repo\":\"CANARY-repo\",\"head\":\"x\"}","--repository-head-override-json","{}","#
            + #""--remove-repository-origins","--flag","CANARY-argument","","--idle-on-complete","15m"],"#
            + #""env":{"TASK_ID":"run-1","GIT_TERMINAL_PROMPT":"0","GH_PROMPT_DISABLED":"1","#
            + #""WARP_SERVER_ROOT_URL":"https://s","TOKEN":"CANARY-last","EMPTY":"","NIL":"","TOKEN2":"CANARY-two"},"#
            + #""sidecars":[{"image":"agent:1","mount_path":"/agent","read_write":false},"#
            + #"{"image":"cli:1","mount_path":"/mnt/cli","read_write":true},"#
            + #"{"image":"","mount_path":"","read_write":false}],"task":"# + task + "}"
        #expect(text.text == wanted)
        #expect(try JSON.parse(text).encoded() == text)
        // In the model itself all of that is references.
        #expect(!input.encoded().text.contains("CANARY"))
        #expect(!(try encodeState(stage.worker)).encoded().text.contains("CANARY"))
        #expect(!(try encodeState(stage.history)).encoded().text.contains("CANARY"))
    }

    @Test func thePayloadOfALittleTask() throws {
        var stage = CommandTests.stage()
        stage.claims(assignment("a", nil))
        let input = try #require(stage.launch.launch.input)
        #expect(input["execution_id"]?.asString == [])
        #expect(input["docker_image"]?.asString?.text == "ubuntu:22.04")
        #expect(input["sidecars"] == .array([]))
        #expect(!stage.history.contains { $0.effect.tellsOfAMissingImage })
        var other = assignment("b")
        other.agent = AgentConfiguration()
        other.agent?.environmentID = Bytes(text: "e")
        stage.claims(other)
        #expect(stage.history.count { $0.effect.tellsOfAMissingImage } == 1)
    }

    @Test func whatTheCommandsGetToSee() {
        var stage = CommandTests.stage {
            $0.environment = [
                EnvironmentVariable("MINE", .secret(SecretRef(number: 1))),
                EnvironmentVariable("OZ_EXECUTION_ID", Text("configured")),
                EnvironmentVariable("OZ_DOCKER_IMAGE", Text("configured")),
            ]
        }
        var given = assignment("a", "1")
        given.environment = [EnvironmentVariable("SECRET", .secret(SecretRef(number: 9)))]
        given.secrets = SecretRange(first: 9, count: 1)
        stage.claims(given)
        let dispatch = stage.launch
        #expect(dispatch.launch.role == .dispatch)
        #expect(dispatch.launch.handsOver)
        #expect(dispatch.launch.base == .worker)
        #expect(dispatch.launch.executable == Bytes(text: "/bin/sh"))
        #expect(dispatch.launch.directory == Bytes(text: "/home"))
        #expect(dispatch.launch.secrets == [SecretRange(first: 9, count: 1)])
        #expect(shown(dispatch.launch.arguments) == ["/bin/sh", "-c", "hand over"])
        let common = ["MINE=(1)", "OZ_EXECUTION_ID=1", "OZ_RUN_ID=a", "OZ_WORKER_BACKEND=command"]
        let all = common + ["OZ_SERVER_ROOT_URL=https://s", "OZ_DOCKER_IMAGE=ubuntu:22.04"]
        #expect(shown(dispatch.launch).sorted() == all.sorted())
        #expect(!stage.history.contains { $0.effect == .forgetSecrets(given.secrets) })

        stage.feed(.process(.finished(dispatch.id, .exit(0))))
        #expect(stage.asked.contains { $0.effect == .forgetSecrets(given.secrets) })
        stage.receives(.cancellation(TaskID(Bytes(text: "a"))))
        let cancel = stage.launch.launch
        #expect(cancel.role == .cancel)
        #expect(!cancel.handsOver)
        #expect(cancel.input == nil)
        #expect(cancel.secrets == [])
        #expect(shown(cancel.arguments) == ["/bin/sh", "-c", "take back"])
        // What was configured is the operator's, whatever its name.
        #expect(shown(cancel).sorted() == (common + ["OZ_DOCKER_IMAGE=configured"]).sorted())
    }

    // MARK: - The end

    @Test func handedOverIsCountedOnceAndLeavesNothing() {
        var stage = CommandTests.stage()
        stage.claims(assignment("a"))
        let id = stage.launch.id
        stage.feed(.process(.started(id)))
        stage.pass(.seconds(3))
        stage.feed(.process(.finished(id, .exit(0))))
        let measures = stage.history.compactMap { if case .measure(let measure) = $0.effect { measure } else { nil } }
        #expect(
            measures.filter { $0 != .connected(true) } == [
                .taskClaimed, .taskEnded(.dispatched, nil, after: .seconds(3)),
            ])
        #expect(stage.messages.isEmpty)
        #expect(stage.worker.roster.isEmpty)
        #expect(stage.worker.handedOver.count == 1)
        #expect(stage.history.count { $0.note == .handedOver } == 1)
    }

    @Test func whatNobodyAwaitsBetweenTwoTriesIsLate() {
        var stage = CommandTests.stage()
        stage.claims(assignment("a", "1"))
        stage.feed(.process(.finished(stage.launch.id, .exit(0))))
        stage.receives(.cancellation(TaskID(Bytes(text: "a"))))
        let cancel = stage.launch.id
        stage.feed(.process(.finished(cancel, .exit(1))))
        #expect(!stage.asked.contains { $0.effect == .measure(.lateCompletion) })
        stage.feed(.process(.finished(cancel, .exit(1))))
        #expect(stage.asked.count { $0.effect == .measure(.lateCompletion) } == 1)
        stage.pass(.seconds(1))
        #expect(stage.launch.launch.role == .cancel)
        #expect(stage.launch.id != cancel)
    }

    @Test func givenUpIsCountedOnce() {
        var stage = CommandTests.stage()
        stage.claims(assignment("a"))
        stage.feed(.process(.finished(stage.launch.id, .exit(0))))
        stage.receives(.cancellation(TaskID(Bytes(text: "a"))))
        for _ in 0..<3 {
            stage.feed(.process(.finished(stage.launch.id, .exit(1))))
            stage.pass(.seconds(1))
        }
        #expect(stage.history.count { $0.effect == .measure(.cleanupFailed(.cancelCommand)) } == 1)
        #expect(stage.worker.roster.isEmpty)
        #expect(stage.worker.nextDeadline() == stage.worker.connection.deadline)
    }

    /// The bound of a cancellation with a stop: ten seconds of dispatch, then three tries with pauses between them.
    @Test func aStopFindsTimeForAllOfIt() {
        let timing = Timing()
        let tries = UInt64(Limits().cancelTries)
        let cancelling = timing.cancelCommand.nanoseconds * tries + timing.cancelRetry.nanoseconds * (tries - 1)
        let all = timing.dispatchAtStop.nanoseconds + cancelling + timing.lastWords.nanoseconds
        #expect(all < timing.stop.nanoseconds)
    }

    // MARK: - What is remembered

    @Test func theOldestAreForgotten() {
        var known = HandedOver()
        let limits = Limits()
        #expect(limits.handedOver == 10_000)
        for number in 0..<(limits.handedOver + 5) { known.remember(key("task-\(number)", "e"), limits) }
        #expect(known.count == limits.handedOver)
        #expect(!known.contains(key("task-4", "e")))
        #expect(known.contains(key("task-5", "e")))
        #expect(known.contains(key("task-10004", "e")))
        #expect(!known.contains(key("task-10004", "other")))
        #expect(known.latest(8, of: TaskID(Bytes(text: "task-10004"))) == [key("task-10004", "e")])
        #expect(known.latest(8, of: TaskID(Bytes(text: "task-4"))).isEmpty)
    }

    @Test func theLatestComeFirst() {
        var limits = Limits()
        limits.handedOver = 5
        var known = HandedOver()
        for (task, execution) in [("a", "1"), ("b", "1"), ("a", "2"), ("a", nil), ("a", "3"), ("a", nil), ("b", "2")] {
            known.remember(key(task, execution), limits)
        }
        let task = TaskID(Bytes(text: "a"))
        #expect(known.latest(9, of: task) == [key("a"), key("a", "3"), key("a", "2")])
        #expect(known.latest(2, of: task) == [key("a"), key("a", "3")])
        #expect(known.latest(0, of: task).isEmpty)
        limits.handedOver = 0
        var nothing = HandedOver()
        nothing.remember(key("a", "1"), limits)
        #expect(nothing.count == 0)
    }

    /// Whatever a state from outside holds, looking into it does not trap.
    @Test func aRingThatIsBroken() throws {
        var limits = Limits()
        limits.handedOver = 3
        var known = HandedOver()
        for number in 0..<4 { known.remember(key("a", "\(number)"), limits) }
        let tree = try encodeState(known)
        for next in [-1, -7, 3, 900, Int.max, Int.min] {
            let place = try #require(tree.leaves.first { tree.words(for: $0) == "next" })
            let odd = try #require(tree.replacing(place) { _ in .number(Bytes(decimal: next)) })
            var decoded = try decodeState(HandedOver.self, from: odd)
            #expect(decoded.latest(9, of: TaskID(Bytes(text: "a"))).count <= 3)
            decoded.remember(key("b", "1"), limits)
            #expect(decoded.count == 3)
        }
    }

    private func shown(_ launch: Launch) -> [String] {
        launch.environment.map { "\($0.name.text)=\(shown([$0.value])[0])" }
    }

    private func shown(_ texts: [Text]) -> [String] {
        texts.map { $0.rendered { Bytes(text: "(\($0.number))") }?.text ?? "" }
    }
}

extension Effect {
    fileprivate var tellsOfAMissingImage: Bool {
        guard case .log(let record) = self, case .imageMissing = record.saying else { return false }
        return true
    }
}
