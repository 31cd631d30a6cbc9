// kill -9 between every two effects of every turn, and another life after it, with their bounds. What the next life
// does not know today is told in spec/invariants.md; what holds all the same is checked here.

import Codecs
import Effects
import WorkerModel

extension Scenarios {
    static let deaths: [Scenario] = [killed, killedAndStopped, dispatchKilled]

    private static let killed = scenario("one task, killed", [task("a", "1")], .teardown) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.drop, .agentFails]
    }

    private static let killedAndStopped = scenario("two tasks, killed, stop", [task("a", "1"), task("b", "2")], .bare)
    {
        $0.quickFiles = true
        $0.signals = 1
        $0.faults = 0
    }

    private static let dispatchKilled = scenario("a dispatch, killed", [task("a", "1")], .dispatch) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 0
    }

    private enum Shape {
        case bare, teardown, dispatch
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
        case .bare, .teardown:
            var direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
            if shape == .teardown { direct.teardownCommand = Bytes(text: "teardown") }
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
