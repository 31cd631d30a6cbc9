// The death of the worker and its next life.
//
// kill -9 takes the worker's memory and its connection. What it wrote to the journal stays, what it asked the kernel
// for may be done or not, and its supervisors go on with their commands until somebody adopts them. Without a journal
// nothing is kept: supervisors end their commands, directories stay and are nobody's. spec/invariants.md says which
// invariants hold then all the same.

import Effects
import WorkerModel

extension World {
    /// The process is gone between two of its effects, or behind the last.
    mutating func die() {
        isDead = true
        begun = false
        diesAfter = nil
        exited = nil
        witnesses.insert(.killed)
        leave()
        unmarkWhatNobodyKnows()
    }

    /// All that goes with the worker's process, however it ended.
    private mutating func leave() {
        life &+= 1
        core = Core(settings: scenario.settings)
        lookAnew()
        network.link = nil
        admittedLeftovers = false
        processes.adoptions = []
        processes.forgetFailedTeardowns(knowing: { !journal.awaits($0) })
        processes.processes.removeAll {
            $0.name == nil && ($0.state == .requested || ($0.state == .left && $0.released))
        }
        for index in processes.processes.indices where !processes.processes[index].isOrphan {
            // No request of any life has this name.
            processes.processes[index].id = EffectID(slot: .max, sequence: 0)
            processes.processes[index].isHeard = false
            if processes.processes[index].name == nil { orphan(index) }
        }
    }

    private mutating func orphan(_ index: Int) {
        processes.processes[index].isOrphan = true
        processes.processes[index].terminated = true
        processes.processes[index].askedAt = nil
    }

    /// While nobody is there: what was asked of the kernel may be done yet, and a supervisor that saw its worker alive
    /// launches what it was to launch.
    func movesOfTheDead() -> [Move] {
        var list: [Move] = []
        for (index, request) in files.pending.enumerated() where request.makes {
            list.append(.answerFile(index, fails: false))
        }
        for (index, process) in processes.processes.enumerated() where process.state == .requested {
            list.append(.process(index, .starts))
        }
        if docker.isUp {
            for (index, request) in docker.pending.enumerated() where request.call.changes {
                list.append(.docker(index, .losesAnswer))
            }
        }
        return list + [.startAgain]
    }

    /// A new process with the same settings, which knows what the journal tells.
    mutating func startAgain() {
        witnesses.insert(.startedAgain)
        if exited != nil {
            livesLeft -= 1
            leave()
        }
        isDead = false
        begun = false
        exited = nil
        // What was not done by now never will be, and a supervisor that looks now finds its worker gone.
        files.pending = []
        docker.pending = []
        files.mayMiss = scenario.settings.journals
        processes.processes.removeAll { $0.state == .requested }
        for run in journal.inheritance.runs where lacksItsDispatch(run) {
            runtime.change(run.key) { $0.wasBrokenOff = true }
        }
        // The operator asked a process that is gone.
        signalledAt = nil
        guard !scenario.settings.journals else { return }
        files.disown()
        docker.orphan()
        journal = JournalModel()
        server.forgetLife()
    }

    /// It was about to be dispatched, and there is no command any more that could say what came of it.
    private func lacksItsDispatch(_ run: Inheritance.Run) -> Bool {
        run.belongings.contains { belonging in
            guard case .process(let name, .dispatch) = belonging.possession else { return false }
            switch belonging.stage {
            case .intended, .acquired: return processes.index(name) == nil
            case .ended: return false
            }
        }
    }

    func isOfAnEarlierLife(_ key: ExecutionKey) -> Bool {
        server.index(of: key).map { server.ledger[$0].isOfAnEarlierLife } ?? false
    }

    /// There may be another life that is told what this one left.
    var mayLiveAgain: Bool {
        scenario.settings.journals && (crashesLeft > 0 || livesLeft > 0 || isDead || !begun)
    }

    /// A cancellation that arrived in the turn of the death, before the journal knew of it, has not arrived.
    private mutating func unmarkWhatNobodyKnows() {
        guard scenario.settings.journals else { return }
        for index in server.markedNow {
            let key = server.ledger[index].key
            server.ledger[index].mustBeCancelled = journal.inheritance.runs.contains {
                $0.key == key && $0.isCancelled
            }
        }
        for key in runtime.markedNow where !journal.inheritance.runs.contains(where: { $0.key == key && $0.isRecall })
        {
            runtime.change(key) { $0.mustBeTakenBack = false }
        }
    }
}

extension Inheritance.Run {
    fileprivate var isCancelled: Bool {
        switch course {
        case .open(ending: .cancelled), .decided(.cancelled): true
        case .open, .decided, .handedOver, .settled: false
        }
    }

    fileprivate var isRecall: Bool { kind == .recalled }
}

extension ServerModel {
    fileprivate mutating func forgetLife() {
        for index in ledger.indices { ledger[index].isOfAnEarlierLife = true }
    }
}

extension FileSystemModel.Pending {
    fileprivate var makes: Bool {
        switch call {
        case .makeDirectory, .makeFile, .rename, .removeFile, .removeEmptyDirectory, .removeTree: true
        case .findExecutable, .checkDirectory, .prepareRoot, .readEnvironment: false
        }
    }
}

extension Effect {
    /// Something outside changes, or is told. The rest is talk of the worker with itself.
    var reachesOut: Bool {
        switch self {
        case .socket, .process, .files, .docker, .journal, .exit: true
        case .log, .measure, .forgetSecrets: false
        }
    }
}

extension Event {
    var slot: UInt32 {
        switch self {
        case .began, .tick, .socket, .operator: 0
        case .process(let event): event.id.slot
        case .files(let event): event.id.slot
        case .docker(let event): event.id.slot
        case .interpreter(.contractBroken(let id)): id.slot
        case .interpreter: 0
        }
    }
}
