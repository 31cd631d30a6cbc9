// What the core says, as a sentence for the operator.

import Codecs

extension Saying {
    public func words(_ context: LogContext) -> String {
        switch self {
        case .starting: "starting worker \(context.worker.text) with the \(context.backend.text) backend"
        case .backendUnusable(let problem): problem.words
        case .inherited(let count, let unheard):
            "an earlier life of this worker left \(tasks(count)) to go on with, and \(messages(unheard)) to say again"
        case .shapesDoNotApply: "instance shapes do not apply on this backend; the task runs with what the host has"
        case .dialling(let attempt): attempt > 1 ? "dialling the server, attempt \(attempt)" : "dialling the server"
        case .listening:
            "listening for tasks as worker \(context.worker.text) with the \(context.backend.text) backend"
        case .dialFailed(let failure, let retryIn): "\(failure.words); trying again in \(retryIn.words)"
        case .keyRefused(let status, let retryIn):
            "the server refused the API key (HTTP \(status)): it is wrong, has expired, or lacks team scope; "
                + "trying again in \(retryIn.words)"
        case .connectionLost(let end, let heldFor, let retryIn):
            "the connection was lost after \(heldFor.words): \(end.words); dialling again in \(retryIn.words)"
        case .connectionSilent: "nothing was heard from the server in time; the connection counts as dead"
        case .connectionShortLived(let times):
            "the server has accepted and then dropped the connection \(times) times in a row; is a second worker "
                + "running as this same instance, or is the worker id refused?"
        case .connectionClosed: "the connection was closed"
        case .resending(let count): "sending \(messages(count)) again that the server may not have heard"
        case .messageUnreadable(let problem): "a message could not be read: \(problem.words)"
        case .messageTypeUnknown: "messages of an unknown type are ignored"
        case .courtesyDropped: "a message to the server was dropped, since too many are waiting"
        case .taskAssigned, .taskClaimed, .taskWaiting, .taskRejected, .claimRepeated, .finalWordRepeated,
            .claimNotWritten, .finalWordWithdrawn, .workspaceMade, .setupStarted, .agentStarted,
            .taskAdopted, .environmentMalformed, .environmentTruncated, .cancellationRequested,
            .cancellationUnknown, .taskStopping,
            .taskKilled,
            .taskCompleted, .taskCancelled, .taskFailed, .deathUnconfirmed, .deathConfirmed, .teardownFailed,
            .teardownTimedOut, .removalFailed, .workspaceKept, .finalWordHeard, .imageMissing:
            taskWords
        case .dispatch(let saying): saying.words
        case .docker(let saying): saying.words
        case .draining(let active): "stopping: \(tasks(active)) may finish, no new ones are taken"
        case .stopping(let active): "stopping: ending \(tasks(active))"
        case .stopForced: "stopping at once, without waiting for tasks or messages"
        case .stopIncomplete(let unheard, let unfinished):
            "stopped before all was done: the end of \(tasks(unheard)) may not have been heard by the server, "
                + "and \(tasks(unfinished)) may have left something behind"
        case .stopped: "stopped"
        case .contractBroken: "an internal error; what it was for fails, everything else goes on"
        case .journalFailed(let errno):
            "the journal can't be written (\(errnoWords(errno))): if the worker died now, the next one would not know "
                + "all that it left; tasks run on"
        case .journalRestored: "the journal can be written again, and is whole"
        }
    }

    private func messages(_ count: Int) -> String { count == 1 ? "1 message" : "\(count) messages" }

    private func tasks(_ count: Int) -> String { count == 1 ? "1 task" : "\(count) tasks" }
}
