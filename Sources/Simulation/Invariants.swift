// What must always hold, one function a name. "Dead" is the world's fact, never the worker's belief.

import Codecs
import Effects
import WorkerModel

/// What an invariant about a step needs to know of the state before it.
struct Glance {
    private let all: [ExecutionKey]
    private let one: ExecutionKey?
    var keys: [ExecutionKey] { one.map { [$0] } ?? all }

    init(_ worker: Worker) {
        all = worker.roster.tasks.compactMap { $0.isActive ? $0.key : nil }
        one = nil
    }

    /// Only what the event is for.
    init(_ worker: Worker, slot: UInt32) {
        all = []
        one = worker.roster.activeKey(of: slot)
    }

    /// Of the one slot that it knows nobody has ended.
    func isStill(in worker: Worker, slot: UInt32) -> Bool {
        guard let one else { return all.isEmpty }
        return worker.roster.activeKey(of: slot) == one
    }
}

extension World {
    /// Checked after every input.
    func violated(since before: Glance, by event: Event, _ requests: [Request]) -> Violation? {
        let tasks = worker.roster.tasks
        return verdictAfterDeath(tasks) ?? slotsAreStates() ?? oneAgent() ?? nothingWaitsForNothing(tasks)
            ?? boundedState() ?? transientIsNotVerdict(requests) ?? quietReconnect(event, requests)
            ?? noSilentEnd(before, tasks) ?? outsideHolds(tasks)
    }

    private func outsideHolds(_ tasks: [Task]) -> Violation? {
        journalTellsAll() ?? dockerHolds(tasks) ?? leftAtExit()
    }

    private func dockerHolds(_ tasks: [Task]) -> Violation? {
        guard case .docker = scenario.settings.backend else { return nil }
        return containersAreDead(tasks) ?? neverHalfFilled() ?? dockerJournalTellsAll()
    }

    /// The same for long runs: what this input and its requests can have changed.
    func violatedWhereTouched(since before: Glance, by event: Event, _ requests: [Request]) -> Violation? {
        // By their places: a request is a large value to copy.
        for index in requests.indices {
            switch requests[index].effect {
            case .journal(let call):
                guard case .verdictDecided = call.note else { continue }
                if let violation = verdictAfterDeath(worker.roster.tasks) { return violation }
                if let violation = containersAreDead(worker.roster.tasks) ?? neverHalfFilled() { return violation }
            case .exit: if let violation = leftAtExit() { return violation }
            case .socket, .process, .files, .docker, .log, .measure, .forgetSecrets: break
            }
        }
        if case .process(.started) = event, let violation = oneAgent(newest: true) { return violation }
        return slotsAreStates() ?? transientIsNotVerdict(requests) ?? quietReconnect(event, requests)
            ?? (before.isStill(in: core.worker, slot: event.slot) ? nil : noSilentEnd(before, worker.roster.tasks))
    }

    /// Checked after every input: the cache beside the state has what a walk over the state finds.
    func deadlinesAgree() -> Violation? {
        var core = core
        guard core.nextDeadline() != core.worker.nextDeadline() else { return nil }
        return Violation("DeadlinesAgree", "the index of deadlines and a walk differ in the next one")
    }

    /// Checked where a twin of the worker from before the input is given: it comes to the same, to the bit.
    func reducerAgrees(_ twin: Worker?, _ input: Input, _ requests: [Request]) -> Violation? {
        guard let (again, asked) = twin?.step(input) else { return nil }
        guard asked != requests || again.digest != worker.digest else { return nil }
        return Violation("ReducerAgrees", "the same input in the same state came to something else")
    }

