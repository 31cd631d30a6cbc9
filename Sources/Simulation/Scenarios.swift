// Every scenario with its bounds, in one visible place.

import Codecs
import Effects
import WorkerModel

public enum Scenarios {
    public static let all: [Scenario] =
        [
            oneTask, oneTaskStopped, twoTasks, twoTasksStopped, capacityOne, duplicate, duplicateStopped, followUp,
            followUpStopped, unseenDeath, timeout, draining, targetDirectory, kept, nonsense, asleep, brokenHands,
        ] + dispatching + containing + deaths

    /// Every fault of the direct backend against one execution, with cancel, drops, setup and teardown.
    static let oneTask = scenario("one task, every fault", [task("a", "1")]) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.foreign = [Bytes(text: "/w/a")]
        $0.faults = 2
    }

    static let oneTaskStopped = scenario("one task, every fault, stop", [task("a", "1")]) {
        $0.signals = 3
        $0.faults = 2
    }

    static let twoTasks = scenario("two tasks, cancel, drop", [task("a", "1"), task("b", "2")], bare) {
        $0.quickFiles = true
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
    }

    static let twoTasksStopped = scenario("two tasks, drop, stop", [task("a", "1"), task("b", "2")], bare) {
        $0.quickFiles = true
        $0.signals = 1
        $0.faults = 1
        $0.allowed = [.drop, .refuse, .slow, .agentFails]
    }

    static let capacityOne = scenario(
        "capacity one, three tasks", [task("a", "1"), task("b", "2"), task("c", "3")], limited
    ) {
        $0.quickFiles = true
        $0.faults = 1
        $0.allowed = [.drop, .agentFails, .slow]
    }

    static let duplicate = scenario("the same assignment twice", [task("a", "1"), task("a", "1")], bare) {
        $0.faults = 2
        $0.allowed = [.drop, .agentFails, .slow]
    }

    static let duplicateStopped = scenario(
        "the same assignment twice, stop", [task("a", "1"), task("a", "1")], limited
    ) {
        $0.signals = 2
        $0.faults = 1
        $0.allowed = [.drop, .slow]
    }

    static let followUp = scenario("a follow-up execution", [task("a", "1"), task("a", "2")], torn) {
        $0.quickFiles = true
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.drop, .slow, .leavesDescendants]
    }

    static let followUpStopped = scenario("a follow-up execution, stop", [task("a", "1"), task("a", "2")], bare) {
        $0.quickFiles = true
        $0.signals = 1
        $0.faults = 1
        $0.allowed = [.drop, .slow, .refuse]
    }

    /// A minute without a sign of a death takes three waits: two of them are cut short by pings.
    static let unseenDeath = scenario("a death that is not seen", [task("a", "1")], torn) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.quickFiles = true
        $0.faults = 3
        $0.allowed = [.slow]
    }

    static let timeout = scenario("task time-out", [task("a", "1")], timed) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 2
        $0.allowed = [.slow, .drop, .agentFails]
    }

    static let draining = scenario("draining", [task("a", "1"), task("b", "2")], patient) {
        $0.quickFiles = true
        $0.signals = 3
        $0.faults = 1
        $0.allowed = [.drop, .slow]
    }

    static let targetDirectory = scenario("a shared directory", [task("a", "1")], shared) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.signals = 1
        $0.faults = 1
    }

    static let kept = scenario("cleanup off", [task("a", "1")], keeping) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
    }

    static let nonsense = scenario("nonsense from the server", [hooked("h"), task("a", "1")], bare) {
        $0.quickFiles = true
        let problem = WireProblem(kind: .missing, path: Bytes(text: "data.task"))
        let key = ExecutionKey(task: TaskID(Bytes(text: "u")), execution: nil)
        $0.nonsense = [
            .unreadableAssignment(key, problem), .unreadable(problem), .unknown(type: Bytes(text: "x")), .heartbeat,
            .cancellation(TaskID(Bytes(text: "nobody"))),
        ]
        $0.faults = 0
    }

    static let asleep = scenario("a machine that sleeps", [task("a", "1")], bare) {
        $0.quickFiles = true
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.sleeps = 1
        $0.faults = 1
        $0.allowed = [.drop, .slow]
    }

    static let brokenHands = scenario("broken hands", [task("a", "1")]) {
        $0.faults = 1
        $0.allowed = [.brokenContract]
    }
}

// MARK: - Parts

extension Scenarios {
    static func scenario(
        _ name: String, _ assignments: [Assignment], _ settings: Settings = full, _ change: (inout Scenario) -> Void
    ) -> Scenario {
        var scenario = Scenario(name, settings, assignments)
        // Broken hands have a scenario of their own: after one of them the world itself is inconsistent.
        scenario.allowed.remove(.brokenContract)
        change(&scenario)
        return scenario
    }

    static func task(_ task: String, _ execution: String) -> Assignment {
        let key = ExecutionKey(task: TaskID(Bytes(text: task)), execution: ExecutionID(Bytes(text: execution)))
        return Assignment(key: key, agentTaskID: Bytes(text: task))
    }

    private static func hooked(_ name: String) -> Assignment {
        var assignment = task(name, "1")
        assignment.hooksRequired = true
        return assignment
    }

    /// With setup and teardown.
    private static let full = settings { direct in
        direct.setupCommand = Bytes(text: "setup")
        direct.teardownCommand = Bytes(text: "teardown")
    } change: { _ in
    }

    /// Neither setup nor teardown.
    private static let bare = settings { _ in
    } change: { _ in
    }
    private static let limited = settings { _ in
    } change: {
        $0.capacity = 1
    }
    private static let timed = settings {
        $0.teardownCommand = Bytes(text: "teardown")
    } change: {
        $0.taskTimeout = .seconds(100)
    }
    private static let torn = settings {
        $0.teardownCommand = Bytes(text: "teardown")
    } change: { _ in
    }
    private static let patient = settings { _ in
    } change: {
        $0.drainTimeout = .seconds(60)
    }
    private static let keeping = settings {
        $0.setupCommand = Bytes(text: "setup")
    } change: {
        $0.cleanup = false
    }
    private static let shared = settings { direct in
        direct.targetDirectory = Bytes(text: "/target")
        direct.teardownCommand = Bytes(text: "teardown")
    } change: { _ in
    }

    private static func settings(
        _ shape: (inout DirectSettings) -> Void, change: (inout Settings) -> Void
    ) -> Settings {
        var direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
        shape(&direct)
        var settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: Bytes(text: "ws://x"),
            backend: .direct(direct))
        // One wait, whatever the attempt: the doubling is arithmetic and has tests of its own.
        settings.timing.backoffFirst = .seconds(1)
        settings.timing.backoffCap = .seconds(1)
        change(&settings)
        return settings
    }
}
