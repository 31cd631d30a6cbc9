// Signals as descriptors: they arrive in the loop, in order with everything else. What the operator wants by one
// descriptor, what became of children by another.

import CLinux
import Effects
import Glibc

final class Signals {
    private let loop: Loop
    private let descriptor: Int32
    /// SIGUSR1: the operator asks what is held.
    var countsWanted: () -> Void = {}

    /// Nil where there is no descriptor. The signals are blocked already.
    init?(loop: Loop) {
        let heard = Hardening.heard.filter { $0 != SIGCHLD }
        let descriptor = oz_signalfd(heard, heard.count)
        guard descriptor >= 0 else { return nil }
        self.loop = loop
        self.descriptor = descriptor
        loop.watch(descriptor, .read) { [unowned self] _ in
            while case let signal = oz_signalfd_next(descriptor, nil), signal > 0 {
                if signal == SIGUSR1 {
                    countsWanted()
                } else {
                    loop.deliver(.operator(.stopRequested(signal: signal)))
                }
            }
        }
    }

    func close() {
        loop.unwatch(descriptor)
        _ = Glibc.close(descriptor)
    }
}

/// SIGCHLD, which somebody may not want to hear of for a while.
final class ChildSignal {
    private let loop: Loop
    private let descriptor: Int32
    var childrenChanged: () -> Void = {}

    /// Nil where there is no descriptor. The signal is blocked already.
    init?(loop: Loop) {
        let descriptor = oz_signalfd([SIGCHLD], 1)
        guard descriptor >= 0 else { return nil }
        self.loop = loop
        self.descriptor = descriptor
        loop.watch(descriptor, .read) { [unowned self] _ in
            drain()
            childrenChanged()
        }
    }

    /// What came while it was not heard is heard when it is heard again.
    var isHeard = true {
        didSet { if isHeard != oldValue { loop.change(descriptor, isHeard ? .read : []) } }
    }

    /// Several deaths may be one signal, so whoever calls this looks at all children.
    func drain() {
        while oz_signalfd_next(descriptor, nil) > 0 {}
    }

    func close() {
        loop.unwatch(descriptor)
        _ = Glibc.close(descriptor)
    }
}