    private func verdictAfterDeath(_ tasks: [Task]) -> Violation? {
        for process in processes.processes where process.lives && !process.isOrphan && process.role != .teardown {
            let letters = worker.connection.outbox.letters
            for index in letters.indices where letters[index].kind == .finalWord && letters[index].run != 0 {
                guard letters[index].key == process.key else { continue }
                if tasks.contains(where: { $0.key == process.key && $0.isHaunting }) { continue }
                // Tried on after a word that said that the end could not be confirmed.
                if process.role == .cancel, letters[index].message.admitsDoubt { continue }
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

    /// Of all starts, or only the newest.
    private func oneAgent(newest: Bool = false) -> Violation? {
        for (index, key) in processes.agentStarts.enumerated().suffix(newest ? 1 : .max) {
            if key.execution != nil, processes.agentStarts[..<index].contains(key), !isOfAnEarlierLife(key) {
                return Violation("OneAgent", "an execution's agent was started twice")
            }
        }
        return nil
    }

    /// Every phase that is not terminal has a request in flight, a deadline, or somebody it waits for.
    private func nothingWaitsForNothing(_ tasks: [Task]) -> Violation? {
        guard exited == nil else { return nil }
        for task in tasks {
            if task.deadline != nil { continue }
            if task.awaited.contains(where: { isOutstanding($0) }) { continue }
            if task.waitsForClaim, worker.connection.outbox.letters.contains(where: { $0.run == task.serial }) {
                continue
            }
            if task.isReady, worker.roster.mustWait(task) { continue }
            return Violation("NothingWaitsForNothing", "an execution waits for nothing")
        }
        if let id = worker.upkeep.awaits, !isOutstanding(id) {
            return Violation("NothingWaitsForNothing", "the upkeep waits for a request that is over")
        }
        if let id = worker.connection.awaited, !isOutstanding(id) {
            return Violation("NothingWaitsForNothing", "the connection waits for a request that is over")
        }
        return nil
    }

    private func isOutstanding(_ id: EffectID) -> Bool {
        files.awaits(id) || docker.awaits(id) || network.awaits(id) || processes.awaits(id)
    }

    private func boundedState() -> Violation? {
        let limits = scenario.settings.limits
        let letters = worker.connection.outbox.letters
        var courtesies = 0
        for index in letters.indices where letters[index].run == 0 { courtesies += 1 }
        if courtesies > limits.courtesies {
            return Violation("BoundedState", "more courtesies than their limit")
        }
        if letters.count - courtesies > 2 * scenario.assignments.count {
            return Violation("BoundedState", "more letters than executions can have")
        }
        if worker.memory.entries.count > limits.remembered {
            return Violation("BoundedState", "more remembered than the limit")
        }
        return nil
    }

    /// A verdict of failure has a cause in the world that is no passing trouble of the network.
    private func transientIsNotVerdict(_ requests: [Request]) -> Violation? {
        for index in requests.indices {
            guard case .socket(.send(_, .failed(let key, let failure, _, _))) = requests[index].effect else {
                continue
            }
            let justified: Bool
            switch failure {
            case .agentInvocation, .setupCommand, .dispatchCommand:
                justified = processes.badEnds.contains(key) || contractBroken || faultsLeft < scenario.faults
            case .workspaceSetup: justified = files.failures > 0 || !scenario.foreign.isEmpty
            case .gracefulShutdown: justified = signalsLeft < scenario.signals
            case .internal(.contractBroken): justified = contractBroken
            case .internal(.interrupted): justified = life > 0
            case .taskTimeout: justified = scenario.settings.taskTimeout != nil
            case .sidecarPrep(.fillingTooLong):
                justified = faultsLeft < scenario.faults || sleepsLeft < scenario.sleeps
            case .imagePull, .sidecarPrep, .containerCreate, .containerStart, .containerWait, .containerExit,
                .containerOOM:
                justified = docker.troubled.contains(key) || contractBroken || scenario.stranger
            case .dispatchTimeout: justified = runtime.run(key)?.wasBrokenOff == true || contractBroken
            }
            if !justified { return Violation("TransientIsNotVerdict", "a failure without a cause in the world") }
        }
        return nil
    }

    /// What happens to a connection never starts, ends or touches a process, but for a start by its own claim.
    private func quietReconnect(_ event: Event, _ requests: [Request]) -> Violation? {
        switch event {
        case .socket(.opened), .socket(.refused), .socket(.heard):
            let touched = requests.contains { request in
                switch request.effect {
                case .process, .files, .docker: true
                case .socket, .journal, .log, .measure, .forgetSecrets, .exit: false
                }
            }
            return touched ? Violation("QuietReconnect", "a reconnect touched an execution") : nil
        case .socket, .process, .files, .docker, .began, .operator, .interpreter, .tick: return nil
        }
    }

    /// No execution leaves the roster without its final word, unless its claim was never written.
    private func noSilentEnd(_ before: Glance, _ tasks: [Task]) -> Violation? {
        for key in before.keys {
            if tasks.contains(where: { $0.key == key && $0.isActive }) { continue }
            let letters = worker.connection.outbox.letters
            if letters.contains(where: { $0.kind == .finalWord && $0.key == key }) { continue }
            if runtime.wasHandedOver(key) { continue }
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
        return nothingLeftBehind() ?? nothingLeftOnDaemon() ?? nothingLeftOutside() ?? everyVerdictHeard()
    }

    // MARK: - At rest

    /// Checked where nothing more will happen.
    func violatedAtRest() -> Violation? {
        if admittedLeftovers { return nil }
        return nothingLeftBehind() ?? nothingLeftOnDaemon() ?? nothingLeftOutside() ?? everyVerdictHeard()
            ?? everyClaimIsAnswered()
            ?? teardownRuns() ?? cancelReaches()
            ?? journalTellsNoMore()
    }

    private func nothingLeftBehind() -> Violation? {
        // What a dead worker started is ended by its supervisor, which takes its time.
        if processes.processes.contains(where: { !$0.isOrphan }) {
            return Violation("NothingLeftBehind", "a process is left")
        }
        let left = files.ours.filter { path in
            if files.givenUp.contains(where: { path == $0 || path.starts(with: $0 + Bytes(text: "/")) }) {
                return false
            }
            return scenario.settings.cleanup || !isWorkspace(path)
        }
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
        for entry in server.ledger where !entry.claimed && runtime.wasHandedOver(entry.key) && !entry.isOfAnEarlierLife
        {
            return Violation("NoSilentEnd", "the server never heard of the claim of what was handed over")
        }
        for entry in server.ledger where entry.claimed && entry.finalWord == nil {
            // A claim names only the task; an execution whose own claim was lost is not owed a word.
            guard processes.agentStarts.contains(entry.key), !runtime.wasHandedOver(entry.key) else { continue }
            if entry.isOfAnEarlierLife { continue }
            if server.knowsAnother(than: entry.key) { continue }
            return Violation("NoSilentEnd", "the server never heard how a claimed execution ended")
        }
        return nil
    }

    /// Every execution that was claimed, in whichever life, but one of which something newer took the place.
    private func everyClaimIsAnswered() -> Violation? {
        guard !contractBroken else { return nil }
        for claim in journal.claimed {
            guard let index = server.index(of: claim.key), server.ledger[index].finalWord == nil,
                !server.ledger[index].isOfAnEarlierLife
            else { continue }
            if runtime.wasHandedOver(claim.key) || server.knowsAnother(than: claim.key) { continue }
            return Violation("NoSilentEnd", "the server never heard how a claimed execution ended")
        }
        return nil
    }

    private func teardownRuns() -> Violation? {
        guard case .direct(let direct) = scenario.settings.backend, direct.teardownCommand != nil else { return nil }
        for key in processes.agentStarts where !isOfAnEarlierLife(key) {
            let times = processes.teardownStarts.count { $0 == key }
            if times != 1, !contractBroken {
                return Violation("TeardownRuns", "teardown ran \(times) times for an execution")
            }
        }
        return nil
    }

    private func cancelReaches() -> Violation? {
        for entry in server.ledger where entry.mustBeCancelled && !entry.isOfAnEarlierLife {
            guard let word = entry.finalWord else { continue }
            if case .cancelled = word { continue }
            return Violation("CancelReaches", "a cancelled execution was reported as something else")
        }
        return nil
    }
}

extension OutgoingMessage {
    fileprivate var admitsDoubt: Bool {
        switch self {
        case .completed(_, let confirmed), .cancelled(_, let confirmed), .failed(_, _, _, let confirmed): !confirmed
        case .claimed, .rejected: false
        }
    }
}
