// The ledger as JSON. Environments and whole assignments are never shown: they may hold secrets.

import Codecs

extension Ledger {
    /// A task with all its executions; nil for one that is not known.
    func report(task: Bytes) -> JSON? {
        let all = executions(of: task)
        guard let last = all.last else { return nil }
        return .object([
            JSONMember("task_id", .string(task)),
            JSONMember("state", .string(Bytes(text: last.state.name))),
            JSONMember("final", .bool(last.state.isFinal)),
            JSONMember("executions", .array(all.map(\.report))),
        ])
    }

    /// Executions oldest first, all of them or those in one state, the last so many.
    func report(state: Bytes?, limit: Int) -> JSON {
        var chosen: [JSON] = []
        if let numbers {
            for number in numbers.reversed() where chosen.count < limit {
                guard let execution = executions[number] else { continue }
                if let state, !state.equals(execution.state.name) { continue }
                chosen.append(execution.report)
            }
        }
        return .object([JSONMember("tasks", .array(chosen.reversed()))])
    }

    func report(since number: Int) -> JSON {
        .object([
            JSONMember("last", .number(journal.last)),
            JSONMember("events", .array(journal.since(number).map(\.report))),
        ])
    }

    var violationReport: JSON {
        .object([
            JSONMember("count", .number(journal.violationCount)),
            JSONMember("violations", .array(journal.keptViolations.map(\.report))),
        ])
    }

    var workerReport: JSON {
        .object([
            JSONMember("open", .array(open.map(\.report))),
            JSONMember("closed", .array(closed.all.map(\.report))),
        ])
    }
}

extension Execution {
    var report: JSON {
        var members = [
            JSONMember("task_id", .string(task)), JSONMember("execution_id", execution.map(JSON.string) ?? .null),
            JSONMember("run", .number(run)), JSONMember("state", .string(Bytes(text: state.name))),
            JSONMember("final", .bool(state.isFinal)), JSONMember("title", title.map(JSON.string) ?? .null),
        ]
        switch state {
        case .queued, .assigned, .claimed: break
        case .rejected(let reason): members.append(JSONMember("reason", .string(reason)))
        case .withdrawn: members.append(JSONMember("message", .string("cancelled before any worker had it")))
        case .ended(let word):
            members.append(JSONMember("reason", word.reason.map(JSON.string) ?? .null))
            members.append(JSONMember("message", .string(word.message)))
            members.append(JSONMember("exit_code", word.exitCode.map { .number($0) } ?? .null))
            members.append(JSONMember("failure_details", word.details ?? .null))
        }
        members += [
            JSONMember("worker_id", worker.map(JSON.string) ?? .null),
            JSONMember("connection", lastConnection.map { .number($0) } ?? .null),
            JSONMember("queued_at", time(queuedAt)), JSONMember("claimed_at", time(claimedAt)),
            JSONMember("cancel_requested_at", time(cancelledAt)), JSONMember("ended_at", time(endedAt)),
            JSONMember("assignments", sightings(assignments, assignmentCount)),
            JSONMember("claims", sightings(claims, claimCount)),
            JSONMember("final_words", sightings(finals, finalCount)),
        ]
        return .object(members)
    }

    private func sightings(_ recent: Recent<Sighting>, _ count: Int) -> JSON {
        let latest = recent.all.map { sighting in
            JSON.object([JSONMember("connection", .number(sighting.connection)), JSONMember("at", time(sighting.at))])
        }
        return .object([JSONMember("count", .number(count)), JSONMember("latest", .array(latest))])
    }
}

extension WorkerRecord {
    var report: JSON {
        .object([
            JSONMember("connection", .number(connection)), JSONMember("worker_id", .string(worker)),
            JSONMember("peer", .string(peer)), JSONMember("opened_at", time(opened.wall)),
            JSONMember("closed_at", time(closedAt)), JSONMember("closed", closedHow.map { .string($0) } ?? .null),
            JSONMember("pings", .number(pings)), JSONMember("last_ping_at", time(lastPing?.wall)),
            JSONMember("longest_ping_gap_ms", .number(longestPingGap / 1_000_000)),
            JSONMember("pongs", .number(pongs)), JSONMember("messages", .number(messages)),
            JSONMember("assignments", .number(assignments)),
        ])
    }
}

extension Happening {
    var report: JSON {
        var members = [
            JSONMember("number", .number(number)), JSONMember("at", time(at)),
            JSONMember("kind", .string(Bytes(text: kind.name))),
        ]
        if case .violation(let violation) = kind {
            members.append(JSONMember("violation", .string(Bytes(text: violation.name))))
        }
        if let connection { members.append(JSONMember("connection", .number(connection))) }
        if let task { members.append(JSONMember("task_id", .string(task))) }
        if let execution { members.append(JSONMember("execution_id", .string(execution))) }
        members.append(JSONMember("words", .string(words)))
        return .object(members)
    }
}

private func time(_ time: UnixTime?) -> JSON {
    guard let time else { return .null }
    return .string(RFC3339.write(time.inMilliseconds))
}

extension UnixTime {
    /// Without what is finer than a millisecond.
    var inMilliseconds: UnixTime {
        UnixTime(seconds: seconds, nanoseconds: nanoseconds / 1_000_000 * 1_000_000)
    }
}
