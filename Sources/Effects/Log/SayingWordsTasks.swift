// The sentences about one task. Its ids stand beside the sentence, so they are not in it.

import Codecs

extension Saying {
    /// Empty for a saying that is not about a task.
    var taskWords: String {
        switch self {
        case .taskAssigned: "the task was assigned"
        case .taskClaimed: "claimed the task"
        case .taskWaiting: "the task waits for the end of its earlier execution"
        case .taskRejected(let rejection): "rejected the task: \(rejection.words)"
        case .claimRepeated: "the task is running here already; claimed it once more"
        case .finalWordRepeated: "the task was reported already; repeated its final word"
        case .claimNotWritten: "the claim never reached the connection; the task is left to the server"
        case .finalWordWithdrawn: "an earlier execution's final word is not sent again, since a newer one is assigned"
        case .workspaceMade(let path): "made the workspace \(path.text)"
        case .setupStarted: "started the setup command"
        case .agentStarted: "started the agent"
        case .taskAdopted(let role): "going on with the \(role) command that an earlier life of the worker started"
        case .environmentMalformed(let lines):
            "lines of the environment file that the setup command left could not be read: \(numbers(lines))"
        case .environmentTruncated(let omitted):
            "the environment file that the setup command left has too many names: "
                + "\(omitted) of its lines were left out"
        case .cancellationRequested: "the server asked for the task to be cancelled"
        case .cancellationUnknown: "the server cancelled a task that is not running here"
        case .taskStopping(.cancellation): "stopping the task, since it was cancelled"
        case .taskStopping(.workerStop): "stopping the task, since the worker is stopping"
        case .taskStopping(.timeout): "stopping the task, since it reached its time limit"
        case .taskStopping(.interruption): "stopping the task, since the worker died before its agent ran"
        case .taskKilled: "the task did not end when it was asked to; killing it"
        case .taskCompleted: "the task completed"
        case .taskCancelled: "the task was cancelled"
        case .taskFailed(let failure, _): "the task failed: \(failure.words)"
        case .deathUnconfirmed: "the end of the task's processes could not be confirmed; still trying"
        case .deathConfirmed: "the task's processes are confirmed to have ended"
        case .teardownFailed(let problem): "the teardown command \(problem.words)"
        case .teardownTimedOut: "the teardown command took too long; killing it"
        case .removalFailed(let path, let failure, let givenUp):
            "could not remove \(path.text): \(failure.words); " + (givenUp ? "given up" : "trying again")
        case .workspaceKept(let path): "kept the workspace \(path.text)"
        case .finalWordHeard: "the server has heard the task's final word"
        case .imageMissing(let fallback):
            "the task names an environment that has no image; \(fallback.text) stands in for it"
        case .starting, .backendUnusable, .shapesDoNotApply, .inherited, .dialling, .listening, .dialFailed,
            .keyRefused,
            .connectionLost, .connectionSilent, .connectionShortLived, .connectionClosed, .resending,
            .messageUnreadable, .messageTypeUnknown, .courtesyDropped, .draining, .stopping, .stopForced,
            .stopIncomplete, .stopped, .contractBroken, .journalFailed, .journalRestored, .dispatch, .docker:
            ""
        }
    }

    private func numbers(_ values: [Int]) -> String {
        values.map { "\($0)" }.joined(separator: ", ")
    }
}
