// The conversation between server and worker, held against the protocol: what is fine, and what is a violation.

import Codecs
import Testing

@testable import ControlPlane

@Suite("Control plane ledger") struct LedgerTests {
    private func assigned(_ execution: String? = "e") throws -> LedgerStage {
        var stage = LedgerStage()
        stage.open(1)
        try stage.submit(task: "t", execution: execution)
        return stage
    }

    @Test("a task that goes well")
    func good() throws {
        var stage = LedgerStage()
        #expect(stage.open(1).isEmpty)
        let sent = try stage.submit(task: "t", execution: "e")
        #expect(sent.map(\.connection) == [1])
        #expect(sent.map(\.type) == ["task_assignment"])
        #expect(stage.state("t") == "assigned")
        stage.claims(1, "t")
        #expect(stage.state("t") == "claimed")
        stage.completes(1, "t", "e")
        #expect(stage.state("t") == "completed")
        #expect(stage.violations() == [])
    }

    @Test("a failure with all that belongs to it")
    func failure() throws {
        var stage = try assigned()
        stage.claims(1, "t")
        stage.fails(1, "t", "e", ",\"failure_reason\":\"agent_invocation\",\"exit_code\":3")
        #expect(stage.state("t") == "failed")
        #expect(stage.violations() == [])
        let report = stage.ledger.report(task: netBytes("t"))
        #expect(report?["executions"]?[0]?["exit_code"]?.asInt == 3)
        #expect(report?["executions"]?[0]?["reason"]?.asString == netBytes("agent_invocation"))
    }

    @Test("claims that nobody asked for")
    func strangeClaims() throws {
        var stage = try assigned()
        stage.claims(1, "other")
        #expect(stage.violations() == ["claim_of_unassigned"])
        stage.open(2, "v")
        stage.claims(2, "t", "v")
        #expect(stage.violations() == ["claim_of_unassigned"])
        stage.claims(1, "t", "v")
        #expect(stage.violations() == ["worker_id_mismatch"])
        stage.claims(1, "t")
        #expect(stage.violations() == ["claimed_twice"])
        #expect(stage.state("t") == "claimed")
    }

    @Test("a repeated assignment may be claimed again, once")
    func repeatedAssignment() throws {
        var stage = try assigned()
        stage.claims(1, "t")
        let number = try #require(stage.ledger.executions(of: netBytes("t")).last?.number)
        #expect(stage.ledger.repeatAssignment(number, at: stage.now).count == 1)
        stage.claims(1, "t")
        #expect(stage.violations() == [])
        stage.claims(1, "t")
        #expect(stage.violations() == ["claimed_twice"])
        stage.completes(1, "t", "e")
        #expect(stage.ledger.repeatAssignment(number, at: stage.now).count == 1)
        stage.completes(1, "t", "e")
        #expect(stage.violations() == [])
    }

    @Test("a final word is said once on a connection, and once again on the next")
    func repeatedFinalWord() throws {
        var stage = try assigned()
        stage.claims(1, "t")
        stage.completes(1, "t", "e")
        stage.completes(1, "t", "e")
        #expect(stage.violations() == ["repeated_final_word"])
        stage.close(1)
        stage.open(2)
        stage.claims(2, "t")
        stage.completes(2, "t", "e")
        #expect(stage.violations() == [])
        stage.completes(2, "t", "e")
        #expect(stage.violations() == ["repeated_final_word"])
        stage.claims(2, "t")
        #expect(stage.violations() == ["claimed_twice"])
    }

    @Test("two final words that differ")
    func differentFinalWords() throws {
        var stage = try assigned()
        stage.claims(1, "t")
        stage.completes(1, "t", "e")
        stage.close(1)
        stage.open(2)
        stage.fails(2, "t", "e")
        #expect(stage.violations() == ["different_final_word"])
        #expect(stage.state("t") == "completed")
    }

    @Test("final words without what must come before")
    func earlyFinalWords() throws {
        var stage = try assigned()
        stage.completes(1, "t", "e")
        #expect(stage.violations() == ["final_word_without_claim"])
        stage.completes(1, "t", "other")
        #expect(stage.violations() == ["final_word_of_unassigned"])
        stage.completes(1, "nothing")
        #expect(stage.violations() == ["final_word_of_unassigned"])
        stage.open(2, "v")
        try stage.submit(task: "u", execution: "f")
        stage.claims(2, "u", "v")
        stage.completes(1, "u", "f")
        #expect(stage.violations() == ["final_word_of_unassigned"])
    }

    @Test("the execution id of the assignment must come back")
    func executionIDMissing() throws {
        var stage = try assigned()
        stage.claims(1, "t")
        stage.completes(1, "t")
        #expect(stage.violations() == ["execution_id_missing"])
        #expect(stage.state("t") == "completed")
    }

