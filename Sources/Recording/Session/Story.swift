// One task's story for people: what happened to it in order, with the connection's fortunes in between.

import Codecs
import Effects

public struct StoryLine: Hashable, Sendable {
    public let when: When
    /// Since the story began.
    public let since: Span
    public let words: String
    /// It is of the connection or the worker, not of the task itself.
    public let isAside: Bool
    /// Of the same input as the line before.
    public let goesOn: Bool
}

public struct TaskStory: Sendable {
    public let run: Run
    public let lines: [StoryLine]

    /// The stories of a task's executions, in the order in which they came.
    public static func all(of task: TaskID, in chronicle: Chronicle) -> [TaskStory] {
        chronicle.runs.filter { $0.key.task == task }.map { TaskStory($0, in: chronicle) }
    }

    init(_ run: Run, in chronicle: Chronicle) {
        self.run = run
        let end = TaskStory.end(of: run, in: chronicle)
        var told: [(moment: Moment, isAside: Bool)] = run.lane.moments.map { ($0, false) }
        let around = chronicle.connection.moments + chronicle.worker.moments
        for moment in around where moment.when.number > run.began.number && moment.when.number <= end {
            told.append((moment, true))
        }
        // One input may have brought several; what it meant for the connection comes first.
        let ordered = told.enumerated().sorted { one, other in
            let (left, right) = (one.element, other.element)
            if left.moment.when.number != right.moment.when.number {
                return left.moment.when.number < right.moment.when.number
            }
            return left.isAside != right.isAside ? left.isAside : one.offset < other.offset
        }
        var before: UInt64?
        lines = ordered.map { entry in
            let moment = entry.element.moment
            defer { before = moment.when.number }
            return StoryLine(
                when: moment.when, since: moment.when.at.since(run.began.at), words: moment.words,
                isAside: entry.element.isAside, goesOn: before == moment.when.number)
        }
    }

    /// The number of the last input that matters to it.
    private static func end(of run: Run, in chronicle: Chronicle) -> UInt64 {
        if run.lane.phase != nil { return .max }
        let ends = [run.lane.moments.last?.when.number, run.gone?.number, run.heard?.number, run.began.number]
        return ends.compactMap { $0 }.max() ?? run.began.number
    }

    public var heading: String {
        var words = "task \(run.key.task.bytes.text)"
        if let execution = run.key.execution { words += ", execution \(execution.bytes.text)" }
        words += ": " + (run.outcome?.words ?? "no verdict yet")
        if let code = run.exitCode { words += " with exit code \(code)" }
        if !run.reason.isEmpty { words += " (\(run.reason))" }
        if run.isOlder { words += "; it was there before the recording begins" }
        return words
    }

    /// Where its time went, phase by phase.
    public var phases: [String] {
        run.lane.spans.map { span in
            let length = span.to.map { $0.at.since(span.from.at).words } ?? "until the end"
            return "\(span.phase.words): \(length)"
        }
    }
}
