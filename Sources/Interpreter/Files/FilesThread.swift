// The one thread beside the loop: file work that may take long. Jobs come in by a queue under a lock, answers go out
// by another and an eventfd.
//
// Reading a small file never waits for a large tree: reads are done first, and removals share the thread a piece each.

import CLinux
import Codecs
import Effects
import Glibc

final class FilesThread: @unchecked Sendable {
    enum Job: Sendable {
        case removeTree(EffectID, Bytes)
        case readEnvironment(EffectID, Bytes)
    }

    enum Answer: Sendable {
        case removed(EffectID, FileFailure?)
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
    private var reads: [(EffectID, Bytes)] = []
    private var removals: [(EffectID, Bytes)] = []
    private var answers: [Answer] = []
    private var hasStarted = false
    // The thread's own.
    private var underWay: [(id: EffectID, removal: TreeRemoval)] = []

    init?() {
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
        switch job {
        case .removeTree(let id, let path): removals.append((id, path))
        case .readEnvironment(let id, let path): reads.append((id, path))
        }
        pthread_cond_signal(arrived)
        pthread_mutex_unlock(lock)
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
            let (read, removal) = next()
            if let (id, path) = read { answer(.read(id, EnvironmentFile.read(path))) }
            if let (id, path) = removal { underWay.append((id, TreeRemoval(path))) }
            if read == nil, !underWay.isEmpty { removeSome() }
        }
    }

    /// What to begin now; waits only where nothing is under way.
    private func next() -> (read: (EffectID, Bytes)?, removal: (EffectID, Bytes)?) {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while reads.isEmpty, removals.isEmpty, underWay.isEmpty { pthread_cond_wait(arrived, lock) }
        let read = reads.isEmpty ? nil : reads.removeFirst()
        let hasRoom = underWay.count < Self.removalsAtOnce && !removals.isEmpty
        return (read, hasRoom ? removals.removeFirst() : nil)
    }

    /// A piece of the removal that has waited longest.
    private func removeSome() {
        let (id, removal) = underWay.removeFirst()
        guard let result = removal.step(entries: Self.entriesPerPiece) else { return underWay.append((id, removal)) }
        switch result {
        case .success: answer(.removed(id, nil))
        case .failure(let problem): answer(.removed(id, problem.failure))
        }
    }

    private func answer(_ answer: Answer) {
        pthread_mutex_lock(lock)
        answers.append(answer)
        pthread_mutex_unlock(lock)
        _ = oz_eventfd_signal(wakeUp)
    }
}
