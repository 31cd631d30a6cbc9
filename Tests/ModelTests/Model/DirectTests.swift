// The direct backend: names on the host, and what each of its commands gets to see.

import Codecs
import Effects
import Testing

@testable import WorkerModel

struct DirectTests {
    private static let longest = String(repeating: "n", count: 255)

    // MARK: - Names

    @Test(arguments: ["a", "...", ".hidden", "-x", "run 1", "caf\u{e9}", "a\nb", longest])
    func usable(id: String) {
        #expect(DirectNames.isUsable(TaskID(Bytes(text: id))))
    }

    @Test(arguments: ["", ".", "..", "/", "a/b", "../x", "a\\b", "a\u{0}b", longest + "n"])
    func unusable(id: String) {
        #expect(!DirectNames.isUsable(TaskID(Bytes(text: id))))
        var stage = WorkerStage.connected()
        stage.claims(assignment(id))
        #expect(stage.messages == [.failed(key(id, "1"), .workspaceSetup(.unusableTaskID), exitCode: nil)])
        #expect(stage.fileCalls.isEmpty)
        #expect(stage.worker.roster.isEmpty)
    }

    @Test func namesOfWorkspaces() {
        func name(_ key: ExecutionKey, _ attempt: Int) -> String {
            DirectNames.workspace(key, attempt: attempt, root: Bytes(text: "/w")).text
        }
        #expect(name(key("a", "exec-12345678"), 0) == "/w/a")
        #expect(name(key("a", "exec-12345678"), 1) == "/w/a-12345678")
        #expect(name(key("a", "exec-12345678"), 2) == "/w/a-3")
        #expect(name(key("a", "../../.."), 1) == "/w/a---------")
        #expect(name(key("a"), 0) == "/w/a")
        #expect(name(key("a"), 1) == "/w/a-2")
        for attempt in 0..<100 {
            let path = name(key(DirectTests.longest, "12345678"), attempt)
            #expect(path.utf8.count <= "/w/".utf8.count + 255)
        }
    }

    @Test func aTakenNameIsAnotherWorkspace() {
        var stage = WorkerStage.connected()
        stage.claims(assignment("a", "exec-0001"))
        #expect(stage.fileCalls == [.makeDirectory(Bytes(text: "/w/a"))])
        stage.answerFile { .exists($0) }
        #expect(stage.fileCalls == [.makeDirectory(Bytes(text: "/w/a-xec-0001"))])
        stage.answerFile { .exists($0) }
        #expect(stage.fileCalls == [.makeDirectory(Bytes(text: "/w/a-3"))])
        for _ in 3..<200 { stage.answerFile { .exists($0) } }
        #expect(stage.worker.roster.isEmpty)
        #expect(stage.history.count { $0.effect.isMakingADirectory } == stage.worker.settings.limits.workspaceNames)
    }

    @Test func nothingThatIsNotOursIsRemoved() {
        var stage = WorkerStage.connected()
        stage.claims(assignment("a"))
        stage.answerFile { .exists($0) }
        stage.answerFile { .failed($0, .system(errno: 28)) }
        #expect(stage.worker.roster.isEmpty)
        #expect(!stage.history.contains { $0.effect.removes })
    }

