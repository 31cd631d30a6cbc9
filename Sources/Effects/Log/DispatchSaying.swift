// What is said about a task that is handed to somebody else, and about reaching it there.

import Codecs

public enum DispatchSaying: Hashable, Codable, Sendable {
    case started
    /// The worker stops; so long it may still take.
    case hurried(Span)
    case brokenOff(Failure)
    case handedOver
    /// Assigned once more.
    case handedOverAlready
    case cancelStarted(attempt: Int)
    case cancelDone
    case cancelFailed(CommandProblem, attempt: Int, givenUp: Bool)
    case cancelUnderWay
    case cancelMissing
}

extension DispatchSaying {
    var name: StaticString {
        switch self {
        case .started: "task.dispatch_started"
        case .hurried: "task.dispatch_hurried"
        case .brokenOff: "task.dispatch_broken_off"
        case .handedOver: "task.dispatched"
        case .handedOverAlready: "task.dispatched_already"
        case .cancelStarted: "task.cancel_command_started"
        case .cancelDone: "task.cancel_command_done"
        case .cancelFailed: "cleanup.cancel_failed"
        case .cancelUnderWay: "task.cancel_command_under_way"
        case .cancelMissing: "task.cancel_command_missing"
        }
    }

    var fields: [LogField] {
        switch self {
        case .hurried(let span): return [LogField("within_ms", span)]
        case .brokenOff(let failure): return [LogField("reason", words: failure.reason.rawValue)]
        case .cancelStarted(let attempt): return [LogField("attempt", .number(attempt))]
        case .cancelFailed(let problem, let attempt, let givenUp):
            let reason = LogField("reason", words: FailureReason.cancelCommand.rawValue)
            let facts = [LogField("attempt", .number(attempt)), LogField("given_up", .flag(givenUp))]
            return [reason] + facts + exitField(problem.code)
        case .started, .handedOver, .handedOverAlready, .cancelDone, .cancelUnderWay, .cancelMissing: return []
        }
    }

    var words: String {
        switch self {
        case .started: "started the dispatch command"
        case .hurried(let span):
            "the worker is stopping; the dispatch command may go on for \(span.words) at most"
        case .brokenOff(let failure): "killing the dispatch command: \(failure.words)"
        case .handedOver: "handed the task over; whoever runs it now reports its end"
        case .handedOverAlready: "the task was handed over already; claimed it once more"
        case .cancelStarted(1): "started the cancel command"
        case .cancelStarted(let attempt): "started the cancel command, attempt \(attempt)"
        case .cancelDone: "the cancel command ended well"
        case .cancelFailed(let problem, _, true):
            "the cancel command \(problem.words); given up, so the task may still run where it was handed to"
        case .cancelFailed(let problem, _, false): "the cancel command \(problem.words); trying again"
        case .cancelUnderWay: "the cancel command is under way already"
        case .cancelMissing: "the task was handed over, and no cancel_command is configured to reach it there"
        }
    }
}
