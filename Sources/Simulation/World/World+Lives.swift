// The death of the worker and its next life.
//
// Today nothing is kept from one life to the next. What a dead worker leaves: its supervisors end their commands
// within ten seconds; its directories stay, and are nobody's; what it was told and had said is forgotten.
// spec/invariants.md says which invariants hold across lives all the same.

import Effects
import WorkerModel

extension World {
    /// Larger than the number of effects that one turn of the scenarios with a kill can have; a turn with more is a
    /// violation, since not every place to die would be tried.
    static let mostEffects = 10

    /// The process is gone between two of its effects, or behind the last.
    mutating func die(_ effects: Int, of most: Int) -> Violation? {
        if most == World.mostEffects, effects >= most {
            return Violation("EveryPlaceToDie", "a turn has more effects than places were tried")
        }
        isDead = true
        witnesses.insert(.killed)
        diesAfter = nil
        exited = nil
        network.link = nil
        // Half of them are done in the kernel already; which half does not matter to anybody who has no memory of it.
        for (index, request) in files.pending.enumerated().reversed() where index % 2 == 0 && request.makes {
            _ = files.answer(index, fails: false)
        }
        files.pending = []
        return nil
    }

    private mutating func orphanProcesses() {
        // A supervisor that has not read its start record yet reads the end of its worker instead, and leaves.
        processes.processes.removeAll { $0.state == .requested || ($0.state == .left && $0.released) }
        for index in processes.processes.indices where !processes.processes[index].isOrphan {
            processes.processes[index].isOrphan = true
            processes.processes[index].terminated = true
            processes.processes[index].askedAt = nil
            // Under a name that no later life can give.
            orphans &+= 1
            processes.processes[index].id = EffectID(slot: .max, sequence: orphans)
        }
    }

    /// A new process with the same settings, which knows nothing.
    mutating func startAgain() {
        witnesses.insert(.startedAgain)
        livesLeft -= exited == nil ? 0 : 1
        isDead = false
        begun = false
        exited = nil
        admittedLeftovers = false
        signalledAt = nil
        core = Core(settings: scenario.settings)
        network.link = nil
        files.pending = []
        files.disown()
        orphanProcesses()
        journal = JournalModel()
        server.forgetLife()
    }

    func isOfAnEarlierLife(_ key: ExecutionKey) -> Bool {
        server.ledger.contains { $0.key == key && $0.isOfAnEarlierLife }
    }
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
        case .socket, .process, .files, .journal, .exit: true
        case .log, .measure, .forgetSecrets: false
        }
    }
}
