// Small machines by themselves, where the whole would need a rare course of events to show what they do.

import Codecs
import Effects
import Testing

@testable import WorkerModel

struct SmallPartsTests {
    // MARK: - What is remembered

    @Test func whatIsForgottenIsRememberedAnew() {
        var memory = Memory()
        let limits = Limits()
        let (one, other) = (key("a", "1"), key("b", "1"))
        memory.remember(one, .completed(one), limits)
        memory.remember(other, .completed(other), limits)
        memory.forget(one)
        #expect(memory.finalWord(of: one) == nil && memory.finalWord(of: other) == .completed(other))
        #expect(memory.entries.count == 1)
        memory.remember(one, .cancelled(one), limits)
        #expect(memory.finalWord(of: one) == .cancelled(one))
        memory.forget(key("c", "1"))
        #expect(memory.entries.count == 2)
    }

    @Test func theOldestMakesRoom() {
        var memory = Memory()
        var limits = Limits()
        limits.remembered = 3
        for number in 0..<5 { memory.remember(key("a", "\(number)"), .completed(key("a", "\(number)")), limits) }
        let known = (0..<5).map { memory.finalWord(of: key("a", "\($0)")) != nil }
        #expect(known == [false, false, true, true, true])
        memory.remember(key("a"), .completed(key("a")), limits)
        #expect(memory.finalWord(of: key("a")) == nil && memory.entries.count == 3)
    }

    // MARK: - The outbox

    @Test func onlyAFinalWordOfThatExecutionIsQueued() {
        var outbox = Outbox()
        let (one, other) = (key("a", "1"), key("b", "1"))
        outbox.post(.claim, run: 1, one, claim("a"))
        #expect(!outbox.queues(finalWordOf: one) && !outbox.queues(finalWordOf: other))
        outbox.post(.finalWord, run: 2, other, .completed(other))
        #expect(!outbox.queues(finalWordOf: one) && outbox.queues(finalWordOf: other))
    }

    /// What is not said again takes along what was said of the same run besides.
    @Test func aWithdrawnWordTakesItsRepetitionAlong() {
        var outbox = Outbox()
        let (one, other) = (key("a", "1"), key("b", "1"))
        outbox.post(.finalWord, run: 3, one, .completed(one), maybeHeard: true)
        outbox.post(.finalWord, run: 0, one, .completed(one))
        outbox.post(.finalWord, run: 4, other, .completed(other), maybeHeard: true)
        outbox.supersede(olderThan: 5, of: one.task)
        #expect(outbox.lost().withdrawn.map(\.run) == [3])
        #expect(outbox.letters.map(\.run) == [4])
    }

    /// On a connection that we gave up, and whose end has not come yet, messages still arrive and nothing goes out.
    @Test func aWordThatWaitsAnswersARepeatedAssignment() {
        var stage = WorkerStage.connected()
        let (one, other) = (stage.runs(assignment("a")), stage.runs(assignment("b")))
        stage.ends(one)
        stage.pass(.seconds(10))
        #expect(stage.abandons)
        stage.ends(other)
        func letters(_ task: String) -> Int {
            stage.worker.connection.outbox.letters.count { $0.kind == .finalWord && $0.key == key(task, "1") }
        }
        #expect(letters("a") == 1 && letters("b") == 1)
        stage.receives(.assignment(assignment("b")))
        #expect(letters("b") == 1)
        stage.receives(.assignment(assignment("a")))
        #expect(letters("a") == 2)
    }

    // MARK: - Settings

    @Test func onlyACommandGetsTheWholeTask() {
        let direct = DirectSettings(workspaceRoot: [], temporaryDirectory: [])
        let command = CommandSettings(dispatchCommand: [], directory: [])
        #expect(!BackendSettings.direct(direct).passesTasksOn)
        #expect(BackendSettings.command(command).passesTasksOn)
    }
}
