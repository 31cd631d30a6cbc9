// The state after an input, for people: what the worker as a whole is doing, its connection, what it has said and not
// seen heard, and every execution that it knows. All of the state, to the last field, is its JSON.

import Codecs
import Effects
import WorkerModel

public func standing(_ worker: Worker, at now: Instant) -> [String] {
    var lines = ["worker      \(LifePhase(worker.life)?.words ?? ended(worker))"]
    lines.append("connection  \(connectionWords(worker.connection))")
    if let next = worker.nextDeadline() { lines.append("next        a deadline \(relative(next, now))") }
    let letters = worker.connection.outbox.letters
    lines.append("unheard     " + (letters.isEmpty ? "nothing" : counted(letters.count, "message")))
    for letter in letters { lines.append("  \(letter.message.sentence): \(progress(letter))") }
    let remembered = worker.memory.entries.count
    lines.append("remembered  \(counted(remembered, "final word"))")
    let known = counted(worker.roster.tasks.count, "known execution")
    lines.append("executions  \(known), \(worker.roster.active) active")
    if worker.roster.highest > 0 {
        for slot in 1...worker.roster.highest {
            guard let task = worker.roster[slot] else { continue }
            lines += executionLines(slot, task, worker.roster, now)
        }
    }
    return lines
}

private func ended(_ worker: Worker) -> String { worker.exitCode.map { "stopped, exit code \($0)" } ?? "stopped" }

private func connectionWords(_ connection: Connection) -> String {
    let phase = LinkPhase(connection)?.words ?? (connection.isShut ? "shut" : "not dialled yet")
    return connection.awaited.map { "\(phase) (\($0.label))" } ?? phase
}

private func progress(_ letter: Outbox.Letter) -> String {
    let before = letter.maybeHeard ? ", perhaps heard on an earlier connection" : ""
    switch letter.progress {
    case .queued: return "waits to be sent\(before)"
    case .sending(let id): return "being sent as \(id.label)\(before)"
    case .written(let id): return "handed over as \(id.label)\(before)"
    }
}

private func executionLines(_ slot: UInt32, _ task: Task, _ roster: Roster, _ now: Instant) -> [String] {
    let phase = RunPhase(task, roster)?.words ?? "gone"
    var lines = ["  slot \(slot)  \(task.key.label): \(phase), assigned \(now.since(task.assignedAt).words) ago"]
    if !task.awaited.isEmpty {
        lines.append("    waits for \(task.awaited.map { $0.label }.joined(separator: ", "))")
    }
    if let deadline = task.deadline { lines.append("    a deadline \(relative(deadline, now))") }
    return lines
}

private func relative(_ moment: Instant, _ now: Instant) -> String {
    moment < now ? "was due \(now.since(moment).words) ago" : "in \(moment.since(now).words)"
}
