// What a request means for the lanes.

import Codecs
import Effects
import WorkerModel

extension Chronicle {
    mutating func heed(_ request: Request, _ when: When) {
        switch request.effect {
        case .socket(let call): heed(call, request.id, when)
        case .process(let call): heed(call, request.id, when)
        case .files(let call):
            files[request.id.sequence] = call
            if run(in: request.id.slot) != nil { tell(run(in: request.id.slot), when, .step, call.isBegun) }
        case .docker(let call):
            let words = "\(call.sentence) (\(request.id.label))"
            if run(in: request.id.slot) != nil { tell(run(in: request.id.slot), when, .step, words) }
        case .journal(let call):
            guard call.note == .verdictHeard, let index = run(numbered: call.run) else { return }
            wasHeard(index, when)
            tell(index, when, .heard, "the server has heard the final word")
        case .measure, .forgetSecrets: break
        case .log(let record): heed(record, when)
        case .exit(let code): tellOfWorker(when, .stop, "the worker exits with \(code)")
        }
    }

    private mutating func heed(_ call: SocketCall, _ id: EffectID, _ when: When) {
        switch call {
        case .dial(let url, _):
            tellOfConnection(when, .connection, "dials the server (\(id.label))", url.text)
        case .send(_, let message):
            letters[id.sequence] = message
            guard let index = message.key.flatMap({ run(of: $0) }) else { return }
            tell(index, when, .said, "says: \(message.sentence)")
        case .close(let connection, let code):
            tellOfConnection(when, .connection, "closes \(connection.label) with code \(code)")
        case .abandon(let connection):
            tellOfConnection(when, .trouble, "gives \(connection.label) up")
        case .ping: break
        }
    }

    private mutating func heed(_ call: ProcessCall, _ id: EffectID, _ when: When) {
        let index = run(in: id.slot)
        switch call {
        case .start(let launch):
            commands[id.sequence] = launch.role
            tell(index, when, .command, "asks for the \(launch.role.words) (\(id.label))", launch.sentence)
        case .adopt(let adoption):
            commands[id.sequence] = adoption.role
            tell(index, when, .command, "takes over the \(adoption.role.words) (\(id.label))", call.sentence)
        case .dismiss: break
        case .signal(let process, .terminate):
            tell(index, when, .stop, "asks the \(name(process)) to end (SIGTERM)")
        case .kill(let process):
            tell(index, when, .stop, "kills the \(name(process)) and all of its descendants (SIGKILL)")
        case .release(let process):
            tell(index, when, .note, "lets go of what the \(name(process)) left running")
        case .abandonOutput(let process):
            tell(index, when, .note, "waits no longer for the output of the \(name(process))")
        }
    }

    private func name(_ process: EffectID) -> String { commands[process.sequence]?.words ?? "command" }

    // MARK: - What is logged

    private mutating func heed(_ record: LogRecord, _ when: When) {
        let words = record.saying.words(context)
        let kind: Moment.Kind = record.level >= .warn ? .trouble : .note
        if let key = record.key, !isWanted(key.task) { return }
        switch (record.saying.place, record.key.flatMap { run(of: $0) }) {
        case (.told, let index): if let index { judge(index, record.saying) }
        case (.connection, _):
            tellOfConnection(when, kind == .trouble ? .trouble : .connection, words)
        case (.run(let own), let index?):
            judge(index, record.saying)
            tell(index, when, own ?? kind, words)
        case (.run, nil), (.worker, _):
            let about = record.key.map { ": \($0.label)" } ?? ""
            tellOfWorker(when, kind, words + about)
        }
    }

    private mutating func judge(_ index: Int, _ saying: Saying) {
        if case .taskCompleted = saying { change(index) { $0.outcome = .completed } }
        if case .taskCancelled = saying { change(index) { $0.outcome = .cancelled } }
        if case .dispatch(.handedOver) = saying { change(index) { $0.outcome = .dispatched } }
        if case .claimNotWritten = saying { change(index) { $0.outcome = .forgotten } }
        if case .taskFailed(let failure, let code) = saying {
            change(index) {
                $0.outcome = .failed
                $0.reason = failure.words
                $0.exitCode = code
            }
        }
        if case .taskRejected(let rejection) = saying {
            change(index) {
                $0.outcome = .rejected
                $0.reason = rejection.words
            }
        }
    }
}

extension Saying {
    enum Place {
        /// Events and requests say it already.
        case told
        case connection
        case worker
        /// Beside its run; without a kind of its own, the level says how it is shown.
        case run(Moment.Kind?)
    }

    /// Where in a story it belongs.
    var place: Place {
        switch self {
        case .taskAssigned, .taskClaimed, .workspaceMade, .setupStarted, .agentStarted, .finalWordHeard, .dialling,
            .starting, .stopped, .claimRepeated, .taskAdopted:
            .told
        case .listening, .dialFailed, .keyRefused, .connectionLost, .connectionSilent, .connectionShortLived,
            .connectionClosed, .resending:
            .connection
        case .backendUnusable, .messageUnreadable, .messageTypeUnknown, .draining, .stopping, .stopForced,
            .stopIncomplete, .cancellationUnknown, .inherited, .journalFailed, .journalRestored:
            .worker
        case .taskCompleted, .taskCancelled, .taskFailed, .taskRejected, .claimNotWritten: .run(.verdict)
        case .dispatch(let saying): .run(saying.kind)
        case .docker: .run(nil)
        case .cancellationRequested, .taskStopping, .taskKilled: .run(.stop)
        case .shapesDoNotApply, .courtesyDropped, .taskWaiting, .finalWordRepeated, .finalWordWithdrawn,
            .environmentMalformed, .environmentTruncated, .deathUnconfirmed, .deathConfirmed, .teardownFailed,
            .teardownTimedOut,
            .removalFailed, .workspaceKept, .contractBroken, .imageMissing:
            .run(nil)
        }
    }

    var isOfConnection: Bool {
        if case .connection = place { true } else { false }
    }
}

extension DispatchSaying {
    fileprivate var kind: Moment.Kind? {
        switch self {
        case .handedOver: .verdict
        case .brokenOff, .hurried: .stop
        case .started, .handedOverAlready, .cancelStarted, .cancelDone, .cancelFailed, .cancelUnderWay,
            .cancelMissing:
            nil
        }
    }
}
