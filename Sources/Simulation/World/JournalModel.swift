// What the next life would be told if the worker died now: everything that was intended and not released. It has to
// name whatever is about to exist before that is asked for, and nothing that is known to be gone.

import Codecs
import Effects

public struct JournalModel: Sendable {
    struct Entry: Equatable, Sendable {
        let run: UInt64
        let possession: Possession
    }

    private(set) var open: [Entry] = []
    struct Claim: Sendable {
        let run: UInt64
        let key: ExecutionKey
    }

    /// What was ever claimed, and not forgotten with its assignment.
    private(set) var claimed: [Claim] = []
    /// The final words so far.
    private var decided: [OutgoingMessage] = []
    /// What the next life would be told.
    private(set) var inheritance = Inheritance()
    /// What it would know to run elsewhere.
    var handedOver: [ExecutionKey] { inheritance.elsewhere }

    mutating func take(_ call: JournalCall) -> Violation? {
        inheritance.take(call)
        switch call.note {
        case .claimed(let key, _): claimed.append(Claim(run: call.run, key: key))
        case .verdictDecided(let word): decided.append(word)
        case .forgotten: claimed.removeAll { $0.run == call.run }
        case .intended(let possession):
            let entry = Entry(run: call.run, possession: possession)
            if open.contains(entry) { return Violation("JournalFirst", "the same thing was intended twice") }
            open.append(entry)
        case .acquired(let possession):
            guard open.contains(Entry(run: call.run, possession: possession)) else {
                return Violation("JournalFirst", "something was acquired that nobody had intended")
            }
        case .released(let possession):
            guard let index = open.firstIndex(of: Entry(run: call.run, possession: possession)) else {
                return Violation("JournalFirst", "something was released that nobody had intended")
            }
            open.remove(at: index)
        case .recalled, .claimHeard, .started, .ending, .ended, .recallBegan, .recallEnded, .handedOver, .verdictHeard,
            .verdictWithdrawn, .volumeUsed:
            break
        }
        return nil
    }

    /// At rest: what is still open is what could not be removed.
    mutating func turnPage() {
        open = []
        claimed = []
        decided = []
        inheritance = Inheritance()
    }

    /// Whether the next life would look there.
    func names(_ possession: Possession) -> Bool {
        open.contains { $0.possession == possession }
    }

    /// Whether the next life would ask what became of it.
    func awaits(_ name: ProcessName) -> Bool {
        inheritance.runs.contains { run in
            run.belongings.contains { belonging in
                guard case .process(name, _) = belonging.possession else { return false }
                switch belonging.stage {
                case .intended, .acquired: return true
                case .ended: return false
                }
            }
        }
    }

    func names(path: Bytes) -> Bool {
        names(.workspace(path)) || names(.directory(path)) || names(.file(path))
    }

    /// By its own name, or with the directory that it lies in.
    func covers(_ path: Bytes) -> Bool {
        names(path: path)
            || open.contains { entry in
                guard let directory = entry.possession.tree else { return false }
                guard path.count > directory.count, path[directory.count] == UInt8(ascii: "/") else { return false }
                return path.starts(with: directory)
            }
    }

    /// A claim needs a note that it is about to be said, and a final word one that it was decided.
    func precedes(_ call: SocketCall) -> Bool {
        guard case .send(_, let message) = call else { return true }
        switch message {
        // From the back: what is said now was mostly noted last.
        case .claimed(let task, _): return claimed.lastIndex { $0.key.task == task } != nil
        case .completed, .cancelled, .failed: return decided.lastIndex(of: message) != nil
        case .rejected: return true
        }
    }

    func visitWhatWasOpened(_ visitor: inout Visitor) {
        visitor.number(open.count)
        visitor.number(claimed.count)
        for claim in claimed { claim.key.visit(&visitor) }
    }

    /// A request that makes something needs a note that it may exist.
    func precedes(_ call: FilesCall) -> Bool {
        switch call {
        case .makeDirectory(let path), .makeFile(let path), .rename(_, let path): names(path: path)
        case .findExecutable, .checkDirectory, .prepareRoot, .readEnvironment, .removeFile, .removeEmptyDirectory,
            .removeTree:
            true
        }
    }
}

extension World {
    /// Checked after every input. What was kept on purpose is the operator's.
    func journalTellsAll() -> Violation? {
        for entry in files.entries where !entry.foreign && scenario.settings.cleanup && !journal.covers(entry.path) {
            return Violation("JournalTellsAll", "the next life would not know of \(entry.path.text)")
        }
        for process in processes.processes
        where !process.isOrphan && !contractBroken {
            guard let name = process.name, !journal.names(.process(name, process.role)) else { continue }
            return Violation("JournalTellsAll", "the next life would not know of a process")
        }
        return nil
    }

    /// Checked where nothing more will happen: what the next life would look for is there.
    func journalTellsNoMore() -> Violation? {
        guard !contractBroken else { return nil }
        for run in runtime.runs
        where run.wasHandedOver && !isOfAnEarlierLife(run.key) && !journal.handedOver.contains(run.key) {
            // It was cancelled in that very moment, and nobody looks for it any more.
            let isSettled = server.ledger.contains {
                $0.key == run.key && ($0.finalWord != nil || $0.mustBeCancelled)
            }
            if isSettled { continue }
            return Violation("JournalTellsAll", "the next life would not know what was handed over")
        }
        for entry in journal.open {
            switch entry.possession {
            case .workspace(let path), .directory(let path), .file(let path):
                // Where it could not be found out what came of a renaming, the next life looks at both places.
                if files.ours.contains(path) || files.givenUp.contains(path) { continue }
                return Violation("JournalTellsAll", "the next life would look for \(path.text)")
            case .process(let name, _):
                if processes.index(name) != nil { continue }
                // Nothing knows the name of one that ends with its worker.
                if !scenario.settings.journals, !processes.processes.isEmpty { continue }
                return Violation("JournalTellsAll", "the next life would look for a process")
            case .container(let name):
                if docker.container(name) != nil || docker.givenUp.contains(name) { continue }
                return Violation("JournalTellsAll", "the next life would look for \(name.text)")
            case .volume(let name):
                if docker.volumes.contains(where: { $0.name == name }) || docker.givenUp.contains(name) { continue }
                return Violation("JournalTellsAll", "the next life would look for \(name.text)")
            }
        }
        return nil
    }
}

extension Possession {
    fileprivate var tree: Bytes? {
        switch self {
        case .workspace(let path), .directory(let path): path
        case .file, .process, .container, .volume: nil
        }
    }
}
