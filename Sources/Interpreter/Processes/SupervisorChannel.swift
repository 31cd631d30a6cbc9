// One supervisor as the worker holds it: its pid, the socket that commands it, and the pipe that its agent's output
// comes through.

import Glibc

final class SupervisorChannel {
    let pid: pid_t
    private(set) var control: Int32
    private(set) var output: Int32
    /// An output that nobody reads any more; closed with the channel.
    private var spentOutput: Int32 = -1

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

    /// As closing it, at the cost of a descriptor: closing takes time that is better spent later.
    func retireOutput() {
        spentOutput = output
        output = -1
    }

    deinit {
        closeControl()
        closeOutput()
        if spentOutput >= 0 { close(spentOutput) }
    }
}
