// The scenarios of the command backend, with their bounds. What is handed over lives on outside, in the runtime's
// model; the dispatch command may run for as long as it likes, so every scenario knows its time-out.

import Codecs
import Effects
import WorkerModel

extension Scenarios {
    static let dispatching: [Scenario] = [
        dispatch, dispatchStopped, dispatchCancelledTwice, dispatchUnreachable, dispatchDuplicate, dispatchFollowUp,
        dispatchCapacityOne, dispatchLimited, dispatchDraining, dispatchUnseenDeath, dispatchBrokenHands,
    ]

    /// Every fault of the command backend against one execution, with cancel.
    private static let dispatch = scenario("one dispatch, every fault", [task("a", "1")], handing) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 2
    }

    private static let dispatchStopped = scenario("one dispatch, cancel, stop", [task("a", "1")], handing) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.signals = 3
        $0.faults = 1
    }

    /// The second one may come while the cancel command runs, or after it.
    private static let dispatchCancelledTwice = scenario("one dispatch, cancelled twice", [task("a", "1")], handing) {
        $0.cancellations = [TaskID(Bytes(text: "a")), TaskID(Bytes(text: "a"))]
        $0.faults = 3
        $0.allowed = [.agentFails, .startFails]
    }

    private static let dispatchUnreachable = scenario(
        "a dispatch without a cancel command", [task("a", "1")], unreachable
    ) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.signals = 1
        $0.faults = 1
    }

    private static let dispatchDuplicate = scenario(
        "the same dispatch twice", [task("a", "1"), task("a", "1")], handing
    ) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.drop, .agentFails, .lateSuccess]
    }

    private static let dispatchFollowUp = scenario(
        "a follow-up dispatch", [task("a", "1"), task("a", "2")], handing
    ) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.drop, .agentFails, .lateSuccess]
    }

    private static let dispatchCapacityOne = scenario(
        "capacity one, two dispatches", [task("a", "1"), task("b", "1")], single
    ) {
        $0.cancellations = [TaskID(Bytes(text: "b"))]
        $0.faults = 1
        $0.allowed = [.drop, .agentFails, .leavesDescendants]
    }

    /// The task's own limit comes before that of the dispatch command.
    private static let dispatchLimited = scenario("a dispatch and the task time-out", [task("a", "1")], short) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 2
        $0.allowed = [.lateSuccess, .agentFails, .leavesDescendants]
    }

    private static let dispatchDraining = scenario("draining a dispatch", [task("a", "1")], patientHanding) {
        $0.signals = 3
        $0.faults = 1
    }

    private static let dispatchUnseenDeath = scenario(
        "a dispatch whose death is not seen", [task("a", "1")], handing
    ) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 4
        $0.allowed = [.slow]
    }

    private static let dispatchBrokenHands = scenario("a dispatch with broken hands", [task("a", "1")], handing) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.brokenContract]
    }
}

// MARK: - Parts

extension Scenarios {
    private static let handing = settings()
    private static let unreachable = settings { $0.cancelCommand = nil }
    private static let single = settings(capacity: 1)
    private static let short = settings(taskTimeout: .seconds(2))
    private static let patientHanding = settings(drainTimeout: .seconds(20))

    private static func settings(
        capacity: Int = 0, taskTimeout: Span? = nil, drainTimeout: Span = .zero,
        _ shape: (inout CommandSettings) -> Void = { _ in }
    ) -> Settings {
        var command = CommandSettings(dispatchCommand: Bytes(text: "dispatch"), directory: Bytes(text: "/"))
        command.cancelCommand = Bytes(text: "cancel")
        // Before the first ping, so that it takes few waits.
        command.dispatchTimeout = .seconds(15)
        shape(&command)
        var settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: Bytes(text: "ws://x"),
            backend: .command(command))
        settings.timing.backoffFirst = .seconds(1)
        settings.timing.backoffCap = .seconds(1)
        settings.capacity = capacity
        settings.taskTimeout = taskTimeout
        settings.drainTimeout = drainTimeout
        return settings
    }
}
