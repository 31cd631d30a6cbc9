// The death of a worker in the world, and what its next life finds.

import Codecs
import Effects
import Testing

@testable import Simulation
@testable import WorkerModel

struct LivesTests {
    private func running(_ change: (inout Scenario) -> Void = { _ in }) -> WorldStage {
        WorldStage.running {
            $0.crashes = 1
            $0.lives = 2
            change(&$0)
        }
    }

    @Test func aTurnHasNoMoreEffectsThanPlacesToDie() {
        let most = World.mostEffects
        for (effects, limit, name) in [
            (most - 1, most, nil), (most, most, "EveryPlaceToDie"), (3, 3, nil), (2, 3, nil),
        ] as [(Int, Int, String?)] {
            var world = running().world
            #expect(world.die(effects, of: limit)?.invariant == name)
            #expect(world.isDead == (name == nil))
        }
    }

    @Test func itDiesInItsNextTurnAndHearsNothingMore() {
        var stage = running()
        stage.make(.crash(after: 0))
        #expect(stage.world.diesAfter == 0 && stage.world.crashesLeft == 0 && !stage.world.isDead)
        stage.make(.wait)
        #expect(stage.world.isDead && stage.world.diesAfter == nil)
        #expect(stage.world.network.link == nil && stage.world.files.pending.isEmpty)
        #expect(stage.world.moves() == [.startAgain])
        let digest = stage.world.worker.digest
        stage.make(.process(0, .ends))
        #expect(stage.world.worker.digest == digest)
    }

    /// Requests in flight: what makes something is done for one of two of them.
    @Test func halfOfWhatWasAskedForIsDone() {
        var stage = running()
        let calls: [FilesCall] = [
            .makeFile(Bytes(text: "/0")), .makeFile(Bytes(text: "/1")), .makeDirectory(Bytes(text: "/2")),
            .makeFile(Bytes(text: "/3")), .readEnvironment(Bytes(text: "/4")),
        ]
        for (number, call) in calls.enumerated() { _ = stage.world.files.take(call, id(900 + UInt64(number))) }
        _ = stage.world.die(0, of: 0)
        let there = stage.world.files.ours.map(\.text).filter { $0.utf8.count == 2 }
        #expect(there == ["/2", "/0"])
        #expect(stage.world.files.failures == 0 && stage.world.files.pending.isEmpty)
    }

    @Test func theNextLifeKnowsNothing() {
        var stage = running()
        stage.make(.crash(after: 0))
        stage.make(.wait)
        stage.make(.startAgain)
        let world = stage.world
        #expect(!world.isDead && !world.begun && world.livesLeft == 1)
        #expect(world.worker.roster.isEmpty && world.journal.open.isEmpty)
        #expect(world.files.ours.isEmpty && !world.files.entries.isEmpty)
        #expect(world.server.ledger.map(\.isOfAnEarlierLife) == [true])
        #expect(world.isOfAnEarlierLife(key("a", "1")) && !world.isOfAnEarlierLife(key("a", "2")))
        // Its supervisor has told the agent to end, and tells nobody of it.
        #expect(world.processes.processes.count == 1)
        let orphan = world.processes.processes[0]
        #expect(orphan.isOrphan && orphan.terminated && orphan.id.slot == .max && orphan.askedAt == nil)
        #expect(world.processes.moves(0).map(\.0) == [.ends])
        stage.make(.process(0, .ends))
        #expect(stage.world.processes.processes.isEmpty && stage.world.lastInputs.isEmpty)
    }

    @Test func anEndInGoodOrderCostsALife() {
        var stage = WorldStage.resting {
            $0.lives = 2
            $0.signals = 1
        }
        stage.make(.signal)
        while stage.world.exited == nil, let move = stage.world.calmMove() { stage.make(move) }
        #expect(stage.world.exited == 0 && stage.world.livesLeft == 1)
        #expect(stage.world.moves() == [.startAgain])
        stage.make(.startAgain)
        #expect(stage.world.exited == nil && stage.world.livesLeft == 0)
        #expect(stage.world.moves() == [.begin])
    }

    @Test func whoHadNotStartedLeavesAndWhatWasLetGoStays() {
        var stage = running()
        for number in 600..<602 as Range<UInt64> {
            _ = stage.world.processes.take(launch(.agent, of: key("b")), id(number))
        }
        stage.world.processes.processes[2].state = .left
        stage.world.processes.processes[2].released = true
        _ = stage.world.die(0, of: 0)
        stage.make(.startAgain)
        #expect(stage.world.processes.processes.map(\.key) == [key("a", "1")])
        // A second death counts on, so that no name comes twice.
        let first = stage.world.processes.processes[0].id
        stage.world.processes.processes[0].isOrphan = false
        _ = stage.world.die(0, of: 0)
        stage.make(.startAgain)
        #expect(stage.world.processes.processes[0].id != first)
    }

    @Test func aNewPageForgetsWhatIsSettled() {
        var stage = WorldStage.resting()
        #expect(!stage.world.processes.agentStarts.isEmpty)
        stage.world.processes.teardownStarts = [key("a", "1")]
        stage.world.processes.badEnds = [key("a", "1")]
        stage.world.network.claimsTaken = [TaskID(Bytes(text: "a"))]
        _ = stage.world.journal.take(.handedOver(key("a", "1")))
        stage.world.files.giveUp(Bytes(text: "/w/ours"))
        stage.world.files.failures = 3
        stage.world.files.entries.append(.init(path: Bytes(text: "/w/ours"), foreign: false))
        stage.world.turnPage(Scenario("next", stage.world.scenario.settings, [assignment("b")]))
        let world = stage.world
        #expect(world.processes.agentStarts.isEmpty && world.processes.teardownStarts.isEmpty)
        #expect(world.processes.badEnds.isEmpty && world.network.claimsTaken.isEmpty)
        #expect(world.files.entries.isEmpty && world.files.givenUp.isEmpty && world.files.failures == 0)
        #expect(world.journal.open.isEmpty && world.journal.handedOver.isEmpty)
        #expect(world.server.ledger.isEmpty && world.runtime.runs.isEmpty)
        #expect(world.scenario.name == "next" && world.worker.connection.isOpen)
    }
}