    @Test func whatWasMadeIsRemovedUnderItsLastName() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a"))
        stage.feed(.process(.finished(agent, .exit(0))))
        guard case .rename(let from, let to)? = stage.fileCalls.first else {
            Issue.record("no rename")
            return
        }
        #expect(from == Bytes(text: "/w/a"))
        stage.answerFile { .done($0) }
        #expect(stage.fileCalls == [.removeTree(to)])
    }

    // MARK: - Environments

    @Test func layersOfTheAgent() {
        var stage = WorkerStage.connected { settings in
            settings.serverRootURL = Bytes(text: "s")
            settings.backend = direct {
                $0.environment = [
                    EnvironmentVariable("TASK_ID", Text("config")), EnvironmentVariable("FROM_TASK", Text("config")),
                    EnvironmentVariable("GIT_CONFIG_GLOBAL", Text("config")),
                    EnvironmentVariable("CLAUDE_CONFIG_DIR", Text("config")),
                ]
                $0.setupCommand = Bytes(text: "set up")
            }
        }
        var given = assignment("a")
        given.environment = [
            EnvironmentVariable("FROM_TASK", Text("task")), EnvironmentVariable("WARP_SERVER_ROOT_URL", Text("task")),
        ]
        given.agent = AgentConfiguration()
        given.agent?.harness = Bytes(text: "claude")
        stage.claims(given)
        stage.answerFile { .done($0) }
        stage.answerFile { .done($0) }
        let setup = stage.launch
        let common = [
            "TASK_ID=config", "GIT_TERMINAL_PROMPT=0", "GH_PROMPT_DISABLED=1", "WARP_SERVER_ROOT_URL=task",
            "FROM_TASK=config", "GIT_CONFIG_GLOBAL=/w/a/.gitconfig", "CLAUDE_CONFIG_DIR=/w/a/.claude",
        ]
        #expect(setup.launch.role == .setup)
        #expect(setup.launch.base == .worker)
        #expect(shown(setup.launch.arguments) == ["/bin/sh", "-c", "set up"])
        let own = ["OZ_WORKSPACE_ROOT=/w/a", "OZ_WORKER_BACKEND=direct", "OZ_RUN_ID=a"]
        #expect(shown(setup.launch).dropLast() == common + own)
        #expect(shown(setup.launch).last?.hasPrefix("OZ_ENVIRONMENT_FILE=/w/a/oz-env-") == true)

        stage.feed(.process(.finished(setup.id, .exit(0))))
        stage.answerFile {
            let read = [
                EnvironmentVariable("TASK_ID", Text("file")), EnvironmentVariable("MORE", Text("file")),
                EnvironmentVariable("GIT_CONFIG_GLOBAL", Text("file")),
            ]
            return .environmentRead($0, read, secrets: SecretRange(first: 70, count: 3), malformed: [])
        }
        let agent = stage.launch.launch
        #expect(agent.role == .agent)
        #expect(agent.base == .minimal)
        #expect(agent.directory == Bytes(text: "/w/a"))
        #expect(agent.executable == Bytes(text: "/bin/oz"))
        #expect(shown(agent.arguments).prefix(3) == ["/bin/oz", "agent", "run"])
        #expect(shown(agent) == ["TASK_ID=file"] + common.dropFirst() + ["MORE=file"])
    }

    @Test func codexHasADirectoryOfItsOwn() {
        var stage = WorkerStage.connected()
        var given = assignment("a")
        given.agent = AgentConfiguration()
        given.agent?.harness = Bytes(text: "codex")
        stage.claims(given)
        stage.answerFile { .done($0) }
        stage.answerFile { .done($0) }
        #expect(shown(stage.launch.launch).contains("CODEX_HOME=/w/a/.codex"))
        #expect(!shown(stage.launch.launch).contains { $0.hasPrefix("CLAUDE_CONFIG_DIR") })
    }

    @Test func aSharedDirectoryKeepsItsGitConfigurationElsewhere() {
        var stage = WorkerStage.connected {
            $0.backend = direct {
                $0.targetDirectory = Bytes(text: "/target")
                $0.teardownCommand = Bytes(text: "tear down")
            }
        }
        stage.claims(assignment("a"))
        guard case .makeDirectory(let scratch)? = stage.fileCalls.first else {
            Issue.record("no scratch directory")
            return
        }
        #expect(scratch.hasPrefix("/t/oz-git-"))
        stage.answerFile { .done($0) }
        stage.answerFile { .done($0) }
        let agent = stage.launch
        #expect(agent.launch.directory == Bytes(text: "/target"))
        #expect(shown(agent.launch).last == "GIT_CONFIG_GLOBAL=\(scratch.text)/.gitconfig")
        stage.feed(.process(.finished(agent.id, .exit(0))))
        let teardown = stage.launch
        #expect(teardown.launch.role == .teardown)
        #expect(teardown.launch.base == .worker)
        let wanted = [
            "OZ_WORKSPACE_ROOT=/target", "OZ_WORKER_BACKEND=direct", "OZ_RUN_ID=a",
            "GIT_CONFIG_GLOBAL=\(scratch.text)/.gitconfig",
        ]
        #expect(shown(teardown.launch) == wanted)
        stage.feed(.process(.finished(teardown.id, .exit(0))))
        #expect(stage.fileCalls.contains(.removeTree(scratch)))
        #expect(!stage.fileCalls.contains(.removeTree(Bytes(text: "/target"))))
    }

    private func direct(_ change: (inout DirectSettings) -> Void) -> BackendSettings {
        var direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
        change(&direct)
        return .direct(direct)
    }

    private func shown(_ launch: Launch) -> [String] {
        launch.environment.map { "\($0.name.text)=\(shown([$0.value])[0])" }
    }

    private func shown(_ texts: [Text]) -> [String] {
        texts.map { $0.rendered { _ in Bytes(text: "(secret)") }?.text ?? "" }
    }
}

extension Effect {
    fileprivate var isMakingADirectory: Bool {
        if case .files(.makeDirectory) = self { true } else { false }
    }

    fileprivate var removes: Bool {
        guard case .files(let call) = self else { return false }
        switch call {
        case .removeTree, .removeFile, .removeEmptyDirectory: return true
        case .findExecutable, .checkDirectory, .prepareRoot, .makeDirectory, .makeFile, .readEnvironment, .rename:
            return false
        }
    }
}
