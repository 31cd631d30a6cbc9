// What must hold when the worker asks for something of a process, and when the server hears of an end.

import Effects
import WorkerModel

extension World {
    func checkStart(_ call: ProcessCall, _ id: EffectID) -> Violation? {
        guard case .start(let launch) = call else { return nil }
        guard launch.name.map({ journal.names(.process($0, launch.role)) }) ?? true else {
            return Violation("JournalFirst", "a command was started before the journal knew of it")
        }
        guard launch.role != .teardown else { return nil }
        guard network.claimsTaken.contains(launch.key.task) else {
            return Violation("ClaimBeforeWork", "a command was started before the claim was written")
        }
        switch launch.role {
        case .cancel: return checkRecall(launch.key)
        case .dispatch: return checkDispatch(launch.key)
        case .setup, .agent, .teardown: return nil
        }
    }

    /// A cancel command may well hit whatever runs for its task, so nothing of the task starts beside it.
    private func checkDispatch(_ key: ExecutionKey) -> Violation? {
        guard isRecalling({ $0.task == key.task }) else { return nil }
        return Violation("RecallIsAlone", "a dispatch command beside a cancel command of its task")
    }

    private func isRecalling(_ which: (ExecutionKey) -> Bool) -> Bool {
        processes.processes.contains {
            $0.role == .cancel && !$0.isOrphan && !$0.hasEnded && !$0.killed && which($0.key)
        }
    }

    /// What was handed over is taken back only because somebody cancelled it, or because nobody knows whether it was.
    private func checkRecall(_ key: ExecutionKey) -> Violation? {
        if isRecalling({ $0 == key }) {
            return Violation("RecallIsAlone", "two cancel commands for one execution")
        }
        if contractBroken || runtime.run(key)?.wasBrokenOff == true { return nil }
        if runtime.run(key)?.mustBeTakenBack == true { return nil }
        if server.ledger.contains(where: { $0.key == key && $0.mustBeCancelled }) { return nil }
        return Violation("RecallHasCause", "the cancel command was started although nobody cancelled")
    }

    /// A dispatch command is asked to end only where somebody ended its task, and killed unasked only when its time is
    /// up.
    func checkEnding(_ call: ProcessCall) -> Violation? {
        guard case .command(let command) = scenario.settings.backend else { return nil }
        switch call {
        case .signal(let id, _):
            guard let process = dispatch(id), !contractBroken else { return nil }
            if scenario.settings.taskTimeout != nil { return nil }
            if server.ledger.contains(where: { $0.key == process.key && $0.mustBeCancelled }) { return nil }
            return Violation("TimeIsGiven", "a dispatch command was asked to end although nobody ended its task")
        case .kill(let id):
            guard let process = dispatch(id), !process.wasToldToEnd, !process.hasEnded, !contractBroken else {
                return nil
            }
            // That it is to be killed was decided when its time was up, maybe by an earlier life.
            if process.givenUp || hasHadItsTime(process, command) { return nil }
            return Violation("TimeIsGiven", "a dispatch command was killed before its time was up")
        case .start, .adopt, .release, .abandonOutput, .dismiss: return nil
        }
    }

    /// Whoever is told to end gives no word of its own any more. Nor does one that an earlier life started, where this
    /// life has heard nothing of it in all of its time.
    mutating func noteBrokenOff(_ call: ProcessCall) {
        switch call {
        case .signal(let id, _), .kill(let id):
            guard let process = dispatch(id), !process.hasEnded || !process.isHeard else { return }
            runtime.change(process.key) {
                $0.wasBrokenOff = true
                if !process.isHeard { $0.wasHandedOver = false }
            }
        case .start, .adopt, .release, .abandonOutput, .dismiss: break
        }
    }

    private func hasHadItsTime(_ process: ProcessTable.Process, _ command: CommandSettings) -> Bool {
        guard let askedAt = process.askedAt else { return true }
        if askedAt.after(command.dispatchTimeout) <= now { return true }
        guard let signalledAt else { return false }
        return signalledAt.after(scenario.settings.timing.dispatchAtStop) <= now
    }

    /// From this note on the worker will not take its word, in no life.
    mutating func giveUpDispatch(of run: UInt64, _ verdict: Verdict) -> Violation? {
        guard case .command(let command) = scenario.settings.backend,
            let key = journal.inheritance.runs.first(where: { $0.number == run })?.key
        else { return nil }
        for index in processes.processes.indices {
            let process = processes.processes[index]
            guard process.role == .dispatch, process.key == key, !process.hasEnded else { continue }
            if verdict.blamesTime, !contractBroken, !hasHadItsTime(process, command) {
                return Violation("TimeIsGiven", "a dispatch command was given up before its time was up")
            }
            processes.processes[index].givenUp = true
            runtime.change(key) { $0.wasBrokenOff = true }
        }
        return nil
    }

    private func dispatch(_ id: EffectID) -> ProcessTable.Process? {
        guard let index = processes.index(id) else { return nil }
        let process = processes.processes[index]
        return process.role == .dispatch ? process : nil
    }

    /// How a run ended that was handed over is for others to say, but for one that was cancelled in that very moment.
    func handedOver(_ message: OutgoingMessage) -> Violation? {
        switch message {
        case .completed(let key, _), .failed(let key, _, _, _):
            guard runtime.wasHandedOver(key), !isOfAnEarlierLife(key) else { return nil }
            return Violation("HandedOverIsAnEnd", "a final word about what was handed over")
        case .claimed, .cancelled, .rejected: return nil
        }
    }

    /// Whoever was told that it ended, or cancelled it, must not find it running: but for one that no try reached.
    func nothingLeftOutside() -> Violation? {
        guard case .command(let command) = scenario.settings.backend, command.cancelCommand != nil, !contractBroken
        else { return nil }
        for run in runtime.runs
        where run.isHeld && !isOfAnEarlierLife(run.key) && run.cancelTries < scenario.settings.limits.cancelTries {
            if run.mustBeTakenBack {
                return Violation("CancelReaches", "what was handed over was cancelled, and runs on")
            }
            if server.ledger.contains(where: { $0.key == run.key && $0.finalWord != nil }) {
                return Violation("NothingLeftBehind", "an execution was reported as ended, and runs on elsewhere")
            }
        }
        return nil
    }
}

extension Verdict {
    /// Of the dispatch command; a cancellation and the task's own limit ask it to end, whenever they come.
    fileprivate var blamesTime: Bool {
        switch self {
        case .failed(.dispatchTimeout), .failed(.gracefulShutdown): true
        case .failed, .completed, .cancelled, .dispatched: false
        }
    }
}
