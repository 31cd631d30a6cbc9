// One supervisor as the worker holds it: its pid, the socket that commands it, and, while it serves a task, the pipe
// that its agent's output comes through.

import CLinux
import Glibc

final class SupervisorChannel {
    let pid: pid_t
    private(set) var control: Int32
    private(set) var output: Int32 = -1
    /// An output that nobody reads any more; closing it takes time that is better spent later.
    private var spentOutput: Int32 = -1
    /// Whether it is a child of this process; else an earlier life made it.
    let isChild: Bool
    /// The loop watches its socket, for as long as it is there.
    var isWatched = false

    init(pid: pid_t, control: Int32, isChild: Bool = true) {
        self.pid = pid
        self.isChild = isChild
        self.control = control
    }

    var hasControl: Bool { control >= 0 }
    var hasOutput: Bool { output >= 0 }

    func closeControl() {
        if control >= 0 { close(control) }
        control = -1
    }

    /// A pipe for the next agent's output; the end that is the agent's. Whoever calls closes it.
    func openOutput() throws(NoSupervisor) -> Int32 {
        closeSpentOutput()
        var pipe: [Int32] = [-1, -1]
        let failed = oz_output_pipe(&pipe)
        guard failed >= 0 else {
            for descriptor in pipe where descriptor >= 0 { close(descriptor) }
            throw NoSupervisor(errno: 0 &- failed)
        }
        output = pipe[0]
        return pipe[1]
    }

    /// The pipe of an agent that was started by an earlier life.
    func take(output descriptor: Int32) {
        retireOutput()
        output = descriptor
    }

    /// Nobody reads it any more. It stays a descriptor until `closeSpentOutput`.
    func retireOutput() {
        guard output >= 0 else { return }
        closeSpentOutput()
        spentOutput = output
        output = -1
    }

    func closeSpentOutput() {
        if spentOutput >= 0 { close(spentOutput) }
        spentOutput = -1
    }

    deinit {
        closeControl()
        retireOutput()
        closeSpentOutput()
    }
}
