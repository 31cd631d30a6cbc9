// The executor of files calls. What is quick is done at once; the rest goes to the one thread beside the loop: the
// removal of trees, what a command left to be read, and every call on a file system that may hang. Each call has
// exactly one answer.

import Codecs
import Effects
import Glibc

final class FilesExecutor {
    /// Jobs that wait or are under way; admission keeps far below.
    private static let mostJobs = 32_768
    private static let quickPerTurn = 8

    private let loop: Loop
    private let vault: Vault
    private let searchPath: Bytes
    private let thread: FilesThread
    private var places = LocalPlaces()
    private var running: Set<EffectID> = []
    /// Quick calls of this turn that were answered at once, and those that wait for a later turn.
    private var quickThisTurn = 0
    private var waiting: [(id: EffectID, call: FilesCall)] = []
    private var waitingHead = 0
    private var isScheduled = false

    /// `searchPath` is the worker's PATH. Nil where the kernel gives no descriptor.
    init?(loop: Loop, vault: Vault, searchPath: Bytes) {
        guard let thread = FilesThread(searchPath: searchPath) else { return nil }
        self.loop = loop
        self.vault = vault
        self.searchPath = searchPath
        self.thread = thread
        guard loop.watch(thread.wakeUp, .read, { [weak self] _ in self?.takeAnswers() }) else { return nil }
    }

    /// What has no answer yet.
    var unfinished: Int { running.count + waiting.count - waitingHead }

    func execute(_ id: EffectID, _ call: FilesCall) {
        switch call {
        // The checks before the first dial: there is no connection yet that they could hold up.
        case .findExecutable: return answer(id, call)
        case .checkDirectory(let path), .prepareRoot(let path):
            answer(id, call)
            return places.learn(LocalPlaces.look(path))
        case .readEnvironment: return add(id, call)
        // Nobody waits for it, so it gives way to all that somebody waits for.
        case .removeTree: return wait(id, call)
        case .makeDirectory, .makeFile, .rename, .removeFile, .removeEmptyDirectory: break
        }
        guard waiting.isEmpty, quickThisTurn < Self.quickPerTurn else { return wait(id, call) }
        quickThisTurn += 1
        if quickThisTurn == 1 { loop.atTurnEnd { [weak self] in self?.quickThisTurn = 0 } }
        perform(id, call)
    }

    /// A thousand claims at once must not wait for a thousand workspaces: what a turn has no room for follows, in
    /// order, once the sockets are quiet.
    private func wait(_ id: EffectID, _ call: FilesCall) {
        waiting.append((id, call))
        schedule()
    }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        loop.whenQuiet { [weak self] in self?.runWaiting() }
    }

    private func runWaiting() {
        isScheduled = false
        for _ in 0..<Self.quickPerTurn where waitingHead < waiting.count {
            let (id, call) = waiting[waitingHead]
            waitingHead += 1
            perform(id, call)
        }
        if waitingHead == waiting.count {
            waiting.removeAll(keepingCapacity: waiting.capacity <= 1_024)
            waitingHead = 0
        } else {
            schedule()
        }
    }

    // MARK: Here or on the thread

    private func perform(_ id: EffectID, _ call: FilesCall) {
        if case .removeTree = call { return add(id, call) }
        guard let isLocal = places.isLocal(call.place) else { return add(id, call, isNew: true) }
        guard isLocal else { return add(id, call) }
        answer(id, call)
    }

    private func answer(_ id: EffectID, _ call: FilesCall) {
        loop.deliver(.files(QuickCalls.answer(id, call, searchPath: searchPath)))
    }

    private func add(_ id: EffectID, _ call: FilesCall, isNew: Bool = false) {
        let job = FilesThread.Job(id: id, call: call, isNew: isNew)
        guard running.count < Self.mostJobs, thread.add(job) else {
            return loop.deliver(.files(.failed(id, .system(errno: EAGAIN))))
        }
        running.insert(id)
    }

    private func takeAnswers() {
        for answer in thread.takeAnswers() {
            switch answer {
            case .done(let event, let place):
                running.remove(event.id)
                if let place { places.learn(place) }
                loop.deliver(.files(event))
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
                return .environmentRead(
                    id, variables, secrets: range, malformed: file.malformed, omitted: file.omitted)
            } catch {
                return .failed(id, .tooLarge)
            }
        }
    }
}
