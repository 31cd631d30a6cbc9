// What must hold of the commands that hand tasks over: each invariant gets a world that breaks it, and one beside it
// that does not.

import Codecs
import Effects
import Testing

@testable import Simulation
@testable import WorkerModel

struct CallInvariantTests {
    private let execution = key("a", "1")

    private static func command(_ scenario: inout Scenario) {
        var command = CommandSettings(dispatchCommand: Bytes(text: "dispatch"), directory: Bytes(text: "/"))
        command.cancelCommand = Bytes(text: "cancel")
        command.dispatchTimeout = .seconds(15)
        scenario.settings.backend = .command(command)
    }

    /// What the world says to a start, whose note was made.
    private func start(_ role: ProcessRole, of key: ExecutionKey, in stage: WorldStage) -> String? {
        var world = stage.world
        _ = world.journal.take(.intended(.process(name(700), role)))
        return world.accept(Request(id: id(700), effect: .process(launch(role, of: key, named: name(700)))))?.invariant
    }

    @Test func aRecallNeedsACause() {
        func found(_ change: (inout World) -> Void) -> String? {
            var stage = WorldStage.running(Self.command)
            change(&stage.world)
            return start(.cancel, of: execution, in: stage)
        }
        #expect(found { _ in } == "RecallHasCause")
        #expect(found { $0.contractBroken = true } == nil)
        #expect(found { $0.runtime.change(self.execution) { $0.wasBrokenOff = true } } == nil)
        #expect(found { $0.runtime.change(self.execution) { $0.mustBeTakenBack = true } } == nil)
        #expect(found { $0.runtime.change(key("b")) { $0.mustBeTakenBack = true } } == "RecallHasCause")
        #expect(found { $0.server.ledger[0].mustBeCancelled = true } == nil)
        let others = found {
            $0.server.assigned(key("b"))
            $0.server.ledger[1].mustBeCancelled = true
        }
        #expect(others == "RecallHasCause")
    }

    @Test func aRecallIsAlone() {
        func found(
            _ role: ProcessRole, _ other: ExecutionKey, _ change: (inout ProcessTable.Process) -> Void = { _ in }
        )
            -> String?
        {
            var stage = WorldStage.running(Self.command)
            stage.world.contractBroken = true
            _ = stage.world.processes.take(launch(.cancel, of: other), id(600))
            change(&stage.world.processes.processes[1])
            return start(role, of: execution, in: stage)
        }
        #expect(found(.cancel, execution) == "RecallIsAlone")
        #expect(found(.dispatch, execution) == "RecallIsAlone")
        // Another execution of the same task could be hit by it, another task could not.
        #expect(found(.cancel, key("a", "2")) == nil)
        #expect(found(.dispatch, key("a", "2")) == "RecallIsAlone")
        #expect(found(.dispatch, key("b", "1")) == nil)
        for role in [ProcessRole.cancel, .dispatch] {
            #expect(found(role, execution) { $0.state = .left } == nil)
            #expect(found(role, execution) { $0.state = .running } == "RecallIsAlone")
            #expect(found(role, execution) { $0.killed = true } == nil)
            #expect(found(role, execution) { $0.isOrphan = true } == nil)
        }
    }

    // MARK: - The time of a dispatch command

    private func found(
        _ call: (EffectID) -> ProcessCall, _ settings: (inout Scenario) -> Void = { _ in },
        _ change: (inout World) -> Void = { _ in }
    ) -> String? {
        var stage = WorldStage.running {
            Self.command(&$0)
            settings(&$0)
        }
        change(&stage.world)
        let process = stage.world.processes.processes[0].id
        return stage.world.accept(Request(id: id(700), effect: .process(call(process))))?.invariant
    }

