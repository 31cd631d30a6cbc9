// Where supervisors come from: a sealed image in memory, and a few that are kept ready, so that a start costs no more
// than a write.

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

    /// Makes one more ready; false where that did not work, or none is wanted.
    func refill() -> Bool {
        guard !isFull, let channel = try? make() else { return false }
        ready.append(channel)
        return true
    }

    /// Whether the one that ended was a ready one.
    func forget(_ pid: pid_t) -> Bool {
        guard let index = ready.firstIndex(where: { $0.pid == pid }) else { return false }
        ready.remove(at: index)
        return true
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
        var pipe: [Int32] = [-1, -1]
        var pair: [Int32] = [-1, -1]
        var failed = oz_output_pipe(&pipe)
        // The supervisor gives its own end of the pair the mode that it wants.
        if failed >= 0 { failed = oz_socketpair(&pair) }
        if failed >= 0 { failed = oz_spawn_supervisor(means.image, means.null, pipe[1], pair[1]) }
        for descriptor in [pipe[1], pair[1]] where descriptor >= 0 { close(descriptor) }
        guard failed > 0 else {
            for descriptor in [pipe[0], pair[0]] where descriptor >= 0 { close(descriptor) }
            throw NoSupervisor(errno: 0 &- failed)
        }
        return SupervisorChannel(pid: failed, control: pair[0], output: pipe[0])
    }
}
