// A world that is led to a state by hand, for the tests of the world itself.

import Codecs
import Effects

@testable import Simulation
@testable import WorkerModel

struct WorldStage {
    var world: World

    /// One task, without setup; `change` may want it otherwise.
    init(_ assignments: [Assignment] = [assignment("a")], _ change: (inout Scenario) -> Void = { _ in }) {
        let direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
        var settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: Bytes(text: "ws://x"),
            backend: .direct(direct))
        settings.timing.backoffFirst = .seconds(1)
        settings.timing.backoffCap = .seconds(1)
        var scenario = Scenario("stage", settings, assignments)
        scenario.cancellations = [TaskID(Bytes(text: "a"))]
        scenario.signals = 2
        change(&scenario)
        world = World(scenario)
    }

    /// With an agent that runs.
    static func running(_ change: (inout Scenario) -> Void = { _ in }) -> WorldStage {
        var stage = WorldStage(change: change)
        stage.connect()
        stage.make(.assign(0))
        stage.goOn { world in world.processes.processes.contains { $0.state == .running } }
        return stage
    }

    /// With a final word that waits in the outbox, everything tidied up.
    static func reported(_ change: (inout Scenario) -> Void = { _ in }) -> WorldStage {
        var stage = running(change)
        stage.make(.process(0, .ends))
        stage.goOn { $0.worker.roster.isEmpty }
        return stage
    }

    /// At rest, with everything heard.
    static func resting(_ change: (inout Scenario) -> Void = { _ in }) -> WorldStage {
        var stage = reported(change)
        stage.goOn { $0.calmMove() == nil }
        return stage
    }

    private init(change: (inout Scenario) -> Void) {
        self.init([assignment("a")], change)
    }

    mutating func connect() {
        goOn { $0.network.link?.state == .open }
    }

    mutating func make(_ move: Move, diesAfter: Int? = nil) {
        _ = world.make(Happening(move, diesAfter: diesAfter))
    }

    /// What a healthy world does next, again and again.
    mutating func goOn(until isDone: (World) -> Bool) {
        for _ in 0..<200 where !isDone(world) {
            guard let move = world.calmMove() else { return }
            _ = world.make(move)
        }
    }

    /// The name of what the world finds wrong after an input that did nothing.
    func found(by event: Event = .tick, _ requests: [Request] = []) -> String? {
        world.violated(since: Glance(world.worker), by: event, requests)?.invariant
    }

    var foundAtRest: String? { world.violatedAtRest()?.invariant }
}

/// One without a name ends with its worker.
func launch(_ role: ProcessRole, of key: ExecutionKey, named name: ProcessName? = nil) -> ProcessCall {
    .start(
        Launch(
            role: role, key: key, executable: [], arguments: [], base: .minimal, environment: [], directory: [],
            secrets: [], name: name))
}

func name(_ number: UInt64) -> ProcessName { ProcessName(number: number) }

extension JournalModel {
    mutating func take(_ note: JournalNote, of run: UInt64 = 900) -> Violation? {
        take(JournalCall(run: run, note))
    }
}

extension ProcessTable {
    mutating func take(_ call: ProcessCall, _ id: EffectID) -> Violation? {
        take(call, id, at: Instant(nanoseconds: 0))
    }
}

extension ServerModel {
    mutating func assigned(_ key: ExecutionKey) { assigned(key, anew: true) }
}

func id(_ sequence: UInt64, slot: UInt32 = 1) -> EffectID { EffectID(slot: slot, sequence: sequence) }
