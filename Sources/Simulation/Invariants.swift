// What must always hold, one function a name. "Dead" is the world's fact, never the worker's belief.

import Codecs
import Effects
import WorkerModel

/// What an invariant about a step needs to know of the state before it.
struct Glance {
    let keys: [ExecutionKey]

    init(_ worker: Worker) {
        keys = worker.roster.tasks.filter(\.isActive).map(\.key)
    }
}

extension World {
    /// Checked after every input.
    func violated(since before: Glance, by event: Event, _ requests: [Request]) -> Violation? {
        verdictAfterDeath() ?? slotsAreStates() ?? oneAgent() ?? nothingWaitsForNothing() ?? boundedState()
            ?? transientIsNotVerdict(requests) ?? quietReconnect(event, requests) ?? noSilentEnd(before)
            ?? journalTellsAll() ?? leftAtExit()
    }

    private func verdictAfterDeath() -> Violation? {
        for letter in worker.connection.outbox.letters where letter.kind == .finalWord && letter.run != 0 {
            let haunts = worker.roster.tasks.contains { $0.key == letter.key && $0.isHaunting }
            if haunts { continue }
            for process in processes.processes where process.key == letter.key && process.lives {
                if process.role == .teardown { continue }
                return Violation("VerdictAfterDeath", "a final word while a process of the execution lives")
            }
        }
        return nil
    }

    private func slotsAreStates() -> Violation? {
        let capacity = scenario.settings.capacity
        guard capacity > 0, worker.roster.active > capacity else { return nil }
        return Violation("SlotsAreStates", "more executions active than the limit")
    }

    private func oneAgent() -> Violation? {
        for (index, key) in processes.agentStarts.enumerated() {
            if key.execution != nil, processes.agentStarts[..<index].contains(key) {
                return Violation("OneAgent", "an execution's agent was started twice")
            }
        }
        return nil
    }

    /// Every phase that is not terminal has a request in flight, a deadline, or somebody it waits for.
    private func nothingWaitsForNothing() -> Violation? {
        guard exited == nil else { return nil }
        for task in worker.roster.tasks {
            if task.deadline != nil { continue }
            if task.awaited.contains(where: { isOutstanding($0) }) { continue }
            if task.waitsForClaim, worker.connection.outbox.letters.contains(where: { $0.run == task.serial }) {
                continue
            }
            if task.isReady, worker.roster.mustWait(task) { continue }
            return Violation("NothingWaitsForNothing", "an execution waits for nothing")
        }
        if let id = worker.connection.awaited, !isOutstanding(id) {
            return Violation("NothingWaitsForNothing", "the connection waits for a request that is over")
        }
        return nil
    }

    private func isOutstanding(_ id: EffectID) -> Bool {
        files.awaits(id) || network.awaits(id) || processes.index(id) != nil
    }

    private func boundedState() -> Violation? {
        let limits = scenario.settings.limits
        let letters = worker.connection.outbox.letters
        if letters.count(where: { $0.run == 0 }) > limits.courtesies {
            return Violation("BoundedState", "more courtesies than their limit")
        }
        if letters.count(where: { $0.run != 0 }) > 2 * scenario.assignments.count {
            return Violation("BoundedState", "more letters than executions can have")
        }
        if worker.memory.entries.count > limits.remembered {
            return Violation("BoundedState", "more remembered than the limit")
        }
        return nil
    }

    /// A verdict of failure has a cause in the world that is no passing trouble of the network.
    private func transientIsNotVerdict(_ requests: [Request]) -> Violation? {
        for request in requests {
            guard case .socket(.send(_, .failed(let key, let failure, _, _))) = request.effect else { continue }
            let justified: Bool
            switch failure {
            case .agentInvocation, .setupCommand:
                justified = processes.badEnds.contains(key) || contractBroken || faultsLeft < scenario.faults
            case .workspaceSetup: justified = files.failures > 0 || !scenario.foreign.isEmpty
            case .gracefulShutdown: justified = signalsLeft < scenario.signals
            case .internal: justified = contractBroken
            case .taskTimeout: justified = scenario.settings.taskTimeout != nil
            }
            if !justified { return Violation("TransientIsNotVerdict", "a failure without a cause in the world") }
        }
        return nil
    }

