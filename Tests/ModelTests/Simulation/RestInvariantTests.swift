// What must hold where nothing more happens, and at the exit: worlds that break it, and worlds that do not.

import Codecs
import Effects
import Testing

@testable import Simulation
@testable import WorkerModel

struct RestInvariantTests {
    private let execution = key("a", "1")

    @Test func noSilentEnd() {
        let before = Glance(WorldStage.running().world.worker)
        #expect(before.keys == [execution])
        var stage = WorldStage()
        stage.connect()
        func found() -> String? { stage.world.violated(since: before, by: .tick, [])?.invariant }
        // Its claim was never taken.
        #expect(found() == nil)
        stage.world.network.claimsTaken = [execution.task]
        #expect(found() == "NoSilentEnd")
        stage.world.server.assigned(execution)
        #expect(found() == "NoSilentEnd")
        stage.world.server.ledger[0].finalWord = .completed(execution)
        #expect(found() == nil)
        // Another execution's claim of the same task was taken, this one's was lost with the connection.
        var lost = WorldStage()
        lost.world.network.claimsTaken = [execution.task]
        #expect(lost.world.violated(since: before, by: .tick, []) == nil)
        lost.world.processes.agentStarts = [execution]
        #expect(lost.world.violated(since: before, by: .tick, [])?.invariant == "NoSilentEnd")
        // A final word that waits is an end.
        #expect(WorldStage.reported().world.violated(since: before, by: .tick, []) == nil)
    }

    @Test func nothingLeftBehind() {
        var stage = WorldStage.resting()
        stage.world.files.entries.append(.init(path: Bytes(text: "/w/theirs"), foreign: true))
        #expect(stage.foundAtRest == nil)
        stage.world.files.entries.append(.init(path: Bytes(text: "/w/ours"), foreign: false))
        #expect(stage.foundAtRest == "NothingLeftBehind")
        // What could not be removed was said, and is excused; so is what lies in it, and nothing beside it.
        var excused = stage
        excused.world.files.giveUp(Bytes(text: "/w/ours"))
        #expect(excused.foundAtRest == nil)
        excused.world.files.entries.append(.init(path: Bytes(text: "/w/ours/f"), foreign: false))
        #expect(excused.foundAtRest == nil)
        excused.world.files.entries.append(.init(path: Bytes(text: "/w/oursf"), foreign: false))
        #expect(excused.foundAtRest == "NothingLeftBehind")
        var process = WorldStage.resting()
        _ = process.world.processes.take(launch(.teardown, of: execution), id(500))
        #expect(process.foundAtRest == "NothingLeftBehind")
        process.world.admittedLeftovers = true
        #expect(process.foundAtRest == nil)
    }

    @Test func withCleanupOffWorkspacesStayAndNothingElse() {
        func found(_ path: String) -> String? {
            var stage = WorldStage.resting { $0.settings.cleanup = false }
            stage.world.files.entries.append(.init(path: Bytes(text: path), foreign: false))
            return stage.foundAtRest
        }
        #expect(found("/w/b") == nil)
        #expect(found("/w/b/oz-env-1") == "NothingLeftBehind")
        #expect(found("/t/oz-git-1") == "NothingLeftBehind")
    }

    @Test func theExitIsARest() {
        var stage = WorldStage.resting()
        stage.world.exited = 0
        #expect(stage.found() == nil)
        stage.world.files.entries.append(.init(path: Bytes(text: "/w/ours"), foreign: false))
        _ = stage.world.journal.take(.intended(.directory(Bytes(text: "/w/ours"))))
        #expect(stage.found() == "NothingLeftBehind")
        stage.world.admittedLeftovers = true
        #expect(stage.found() == nil)
        stage.world.admittedLeftovers = false
        stage.world.exited = nil
        #expect(stage.found() == nil)
    }

    @Test func everyVerdictIsHeard() {
        var stage = WorldStage.resting()
        #expect(stage.world.server.ledger[0].finalWord != nil)
        stage.world.server.ledger[0].finalWord = nil
        #expect(stage.foundAtRest == "NoSilentEnd")
        // The worker claimed it, whatever the server heard and whatever became of it then.
        stage.world.server.ledger[0].claimed = false
        stage.world.processes.agentStarts = []
        #expect(stage.foundAtRest == "NoSilentEnd")
        stage.world.journal.turnPage()
        #expect(stage.foundAtRest == nil)
        stage.world.server.ledger[0].claimed = true
        #expect(stage.foundAtRest == nil)
        // A newer execution of the task makes the older one's word not worth repeating.
        stage.world.processes.agentStarts = [execution]
        stage.world.server.assigned(key("b", "2"))
        #expect(stage.foundAtRest == "NoSilentEnd")
        stage.world.server.assigned(key("a", "2"))
        #expect(stage.foundAtRest == nil)
    }

