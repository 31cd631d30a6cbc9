// What a worker says, held against what it was told. Wrong or not, what was said is recorded.

import Codecs

extension Ledger {
    /// A worker that has not pinged for this long is told of. It should ping every 30 s.
    static let pingGapMax: Int64 = 90_000_000_000

    mutating func received(_ text: Bytes, isBinary: Bool, on connection: Int, at now: Moment) {
        guard let worker = worker(connection)?.worker else { return }
        changeWorker(connection) { $0.messages += 1 }
        let reading = WorkerMessageReader.read(text)
        let task = reading.message?.task
        if isBinary {
            violation(.binaryMessage, "a binary message instead of a text", on: connection, task: task, at: now)
        }
        for complaint in reading.complaints {
            violation(complaint.violation, complaint.words, on: connection, task: task, at: now)
        }
        switch reading.message {
        case .claim(let task, let claimed):
            if claimed != worker {
                let words = "claim in the name of \(shown(claimed)) on a connection of \(shown(worker))"
                violation(.workerIDMismatch, words, on: connection, task: task, at: now)
            }
            claim(task, worker: worker, on: connection, at: now)
        case .rejection(let task, let reason): reject(task, reason, on: connection, at: now)
        case .final(let word): final(word, worker: worker, on: connection, at: now)
        case nil: break
        }
    }

    mutating func brokenFrame(_ words: String, on connection: Int, at now: Moment) {
        violation(.brokenFrame, words, on: connection, task: nil, at: now)
    }

    mutating func pinged(_ connection: Int, at now: Moment) {
        changeWorker(connection) {
            $0.pings += 1
            $0.longestPingGap = max($0.longestPingGap, now.steady - $0.quietSince)
            $0.lastPing = now
            $0.quietSince = now.steady
            $0.silenceTold = false
        }
    }

    mutating func ponged(_ connection: Int) {
        changeWorker(connection) { $0.pongs += 1 }
    }

    /// While nothing was read from a connection, its silence says nothing.
    mutating func silenceExcused(_ connection: Int, at now: Moment) {
        changeWorker(connection) { $0.quietSince = now.steady }
    }

    mutating func tick(at now: Moment) {
        for record in open where !record.silenceTold {
            guard now.steady - record.quietSince > Self.pingGapMax else { continue }
            changeWorker(record.connection) { $0.silenceTold = true }
            violation(.noPing, "no ping for 90 seconds", on: record.connection, task: nil, at: now)
        }
    }

    /// When `tick` may have something to say, by the steady clock.
    var nextTick: Int64? {
        open.filter { !$0.silenceTold }.map { $0.quietSince + Self.pingGapMax + 1 }.min()
    }

    // MARK: Claims

    /// A claim names no execution. It belongs to the oldest one that waits for an answer on this connection, or
    /// else to one assigned on an earlier connection, whose claim may come again.
    private mutating func claim(_ task: Bytes, worker: Bytes, on connection: Int, at now: Moment) {
        let candidates = executions(of: task).filter { $0.assignmentCount > 0 }
        guard let latest = candidates.last else {
            violation(
                .claimOfUnassigned, "claim of a task that was never assigned", on: connection, task: task, at: now)
            return
        }
        if let due = candidates.first(where: { $0.tally(connection).assignments > $0.tally(connection).answers }) {
            change(due.number) { $0.count(connection) { $0.answers += 1 } }
            recordClaim(due.number, on: connection, at: now)
            return
        }
        let resendable = candidates.filter {
            $0.worker == worker && $0.wasAssigned(before: connection) && $0.tally(connection).resentClaims == 0
        }
        let resent = resendable.first { $0.claimCount == 0 } ?? resendable.first { !$0.state.isFinal }
        if let resent = resent ?? resendable.first {
            change(resent.number) { $0.count(connection) { $0.resentClaims += 1 } }
            recordClaim(resent.number, on: connection, at: now)
        } else if candidates.contains(where: { $0.tally(connection).assignments > 0 || $0.worker == worker }) {
            let words = "claim repeated on one connection without another assignment"
            violation(.claimedTwice, words, on: connection, task: task, execution: latest.execution, at: now)
        } else {
            let words = "claim of a task that was assigned to another worker"
            violation(.claimOfUnassigned, words, on: connection, task: task, at: now)
        }
    }

    private mutating func recordClaim(_ number: Int, on connection: Int, at now: Moment) {
        change(number) {
            $0.count(connection) { $0.claims += 1 }
            $0.claims.append(Execution.Sighting(connection: connection, at: now.wall))
            $0.claimCount += 1
            if $0.claimCount == 1 { $0.claimedAt = now.wall }
            switch $0.state {
            case .queued, .assigned: $0.state = .claimed
            case .claimed, .rejected, .ended, .withdrawn: break
            }
        }
        guard let execution = executions[number] else { return }
        let again = execution.claimCount > 1 ? " again" : ""
        let words = "\(named(execution.task, execution.execution)) claimed\(again)"
        journal.add(
            .claimed, words, at: now, connection: connection, task: execution.task, execution: execution.execution)
    }

