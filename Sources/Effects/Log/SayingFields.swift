// The public facts of each saying, beside its sentence. Task and execution are added by the log itself.

import Codecs

extension Saying {
    public func fields(_ context: LogContext) -> [LogField] {
        switch self {
        case .starting, .listening, .stopped:
            return [LogField("worker_id", .text(context.worker)), LogField("backend", .text(context.backend))]
        case .dialling(let attempt): return [LogField("attempt", .number(attempt))]
        case .dialFailed(let failure, let retryIn): return failure.fields + [LogField("retry_in_ms", retryIn)]
        case .keyRefused(let status, let retryIn):
            return [LogField("status", .number(status)), LogField("retry_in_ms", retryIn)]
        case .connectionLost(let end, let heldFor, let retryIn):
            return end.fields + [LogField("held_for_ms", heldFor), LogField("retry_in_ms", retryIn)]
        case .connectionShortLived(let times): return [LogField("times", .number(times))]
        case .resending(let count): return [LogField("count", .number(count))]
        case .messageUnreadable(let problem): return problem.fields
        case .messageTypeUnknown(let type): return [LogField("type", .text(type))]
        case .workspaceMade(let path), .workspaceKept(let path): return [LogField("path", .text(path))]
        case .environmentMalformed(let lines): return [LogField("lines", .numbers(lines))]
        case .environmentTruncated(let omitted): return [LogField("omitted", .number(omitted))]
        case .inherited(let tasks, let unheard):
            return [LogField("tasks", .number(tasks)), LogField("unheard", .number(unheard))]
        case .taskAdopted(let role): return [LogField("command", words: "\(role)")]
        case .draining(let active), .stopping(let active): return [LogField("active", .number(active))]
        case .stopIncomplete(let unheard, let unfinished):
            return [LogField("unheard", .number(unheard)), LogField("unfinished", .number(unfinished))]
        case .taskRejected(let rejection): return [LogField("reason", words: rejection.words)]
        case .taskStopping(let cause): return [LogField("cause", .text(cause.name))]
        case .taskFailed(let failure, let exitCode):
            let reason = LogField("reason", words: failure.reason.rawValue)
            return [reason] + exitField(exitCode)
        case .teardownFailed(let problem): return exitField(problem.code)
        case .imageMissing(let fallback): return [LogField("image", .text(fallback))]
        case .dispatch(let saying): return saying.fields
        case .docker(let saying): return saying.fields
        case .journalFailed(let errno): return [LogField("errno", .number(Int(errno)))]
        case .removalFailed(let path, _, let givenUp):
            return [LogField("path", .text(path)), LogField("given_up", .flag(givenUp))]
        case .backendUnusable, .shapesDoNotApply, .connectionSilent, .connectionClosed, .courtesyDropped,
            .taskAssigned, .taskClaimed, .taskWaiting, .claimRepeated, .finalWordRepeated, .claimNotWritten,
            .finalWordWithdrawn, .setupStarted, .agentStarted, .cancellationRequested, .cancellationUnknown,
            .taskKilled, .taskCompleted, .taskCancelled, .deathUnconfirmed, .deathConfirmed, .teardownTimedOut,
            .finalWordHeard, .stopForced, .contractBroken, .journalRestored:
            return []
        }
    }
}

func exitField(_ code: Int32?) -> [LogField] {
    code.map { [LogField("exit_code", .number(Int($0)))] } ?? []
}

extension CommandProblem {
    var code: Int32? {
        switch self {
        case .startFailed, .tookTooLong, .leftUnkillable: nil
        case .ended(let end): end.code
        }
    }
}

extension StopCause {
    fileprivate var name: Bytes {
        switch self {
        case .cancellation: Bytes(text: "cancellation")
        case .workerStop: Bytes(text: "worker_stop")
        case .timeout: Bytes(text: "timeout")
        case .interruption: Bytes(text: "interruption")
        }
    }
}

extension DialFailure {
    fileprivate var fields: [LogField] {
        switch self {
        case .status(let status, _): [LogField("status", .number(status))]
        case .name, .proxy, .connect, .tls, .timedOut, .handshake, .key, .abandoned: []
        }
    }
}

extension ConnectionEnd {
    fileprivate var fields: [LogField] {
        switch self {
        case .closedByPeer(let code?): [LogField("code", .number(Int(code)))]
        case .violation(let code, _): [LogField("code", .number(Int(code)))]
        case .closedByPeer(nil), .closedByUs, .lost, .abandoned: []
        }
    }
}

extension WireProblem {
    fileprivate var fields: [LogField] {
        let place = path.isEmpty ? [] : [LogField("field", .text(path))]
        return kind == .notJSON ? place + [LogField("offset", .number(offset))] : place
    }
}