    /// What happens to a connection never starts, ends or touches a process, but for a start by its own claim.
    private func quietReconnect(_ event: Event, _ requests: [Request]) -> Violation? {
        guard case .socket(let event) = event else { return nil }
        switch event {
        case .opened, .refused, .heard:
            let touched = requests.contains { request in
                switch request.effect {
                case .process, .files: true
                case .socket, .journal, .log, .measure, .forgetSecrets, .exit: false
                }
            }
            return touched ? Violation("QuietReconnect", "a reconnect touched an execution") : nil
        case .closed, .received, .ponged, .written, .notWritten: return nil
        }
    }

    /// No execution leaves the roster without its final word, unless its claim was never written.
    private func noSilentEnd(_ before: Glance) -> Violation? {
        for key in before.keys {
            if worker.roster.tasks.contains(where: { $0.key == key && $0.isActive }) { continue }
            let letters = worker.connection.outbox.letters
            if letters.contains(where: { $0.kind == .finalWord && $0.key == key }) { continue }
            if !network.claimsTaken.contains(key.task) { continue }
            if server.ledger.contains(where: { $0.key == key && $0.finalWord != nil }) { continue }
            if claimWasLost(key) { continue }
            return Violation("NoSilentEnd", "an execution ended without a final word")
        }
        return nil
    }

    /// Another execution of the task may have had its claim taken; this one's own never was.
    private func claimWasLost(_ key: ExecutionKey) -> Bool {
        !processes.agentStarts.contains(key) && network.link == nil
    }

    private func leftAtExit() -> Violation? {
        guard exited != nil, !admittedLeftovers else { return nil }
        return nothingLeftBehind() ?? everyVerdictHeard()
    }

    // MARK: - At rest

    /// Checked where nothing more will happen.
    func violatedAtRest() -> Violation? {
        if admittedLeftovers { return nil }
        return nothingLeftBehind() ?? everyVerdictHeard() ?? teardownRuns() ?? cancelReaches() ?? journalTellsNoMore()
    }

    private func nothingLeftBehind() -> Violation? {
        if !processes.processes.isEmpty { return Violation("NothingLeftBehind", "a process is left") }
        guard files.failures < scenario.settings.limits.removals else { return nil }
        let left = files.ours.filter { scenario.settings.cleanup || !isWorkspace($0) }
        if !left.isEmpty { return Violation("NothingLeftBehind", "a path is left: \(left[0].text)") }
        return nil
    }

    /// All that cleanup off may leave.
    private func isWorkspace(_ path: Bytes) -> Bool {
        guard case .direct(let direct) = scenario.settings.backend else { return false }
        let root = direct.workspaceRoot + Bytes(text: "/")
        return path.starts(with: root) && !path.dropFirst(root.count).contains(UInt8(ascii: "/"))
    }

    private func everyVerdictHeard() -> Violation? {
        for entry in server.ledger where entry.claimed && entry.finalWord == nil {
            // A claim names only the task; an execution whose own claim was lost is not owed a word.
            guard processes.agentStarts.contains(entry.key) else { continue }
            let superseded = server.ledger.contains { $0.key.task == entry.key.task && $0.key != entry.key }
            if superseded { continue }
            return Violation("NoSilentEnd", "the server never heard how a claimed execution ended")
        }
        return nil
    }

    private func teardownRuns() -> Violation? {
        guard case .direct(let direct) = scenario.settings.backend, direct.teardownCommand != nil else { return nil }
        for key in processes.agentStarts {
            let times = processes.teardownStarts.count { $0 == key }
            if times != 1, !contractBroken {
                return Violation("TeardownRuns", "teardown ran \(times) times for an execution")
            }
        }
        return nil
    }

    private func cancelReaches() -> Violation? {
        for entry in server.ledger where entry.mustBeCancelled {
            guard let word = entry.finalWord else { continue }
            if case .cancelled = word { continue }
            return Violation("CancelReaches", "a cancelled execution was reported as something else")
        }
        return nil
    }
}