    // MARK: Rejections

    private mutating func reject(_ task: Bytes, _ reason: Bytes, on connection: Int, at now: Moment) {
        let due = executions(of: task).last {
            $0.tally(connection).assignments > $0.tally(connection).answers
        }
        guard let due else {
            let words = "rejection without an assignment on this connection that it could answer"
            violation(.rejectionOfUnassigned, words, on: connection, task: task, at: now)
            return
        }
        if due.state == .claimed, due.tally(connection).claims > 0 {
            let words = "rejection of what was claimed on this connection and has not ended"
            violation(.rejectionOfActive, words, on: connection, task: task, execution: due.execution, at: now)
        }
        change(due.number) {
            $0.count(connection) { $0.answers += 1 }
            if $0.state == .assigned {
                $0.state = .rejected(reason: reason)
                $0.endedAt = now.wall
            }
        }
        let words = "\(named(task, due.execution)) rejected: \(shown(reason))"
        journal.add(.rejected, words, at: now, connection: connection, task: task, execution: due.execution)
    }

    // MARK: Final words

    private mutating func final(_ word: FinalWord, worker: Bytes, on connection: Int, at now: Moment) {
        guard let execution = addressee(of: word, on: connection, at: now) else { return }
        let number = execution.number
        func complain(_ violation: Violation, _ words: String, to ledger: inout Ledger) {
            ledger.violation(
                violation, words, on: connection, task: word.task, execution: execution.execution, at: now)
        }
        let isOurs = execution.tally(connection).assignments > 0 || execution.worker == worker
        if execution.assignmentCount == 0 || !isOurs {
            let words = "final word for what was \(isOurs ? "never" : "not") assigned to this worker"
            complain(.finalWordOfUnassigned, words, to: &self)
        } else if execution.claimCount == 0 {
            complain(.finalWordWithoutClaim, "final word without a claim before it", to: &self)
        }
        if word.isCancelled, execution.cancelledAt == nil {
            complain(.cancelledWithoutRequest, "reported as cancelled, and nobody cancelled it", to: &self)
        }
        let tally = execution.tally(connection)
        if isOurs, execution.assignmentCount > 0, tally.finals >= execution.finalsAllowed(on: connection) {
            complain(.repeatedFinalWord, "final word repeated on one connection without another assignment", to: &self)
        }
        if case .ended(let earlier) = execution.state {
            if earlier.digest != word.digest {
                complain(.differentFinalWord, "a final word that differs from the one before", to: &self)
            }
            let newer = executions(of: word.task).last
            if tally.assignments == 0, let newer, newer.number > number, newer.worker == worker, newer.claimCount > 0 {
                let words = "final word sent again after a newer execution of the task was claimed"
                complain(.finalWordAfterNewerExecution, words, to: &self)
            }
        }
        record(word, number, on: connection, at: now)
    }

    /// Which execution a final word is about: the latest run of the named one.
    private mutating func addressee(of word: FinalWord, on connection: Int, at now: Moment) -> Execution? {
        if let named = latest(word.task, execution: word.execution) { return named }
        let all = executions(of: word.task)
        guard word.execution == nil, let last = all.last(where: { $0.claimCount > 0 }) ?? all.last else {
            let words = all.isEmpty ? "of a task" : "of an execution"
            violation(
                .finalWordOfUnassigned, "final word \(words) that was never assigned", on: connection,
                task: word.task, execution: word.execution, at: now)
            return nil
        }
        violation(
            .executionIDMissing, "final word without the execution id of its assignment", on: connection,
            task: word.task, execution: last.execution, at: now)
        return last
    }

    private mutating func record(_ word: FinalWord, _ number: Int, on connection: Int, at now: Moment) {
        change(number) {
            let wasEnded = $0.state.isFinal
            $0.count(connection) {
                $0.finals += 1
                // A repeated assignment of what has ended is answered by its final word.
                if wasEnded, $0.assignments > $0.answers { $0.answers += 1 }
            }
            $0.finals.append(Execution.Sighting(connection: connection, at: now.wall))
            $0.finalCount += 1
            if case .ended = $0.state { return }
            $0.state = .ended(word)
            $0.endedAt = now.wall
        }
        guard let execution = executions[number] else { return }
        let again = execution.finalCount > 1 ? " again" : ""
        var words = "\(named(execution.task, execution.execution)) final word\(again): "
        words += word.isCancelled ? "cancelled" : word.succeeded ? "completed" : "failed"
        if let reason = word.reason { words += ", \(shown(reason))" }
        if let code = word.exitCode { words += ", exit code \(code)" }
        if !word.succeeded { words += ": \(shown(word.message))" }
        journal.add(
            .finalWord, words, at: now, connection: connection, task: execution.task, execution: execution.execution)
    }

    private mutating func violation(
        _ violation: Violation, _ words: String, on connection: Int, task: Bytes?, execution: Bytes? = nil,
        at now: Moment
    ) {
        journal.add(
            .violation(violation), words, at: now, connection: connection, task: task, execution: execution)
    }
}
