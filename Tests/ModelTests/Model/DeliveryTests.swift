// The delivery table of the protocol, cell by cell, and what goes with it.

import Codecs
import Effects
import Testing

@testable import WorkerModel

struct DeliveryTests {
    // MARK: - Lost before it was written

    @Test func unwrittenClaimIsDroppedWithItsExecution() {
        var stage = WorkerStage.connected()
        var given = assignment("a")
        given.secrets = SecretRange(first: 5, count: 2)
        stage.receives(.assignment(given))
        #expect(stage.messages == [claim("a")])
        stage.breaks()
        #expect(stage.worker.roster.isEmpty)
        #expect(stage.worker.connection.outbox.letters.isEmpty)
        #expect(stage.sayings.contains(.claimNotWritten))
        #expect(stage.asked.contains { $0.effect == .forgetSecrets(given.secrets) })
        stage.reconnects()
        #expect(stage.messages.isEmpty)
        // The server hands it out again, and then it is new.
        stage.claims(given)
        #expect(stage.fileCalls == [.makeDirectory(Bytes(text: "/w/a"))])
    }

    @Test func unwrittenFinalWordIsSentOnTheNextConnection() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a"))
        stage.everythingHeard()
        stage.ends(agent)
        #expect(stage.messages == [.completed(key("a", "1"))])
        stage.breaks()
        stage.reconnects()
        #expect(stage.messages == [.completed(key("a", "1"))])
    }

    @Test func unwrittenRejectionIsDropped() {
        var stage = WorkerStage.connected { $0.capacity = 1 }
        stage.runs(assignment("a"))
        stage.receives(.assignment(assignment("b")))
        #expect(stage.messages == [.rejected(TaskID(Bytes(text: "b")), .atCapacity)])
        stage.everythingHeard()
        stage.receives(.assignment(assignment("b")))
        stage.breaks()
        stage.reconnects()
        #expect(!stage.messages.contains(.rejected(TaskID(Bytes(text: "b")), .atCapacity)))
    }

    @Test func unwrittenRepeatedClaimIsDropped() {
        var stage = WorkerStage.connected()
        stage.runs(assignment("a"))
        stage.everythingHeard()
        stage.receives(.assignment(assignment("a")))
        #expect(stage.messages == [claim("a")])
        stage.breaks()
        stage.reconnects()
        #expect(stage.messages.isEmpty)
    }

    @Test func whatIsRepeatedOfAnUnwrittenClaimIsDroppedWithIt() {
        var stage = WorkerStage.connected()
        stage.receives(.assignment(assignment("a")))
        stage.receives(.cancellation(TaskID(Bytes(text: "a"))))
        let cancelled = OutgoingMessage.cancelled(key("a", "1"))
        #expect(stage.messages == [cancelled])
        stage.receives(.assignment(assignment("a")))
        #expect(stage.messages == [cancelled])
        stage.breaks()
        #expect(stage.worker.connection.outbox.letters.isEmpty)
        stage.reconnects()
        #expect(stage.messages.isEmpty)
    }

    // MARK: - Written, not heard

    @Test func unheardClaimIsSentAgain() {
        var stage = WorkerStage.connected()
        stage.runs(assignment("a"))
        stage.breaks()
        #expect(stage.worker.roster.active == 1)
        stage.reconnects()
        #expect(stage.messages == [claim("a")])
        for (id, _) in stage.sends { stage.written(id) }
        #expect(stage.fileCalls.isEmpty)
    }

    @Test func unheardFinalWordIsSentAgain() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a"))
        stage.ends(agent, .exit(3))
        let first = stage.messages
        for (id, _) in stage.sends { stage.written(id) }
        stage.breaks()
        stage.reconnects()
        #expect(stage.messages == [claim("a")] + first)
    }

    @Test func writtenRejectionIsDropped() {
        var stage = WorkerStage.connected { $0.capacity = 1 }
        stage.runs(assignment("a"))
        stage.everythingHeard()
        stage.claims(assignment("b"))
        stage.breaks()
        stage.reconnects()
        #expect(stage.messages.isEmpty)
    }

    @Test func writtenRepeatedClaimIsDropped() {
        var stage = WorkerStage.connected()
        stage.runs(assignment("a"))
        stage.everythingHeard()
        stage.claims(assignment("a"))
        stage.breaks()
        stage.reconnects()
        #expect(stage.messages.isEmpty)
    }

    // MARK: - What proves it

    @Test func pongProvesOnlyWhatWasSentBeforeItsPing() {
        var stage = WorkerStage.connected()
        stage.runs(assignment("a"))
        stage.pass(.milliseconds(250))
        let ping = stage.ping ?? 0
        #expect(ping > 0)
        stage.claims(assignment("b"))
        stage.ponged(ping)
        #expect(stage.worker.connection.outbox.letters.map(\.key) == [key("b", "1")])
        stage.breaks()
        stage.reconnects()
        #expect(stage.messages == [claim("b")])
    }

    @Test func pongOfAnotherNumberProvesNothing() {
        var stage = WorkerStage.connected()
        stage.runs(assignment("a"))
        stage.pass(.milliseconds(250))
        let ping = stage.ping ?? 0
        for number in [0, 1, ping - 1, ping + 1, .max] { stage.ponged(number) }
        #expect(stage.worker.connection.outbox.letters.count == 1)
        stage.ponged(ping)
        #expect(stage.worker.connection.outbox.letters.isEmpty)
    }

    @Test func oneBarrierPingIsInFlight() {
        var stage = WorkerStage.connected()
        stage.runs(assignment("a"))
        stage.pass(.milliseconds(250))
        #expect(stage.ping != nil)
        stage.claims(assignment("b"))
        stage.pass(.seconds(1))
        #expect(stage.ping == nil)
    }

    @Test func resentInTheOriginalOrderAndOnceOnEachConnection() {
        var stage = WorkerStage.connected()
        let a = stage.runs(assignment("a"))
        stage.runs(assignment("b"))
        stage.ends(a)
        for (id, _) in stage.sends { stage.written(id) }
        stage.breaks()
        stage.reconnects()
        #expect(stage.messages == [claim("a"), claim("b"), .completed(key("a", "1"))])
        for (id, _) in stage.sends { stage.written(id) }
        for _ in 0..<5 {
            stage.pass(.seconds(1))
            stage.feed(.socket(.heard(stage.dial)))
            #expect(stage.messages.isEmpty)
        }
    }

    // MARK: - Follow-ups and the stop

    @Test func unheardFinalWordIsNotSentAgainAfterANewerExecution() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a", "1"))
        stage.ends(agent)
        for (id, _) in stage.sends { stage.written(id) }
        stage.claims(assignment("a", "2"))
        stage.breaks()
        stage.reconnects()
        #expect(stage.messages == [claim("a")])
        #expect(stage.worker.connection.outbox.lastWords == 0)
    }

    @Test func unwrittenFinalWordIsSentInSpiteOfANewerExecution() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a", "1"))
        stage.everythingHeard()
        stage.ends(agent)
        stage.receives(.assignment(assignment("a", "2")))
        stage.breaks()
        stage.reconnects()
        #expect(stage.messages == [.completed(key("a", "1"))])
    }

    @Test func aStopDialsAtOnceForUnheardFinalWords() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a"))
        stage.breaks()
        stage.ends(agent)
        stage.answerFile { .done($0) }
        stage.feed(.operator(.stopRequested(signal: 15)))
        #expect(stage.dials == 1)
        stage.feed(.socket(.refused(stage.dial, .timedOut)))
        #expect(stage.exitCode == nil)
        let stopped = stage.now
        while stage.exitCode == nil, stage.passToDeadline() != nil {
            if stage.dials > 0 { stage.feed(.socket(.refused(stage.dial, .timedOut))) }
        }
        #expect(stage.exitCode == 0)
        #expect(stage.now.since(stopped) == .seconds(10))
    }
}
