// kill -9 between every two effects of every turn, and other lives after it that go on with what the journal tells,
// with their bounds.

import Codecs
import Effects
import WorkerModel

extension Scenarios {
    static let deaths: [Scenario] = [
        killed, killedTwice, killedWithSetup, killedAndStopped, killedAndDropped, killedBesideAnother, killedKept,
        killedInSharedDirectory, killedFollowUp, killedDuplicate, killedTimed, dispatchKilled, dispatchKilledTwice,
        dispatchKilledAndStopped, killedWithoutJournal, dispatchKilledWithoutJournal, killedUnstarted, killedRenaming,
        recallStoppedByForce, killedAsleep,
    ]

    private static let killed = scenario("one task, killed", [task("a", "1")], .teardown) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.agentFails, .leavesDescendants]
    }

    /// All deadlines of the next life are over before it has heard what became of its commands.
    private static let killedAsleep = scenario("one task, killed, and the machine sleeps", [task("a", "1")], .teardown)
    {
        $0.quickFiles = true
        $0.quickNetwork = true
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.sleeps = 1
        $0.faults = 0
    }

    private static let killedTwice = scenario("one task, killed twice", [task("a", "1")], .teardown) {
        $0.quickFiles = true
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.crashes = 2
        $0.faults = 0
    }

    private static let killedWithSetup = scenario(
        "one task with a setup command, killed twice", [task("a", "1")], .setup
    ) {
        $0.quickFiles = true
        $0.crashes = 2
        $0.faults = 0
    }

    private static let killedAndStopped = scenario("two tasks, killed, stop", [task("a", "1"), task("b", "2")], .bare)
    {
        $0.quickFiles = true
        $0.signals = 1
        $0.faults = 0
    }

    private static let killedAndDropped = scenario("one task, killed, stop, drop", [task("a", "1")], .bare) {
        $0.signals = 2
        $0.faults = 1
        $0.allowed = [.drop, .slow]
    }

    private static let killedBesideAnother = scenario("killed beside another's directory", [task("a", "1")], .bare) {
        $0.foreign = [Bytes(text: "/w/a")]
        $0.faults = 0
        $0.crashes = 2
    }

    private static let killedKept = scenario("killed, cleanup off", [task("a", "1")], .setup) {
        $0.settings.cleanup = false
        $0.faults = 0
    }

    private static let killedInSharedDirectory = scenario("killed in a shared directory", [task("a", "1")], .shared) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 0
    }

    private static let killedFollowUp = scenario("a follow-up, killed", [task("a", "1"), task("a", "2")], .teardown) {
        $0.quickFiles = true
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 0
    }

    private static let killedDuplicate = scenario("the same twice, killed", [task("a", "1"), task("a", "1")], .bare) {
        $0.faults = 0
    }

    private static let killedTimed = scenario("killed, task time-out", [task("a", "1")], .bare) {
        $0.quickFiles = true
        $0.settings.taskTimeout = .seconds(100)
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.slow]
    }

    private static let dispatchKilled = scenario("a dispatch, killed", [task("a", "1")], .dispatch) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.agentFails, .lateSuccess]
    }

    private static let dispatchKilledTwice = scenario("a dispatch, killed twice", [task("a", "1")], .dispatch) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.crashes = 2
        $0.faults = 0
    }

    private static let dispatchKilledAndStopped = scenario("a dispatch, killed, stop", [task("a", "1")], .dispatch) {
        $0.signals = 1
        $0.faults = 1
        $0.allowed = [.drop, .leavesDescendants]
    }

    private static let killedWithoutJournal = scenario("killed without a journal", [task("a", "1")], .teardown) {
        $0.settings.journals = false
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.drop, .agentFails]
    }

    private static let dispatchKilledWithoutJournal = scenario(
        "a dispatch, killed without a journal", [task("a", "1")], .dispatch
    ) {
        $0.settings.journals = false
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 0
    }

    private static let killedUnstarted = scenario(
        "commands that can't be started, killed", [task("a", "1")], .teardown
    ) {
        $0.quickFiles = true
        $0.faults = 2
        $0.allowed = [.startFails]
    }

    private static let killedRenaming = scenario("a renaming that fails, killed twice", [task("a", "1")], .teardown) {
        $0.crashes = 2
        $0.faults = 1
        $0.allowed = [.fileFails]
    }

    private static let recallStoppedByForce = scenario(
        "a dispatch that is taken back, a forced stop, and another life", [task("a", "1")], .dispatch
    ) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.crashes = 0
        $0.lives = 2
        $0.signals = 3
        $0.faults = 1
        $0.allowed = [.agentFails]
    }

    private enum Shape {
        case bare, teardown, setup, shared, dispatch
    }

    private static func scenario(
        _ name: String, _ assignments: [Assignment], _ shape: Shape, _ change: (inout Scenario) -> Void
    ) -> Scenario {
        var scenario = Scenario(name, settings(shape), assignments)
        scenario.crashes = 1
        change(&scenario)
        return scenario
    }

    private static func settings(_ shape: Shape) -> Settings {
        let backend: BackendSettings
        switch shape {
        case .bare, .teardown, .setup, .shared:
            var direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
            if shape != .bare { direct.teardownCommand = Bytes(text: "teardown") }
            if shape == .setup { direct.setupCommand = Bytes(text: "setup") }
            if shape == .shared { direct.targetDirectory = Bytes(text: "/target") }
            backend = .direct(direct)
        case .dispatch:
            var command = CommandSettings(dispatchCommand: Bytes(text: "dispatch"), directory: Bytes(text: "/"))
            command.cancelCommand = Bytes(text: "cancel")
            command.dispatchTimeout = .seconds(15)
            backend = .command(command)
        }
        var settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: Bytes(text: "ws://x"), backend: backend)
        settings.timing.backoffFirst = .seconds(1)
        settings.timing.backoffCap = .seconds(1)
        return settings
    }
}
