// What this life holds at one moment: told when the operator asks (SIGUSR1), and at the end, when what was held for
// tasks and requests must have gone.

import Effects

struct Counts {
    /// Executions that the core still knows, and messages that the server may not have heard.
    var tasks = 0
    var letters = 0
    /// What the executors have no final answer for.
    var sockets = 0
    var processes = 0
    var files = 0
    var dockerCalls = 0
    /// Supervisors that ended or were dismissed, and were not reaped yet.
    var unreaped = 0
    /// Things outside that were intended or acquired, and not released.
    var journalOpen = 0
    /// Secrets of messages and files, those of the configuration not counted.
    var secrets = 0
    var vaultBytes = 0
    /// What the loop watches and waits for.
    var descriptors = 0
    var timers = 0
    var supervisorsReady = 0
    /// What the journal was told in this life, and what that cost: writes, syncs, new files.
    var journalNotes = 0
    var journalWrites = 0
    var journalSyncs = 0
    var journalRenewals = 0

    /// What must be nothing at the end of a life.
    private var owed: [(StaticString, Int)] {
        [
            ("tasks", tasks), ("sockets", sockets), ("processes", processes), ("files", files),
            ("docker_calls", dockerCalls),
            ("journal_open", journalOpen), ("secrets", secrets), ("vault_bytes", vaultBytes),
        ]
    }

    var leaks: [LogField] { owed.filter { $0.1 != 0 }.map(Self.field) }

    /// The same in words, where the end was cut short.
    var leftUndone: String {
        func words(_ count: Int, _ one: String, _ many: String) -> String? {
            count == 0 ? nil : "\(count) \(count == 1 ? one : many)"
        }
        let left = [
            words(tasks, "task not reported or not tidied up", "tasks not reported or not tidied up"),
            words(processes, "command being killed", "commands being killed"),
            words(letters, "message that may not have been heard", "messages that may not have been heard"),
            words(sockets, "connection not closed in order", "connections not closed in order"),
        ]
        let told = left.compactMap { $0 }.joined(separator: ", ")
        return "ended before all was done" + (told.isEmpty ? "" : ": \(told)")
    }

    var fields: [LogField] {
        let others: [(StaticString, Int)] = [
            ("letters", letters), ("unreaped", unreaped), ("descriptors", descriptors), ("timers", timers),
            ("supervisors_ready", supervisorsReady), ("journal_notes", journalNotes),
            ("journal_writes", journalWrites), ("journal_syncs", journalSyncs),
            ("journal_renewals", journalRenewals),
        ]
        return (owed + others).map(Self.field)
    }

    private static func field(_ pair: (name: StaticString, count: Int)) -> LogField {
        LogField(pair.name, .number(pair.count))
    }
}

extension Counters {
    /// What happened in this life so far.
    var fields: [LogField] {
        let all: [(StaticString, Int)] = [
            ("claimed", claimed), ("rejected", rejected), ("ended", ended), ("cleanups_failed", cleanupsFailed),
            ("dials_failed", dialsFailed), ("connections_lost", connectionsLost),
            ("late_completions", lateCompletions), ("contracts_broken", contractsBroken), ("slow_turns", slowTurns),
        ]
        return all.map { LogField($0.0, .number($0.1)) }
    }
}
