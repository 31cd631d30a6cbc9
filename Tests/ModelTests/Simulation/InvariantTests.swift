// Every invariant can fail: each gets a world that breaks it, and a world beside it that does not.

import Codecs
import Effects
import Testing

@testable import Simulation
@testable import WorkerModel

struct InvariantTests {
    private let execution = key("a", "1")

    @Test func aWorldThatIsLeftAloneBreaksNothing() {
        for stage in [WorldStage(), WorldStage.running(), WorldStage.reported(), WorldStage.resting()] {
            #expect(stage.found() == nil)
        }
        #expect(WorldStage.resting().foundAtRest == nil)
    }

    @Test func verdictAfterDeath() {
        var stage = WorldStage.reported()
        #expect(stage.world.worker.connection.outbox.lastWords == 1)
        for role in [ProcessRole.agent, .setup, .teardown] {
            stage.world.processes = ProcessTable()
            _ = stage.world.processes.take(launch(role, of: execution, named: name(500)), id(500))
            _ = stage.world.journal.take(.intended(.process(name(500), role)))
            #expect(stage.found() == nil)
            stage.world.processes.processes[0].state = .running
            #expect(stage.found() == (role == .teardown ? nil : "VerdictAfterDeath"))
        }
        stage.world.processes = ProcessTable()
        _ = stage.world.processes.take(launch(.agent, of: key("a", "2")), id(500))
        stage.world.processes.processes[0].state = .running
        #expect(stage.found() == nil)
    }

    @Test func aWordAboutWhoHauntsMayGoOut() {
        var stage = WorldStage.running()
        stage.make(.cancel(0))
        stage.make(.deliverToWorker)
        while stage.world.worker.roster.tasks.first?.isHaunting != true {
            stage.make(stage.world.network.link?.state == .open ? .drop : .wait)
            if stage.world.network.link?.state == .dialling { stage.make(.acceptDial) }
        }
        #expect(stage.world.processes.processes.contains { $0.lives })
        #expect(stage.world.worker.connection.outbox.lastWords == 1)
        #expect(stage.found() == nil)
    }

    @Test func slotsAreStates() {
        for (capacity, name) in [(0, nil), (1, nil)] as [(Int, String?)] {
            let stage = WorldStage.running { $0.settings.capacity = capacity }
            #expect(stage.found() == name)
        }
        var crowded = WorldStage([assignment("a"), assignment("b")])
        crowded.connect()
        for index in 0..<2 {
            crowded.make(.assign(index))
            crowded.make(.deliverToWorker)
        }
        #expect(crowded.world.worker.roster.active == 2)
        #expect(crowded.found() == nil)
        var narrow = WorldStage([assignment("a"), assignment("b")]) { $0.settings.capacity = 1 }
        narrow.adopt(crowded.world)
        #expect(narrow.found() == "SlotsAreStates")
    }

    @Test func oneAgent() {
        var stage = WorldStage.running()
        #expect(stage.world.processes.agentStarts == [execution])
        stage.world.processes.agentStarts.append(key("a", "2"))
        #expect(stage.found() == nil)
        stage.world.processes.agentStarts.append(execution)
        #expect(stage.found() == "OneAgent")
        stage.world.processes.agentStarts = [key("a"), key("a")]
        #expect(stage.found() == nil)
    }

    @Test func nothingWaitsForNothing() {
        var stage = WorldStage.running()
        stage.world.processes.processes = []
        #expect(stage.found() == "NothingWaitsForNothing")
        stage.world.exited = 1
        stage.world.admittedLeftovers = true
        #expect(stage.found() == nil)
        var files = WorldStage()
        files.connect()
        files.make(.assign(0))
        files.goOn { !$0.files.pending.isEmpty }
        #expect(files.found() == nil)
        files.world.files.pending = []
        #expect(files.found() == "NothingWaitsForNothing")
        var line = WorldStage()
        line.connect()
        line.world.network.link = nil
        #expect(line.found() == "NothingWaitsForNothing")
    }

    @Test func aClaimOrAnEarlierExecutionIsWorthWaitingFor() {
        var stage = WorldStage([assignment("a", "1"), assignment("a", "2")])
        stage.connect()
        stage.make(.assign(0))
        stage.make(.deliverToWorker)
        #expect(stage.found() == nil)
        stage.make(.assign(1))
        stage.goOn { $0.worker.roster.tasks.count == 2 && $0.worker.roster.tasks[1].isReady }
        #expect(stage.found() == nil)
        var without = WorldStage([assignment("a", "1")])
        without.connect()
        without.make(.assign(0))
        without.make(.deliverToWorker)
        without.world.core.worker.connection.outbox = Outbox()
        #expect(without.found() == "NothingWaitsForNothing")
    }

