// Where supervisors come from: a sealed image in memory. A few are kept ready, those too whose tasks have ended, so
// that a start costs no more than a write.

import CLinux
import Glibc
import SupervisorImage

/// No supervisor could be made: the errno.
struct NoSupervisor: Error, Equatable {
    let errno: Int32
}

final class SupervisorPool {
    private struct Means {
        /// The program, in memory.
        let image: Int32
        /// Every supervisor's standard input.
        let null: Int32
    }

    /// Of those whose tasks have ended more are kept for a while: a busy worker soon needs them again.
    private static let keptMost = 4

    private let wanted: Int
    private var means: Means?
    private var ready: [SupervisorChannel] = []

    /// `wanted` is how many are kept ready.
    init(keeping wanted: Int) {
        self.wanted = wanted
    }

    deinit {
        guard let means else { return }
        close(means.image)
        close(means.null)
    }

    var isFull: Bool { ready.count >= wanted }
    /// So few are left that the next starts might have to wait for one.
    var isLow: Bool { ready.count * 2 < wanted }
    var pids: [pid_t] { ready.map(\.pid) }

    /// One that is ready, else a new one.
    func take() throws(NoSupervisor) -> SupervisorChannel {
        if let channel = ready.popLast() { return channel }
        return try make()
    }

    /// Its task has ended, and it can serve another. False where enough are ready.
    func takeBack(_ channel: SupervisorChannel) -> Bool {
        guard ready.count < wanted * Self.keptMost else { return false }
        ready.append(channel)
        return true
    }

    /// More are ready than a quiet worker keeps.
    var hasSurplus: Bool { ready.count > wanted }

    /// They are not ready any more; the oldest, since the others were the last to run.
    func takeSurplus() -> [SupervisorChannel] {
        let surplus = Array(ready.prefix(max(0, ready.count - wanted)))
        ready.removeFirst(surplus.count)
        return surplus
    }

    /// Makes one more ready; nil where that did not work, or none is wanted.
    func refill() -> SupervisorChannel? {
        guard !isFull, let channel = try? make() else { return nil }
        ready.append(channel)
        return channel
    }

    /// The ready one that has this pid is not any more.
    func forget(_ pid: pid_t) -> SupervisorChannel? {
        ready.firstIndex { $0.pid == pid }.map { ready.remove(at: $0) }
    }

    /// Idle supervisors leave when their socket closes. The pids that are now to be reaped.
    func dismiss() -> [pid_t] {
        defer { ready = [] }
        return pids
    }

    /// Fails where the kernel lets no program run out of memory.
    func prepare() throws(NoSupervisor) {
        _ = try made()
    }

    /// What every supervisor is made with.
    private func made() throws(NoSupervisor) -> Means {
        if let means { return means }
        var length = 0
        let bytes = oz_supervisor_image(&length)
        let image = oz_memfd_image("oz-supervisor", bytes, length)
        guard image >= 0 else { throw NoSupervisor(errno: 0 &- image) }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard null >= 0 else {
            let problem = NoSupervisor(errno: errno)
            close(image)
            throw problem
        }
        let means = Means(image: image, null: null)
        self.means = means
        return means
    }

    private func make() throws(NoSupervisor) -> SupervisorChannel {
        let means = try made()
        var pair: [Int32] = [-1, -1]
        // The supervisor gives its own end the mode that it wants.
        let failed = oz_socketpair(&pair)
        guard failed >= 0 else { throw NoSupervisor(errno: 0 &- failed) }
        let pid = oz_spawn_supervisor(means.image, means.null, pair[1])
        close(pair[1])
        guard pid > 0 else {
            close(pair[0])
            throw NoSupervisor(errno: 0 &- pid)
        }
        return SupervisorChannel(pid: pid, control: pair[0])
    }
}
