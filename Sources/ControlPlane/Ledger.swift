// The control plane's memory and its only decisions: which execution goes to which connection, and whether what
// a worker says fits what it was told. Pure: time and names are given, messages to send come back.

import Codecs

struct LedgerLimits: Sendable {
    var executions = 10_000
    /// Of all assignments together.
    var assignmentBytes = 128 * 1_048_576
    var happenings = 10_000
    var violations = 2_000
    var closedConnections = 200
}

struct LedgerSettings: Sendable {
    /// Tasks that nobody can take wait for a worker.
    var queues = true
    /// An execution whose connection was lost before a claim is assigned again.
    var reassigns = true
    var limits = LedgerLimits()
}

/// A text message for a connection.
struct Sending: Sendable, Equatable {
    var connection: Int
    var message: Bytes
}

struct Ledger: Sendable {
    let settings: LedgerSettings
    var journal: Journal
    /// Executions by number, and their numbers by task.
    private(set) var executions: [Int: Execution] = [:]
    private(set) var numbers: ClosedRange<Int>?
    private var byTask: [Bytes: [Int]] = [:]
    /// Numbers of those that wait.
    private var queue: [Int] = []
    private var bytesKept = 0
    private(set) var open: [WorkerRecord] = []
    private(set) var closed: Recent<WorkerRecord>
    /// Nothing will be assigned any more.
    var isEnding = false

    init(settings: LedgerSettings = LedgerSettings()) {
        self.settings = settings
        journal = Journal(capacity: settings.limits.happenings, violationCapacity: settings.limits.violations)
        closed = Recent(capacity: settings.limits.closedConnections)
    }

    // MARK: Looking

    /// All of a task, oldest first.
    func executions(of task: Bytes) -> [Execution] {
        (byTask[task] ?? []).compactMap { executions[$0] }
    }

    func latest(_ task: Bytes, execution: Bytes?) -> Execution? {
        executions(of: task).last { $0.execution == execution }
    }

    func worker(_ connection: Int) -> WorkerRecord? {
        open.first { $0.connection == connection }
    }

    mutating func change(_ number: Int, _ change: (inout Execution) -> Void) {
        guard var execution = executions.removeValue(forKey: number) else { return }
        change(&execution)
        executions[number] = execution
    }

    mutating func changeWorker(_ connection: Int, _ change: (inout WorkerRecord) -> Void) {
        guard let place = open.firstIndex(where: { $0.connection == connection }) else { return }
        change(&open[place])
    }

    // MARK: Connections

    mutating func opened(_ connection: Int, worker: Bytes, peer: Bytes, at now: Moment) -> [Sending] {
        open.append(WorkerRecord(connection: connection, worker: worker, peer: peer, opened: now))
        let words = "worker \(shown(worker)) connected from \(shown(peer))"
        journal.add(.connected, words, at: now, connection: connection)
        // Cancellations are said again, for what was lost with the connection; never to one that is still alive.
        let othersAreOpen = open.contains { $0.worker == worker && $0.connection != connection }
        var sendings: [Sending] = []
        if !othersAreOpen {
            for number in numbers ?? 0...0 {
                guard let execution = executions[number], execution.worker == worker, execution.isActive,
                    execution.cancelledAt != nil
                else { continue }
                sendings.append(cancellation(execution, on: connection, at: now))
            }
        }
        return flush(at: now) + sendings
    }

    mutating func closed(_ connection: Int, how: String, at now: Moment) -> [Sending] {
        guard let place = open.firstIndex(where: { $0.connection == connection }) else { return [] }
        var record = open.remove(at: place)
        record.closedAt = now.wall
        record.closedHow = how
        closed.append(record)
        let words = "worker \(shown(record.worker)) is gone: \(how)"
        journal.add(.disconnected, words, at: now, connection: connection)
        guard settings.reassigns, !isEnding, let numbers else { return [] }
        for number in numbers {
            guard let execution = executions[number], execution.state == .assigned,
                execution.lastConnection == connection
            else { continue }
            // Only to a worker of the same id: it may have been claimed and the claim lost.
            change(number) {
                $0.state = .queued
                $0.wantedWorker = record.worker
            }
            queue.append(number)
            let words = "\(named(execution.task, execution.execution)) was not claimed before that: queued again"
            journal.add(.queued, words, at: now, task: execution.task, execution: execution.execution)
        }
        return flush(at: now)
    }

