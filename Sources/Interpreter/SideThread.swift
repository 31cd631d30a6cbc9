// A thread beside the loop, for what may block, and what the two share: one value under a lock.
//
// The loop changes the value and wakes the thread; the thread changes it and wakes the loop, by an eventfd.

import CLinux
import Effects
import Glibc

final class SideThread<Shared: Sendable>: @unchecked Sendable {
    /// Readable when the thread has answered.
    let wakeUp: Int32
    // Guarded by the lock.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var shared: Shared

    /// Nil where the kernel gives no descriptor.
    init?(_ shared: Shared) {
        self.shared = shared
        pthread_mutex_init(lock, nil)
        pthread_cond_init(arrived, nil)
        wakeUp = oz_eventfd()
        guard wakeUp >= 0 else { return nil }
    }

    // Only when the thread has ended, since that holds it.
    deinit {
        close(wakeUp)
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(lock)
        arrived.deallocate()
        lock.deallocate()
    }

    /// Once, with what the thread does. False where there is no thread to be had.
    func begin(_ work: @escaping @Sendable () -> Void) -> Bool { beginThread(work) }

    // MARK: - On the loop

    /// Something for the thread to do.
    func hand<Result>(_ change: (inout Shared) -> Result) -> Result {
        // Not woken under the lock, which it would have to wait for as soon as it is awake.
        defer { pthread_cond_signal(arrived) }
        return locked(change)
    }

    /// What it has answered.
    func take<Result>(_ change: (inout Shared) -> Result) -> Result {
        _ = oz_eventfd_drain(wakeUp)
        return locked(change)
    }

    /// Waits until `find` finds something in what was answered, or that long.
    func wait<Result>(for span: Span, until find: (inout Shared) -> Result?) -> Result? {
        let end = Clock.now().after(span)
        while true {
            if let found = take(find) { return found }
            let left = end.since(Clock.now()).nanoseconds / 1_000_000
            guard left > 0 else { return nil }
            var wanted = pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)
            _ = poll(&wanted, 1, Int32(clamping: left))
        }
    }

    // MARK: - On the thread

    /// Sleeps until `find` finds something to do.
    func next<Result>(_ find: (inout Shared) -> Result?) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while true {
            if let found = find(&shared) { return found }
            pthread_cond_wait(arrived, lock)
        }
    }

    func answer(_ change: (inout Shared) -> Void) {
        locked(change)
        _ = oz_eventfd_signal(wakeUp)
    }

    private func locked<Result>(_ change: (inout Shared) -> Result) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return change(&shared)
    }
}

/// What a thread of its own made of it; nil where that takes longer. It is let go of then, and so is what comes of it.
func answered<Answer: Sendable>(within span: Span, _ work: @escaping @Sendable () -> Answer) -> Answer? {
    // Without threads there is no patience either.
    guard let side = SideThread<Answer?>(nil) else { return work() }
    let hasBegun = side.begin {
        let made = work()
        side.answer { $0 = made }
    }
    return hasBegun ? side.wait(for: span) { $0 } : work()
}

private final class ThreadWork: Sendable {
    let work: @Sendable () -> Void

    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
}

private func beginThread(_ work: @escaping @Sendable () -> Void) -> Bool {
    // Signals are the loop's. And a write beyond a limit on the size of files is an error of that write then, and not
    // the end of the process.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let held = Unmanaged.passRetained(ThreadWork(work))
    let failed = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            Unmanaged<ThreadWork>.fromOpaque(argument).takeRetainedValue().work()
            return nil
        }, held.toOpaque())
    guard failed == 0 else {
        held.release()
        return false
    }
    pthread_detach(thread)
    return true
}
