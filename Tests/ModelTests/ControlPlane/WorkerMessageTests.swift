// The form of a worker's messages: fields, types, closed sets.

import Codecs
import Testing

@testable import ControlPlane

private func complaints(_ text: String) -> [Violation] {
    WorkerMessageReader.read(netBytes(text)).complaints.map(\.violation)
}

private func failed(_ more: String) -> [Violation] {
    complaints("{\"type\":\"task_failed\",\"data\":{\"task_id\":\"t\",\"message\":\"m\"\(more)}}")
}

@Suite("Control plane reading") struct WorkerMessageTests {
    @Test("messages that are right")
    func right() {
        let claim = WorkerMessageReader.read(
            netBytes("{\"data\":{\"worker_id\":\"w\",\"task_id\":\"t\"},\"type\":\"task_claimed\"}"))
        #expect(claim == Reading(message: .claim(task: netBytes("t"), worker: netBytes("w"))))
        let empty = ",\"execution_id\":null,\"failure_reason\":\"\",\"exit_code\":null,\"failure_details\":null"
        #expect(failed(empty) == [])
    }

    @Test("every reason of the closed set, and none beside it")
    func reasons() {
        for reason in FailureReasons.onTheWire { #expect(failed(",\"failure_reason\":\"\(reason)\"") == []) }
        #expect(FailureReasons.onTheWire.count == 25)
        for reason in ["task_cancelled", "teardown_command", "cleanup", "cancel_command", "Unknown", "oom"] {
            #expect(failed(",\"failure_reason\":\"\(reason)\"") == [.unknownFailureReason])
        }
    }

    @Test("exit codes")
    func exitCodes() {
        for good in ["0", "1", "137", "255", "2e1"] { #expect(failed(",\"exit_code\":\(good)") == []) }
        for bad in ["\"1\"", "1.5", "true", "-1", "256", "1e99"] {
            #expect(failed(",\"exit_code\":\(bad)") == [.badExitCode])
        }
    }

    @Test("what is missing, of another type, or too much")
    func fields() {
        #expect(complaints("{\"type\":\"task_claimed\",\"data\":{\"task_id\":\"t\"}}") == [.missingField])
        #expect(
            complaints("{\"type\":\"task_rejected\",\"data\":{\"task_id\":\"\",\"reason\":\"r\"}}") == [.missingField])
        #expect(
            complaints("{\"type\":\"task_rejected\",\"data\":{\"task_id\":5,\"reason\":\"r\"}}") == [.wrongFieldType])
        #expect(failed(",\"extra\":1") == [.unexpectedField])
        #expect(failed(",\"task_id\":\"t\"") == [.unexpectedField])
        #expect(failed(",\"failure_reason\":[]") == [.wrongFieldType])
        #expect(failed(",\"task_state\":\"CANCELLED\"") == [.badTaskState])
        #expect(failed(",\"task_state\":\"DONE\"") == [.badTaskState])
        #expect(complaints("{\"type\":\"task_started\",\"data\":{}}") == [.unknownType])
        #expect(complaints("{\"type\":\"heartbeat\",\"data\":{}}") == [.unknownType])
        #expect(complaints("{\"type\":\"task_claimed\"}") == [.noEnvelope])
        #expect(complaints("[]") == [.noEnvelope])
        #expect(complaints("{") == [.notJSON])
        let many = (0..<1_000).map { ",\"f\($0)\":0" }.joined()
        #expect(failed(many).count == 20)
    }

    @Test("the words of a completed task are fixed")
    func completed() {
        func completed(_ rest: String) -> [Violation] {
            complaints("{\"type\":\"task_completed\",\"data\":{\"task_id\":\"t\",\(rest)}}")
        }
        #expect(completed("\"message\":\"Task completed successfully\"") == [])
        #expect(completed("\"message\":\"Done\"") == [.unexpectedMessage])
        let cancelled = "\"message\":\"Task cancelled by user request.\""
        #expect(completed(cancelled + ",\"task_state\":\"CANCELLED\"") == [])
        #expect(completed(cancelled) == [.unexpectedMessage])
        let doubt = " That its processes have ended could not be confirmed."
        #expect(completed("\"message\":\"Task completed successfully.\(doubt)\"") == [])
        let doubtful = "\"message\":\"Task cancelled by user request.\(doubt)\""
        #expect(completed(doubtful + ",\"task_state\":\"CANCELLED\"") == [])
        #expect(completed(doubtful) == [.unexpectedMessage])
        #expect(completed("\"message\":\"Task completed successfully\",\"exit_code\":0") == [.unexpectedField])
    }

    @Test("failure details")
    func details() {
        func details(_ inner: String) -> Int {
            failed(",\"failure_details\":{\"kubernetes\":{\"schema_version\":1\(inner)}}")
                .count { $0 == .badFailureDetails }
        }
        let whole =
            ",\"observation_source\":\"PodWatch\",\"observed_at\":\"x\",\"job\":{\"name\":\"j\",\"uid\":\"u\","
            + "\"conditions\":[{\"type\":\"Failed\",\"status\":\"True\"}]},\"pod\":{\"phase\":\"Failed\"},"
            + "\"container\":{\"kind\":\"init\",\"name\":\"c\",\"state\":\"terminated\",\"raw_exit_code\":3},"
            + "\"events\":[{\"type\":\"Warning\",\"reason\":\"BackOff\",\"count\":3}],\"truncated\":false"
        #expect(details(whole) == 0)
        #expect(details(",\"observation_source\":\"Guess\"") == 1)
        #expect(details(",\"container\":{\"kind\":\"main\"}") == 1)
        #expect(details(",\"job\":{\"conditions\":[{\"type\":\"Suspended\"}]}") == 1)
        #expect(details(",\"message\":\"free text\"") == 1)
        #expect(details(",\"job\":{\"name\":\"\(String(repeating: "j", count: 257))\"}") == 1)
        let events = Array(repeating: "{\"type\":\"Warning\"}", count: 21).joined(separator: ",")
        #expect(details(",\"events\":[\(events)]") == 1)
        #expect(failed(",\"failure_details\":\"x\"") == [.badFailureDetails])
        #expect(failed(",\"failure_details\":{\"docker\":{}}") == [.badFailureDetails])
        #expect(failed(",\"failure_details\":{\"kubernetes\":{}}") == [.badFailureDetails])
    }

    @Test("a binary message is told, and read all the same")
    func binary() throws {
        var stage = LedgerStage()
        stage.open(1)
        try stage.submit(task: "t", execution: "e")
        stage.says(1, "task_claimed", "\"task_id\":\"t\",\"worker_id\":\"w\"", isBinary: true)
        #expect(stage.violations() == ["binary_message"])
        #expect(stage.state("t") == "claimed")
    }

    @Test("nothing from outside reaches a log line as it is")
    func harmless() {
        #expect(shown(netBytes("a\nb\u{1b}[31m\u{202e}c\u{e9}")) == "a\\u{a}b\\u{1b}[31m\\u{202e}c\u{e9}")
        #expect(shown(Bytes(repeating: 0x61, count: 500)).utf8.count == 203)
    }
}
