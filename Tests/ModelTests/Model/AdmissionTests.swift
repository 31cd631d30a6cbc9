// What the worker does with an assignment, in the order of the protocol.

import Codecs
import Effects
import Testing

@testable import WorkerModel

struct AdmissionTests {
    private let problem = WireProblem(kind: .missing, path: Bytes(text: "data.task"))

    @Test func unreadableButNamedIsRejected() {
        var stage = WorkerStage.connected()
        stage.receives(.unreadableAssignment(key("a"), problem))
        #expect(stage.messages == [.rejected(TaskID(Bytes(text: "a")), .unreadable(problem))])
        stage.receives(.unreadable(problem))
        #expect(stage.messages.isEmpty)
        #expect(stage.sayings.contains(.messageUnreadable(problem)))
    }

    @Test func activeExecutionGetsItsClaimAgainAlsoAtTheLimitAndWhileDraining() {
        var stage = WorkerStage.connected {
            $0.capacity = 1
            $0.drainTimeout = .seconds(60)
        }
        stage.runs(assignment("a"))
        stage.claims(assignment("a"))
        #expect(stage.fileCalls.isEmpty)
        #expect(stage.worker.roster.active == 1)
        stage.feed(.operator(.stopRequested(signal: 15)))
        stage.receives(.assignment(assignment("a")))
        #expect(stage.messages == [claim("a")])
        stage.receives(.assignment(assignment("b")))
        #expect(stage.messages == [.rejected(TaskID(Bytes(text: "b")), .shuttingDown)])
    }

    @Test func reportedExecutionGetsItsFinalWordAgain() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a"))
        stage.ends(agent, .signal(9))
        let word = stage.messages
        stage.everythingHeard()
        stage.receives(.assignment(assignment("a")))
        #expect(stage.messages == word)
        #expect(stage.worker.roster.active == 0)
    }

    @Test func withoutAnExecutionItIsANewRun() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a", nil))
        stage.ends(agent)
        stage.answerFile { .done($0) }
        stage.everythingHeard()
        stage.receives(.assignment(assignment("a", nil)))
        #expect(stage.messages == [claim("a")])
    }

    @Test func requiredHooksAreRejected() {
        var stage = WorkerStage.connected()
        var hooked = assignment("a")
        hooked.hooksRequired = true
        hooked.secrets = SecretRange(first: 9, count: 1)
        stage.receives(.assignment(hooked))
        #expect(stage.messages == [.rejected(TaskID(Bytes(text: "a")), .lifecycleHooksRequired)])
        #expect(stage.asked.contains { $0.effect == .forgetSecrets(hooked.secrets) })
    }

    @Test func theLimitHoldsUntilTheFinalWord() {
        var stage = WorkerStage.connected { $0.capacity = 1 }
        let agent = stage.runs(assignment("a"))
        stage.receives(.assignment(assignment("b")))
        #expect(stage.messages == [.rejected(TaskID(Bytes(text: "b")), .atCapacity)])
        stage.ends(agent)
        // The workspace is still being removed; its slot is free.
        stage.receives(.assignment(assignment("b")))
        #expect(stage.messages == [claim("b")])
    }

    @Test func aFollowUpIsClaimedAndWaits() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a", "1"))
        stage.claims(assignment("a", "2"))
        #expect(stage.fileCalls.isEmpty)
        #expect(stage.sayings.contains(.taskWaiting))
        stage.feed(.process(.finished(agent, .exit(0))))
        stage.answerFile { .done($0) }
        #expect(stage.messages == [.completed(key("a", "1"))])
        #expect(stage.fileCalls.contains(.makeDirectory(Bytes(text: "/w/a"))))
    }

    @Test func aCancellationEndsEveryExecutionOfItsTask() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a", "1"))
        stage.claims(assignment("a", "2"))
        stage.receives(.cancellation(TaskID(Bytes(text: "a"))))
        // The one that only waited is over at once; the other by the ladder, and it is said after its death.
        #expect(stage.messages == [.cancelled(key("a", "2"))])
        #expect(stage.asked.contains { $0.effect == .process(.signal(process: agent, .terminate)) })
        stage.ends(agent, .signal(15))
        #expect(stage.messages == [.cancelled(key("a", "1"))])
        #expect(stage.fileCalls.count == 1)
    }

    @Test func aCancellationAfterTheFinalWordChangesNothing() {
        var stage = WorkerStage.connected()
        let agent = stage.runs(assignment("a"))
        stage.ends(agent)
        let standing = stage.worker.standing
        stage.receives(.cancellation(TaskID(Bytes(text: "a"))))
        #expect(stage.sayings == [.cancellationUnknown])
        #expect(stage.worker.standing == standing)
    }

    @Test func anUnknownTypeIsNamedOnce() {
        var stage = WorkerStage.connected()
        stage.receives(.unknown(type: Bytes(text: "x")))
        #expect(stage.sayings == [.messageTypeUnknown(Bytes(text: "x"))])
        stage.receives(.unknown(type: Bytes(text: "x")))
        #expect(stage.sayings.isEmpty)
        for number in 0..<100 { stage.receives(.unknown(type: Bytes(decimal: number))) }
        let named = stage.history.count { request in
            guard case .log(let record) = request.effect, case .messageTypeUnknown = record.saying else {
                return false
            }
            return true
        }
        #expect(named == stage.worker.settings.limits.unknownTypes)
    }
}