    @Test func onlyWhoIsEndedIsAskedToEnd() {
        func ask(_ id: EffectID) -> ProcessCall { .signal(process: id, .terminate) }
        #expect(found(ask) == "TimeIsGiven")
        #expect(found(ask, { $0.settings.taskTimeout = .seconds(1) }) == nil)
        #expect(found(ask, { _ in }, { $0.server.ledger[0].mustBeCancelled = true }) == nil)
        #expect(found(ask, { _ in }, { $0.contractBroken = true }) == nil)
        let cancel = found(ask, { _ in }, { $0.processes.processes[0] = Self.canceller($0) })
        #expect(cancel == nil)
    }

    private static func canceller(_ world: World) -> ProcessTable.Process {
        let old = world.processes.processes[0]
        return .init(
            id: old.id, name: old.name, role: .cancel, key: old.key, handsOver: false, askedAt: nil, state: .running)
    }

    @Test func itIsKilledWhenItsTimeIsUp() {
        func kill(_ id: EffectID) -> ProcessCall { .kill(process: id) }
        func later(_ milliseconds: UInt64) -> (inout World) -> Void {
            { $0.now = ($0.processes.processes[0].askedAt ?? $0.now).after(.milliseconds(milliseconds)) }
        }
        #expect(found(kill, { _ in }, later(14_999)) == "TimeIsGiven")
        #expect(found(kill, { _ in }, later(15_000)) == nil)
        #expect(found(kill, { _ in }, { $0.processes.processes[0].terminated = true }) == nil)
        #expect(found(kill, { _ in }, { $0.processes.processes[0].state = .left }) == nil)
        #expect(found(kill, { _ in }, { $0.contractBroken = true }) == nil)
        // Ten seconds into a stop it has had its time, too.
        for (seconds, name) in [(10, nil), (9, "TimeIsGiven")] as [(UInt64, String?)] {
            func stop(_ world: inout World) {
                world.processes.processes[0].askedAt = world.now
                world.signalledAt = world.now
                world.now = world.now.after(.seconds(seconds))
            }
            #expect(found(kill, { $0.settings.timing.dispatchAtStop = .seconds(10) }, stop) == name)
        }
    }

    @Test func whoIsToldToEndGivesNoWord() {
        for call in [ProcessCall.signal(process: id(0), .terminate), .kill(process: id(0))] {
            var stage = WorldStage.running(Self.command)
            let process = stage.world.processes.processes[0].id
            #expect(stage.world.runtime.run(execution)?.wasBrokenOff != true)
            switch call {
            case .kill: stage.world.noteBrokenOff(.kill(process: process))
            case .start, .adopt, .signal, .release, .abandonOutput, .dismiss:
                stage.world.noteBrokenOff(.signal(process: process, .terminate))
            }
            #expect(stage.world.runtime.run(execution)?.wasBrokenOff == true)
        }
        var ended = WorldStage.running(Self.command)
        ended.world.processes.processes[0].state = .left
        ended.world.noteBrokenOff(.kill(process: ended.world.processes.processes[0].id))
        #expect(ended.world.runtime.run(execution)?.wasBrokenOff != true)
        // Of another life, and this one has not heard how it ended.
        ended.world.runtime.change(execution) { $0.wasHandedOver = true }
        ended.world.processes.processes[0].isHeard = false
        ended.world.noteBrokenOff(.kill(process: ended.world.processes.processes[0].id))
        #expect(ended.world.runtime.run(execution)?.wasBrokenOff == true)
        #expect(!ended.world.runtime.wasHandedOver(execution))
    }

    @Test func itsOwnDispatchIsGivenUp() throws {
        var stage = WorldStage.running(Self.command)
        let run = try #require(stage.world.journal.inheritance.runs.first?.number)
        #expect(!stage.world.processes.processes[0].givenUp)
        #expect(stage.world.giveUpDispatch(of: run, .cancelled) == nil)
        #expect(stage.world.processes.processes[0].givenUp)
    }

    // MARK: - What was handed over

    private static func withoutCancel(_ scenario: inout Scenario) {
        scenario.settings.backend = .command(
            CommandSettings(dispatchCommand: Bytes(text: "dispatch"), directory: Bytes(text: "/")))
    }