    @Test("a task without an execution id may run again")
    func withoutExecutionID() throws {
        var stage = try assigned(nil)
        stage.claims(1, "t")
        stage.completes(1, "t")
        let number = try #require(stage.ledger.executions(of: netBytes("t")).last?.number)
        #expect(stage.ledger.repeatAssignment(number, at: stage.now).count == 1)
        #expect(stage.state("t") == "assigned")
        stage.claims(1, "t")
        stage.fails(1, "t")
        #expect(stage.violations() == [])
        #expect(stage.ledger.executions(of: netBytes("t")).map { "\($0.state.name)" } == ["completed", "failed"])
    }

    @Test("a claim names no execution: it goes to the one that waits for it")
    func twoExecutions() throws {
        var stage = try assigned("e1")
        stage.claims(1, "t")
        try stage.submit(task: "t", execution: "e2")
        stage.claims(1, "t")
        stage.completes(1, "t", "e1")
        #expect(stage.state("t", "e2") == "claimed")
        stage.completes(1, "t", "e2")
        #expect(stage.violations() == [])
    }

    @Test("an old final word is not sent again once a newer execution was claimed")
    func afterNewerExecution() throws {
        var stage = try assigned("e1")
        stage.claims(1, "t")
        stage.completes(1, "t", "e1")
        try stage.submit(task: "t", execution: "e2")
        stage.claims(1, "t")
        stage.close(1)
        stage.open(2)
        stage.completes(2, "t", "e1")
        #expect(stage.violations() == ["final_word_after_newer_execution"])
    }

    @Test("rejections answer an assignment")
    func rejections() throws {
        var stage = try assigned()
        stage.rejects(1, "t")
        #expect(stage.state("t") == "rejected")
        #expect(stage.violations() == [])
        stage.rejects(1, "t")
        #expect(stage.violations() == ["rejection_of_unassigned"])
        let number = try #require(stage.ledger.executions(of: netBytes("t")).last?.number)
        #expect(stage.ledger.repeatAssignment(number, at: stage.now).count == 1)
        stage.claims(1, "t")
        #expect(stage.state("t") == "claimed")
        #expect(stage.ledger.repeatAssignment(number, at: stage.now).count == 1)
        stage.rejects(1, "t")
        #expect(stage.violations() == ["rejection_of_active"])
        #expect(stage.state("t") == "claimed")
    }

    @Test("cancellations")
    func cancellations() throws {
        var stage = try assigned()
        stage.claims(1, "t")
        stage.reportsCancelled(1, "t", "e")
        #expect(stage.violations() == ["cancelled_without_request"])
        try stage.submit(task: "u", execution: "f")
        stage.claims(1, "u")
        #expect(stage.ledger.cancel(netBytes("u"), at: stage.now).map(\.type) == ["task_cancellation"])
        stage.reportsCancelled(1, "u", "f")
        #expect(stage.violations() == [])
        #expect(stage.state("u") == "cancelled")
        // Said again to a worker that comes back, as long as it is not over.
        try stage.submit(task: "v", execution: "g")
        stage.claims(1, "v")
        _ = stage.ledger.cancel(netBytes("v"), at: stage.now)
        stage.close(1)
        #expect(stage.open(2).map(\.type) == ["task_cancellation"])
    }

    @Test("a task cancelled before anybody had it")
    func withdrawn() throws {
        var stage = LedgerStage()
        try stage.submit(task: "t", execution: "e")
        #expect(stage.ledger.cancel(netBytes("t"), at: stage.now).isEmpty)
        #expect(stage.state("t") == "cancelled")
        #expect(stage.open(1).isEmpty)
    }
}

@Suite("Control plane delivery") struct LedgerDeliveryTests {
    @Test("what waits goes to the first worker that may have it, in order")
    func queue() throws {
        var stage = LedgerStage()
        try stage.submit(task: "a", execution: "1")
        try stage.submit("{\"prompt\":\"p\",\"task_id\":\"b\",\"worker_id\":\"other\"}")
        try stage.submit(task: "c", execution: "3")
        #expect(stage.open(1).count == 2)
        #expect(stage.state("b") == "queued")
        #expect(stage.open(2, "other").count == 1)
        #expect(stage.state("b") == "assigned")
    }

    @Test("without a queue a task needs a worker")
    func noQueue() throws {
        var settings = LedgerSettings()
        settings.queues = false
        var stage = LedgerStage(settings)
        #expect(throws: SubmissionFault.nobodyConnected) { try stage.submit(task: "a", execution: "1") }
        stage.open(1)
        #expect(try stage.submit(task: "a", execution: "1").count == 1)
    }

    @Test("submitting is idempotent where the execution has an id")
    func idempotent() throws {
        var stage = LedgerStage()
        stage.open(1)
        #expect(try stage.submit(task: "a", execution: "1").count == 1)
        #expect(try stage.submit(task: "a", execution: "1").isEmpty)
        #expect(try stage.submit(task: "a", execution: "2").count == 1)
        #expect(stage.ledger.executions(of: netBytes("a")).count == 2)
    }

    @Test("tasks are spread over workers")
    func spread() throws {
        var stage = LedgerStage()
        stage.open(1)
        stage.open(2)
        let connections = try (0..<6).flatMap { try stage.submit(task: "t\($0)", execution: "e").map(\.connection) }
        #expect(connections == [1, 2, 1, 2, 1, 2])
    }