    @Test func teardownRuns() {
        func stage(_ command: Bytes?) -> WorldStage {
            WorldStage.resting {
                guard case .direct(var direct) = $0.settings.backend else { return }
                direct.teardownCommand = command
                $0.settings.backend = .direct(direct)
            }
        }
        var torn = stage(Bytes(text: "teardown"))
        #expect(torn.world.processes.teardownStarts == [execution])
        #expect(torn.foundAtRest == nil)
        torn.world.processes.teardownStarts = []
        #expect(torn.foundAtRest == "TeardownRuns")
        torn.world.processes.teardownStarts = [execution, execution]
        #expect(torn.foundAtRest == "TeardownRuns")
        torn.world.contractBroken = true
        #expect(torn.foundAtRest == nil)
        var other = stage(Bytes(text: "teardown"))
        other.world.processes.teardownStarts.append(key("b"))
        #expect(other.foundAtRest == nil)
        #expect(stage(nil).foundAtRest == nil)
    }

    @Test func cancelReaches() {
        var stage = WorldStage.resting()
        stage.world.server.ledger[0].mustBeCancelled = true
        #expect(stage.foundAtRest == "CancelReaches")
        stage.world.server.ledger[0].finalWord = .cancelled(execution)
        #expect(stage.foundAtRest == nil)
        stage.world.server.ledger[0].finalWord = nil
        stage.world.processes.agentStarts = []
        stage.world.journal.turnPage()
        #expect(stage.foundAtRest == nil)
    }

    // MARK: - The journal

    @Test func theJournalTellsAll() {
        var stage = WorldStage.running()
        #expect(stage.world.journalTellsAll() == nil)
        stage.world.journal = JournalModel()
        #expect(stage.found() == "JournalTellsAll")
        stage.world.files.entries = []
        #expect(stage.found() == "JournalTellsAll")
        stage.world.contractBroken = true
        #expect(stage.found() == nil)
        var kept = WorldStage.resting { $0.settings.cleanup = false }
        #expect(!kept.world.files.ours.isEmpty && kept.world.journal.open.isEmpty)
        #expect(kept.found() == nil)
        kept.world.files.entries = []
        #expect(kept.found() == nil)
    }

    @Test func theJournalTellsNoMore() {
        var stage = WorldStage.resting()
        #expect(stage.world.journalTellsNoMore() == nil)
        _ = stage.world.journal.take(.intended(.process(name(500), .agent)))
        #expect(stage.foundAtRest == "JournalTellsAll")
        stage.world.contractBroken = true
        #expect(stage.foundAtRest == nil)
        var file = WorldStage.resting()
        _ = file.world.journal.take(.intended(.file(Bytes(text: "/w/f"))))
        #expect(file.foundAtRest == "JournalTellsAll")
    }

    // MARK: - What the world accepts

    @Test func aCommandNeedsItsNoteAndItsClaim() {
        var stage = WorldStage.running()
        func start(_ role: ProcessRole, _ number: UInt64, of key: ExecutionKey) -> String? {
            let call = launch(role, of: key, named: name(number))
            return stage.world.accept(Request(id: id(number), effect: .process(call)))?.invariant
        }
        #expect(start(.teardown, 500, of: key("b")) == "JournalFirst")
        for (number, role) in [(501, ProcessRole.teardown), (502, .agent), (503, .setup)] as [(UInt64, ProcessRole)] {
            _ = stage.world.journal.take(.intended(.process(name(number), role)))
            #expect(start(role, number, of: key("b")) == (role == .teardown ? nil : "ClaimBeforeWork"))
            stage.world.network.claimsTaken.append(TaskID(Bytes(text: "b")))
            #expect(start(role, number, of: key("b")) == nil)
            stage.world.network.claimsTaken.removeAll { $0 == TaskID(Bytes(text: "b")) }
        }
    }

    @Test func aPathNeedsItsNote() {
        var stage = WorldStage.running()
        let call = FilesCall.makeDirectory(Bytes(text: "/w/b"))
        #expect(stage.world.accept(Request(id: id(500), effect: .files(call)))?.invariant == "JournalFirst")
    }

    @Test func anExitThatWasForcedOrThatNamesLeftoversIsExcused() {
        for (effect, code, excused) in [
            (Effect.exit(code: 0), 0, false), (.exit(code: 143), 143, true),
            (.log(LogRecord(.error, .stopIncomplete(unheard: 1, unfinished: 0))), nil, true),
            (.log(LogRecord(.info, .stopped)), nil, false),
        ] as [(Effect, Int32?, Bool)] {
            var stage = WorldStage.running()
            #expect(stage.world.accept(Request(id: id(500), effect: effect)) == nil)
            #expect(stage.world.exited == code)
            #expect(stage.world.admittedLeftovers == excused)
        }
    }
}