    @Test func howItEndedIsForOthersToSay() {
        var stage = WorldStage.running(Self.command)
        let failure = Failure.dispatchTimeout(.seconds(15))
        let words: [OutgoingMessage] = [.completed(execution), .failed(execution, failure, exitCode: nil)]
        for word in words { #expect(stage.world.handedOver(word) == nil) }
        stage.world.runtime.change(execution) { $0.wasHandedOver = true }
        for word in words { #expect(stage.world.handedOver(word)?.invariant == "HandedOverIsAnEnd") }
        #expect(stage.world.handedOver(.cancelled(execution, confirmed: true)) == nil)
        #expect(stage.world.handedOver(.completed(key("b", "1"))) == nil)
        stage.world.server.ledger[0].isOfAnEarlierLife = true
        for word in words { #expect(stage.world.handedOver(word) == nil) }
    }

    @Test func aTimeOutOfADispatchHasACause() {
        let word = OutgoingMessage.failed(execution, .dispatchTimeout(.seconds(15)), exitCode: nil)
        let sent = [Request(id: id(700, slot: 0), effect: .socket(.send(connection: id(1, slot: 0), word)))]
        var stage = WorldStage.running(Self.command)
        #expect(stage.found(by: .tick, sent) == "TransientIsNotVerdict")
        stage.world.runtime.change(execution) { $0.wasBrokenOff = true }
        #expect(stage.found(by: .tick, sent) == nil)
    }

    @Test func whatWasHandedOverIsTakenBackOrLeftAlone() {
        func atRest(
            _ settings: (inout Scenario) -> Void = { _ in }, _ change: (inout World) -> Void
        ) -> String? {
            var stage = WorldStage.resting {
                Self.command(&$0)
                settings(&$0)
            }
            change(&stage.world)
            return stage.foundAtRest
        }
        #expect(atRest { _ in } == nil)
        let execution = execution
        func mustBeTakenBack(_ world: inout World) { world.runtime.change(execution) { $0.mustBeTakenBack = true } }
        func isEnded(_ world: inout World) {
            world.server.ledger[0].finalWord = .cancelled(execution, confirmed: true)
        }
        #expect(atRest({ _ in }, mustBeTakenBack) == "CancelReaches")
        #expect(atRest({ _ in }, isEnded) == "NothingLeftBehind")
        for spoil in [mustBeTakenBack, isEnded] {
            for (tries, isExcused) in [(2, false), (3, true)] {
                let found = atRest {
                    spoil(&$0)
                    $0.runtime.change(execution) { $0.cancelTries = tries }
                }
                #expect((found == nil) == isExcused)
            }
            let gone = atRest {
                spoil(&$0)
                $0.runtime.change(execution) { $0.isHeld = false }
            }
            #expect(gone == nil)
            let broken = atRest {
                spoil(&$0)
                $0.contractBroken = true
            }
            #expect(broken == nil)
            #expect(atRest(Self.withoutCancel, spoil) == nil)
        }
    }

    @Test func itsClaimIsHeardAndTheNextLifeKnowsOfIt() {
        var stage = WorldStage.resting(Self.command)
        #expect(stage.world.runtime.wasHandedOver(execution) && stage.foundAtRest == nil)
        stage.world.journal = JournalModel()
        #expect(stage.foundAtRest == "JournalTellsAll")
        stage.world.server.ledger[0].mustBeCancelled = true
        #expect(stage.world.journalTellsNoMore() == nil)
        stage.world.server.ledger[0].mustBeCancelled = false
        _ = stage.world.journal.take(.claimed(execution, at: stage.world.now))
        _ = stage.world.journal.take(.handedOver)
        #expect(stage.foundAtRest == nil)
        stage.world.server.ledger[0].claimed = false
        #expect(stage.foundAtRest == "NoSilentEnd")
    }

    @Test func commandsLeaveNoWorkspaces() {
        var stage = WorldStage.resting {
            Self.command(&$0)
            $0.settings.cleanup = false
        }
        stage.world.files.entries.append(.init(path: Bytes(text: "/w/b"), foreign: false))
        #expect(stage.foundAtRest == "NothingLeftBehind")
    }
}
