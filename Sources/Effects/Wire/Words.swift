// The protocol in words: what goes to the person who started a task, and what the operator reads about the wire.

import Codecs

extension Failure {
    /// `task_failed.message`: for the person who started the task.
    public var messageForUser: String {
        switch self {
        case .internal(.contractBroken):
            "Failed to execute task: the worker that ran it met an internal error. It was not the task's fault; "
                + "the task may be retried."
        case .internal(.interrupted):
            "The task was interrupted: the worker that ran it ended unexpectedly. The task may be retried."
        case .taskTimeout(let limit):
            "The task was ended because it reached the time limit of \(limit.words) that is set on the worker."
        case .gracefulShutdown:
            "The task was interrupted: the worker that ran it was shut down. The task may be retried."
        case .workspaceSetup(let problem): "Failed to execute task: \(problem.words)."
        case .setupCommand(let problem):
            "Failed to execute task: the worker's setup command \(problem.words). "
                + "What it printed is in the worker's log."
        case .agentInvocation(let problem): "Failed to execute task: the agent \(problem.words)."
        case .dispatchCommand(let problem):
            "Failed to execute task: the worker's dispatch command \(problem.words). "
                + "What it printed is in the worker's log."
        case .dispatchTimeout(let limit):
            "Failed to execute task: the worker's dispatch command did not end within \(limit.words) and was "
                + "broken off. The task may be retried."
        case .imagePull, .sidecarPrep, .containerCreate, .containerStart, .containerWait, .containerExit,
            .containerOOM:
            "Failed to execute task: \(words)."
        }
    }

    /// For the operator, who knows the worker and not the task.
    public var words: String {
        switch self {
        case .internal(.contractBroken): "an internal error of the worker"
        case .internal(.interrupted): "interrupted by the end of an earlier life of the worker"
        case .taskTimeout(let limit): "reached the time limit of \(limit.words)"
        case .gracefulShutdown: "ended by the worker's stop"
        case .workspaceSetup(let problem): problem.words
        case .setupCommand(let problem): "the setup command \(problem.words)"
        case .agentInvocation(let problem): "the agent \(problem.words)"
        case .dispatchCommand(let problem): "the dispatch command \(problem.words)"
        case .dispatchTimeout(let limit): "the dispatch command did not end within \(limit.words)"
        case .imagePull, .sidecarPrep, .containerCreate, .containerStart, .containerWait, .containerExit,
            .containerOOM:
            dockerWords
        }
    }
}

extension Rejection {
    /// `task_rejected.reason`.
    public var words: String {
        switch self {
        case .unreadable(let problem): "assignment could not be read: \(problem.words)"
        case .lifecycleHooksRequired:
            "assignment requires lifecycle hooks (oz_lifecycle_hooks), which this worker does not support"
        case .shuttingDown: "worker is shutting down"
        case .atCapacity: "worker at maximum concurrency"
        }
    }
}

extension WireProblem {
    /// Names the field, never its content.
    public var words: String {
        let name = path.isEmpty ? "the message" : path.text
        switch kind {
        case .notJSON: return "\(name) is not JSON (byte \(offset))"
        case .missing: return "\(name) is missing"
        case .expectedObject: return "\(name) must be an object"
        case .expectedText: return "\(name) must be a string"
        case .expectedList: return "\(name) must be a list"
        case .expectedMap: return "\(name) must be a map"
        case .expectedNumber: return "\(name) must be a whole number"
        case .expectedFlag: return "\(name) must be true or false"
        case .empty: return "\(name) is empty"
        case .tooMany: return "\(name) is more than this worker accepts"
        }
    }
}

extension DialFailure {
    public var words: String {
        switch self {
        case .name(let detail): "the server's name could not be resolved (\(detail.text))"
        case .proxy(let detail): "the proxy did not let us through (\(detail.text))"
        case .connect(let detail): "no connection to the server (\(detail.text))"
        case .tls(let detail): "no secure connection to the server (\(detail.text))"
        case .timedOut: "the server did not answer in time"
        case .status(401, _), .status(403, _): "the server refused the API key"
        case .status(let status, _) where isConfiguration(status):
            "the server answered HTTP \(status), which points to a mistake in the configuration"
        case .status(let status, _): "the server answered HTTP \(status)"
        case .handshake(let detail): "the server's answer is no WebSocket handshake (\(detail.text))"
        case .key(let detail): "the API key could not be read (\(detail.text))"
        case .abandoned: "the dial was given up"
        }
    }

    private func isConfiguration(_ status: Int) -> Bool {
        400..<500 ~= status && status != 408 && status != 425 && status != 429
    }
}

extension ConnectionEnd {
    public var words: String {
        switch self {
        case .closedByPeer(nil): "the server closed it"
        case .closedByPeer(let code?): "the server closed it with code \(code)\(closeCodeWords(code))"
        case .closedByUs: "the worker closed it"
        case .lost(let detail): "it broke (\(detail.text))"
        case .violation(let code, let detail):
            "the server broke the protocol (\(detail.text); closed with code \(code))"
        case .abandoned: "the worker gave it up"
        }
    }

    private func closeCodeWords(_ code: UInt16) -> String {
        switch code {
        case 1000: ", normal"
        case 1001: ", going away"
        case 1006: ", without a word"
        case 1008: ", policy violation"
        case 1009: ", message too large"
        case 1011: ", internal error"
        case 1012: ", restarting"
        case 1013: ", try again later"
        default: ""
        }
    }
}

extension Detail {
    public var text: String { bytes.text }
}
