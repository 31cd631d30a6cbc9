// A ledger on a stage: one call for each thing that a worker or a caller can do, with a clock of its own.

import Codecs

@testable import ControlPlane

struct LedgerStage {
    var ledger: Ledger
    private var seconds: Int64 = 0
    private var fresh = 0

    init(_ settings: LedgerSettings = LedgerSettings()) {
        ledger = Ledger(settings: settings)
    }

    var now: Moment { Moment(wall: UnixTime(seconds: 1_000_000 + seconds), steady: seconds * 1_000_000_000) }

    mutating func pass(_ more: Int64) {
        seconds += more
        ledger.tick(at: now)
    }

    /// Codes of all violations so far, and a clean slate for the next question.
    private var seen = 0
    mutating func violations() -> [String] {
        let fresh = ledger.journal.since(seen)
        seen = ledger.journal.last
        return fresh.compactMap { happening in
            if case .violation(let violation) = happening.kind { "\(violation.name)" } else { nil }
        }
    }

    @discardableResult
    mutating func open(_ connection: Int, _ worker: String = "w") -> [Sending] {
        ledger.opened(connection, worker: netBytes(worker), peer: netBytes("1.2.3.4:5"), at: now)
    }

    @discardableResult
    mutating func close(_ connection: Int) -> [Sending] {
        ledger.closed(connection, how: "gone", at: now)
    }

    @discardableResult
    mutating func submit(_ body: String) throws -> [Sending] {
        fresh += 1
        let names = FreshNames(task: netBytes("task-\(fresh)"), execution: netBytes("exec-\(fresh)"))
        return try ledger.submit(try Submission.read(netBytes(body), fresh: names, now: now.wall), at: now)
    }

    /// A task t with execution e.
    @discardableResult
    mutating func submit(task: String, execution: String?) throws -> [Sending] {
        let named = execution.map { "\"\($0)\"" } ?? "null"
        return try submit("{\"prompt\":\"p\",\"task_id\":\"\(task)\",\"execution_id\":\(named)}")
    }

    mutating func says(_ connection: Int, _ type: String, _ data: String, isBinary: Bool = false) {
        let text = "{\"type\":\"\(type)\",\"data\":{\(data)}}"
        ledger.received(netBytes(text), isBinary: isBinary, on: connection, at: now)
    }

    mutating func claims(_ connection: Int, _ task: String, _ worker: String = "w") {
        says(connection, "task_claimed", "\"task_id\":\"\(task)\",\"worker_id\":\"\(worker)\"")
    }

    mutating func rejects(_ connection: Int, _ task: String) {
        says(connection, "task_rejected", "\"task_id\":\"\(task)\",\"reason\":\"worker is paused\"")
    }

    mutating func completes(_ connection: Int, _ task: String, _ execution: String? = nil) {
        let named = execution.map { "\"execution_id\":\"\($0)\"," } ?? ""
        says(
            connection, "task_completed", "\"task_id\":\"\(task)\",\(named)\"message\":\"Task completed successfully\""
        )
    }

    mutating func fails(_ connection: Int, _ task: String, _ execution: String? = nil, _ more: String = "") {
        let named = execution.map { "\"execution_id\":\"\($0)\"," } ?? ""
        says(connection, "task_failed", "\"task_id\":\"\(task)\",\(named)\"message\":\"Failed\"\(more)")
    }

    mutating func reportsCancelled(_ connection: Int, _ task: String, _ execution: String) {
        let words = "\"message\":\"Task cancelled by user request.\",\"task_state\":\"CANCELLED\""
        says(connection, "task_completed", "\"task_id\":\"\(task)\",\"execution_id\":\"\(execution)\",\(words)")
    }

    func state(_ task: String, _ execution: String? = nil) -> String? {
        let wanted = execution.map(netBytes)
        let all = ledger.executions(of: netBytes(task))
        let found = wanted == nil ? all.last : all.last { $0.execution == wanted }
        return found.map { "\($0.state.name)" }
    }
}

extension Sending {
    var type: String? { (try? JSON.parse(message))?["type"]?.asString?.text }
}