    @Test("what was not claimed is assigned again, to a worker of the same id only")
    func reassigned() throws {
        var stage = LedgerStage()
        stage.open(1)
        try stage.submit(task: "a", execution: "1")
        try stage.submit(task: "b", execution: "2")
        stage.claims(1, "b")
        #expect(stage.close(1).isEmpty)
        #expect(stage.open(2, "other").isEmpty)
        let again = stage.open(3)
        #expect(again.count == 1)
        #expect(stage.state("a") == "assigned")
        // The claim that was lost comes again, and the repeated assignment is answered: two claims, both right.
        stage.claims(3, "a")
        stage.claims(3, "a")
        #expect(stage.violations() == [])
        stage.claims(3, "a")
        #expect(stage.violations() == ["claimed_twice"])
        var settings = LedgerSettings()
        settings.reassigns = false
        var other = LedgerStage(settings)
        other.open(1)
        try other.submit(task: "a", execution: "1")
        other.close(1)
        #expect(other.open(2).isEmpty)
        #expect(other.state("a") == "assigned")
        other.claims(2, "a")
        #expect(other.violations() == [])
    }

    @Test("the ledger is bounded: what has ended makes room, what has not does not")
    func bounded() throws {
        var settings = LedgerSettings()
        settings.limits.executions = 3
        var stage = LedgerStage(settings)
        stage.open(1)
        for task in ["a", "b", "c"] { try stage.submit(task: task, execution: "e") }
        #expect(throws: SubmissionFault.ledgerFull) { try stage.submit(task: "d", execution: "e") }
        stage.claims(1, "b")
        stage.completes(1, "b", "e")
        #expect(try stage.submit(task: "d", execution: "e").count == 1)
        #expect(stage.state("b") == nil)
        #expect(stage.state("a") == "assigned")
        for task in ["a", "c", "d"] {
            stage.claims(1, task)
            stage.completes(1, task, "e")
        }
        for number in 0..<50 {
            try stage.submit(task: "x\(number)", execution: "e")
            stage.claims(1, "x\(number)")
            stage.completes(1, "x\(number)", "e")
        }
        #expect(stage.ledger.executions.count == 3)
        #expect(stage.ledger.numbers.map(\.count) == 3)
        #expect(stage.violations() == [])
    }

    @Test("the bytes of assignments are bounded, too")
    func boundedBytes() throws {
        var settings = LedgerSettings()
        settings.limits.assignmentBytes = 1_000
        var stage = LedgerStage(settings)
        stage.open(1)
        let long = String(repeating: "x", count: 600)
        try stage.submit("{\"prompt\":\"\(long)\",\"task_id\":\"a\",\"execution_id\":\"e\",\"title\":\"\"}")
        #expect(throws: SubmissionFault.ledgerFull) { try stage.submit("{\"prompt\":\"\(long)\"}") }
        stage.rejects(1, "a")
        #expect(try stage.submit("{\"prompt\":\"\(long)\"}").count == 1)
    }

    @Test("silence of more than 90 seconds is told once, unless it is excused")
    func pings() {
        var stage = LedgerStage()
        stage.open(1)
        stage.pass(90)
        #expect(stage.violations() == [])
        stage.pass(1)
        #expect(stage.violations() == ["no_ping"])
        stage.pass(100)
        #expect(stage.violations() == [])
        stage.ledger.pinged(1, at: stage.now)
        stage.pass(60)
        stage.ledger.silenceExcused(1, at: stage.now)
        stage.pass(60)
        #expect(stage.violations() == [])
        #expect(stage.ledger.nextTick == (stage.now.steady + 30_000_000_001))
        stage.pass(31)
        #expect(stage.violations() == ["no_ping"])
    }

    @Test("what is typed by hand is known to the ledger")
    func byHand() {
        var stage = LedgerStage()
        stage.open(1)
        let assignment = netBytes("{\"type\":\"task_assignment\",\"data\":{\"task_id\":\"t\",\"env_vars\":5}}")
        stage.ledger.sentByHand(assignment, on: 1, at: stage.now)
        stage.rejects(1, "t")
        #expect(stage.state("t") == "rejected")
        stage.ledger.sentByHand(netBytes("nonsense"), on: 1, at: stage.now)
        #expect(stage.violations() == [])
    }

    @Test("events and violations are rings, numbered without gaps")
    func rings() {
        var journal = Journal(capacity: 10, violationCapacity: 2)
        let now = LedgerStage().now
        for number in 1...100 {
            journal.add(number % 10 == 0 ? .violation(.noPing) : .note, "\(number)", at: now)
        }
        #expect(journal.since(0).map(\.number) == Array(91...100))
        #expect(journal.since(97).map(\.words) == ["98", "99", "100"])
        #expect(journal.since(100).isEmpty)
        #expect(journal.since(5_000).isEmpty)
        #expect(journal.keptViolations.map(\.number) == [90, 100])
        #expect(journal.violationCount == 10)
    }
}
