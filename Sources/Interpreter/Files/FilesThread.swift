// The one thread beside the loop: file work that may take long. Jobs come in by a queue under a lock, answers go out
// by another and an eventfd.
//
// A call that somebody waits for never waits for a large tree: such calls are done first, and removals share the
// thread a piece each.

import CLinux
import Codecs
import Effects
import Glibc

final class FilesThread: @unchecked Sendable {
    struct Job: Sendable {
        let id: EffectID
        let call: FilesCall
        /// Nobody knows yet whether such calls may be made by the loop.
        let isNew: Bool
    }

    enum Answer: Sendable {
        /// With what was found out about the directory that the call was about.
        case done(FilesEvent, LocalPlaces.Place?)
        case read(EffectID, Result<Dotenv, FilesProblem>)
    }

    /// Removals that share the thread; the others wait.
    private static let removalsAtOnce = 4
    private static let entriesPerPiece = 256

    /// Readable when there are answers.
    let wakeUp: Int32
    // Guarded by the lock.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var calls: [Job] = []
    private var removals: [(EffectID, Bytes)] = []
    private var answers: [Answer] = []
    private var hasStarted = false
    // The thread's own.
    private var underWay: [(id: EffectID, removal: TreeRemoval)] = []
    private let searchPath: Bytes

    init?(searchPath: Bytes) {
        self.searchPath = searchPath
        wakeUp = oz_eventfd()
        guard wakeUp >= 0 else { return nil }
        pthread_mutex_init(lock, nil)
        pthread_cond_init(arrived, nil)
    }

    // The thread holds the object for ever, so there is no end of its life to clean up after.

    /// False where there is no thread to do it.
    func add(_ job: Job) -> Bool {
        guard hasStarted || start() else { return false }
        hasStarted = true
        pthread_mutex_lock(lock)
        if case .removeTree(let path) = job.call { removals.append((job.id, path)) } else { calls.append(job) }
        pthread_mutex_unlock(lock)
        // Not under the lock, which the thread would have to wait for as soon as it is awake.
        pthread_cond_signal(arrived)
        return true
    }

    func takeAnswers() -> [Answer] {
        _ = oz_eventfd_drain(wakeUp)
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        let taken = answers
        answers = []
        return taken
    }

    private func start() -> Bool {
        var thread = pthread_t()
        let held = Unmanaged.passRetained(self)
        let failed = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<FilesThread>.fromOpaque(argument).takeUnretainedValue().work()
                return nil
            }, held.toOpaque())
        guard failed == 0 else {
            held.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    // MARK: On the thread

    private func work() {
        while true {
            let (call, removal) = next()
            if let call { perform(call) }
            if let (id, path) = removal { underWay.append((id, TreeRemoval(path))) }
            if call == nil, !underWay.isEmpty { removeSome() }
        }
    }

    /// What to begin now; waits only where nothing is under way.
    private func next() -> (call: Job?, removal: (EffectID, Bytes)?) {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while calls.isEmpty, removals.isEmpty, underWay.isEmpty { pthread_cond_wait(arrived, lock) }
        let call = calls.isEmpty ? nil : calls.removeFirst()
        let hasRoom = underWay.count < Self.removalsAtOnce && !removals.isEmpty
        return (call, hasRoom ? removals.removeFirst() : nil)
    }

    private func perform(_ job: Job) {
        if case .readEnvironment(let path) = job.call { return answer(.read(job.id, EnvironmentFile.read(path))) }
        let event = QuickCalls.answer(job.id, job.call, searchPath: searchPath)
        guard job.isNew else { return answer(.done(event, nil)) }
        answer(.done(event, LocalPlaces.look(LocalPlaces.directory(of: job.call.place))))
    }

    /// A piece of the removal that has waited longest.
    private func removeSome() {
        let (id, removal) = underWay.removeFirst()
        guard let result = removal.step(entries: Self.entriesPerPiece) else { return underWay.append((id, removal)) }
        switch result {
        case .success: answer(.done(.done(id), nil))
        case .failure(let problem): answer(.done(.failed(id, problem.failure), nil))
        }
    }

    private func answer(_ answer: Answer) {
        pthread_mutex_lock(lock)
        answers.append(answer)
        pthread_mutex_unlock(lock)
        _ = oz_eventfd_signal(wakeUp)
    }
}
