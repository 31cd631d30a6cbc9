// What the next life would be told if the worker died now: everything that was intended and not released. It has to
// name whatever is about to exist before that is asked for, and nothing that is known to be gone.

import Codecs
import Effects

public struct JournalModel: Sendable {
    struct Entry: Equatable, Sendable {
        let key: ExecutionKey
        let possession: Possession
    }

    private(set) var open: [Entry] = []
    /// What the next life would know to run elsewhere.
    private(set) var handedOver: [ExecutionKey] = []

    mutating func take(_ call: JournalCall) -> Violation? {
        switch call {
        case .intended(let key, let possession):
            let entry = Entry(key: key, possession: possession)
            if open.contains(entry) { return Violation("JournalFirst", "the same thing was intended twice") }
            open.append(entry)
        case .acquired(let key, let possession):
            guard open.contains(Entry(key: key, possession: possession)) else {
                return Violation("JournalFirst", "something was acquired that nobody had intended")
            }
        case .released(let key, let possession):
            guard let index = open.firstIndex(of: Entry(key: key, possession: possession)) else {
                return Violation("JournalFirst", "something was released that nobody had intended")
            }
            open.remove(at: index)
        case .handedOver(let key): if !handedOver.contains(key) { handedOver.append(key) }
        case .verdictDecided, .verdictHeard, .volumeUsed: break
        }
        return nil
    }

    /// At rest: what is still open is what could not be removed.
    mutating func turnPage() {
        open = []
        handedOver = []
    }

    /// Whether the next life would look there.
    func names(_ possession: Possession) -> Bool {
        open.contains { $0.possession == possession }
    }

    func names(path: Bytes) -> Bool {
        names(.directory(path)) || names(.file(path))
    }

    /// By its own name, or with the directory that it lies in.
    func covers(_ path: Bytes) -> Bool {
        names(path: path)
            || open.contains { entry in
                guard case .directory(let directory) = entry.possession else { return false }
                guard path.count > directory.count, path[directory.count] == UInt8(ascii: "/") else { return false }
                return path.starts(with: directory)
            }
    }

    /// A request that makes something needs a note that it may exist.
    func precedes(_ call: FilesCall) -> Bool {
        switch call {
        case .makeDirectory(let path), .makeFile(let path), .rename(_, let path): names(path: path)
        case .findExecutable, .checkDirectory, .prepareRoot, .readEnvironment, .removeFile, .removeTree: true
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
        where !process.isOrphan && !journal.names(.process(process.id)) && !contractBroken {
            return Violation("JournalTellsAll", "the next life would not know of a process")
        }
        return nil
    }

    /// Checked where nothing more will happen: what the next life would look for is there.
    func journalTellsNoMore() -> Violation? {
        guard !contractBroken else { return nil }
        for run in runtime.runs
        where run.wasHandedOver && !isOfAnEarlierLife(run.key) && !journal.handedOver.contains(run.key) {
            if server.ledger.contains(where: { $0.key == run.key && $0.finalWord != nil }) { continue }
            return Violation("JournalTellsAll", "the next life would not know what was handed over")
        }
        for entry in journal.open {
            switch entry.possession {
            case .directory(let path), .file(let path):
                if files.ours.contains(path) { continue }
                return Violation("JournalTellsAll", "the next life would look for \(path.text)")
            case .process(let id):
                if processes.index(id) != nil { continue }
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
