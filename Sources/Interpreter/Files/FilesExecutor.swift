// The executor of files calls. What is quick is done at once; removing trees and reading what a command left go to the
// one thread beside the loop. Every call has exactly one answer.

import Codecs
import Effects
import Glibc

final class FilesExecutor {
    /// Jobs that wait or are under way; admission keeps far below.
    private static let mostJobs = 32_768

    private let loop: Loop
    private let vault: Vault
    private let searchPath: Bytes
    private let thread: FilesThread
    private var running: Set<EffectID> = []
    /// Quick calls of this turn that were answered at once, and those that wait for a later turn.
    private var quickThisTurn = 0
    private var waiting: [(id: EffectID, call: FilesCall)] = []
    private static let quickPerTurn = 8

    /// `searchPath` is the worker's PATH. Nil where the kernel gives no descriptor.
    init?(loop: Loop, vault: Vault, searchPath: Bytes) {
        guard let thread = FilesThread() else { return nil }
        self.loop = loop
        self.vault = vault
        self.searchPath = searchPath
        self.thread = thread
        guard loop.watch(thread.wakeUp, .read, { [weak self] _ in self?.takeAnswers() }) else { return nil }
    }

    /// What has no answer yet.
    var unfinished: Int { running.count + waiting.count }

    func execute(_ id: EffectID, _ call: FilesCall) {
        switch call {
        case .removeTree(let path): return add(.removeTree(id, path), id)
        case .readEnvironment(let path): return add(.readEnvironment(id, path), id)
        case .findExecutable, .checkDirectory, .prepareRoot, .makeDirectory, .makeFile, .rename, .removeFile: break
        }
        guard waiting.isEmpty, quickThisTurn < Self.quickPerTurn else { return wait(id, call) }
        countTurn()
        answer(id, call)
    }

    /// A thousand claims at once must not wait for a thousand workspaces: what a turn has no room for follows, in
    /// order, after the sockets of the next ones.
    private func wait(_ id: EffectID, _ call: FilesCall) {
        waiting.append((id, call))
        if waiting.count == 1 { loop.again { [weak self] in self?.runWaiting() } }
    }

    private func runWaiting() {
        let slice = waiting.prefix(Self.quickPerTurn)
        waiting.removeFirst(slice.count)
        let goesOn = !waiting.isEmpty
        for (id, call) in slice { answer(id, call) }
        if goesOn { loop.again { [weak self] in self?.runWaiting() } }
    }

    private func countTurn() {
        quickThisTurn += 1
        if quickThisTurn == 1 { loop.atTurnEnd { [weak self] in self?.quickThisTurn = 0 } }
    }

    private func answer(_ id: EffectID, _ call: FilesCall) {
        do throws(FilesProblem) {
            loop.deliver(.files(try quick(id, call)))
        } catch {
            switch error {
            case .exists: loop.deliver(.files(.exists(id)))
            case .failure(let failure): loop.deliver(.files(.failed(id, failure)))
            }
        }
    }

    private func quick(_ id: EffectID, _ call: FilesCall) throws(FilesProblem) -> FilesEvent {
        switch call {
        case .findExecutable(let path):
            return .found(id, path: try QuickCalls.findExecutable(path, searchPath: searchPath))
        case .checkDirectory(let path): try QuickCalls.checkDirectory(path)
        case .prepareRoot(let path): try QuickCalls.prepareRoot(path)
        case .makeDirectory(let path): try QuickCalls.makeDirectory(path)
        case .makeFile(let path): try QuickCalls.makeFile(path)
        case .rename(let from, let to): try QuickCalls.rename(from, to)
        case .removeFile(let path): try QuickCalls.removeFile(path)
        case .removeTree, .readEnvironment: break
        }
        return .done(id)
    }

    private func add(_ job: FilesThread.Job, _ id: EffectID) {
        guard running.count < Self.mostJobs, thread.add(job) else {
            return loop.deliver(.files(.failed(id, .system(errno: EAGAIN))))
        }
        running.insert(id)
    }

    private func takeAnswers() {
        for answer in thread.takeAnswers() {
            switch answer {
            case .removed(let id, let failure):
                running.remove(id)
                loop.deliver(.files(failure.map { .failed(id, $0) } ?? .done(id)))
            case .read(let id, let result):
                running.remove(id)
                loop.deliver(.files(keep(id, result)))
            }
        }
    }

    /// The values go to the vault, the names and numbers on.
    private func keep(_ id: EffectID, _ result: Result<Dotenv, FilesProblem>) -> FilesEvent {
        switch result {
        case .failure(.exists): return .exists(id)
        case .failure(.failure(let failure)): return .failed(id, failure)
        case .success(let file):
            do {
                let range = try vault.keep(file.entries.map(\.value))
                let variables = file.entries.enumerated().map { index, entry in
                    let ref = SecretRef(number: range.first &+ UInt64(index))
                    return EnvironmentVariable(name: entry.name, value: .secret(ref))
                }
                return .environmentRead(id, variables, secrets: range, malformed: file.malformed)
            } catch {
                return .failed(id, .tooLarge)
            }
        }
    }
}