    @Test func boundedState() {
        var stage = WorldStage.running()
        stage.make(.assign(0))
        #expect(stage.found() == nil)
        func under(_ change: (inout Scenario) -> Void) -> String? {
            var narrow = WorldStage([assignment("a")], change)
            narrow.adopt(stage.world)
            return narrow.found()
        }
        stage.world.server.nextAssignment = 0
        stage.make(.assign(0))
        stage.make(.deliverToWorker)
        #expect(stage.world.worker.connection.outbox.letters.count { $0.run == 0 } == 1)
        #expect(under { $0.settings.limits.courtesies = 1 } == nil)
        #expect(under { $0.settings.limits.courtesies = 0 } == "BoundedState")
        #expect(under { $0.assignments = [] } == "BoundedState")
        let done = WorldStage.reported()
        for (limit, name) in [(1, nil), (0, "BoundedState")] as [(Int, String?)] {
            var narrow = WorldStage { $0.settings.limits.remembered = limit }
            narrow.adopt(done.world)
            #expect(narrow.found() == name)
        }
    }

    // MARK: - Causes

    private func sent(_ failure: Failure) -> [Request] {
        let word = OutgoingMessage.failed(execution, failure, exitCode: nil)
        return [Request(id: id(700, slot: 0), effect: .socket(.send(connection: id(1, slot: 0), word)))]
    }

    @Test func aFailureNeedsItsCause() {
        let stage = WorldStage.running()
        let failures: [Failure] = [
            .agentInvocation(.ended(.exit(1))), .setupCommand(.ended(.exit(1))), .workspaceSetup(.noFreeName),
            .gracefulShutdown, .internal(.contractBroken), .taskTimeout(.seconds(1)),
        ]
        for failure in failures { #expect(stage.found(sent(failure)) == "TransientIsNotVerdict", "\(failure)") }
        let completed = Request(
            id: id(700, slot: 0), effect: .socket(.send(connection: id(1, slot: 0), .completed(execution))))
        #expect(stage.found([completed]) == nil)
    }

    @Test func aFailureWithItsCauseIsRight() {
        func found(_ failure: Failure, _ change: (inout Scenario) -> Void, _ plant: (inout World) -> Void) -> String? {
            var stage = WorldStage.running(change)
            plant(&stage.world)
            return stage.found(sent(failure))
        }
        let agent = Failure.agentInvocation(.ended(.exit(1)))
        #expect(found(agent, { _ in }, { $0.processes.badEnds = [self.execution] }) == nil)
        #expect(found(agent, { _ in }, { $0.processes.badEnds = [key("b")] }) == "TransientIsNotVerdict")
        #expect(found(agent, { _ in }, { $0.contractBroken = true }) == nil)
        #expect(found(agent, { _ in }, { $0.faultsLeft -= 1 }) == nil)
        #expect(found(.workspaceSetup(.noFreeName), { _ in }, { $0.files.failures = 1 }) == nil)
        let somebodys = Bytes(text: "/w/b")
        #expect(found(.workspaceSetup(.noFreeName), { $0.foreign = [somebodys] }, { _ in }) == nil)
        #expect(found(.gracefulShutdown, { _ in }, { $0.signalsLeft -= 1 }) == nil)
        #expect(found(.internal(.contractBroken), { _ in }, { $0.contractBroken = true }) == nil)
        #expect(found(.taskTimeout(.seconds(1)), { $0.settings.taskTimeout = .seconds(1) }, { _ in }) == nil)
    }

    @Test func aReconnectTouchesNothing() {
        let stage = WorldStage.running()
        let dial = id(1, slot: 0)
        let touching: [Effect] = [.process(.kill(process: id(2))), .files(.removeTree([]))]
        let quiet: [SocketEvent] = [.opened(dial), .refused(dial, .timedOut), .heard(dial)]
        let loud: [SocketEvent] = [
            .closed(dial, .abandoned), .ponged(dial, number: 1), .written(dial), .notWritten(dial),
        ]
        for effect in touching {
            let requests = [Request(id: id(700), effect: effect)]
            for event in quiet { #expect(stage.found(by: .socket(event), requests) == "QuietReconnect") }
            for event in loud { #expect(stage.found(by: .socket(event), requests) == nil) }
            #expect(stage.found(by: .tick, requests) == nil)
        }
        let told = [Request(id: id(700), effect: .measure(.connected(true)))]
        for event in quiet { #expect(stage.found(by: .socket(event), told) == nil) }
    }
}

extension WorldStage {
    fileprivate func found(_ requests: [Request]) -> String? { found(by: .tick, requests) }

    /// The other world's worker and what it relies on, under this one's scenario.
    mutating func adopt(_ other: World) {
        world.core = other.core
        world.network = other.network
        world.processes = other.processes
        world.files = other.files
        world.journal = other.journal
        world.server = other.server
    }

    @Test func aGlanceKnowsWhoWasThere() {
        let (running, reported) = (WorldStage.running().world.worker, WorldStage.reported().world.worker)
        let before = Glance(running, slot: 1)
        #expect(before.keys == [key("a", "1")] && before.isStill(in: running, slot: 1))
        #expect(!before.isStill(in: reported, slot: 1))
        let nobody = Glance(reported, slot: 1)
        #expect(nobody.keys.isEmpty && nobody.isStill(in: reported, slot: 1) && nobody.isStill(in: running, slot: 1))
    }
}
