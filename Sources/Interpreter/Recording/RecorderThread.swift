// The thread that writes a recording. Work comes in by a bounded queue under a lock; that something went wrong, or
// that all is done, goes out by the lock and an eventfd.

import CLinux
import Codecs
import Effects
import Glibc
import Recording
import WorkerModel

final class RecorderThread: @unchecked Sendable {
    enum Work: Sendable {
        /// From here on into another segment, which opens with that state.
        case segment(SegmentOpening, Worker)
        case lines(Bytes)
        case end
    }

    struct State {
        var failure: RecordingFailure?
        var isDone = false
    }

    /// What may wait to be written, in bytes; a state counts for what it roughly takes.
    private static let waitingMax = 16 << 20
    private static let stateCost = 4 << 10

    /// Readable when the state has changed.
    let wakeUp: Int32
    // Guarded by the lock.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var queue: [Work] = []
    private var waiting = 0
    private var isAbandoned = false
    private var state = State()
    // The thread's own.
    private var file: RecordingFile

    init?(_ file: RecordingFile) {
        self.file = file
        wakeUp = oz_eventfd()
        guard wakeUp >= 0 else { return nil }
        pthread_mutex_init(lock, nil)
        pthread_cond_init(arrived, nil)
        guard start() else {
            close(wakeUp)
            return nil
        }
    }

    // The thread holds the object until the process ends, so there is nothing to clean up after it.

    /// False where too much waits already.
    func add(_ work: Work) -> Bool {
        let cost: Int
        switch work {
        case .segment: cost = Self.stateCost
        case .lines(let bytes): cost = bytes.count
        case .end: cost = 0
        }
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        guard !isAbandoned, waiting &+ cost <= Self.waitingMax else { return false }
        waiting &+= cost
        queue.append(work)
        pthread_cond_signal(arrived)
        return true
    }

    /// Nothing more is wanted: what waits is dropped, and the file is closed as soon as the disk lets go.
    func abandon() {
        pthread_mutex_lock(lock)
        isAbandoned = true
        queue = [.end]
        waiting = 0
        pthread_cond_signal(arrived)
        pthread_mutex_unlock(lock)
    }

    func take() -> State {
        _ = oz_eventfd_drain(wakeUp)
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return state
    }

    /// Until it is done, or that long; nil where it is not.
    func wait(for span: Span) -> State? {
        let end = Clock.now().after(span)
        while true {
            let state = take()
            if state.isDone { return state }
            let left = end.since(Clock.now()).nanoseconds / 1_000_000
            guard left > 0 else { return nil }
            var wanted = pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)
            _ = poll(&wanted, 1, Int32(clamping: left))
        }
    }

    private func start() -> Bool {
        var thread = pthread_t()
        let held = Unmanaged.passRetained(self)
        let failed = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<RecorderThread>.fromOpaque(argument).takeUnretainedValue().work()
                return nil
            }, held.toOpaque())
        guard failed == 0 else {
            held.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    // MARK: - On the thread

    private func work() {
        // A limit on the size of files is an error of this thread's writes then, and not the end of the process.
        var limit = sigset_t()
        sigemptyset(&limit)
        sigaddset(&limit, SIGXFSZ)
        pthread_sigmask(SIG_BLOCK, &limit, nil)
        while true {
            for work in next() {
                do throws(RecordingFailure) {
                    switch work {
                    case .segment(let opening, let worker): try file.begin(opening, worker)
                    case .lines(let bytes): try file.write(bytes)
                    case .end:
                        file.close()
                        return change { $0.isDone = true }
                    }
                } catch {
                    file.close()
                    return change {
                        $0.failure = error
                        $0.isDone = true
                    }
                }
            }
        }
    }

    private func next() -> [Work] {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while queue.isEmpty { pthread_cond_wait(arrived, lock) }
        let all = queue
        queue = []
        waiting = 0
        return all
    }

    private func change(_ body: (inout State) -> Void) {
        pthread_mutex_lock(lock)
        body(&state)
        pthread_mutex_unlock(lock)
        _ = oz_eventfd_signal(wakeUp)
    }
}