    // MARK: Tasks in

    /// Whether this execution is here already. Without an id it is known only until its last run has ended.
    func isKnown(_ submission: Submission) -> Bool {
        guard let known = latest(submission.task, execution: submission.execution) else { return false }
        return submission.execution != nil || !known.state.isFinal
    }

    /// A known execution is not sent again: submitting is idempotent.
    mutating func submit(_ submission: Submission, at now: Moment) throws(SubmissionFault) -> [Sending] {
        if isKnown(submission) { return [] }
        if !settings.queues, recipient(submission.worker) == nil { throw .nobodyConnected }
        try makeRoom(for: submission.message.count)
        let number = add(submission, at: now)
        queue.append(number)
        if recipient(submission.worker) != nil { return flush(at: now) }
        let words = "\(named(submission.task, submission.execution)) waits for a worker"
        journal.add(.queued, words, at: now, task: submission.task, execution: submission.execution)
        return []
    }

    /// A message that goes out by another door, as it was typed. If it is an assignment or a cancellation it is
    /// recorded, so that what the worker says to it is expected.
    mutating func sentByHand(_ message: Bytes, on connection: Int, at now: Moment) {
        guard let submission = Submission.recognise(message) else {
            guard let task = Submission.recogniseCancellation(message) else { return }
            for execution in executions(of: task) {
                change(execution.number) { $0.cancelledAt = $0.cancelledAt ?? now.wall }
            }
            return
        }
        if isKnown(submission), let known = latest(submission.task, execution: submission.execution) {
            recordAssignment(known.number, on: connection, at: now)
        } else if (try? makeRoom(for: submission.message.count)) != nil {
            recordAssignment(add(submission, at: now), on: connection, at: now)
        }
    }

    /// The same assignment once more, to where it went before if that is still open. Without an execution id
    /// that is a new run once the last one has ended.
    mutating func repeatAssignment(_ number: Int, at now: Moment) -> [Sending] {
        guard let execution = executions[number],
            let connection = connection(of: execution) ?? recipient(execution.worker ?? execution.wantedWorker)
        else { return [] }
        queue.removeAll { $0 == number }
        var repeated = number
        if execution.execution == nil, execution.state.isFinal {
            let submission = Submission(
                task: execution.task, execution: nil, title: execution.title, worker: execution.wantedWorker,
                message: execution.assignment)
            guard (try? makeRoom(for: submission.message.count)) != nil else { return [] }
            repeated = add(submission, at: now)
        }
        recordAssignment(repeated, on: connection, at: now)
        return [Sending(connection: connection, message: execution.assignment)]
    }

    /// A cancellation names a task: it goes wherever an execution of it went, also where all have ended.
    mutating func cancel(_ task: Bytes, at now: Moment) -> [Sending] {
        var sendings: [Sending] = []
        for execution in executions(of: task) {
            if execution.state == .queued, execution.assignmentCount == 0 {
                queue.removeAll { $0 == execution.number }
                change(execution.number) {
                    $0.state = .withdrawn
                    $0.cancelledAt = now.wall
                    $0.endedAt = now.wall
                }
                let words = "\(named(task, execution.execution)) cancelled before any worker had it"
                journal.add(.cancellation, words, at: now, task: task, execution: execution.execution)
                continue
            }
            change(execution.number) { $0.cancelledAt = $0.cancelledAt ?? now.wall }
            guard let connection = connection(of: execution) else { continue }
            if !sendings.contains(where: { $0.connection == connection }) {
                sendings.append(cancellation(execution, on: connection, at: now))
            }
        }
        return sendings
    }

    // MARK: Details

