// The death of a worker in the world, and what its next life finds.

import Codecs
import Testing

@testable import Effects
@testable import Simulation
@testable import WorkerModel

struct LivesTests {
    private func running(_ change: (inout Scenario) -> Void = { _ in }) -> WorldStage {
        WorldStage.running {
            $0.crashes = 2
            $0.lives = 2
            change(&$0)
        }
    }

    private func withoutJournal(_ scenario: inout Scenario) { scenario.settings.journals = false }

    private let execution = key("a", "1")

    /// The kernel knows of as many effects as the worker had before it died, in their order.
    @Test func itDiesBetweenEveryTwoEffects() {
        let before = WorldStage.running().world
        var whole = before
        _ = whole.make(.process(0, .ends))
        let all = whole.reached
        #expect(all > 3)
        for count in 0...all {
            var stage = running()
            let notes = stage.world.journal.inheritance
            stage.make(.process(0, .ends), diesAfter: count)
            #expect(stage.world.isDead && stage.world.diesAfter == nil && stage.world.crashesLeft == 1)
            #expect(stage.world.reached == count)
            #expect((stage.world.journal.inheritance == notes) == (count == 0))
        }
    }

    @Test func theDeadHearNothingAndWhatWasAskedForMayBeDoneYet() {
        var stage = running()
        let calls: [FilesCall] = [
            .makeFile(Bytes(text: "/0")), .makeDirectory(Bytes(text: "/1")), .readEnvironment(Bytes(text: "/2")),
        ]
        for (number, call) in calls.enumerated() { _ = stage.world.files.take(call, id(900 + UInt64(number))) }
        _ = stage.world.processes.take(launch(.teardown, of: key("b"), named: name(5)), id(800))
        stage.world.die()
        #expect(stage.world.isDead && stage.world.network.link == nil)
        #expect(
            stage.world.moves() == [
                .answerFile(0, fails: false), .answerFile(1, fails: false), .process(1, .starts), .startAgain,
            ])
        let digest = stage.world.worker.digest
        stage.make(.answerFile(0, fails: false))
        stage.make(.process(0, .ends))
        #expect(stage.world.worker.digest == digest && stage.world.lastInputs.isEmpty)
        #expect(stage.world.files.ours.contains(Bytes(text: "/0")))
        // What was not done by then never will be.
        stage.make(.startAgain)
        #expect(stage.world.files.pending.isEmpty && !stage.world.files.ours.contains(Bytes(text: "/1")))
        #expect(stage.world.processes.index(name(5)) == nil)
    }

    @Test func aSupervisorKeepsItsCommandForWhoComes() throws {
        var stage = running()
        stage.make(.wait, diesAfter: 0)
        let process = stage.world.processes.processes[0]
        let known = try #require(process.name)
        #expect(!process.isOrphan && !process.terminated && !process.isHeard && process.id.slot == .max)
        stage.make(.startAgain)
        stage.make(.begin)
        stage.goOn { !$0.processes.adoptions.isEmpty }
        #expect(stage.world.processes.adoptions.map(\.name) == [known])
        stage.make(.answerAdoption(0))
        #expect(stage.world.processes.processes[0].isHeard)
        stage.goOn { $0.calmMove() == nil }
        #expect(stage.world.server.ledger[0].finalWord == .completed(execution))
        #expect(stage.world.processes.agentStarts == [execution] && stage.foundAtRest == nil)
    }

    @Test func withoutAJournalTheNextLifeKnowsNothing() {
        var stage = running(withoutJournal)
        stage.make(.wait, diesAfter: 0)
        stage.make(.startAgain)
        let world = stage.world
        #expect(!world.isDead && !world.begun && world.livesLeft == 1)
        #expect(world.worker.roster.isEmpty && world.journal.open.isEmpty)
        #expect(world.files.ours.isEmpty && !world.files.entries.isEmpty)
        #expect(world.server.ledger.map(\.isOfAnEarlierLife) == [true])
        #expect(world.isOfAnEarlierLife(execution) && !world.isOfAnEarlierLife(key("a", "2")))
        // Its supervisor has told the agent to end, and tells nobody of it.
        #expect(world.processes.processes.count == 1)
        let orphan = world.processes.processes[0]
        #expect(orphan.isOrphan && orphan.terminated && orphan.id.slot == .max && orphan.askedAt == nil)
        var moves = MoveList(allowing: FaultSet(Fault.allCases))
        world.processes.addMoves(of: 0, to: &moves)
        #expect(moves.moves.map(\.move) == [.process(0, .ends)])
        stage.make(.process(0, .ends))
        #expect(stage.world.processes.processes.isEmpty && stage.world.lastInputs.isEmpty)
    }

    @Test func withOneItKnowsWhoseItIs() {
        var stage = running()
        stage.make(.wait, diesAfter: 0)
        stage.make(.startAgain)
        #expect(!stage.world.files.ours.isEmpty && !stage.world.isOfAnEarlierLife(execution))
        #expect(stage.world.journal.inheritance.runs.map(\.key) == [execution] && stage.world.files.mayMiss)
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
        var stage = running(withoutJournal)
        for number in 600..<602 as Range<UInt64> {
            _ = stage.world.processes.take(launch(.agent, of: key("b")), id(number))
        }
        stage.world.processes.processes[2].state = .left
        stage.world.processes.processes[2].released = true
        stage.world.die()
        stage.make(.startAgain)
        #expect(stage.world.processes.processes.map(\.key) == [execution])
    }

    // MARK: - Who is to be cancelled

    /// A cancellation counts from the note about it: one that came in the turn of the death may not have come.
    @Test func aCancellationThatNobodyNotedHasNotArrived() {
        for (after, counts) in [(0, false), (1, true)] {
            var stage = running()
            stage.make(.cancel(0))
            stage.make(.deliverToWorker, diesAfter: after)
            #expect(stage.world.server.ledger[0].mustBeCancelled == counts)
        }
        var early = running()
        early.make(.cancel(0))
        early.make(.deliverToWorker)
        early.make(.wait, diesAfter: 0)
        #expect(early.world.server.ledger[0].mustBeCancelled)
    }

    @Test func aMarkIsOfTheLastMove() {
        var stage = running()
        stage.world.runtime.markedNow = [execution]
        stage.world.server.markedNow = [0]
        stage.make(.wait)
        #expect(stage.world.runtime.markedNow.isEmpty && stage.world.server.markedNow.isEmpty)
    }

    // MARK: - What tells two worlds apart

    /// What the journal tells counts as long as somebody may be told.
    @Test func whatTheNextLifeWouldBeToldCounts() throws {
        for (crashes, lives, counts) in [(1, 0, true), (0, 1, true), (0, 0, false)] {
            var one = running().world
            one.crashesLeft = crashes
            one.livesLeft = lives
            var other = one
            let run = try #require(one.journal.inheritance.runs.first?.number)
            _ = other.journal.take(.ending(.completed), of: run)
            #expect((one.fingerprint != other.fingerprint) == counts)
        }
    }

    /// How long ago a run was started counts only where its time is limited.
    @Test func theTimeOfARunCountsWhereItIsLimited() {
        for limit in [nil, Span.seconds(100)] {
            var stage = running { $0.settings.taskTimeout = limit }
            _ = stage.world.journal.take(.claimed(key("z"), at: stage.world.now), of: 950)
            var (one, other) = (stage.world, stage.world)
            _ = one.journal.take(.started(at: Instant(nanoseconds: 1)), of: 950)
            _ = other.journal.take(.started(at: Instant(nanoseconds: 2)), of: 950)
            #expect((one.fingerprint == other.fingerprint) == (limit == nil))
        }
    }

    // MARK: - Pages

    @Test func aNewPageForgetsWhatIsSettled() {
        var stage = WorldStage.resting()
        #expect(!stage.world.processes.agentStarts.isEmpty)
        stage.world.processes.teardownStarts = [execution]
        stage.world.processes.badEnds = [execution]
        stage.world.network.claimsTaken = [TaskID(Bytes(text: "a"))]
        _ = stage.world.journal.take(.claimed(execution, at: stage.world.now))
        let word = OutgoingMessage.completed(execution)
        let call = SocketCall.send(connection: id(1), word)
        _ = stage.world.journal.take(.verdictDecided(word), of: 901)
        #expect(stage.world.journal.precedes(call))
        _ = stage.world.journal.take(.handedOver)
        #expect(stage.world.journal.handedOver == [execution] && !stage.world.journal.claimed.isEmpty)
        stage.world.files.giveUp(Bytes(text: "/w/ours"))
        stage.world.files.failures = 3
        stage.world.files.entries.append(.init(path: Bytes(text: "/w/ours"), foreign: false))
        stage.world.turnPage(Scenario("next", stage.world.scenario.settings, [assignment("b")]))
        let world = stage.world
        #expect(world.processes.agentStarts.isEmpty && world.processes.teardownStarts.isEmpty)
        #expect(world.processes.badEnds.isEmpty && world.network.claimsTaken.isEmpty)
        #expect(world.files.entries.isEmpty && world.files.givenUp.isEmpty && world.files.failures == 0)
        #expect(world.journal.open.isEmpty && world.journal.handedOver.isEmpty && world.journal.claimed.isEmpty)
        #expect(!world.journal.precedes(call))
        #expect(world.server.ledger.isEmpty && world.runtime.runs.isEmpty)
        #expect(world.scenario.name == "next" && world.worker.connection.isOpen)
    }
}
