// One supervisor as the worker holds it: its pid, the socket that commands it, and the pipe that its agent's output
// comes through. And where supervisors come from: a sealed image in memory, and a few that are kept ready.

import CLinux
import Codecs
import Glibc
import SupervisorImage

final class SupervisorChannel {
    let pid: pid_t
    private(set) var control: Int32
    private(set) var output: Int32

    init(pid: pid_t, control: Int32, output: Int32) {
        self.pid = pid
        self.control = control
        self.output = output
    }

    var hasControl: Bool { control >= 0 }
    var hasOutput: Bool { output >= 0 }

    func closeControl() {
        if control >= 0 { close(control) }
        control = -1
    }

    func closeOutput() {
        if output >= 0 { close(output) }
        output = -1
    }

    deinit {
        closeControl()
        closeOutput()
    }
}

/// No supervisor could be made: the errno.
struct NoSupervisor: Error, Equatable {
    let errno: Int32
}

final class SupervisorPool {
    private let image: Int32
    private let wanted: Int
    private var ready: [SupervisorChannel] = []

    /// `wanted` is how many are kept ready.
    init(keeping wanted: Int) throws(NoSupervisor) {
        self.wanted = wanted
        var length = 0
        let bytes = oz_supervisor_image(&length)
        image = oz_memfd_image("oz-supervisor", bytes, length)
        guard image >= 0 else { throw NoSupervisor(errno: 0 &- image) }
    }

    deinit {
        close(image)
    }

    var isFull: Bool { ready.count >= wanted }
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

    private func make() throws(NoSupervisor) -> SupervisorChannel {
        var pipe: [Int32] = [-1, -1]
        var pair: [Int32] = [-1, -1]
        var failed = oz_pipe(&pipe)
        if failed >= 0 { failed = oz_socketpair(&pair) }
        // Only our own ends: the two ends of each have modes of their own.
        if failed >= 0 { failed = oz_set_nonblocking(pipe[0], 1) }
        if failed >= 0 { failed = oz_set_nonblocking(pair[0], 1) }
        if failed >= 0 { failed = oz_spawn_supervisor(image, pipe[1], pair[1]) }
        for descriptor in [pipe[1], pair[1]] where descriptor >= 0 { close(descriptor) }
        guard failed > 0 else {
            for descriptor in [pipe[0], pair[0]] where descriptor >= 0 { close(descriptor) }
            throw NoSupervisor(errno: 0 &- failed)
        }
        return SupervisorChannel(pid: failed, control: pair[0], output: pipe[0])
    }
}