    private mutating func add(_ submission: Submission, at now: Moment) -> Int {
        let number = (numbers?.upperBound ?? 0) + 1
        let runs = executions(of: submission.task).count { $0.execution == submission.execution }
        executions[number] = Execution(number: number, run: runs + 1, submission: submission, at: now.wall)
        numbers = (numbers?.lowerBound ?? number)...number
        byTask[submission.task, default: []].append(number)
        bytesKept += submission.message.count
        return number
    }

    /// What waits goes out, oldest first, as far as there is somebody for it.
    private mutating func flush(at now: Moment) -> [Sending] {
        var sendings: [Sending] = []
        var waiting: [Int] = []
        for number in queue {
            guard let execution = executions[number], execution.state == .queued else { continue }
            guard let connection = recipient(execution.wantedWorker) else {
                waiting.append(number)
                continue
            }
            recordAssignment(number, on: connection, at: now)
            sendings.append(Sending(connection: connection, message: execution.assignment))
            if execution.cancelledAt != nil { sendings.append(cancellation(execution, on: connection, at: now)) }
        }
        queue = waiting
        return sendings
    }

    /// The connection that got least so far, of those that may have it.
    private func recipient(_ wanted: Bytes?) -> Int? {
        open.filter { wanted == nil || $0.worker == wanted }
            .min { ($0.assignments, $0.connection) < ($1.assignments, $1.connection) }?.connection
    }

    /// Where its worker can be reached now: the connection it went to, or the newest of the same worker id.
    private func connection(of execution: Execution) -> Int? {
        if let last = execution.lastConnection, worker(last) != nil { return last }
        return open.last { $0.worker == execution.worker }?.connection
    }

    private mutating func recordAssignment(_ number: Int, on connection: Int, at now: Moment) {
        let worker = worker(connection)?.worker
        changeWorker(connection) { $0.assignments += 1 }
        change(number) {
            $0.count(connection) { $0.assignments += 1 }
            $0.assignments.append(Execution.Sighting(connection: connection, at: now.wall))
            $0.assignmentCount += 1
            $0.worker = worker
            switch $0.state {
            case .queued, .rejected, .withdrawn:
                $0.state = .assigned
                $0.endedAt = nil
            case .assigned, .claimed, .ended: break
            }
        }
        guard let execution = executions[number] else { return }
        let again = execution.assignmentCount > 1 ? " again" : ""
        let words = "\(named(execution.task, execution.execution)) assigned\(again)"
        journal.add(
            .assigned, words, at: now, connection: connection, task: execution.task, execution: execution.execution)
    }

    private mutating func cancellation(_ execution: Execution, on connection: Int, at now: Moment) -> Sending {
        let words = "cancellation of task \(shown(execution.task)) sent"
        journal.add(.cancellation, words, at: now, connection: connection, task: execution.task)
        let message = JSON.object([
            JSONMember("type", .string("task_cancellation")),
            JSONMember("data", .object([JSONMember("task_id", .string(execution.task))])),
        ])
        return Sending(connection: connection, message: message.encoded())
    }

    /// The oldest executions that have ended make room. When all are still going, there is none.
    private mutating func makeRoom(for bytes: Int) throws(SubmissionFault) {
        let limits = settings.limits
        guard var oldest = numbers?.lowerBound, let newest = numbers?.upperBound else { return }
        while executions.count >= limits.executions || bytesKept + bytes > limits.assignmentBytes {
            guard oldest <= newest else { throw .ledgerFull }
            if executions[oldest]?.state.isFinal == true { forget(oldest) }
            oldest += 1
        }
        while let first = numbers?.lowerBound, first < newest, executions[first] == nil {
            numbers = (first + 1)...newest
        }
    }

    private mutating func forget(_ number: Int) {
        guard let execution = executions.removeValue(forKey: number) else { return }
        bytesKept -= execution.assignment.count
        byTask[execution.task]?.removeAll { $0 == number }
        if byTask[execution.task]?.isEmpty == true { byTask[execution.task] = nil }
    }
}
