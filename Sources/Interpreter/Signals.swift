// Signals as descriptors: they arrive in the loop, in order with everything else.

import CLinux
import Effects
import Glibc

final class Signals {
    private let loop: Loop
    private let descriptor: Int32
    /// SIGUSR1: the operator asks what is held.
    var countsWanted: () -> Void = {}

    /// Nil where there is no descriptor. The signals are blocked already.
    init?(loop: Loop, childrenChanged: @escaping () -> Void) {
        let descriptor = oz_signalfd(Hardening.heard, Hardening.heard.count)
        guard descriptor >= 0 else { return nil }
        self.loop = loop
        self.descriptor = descriptor
        loop.watch(descriptor, .read) { [unowned self] _ in
            // Several deaths may be one SIGCHLD, and several SIGCHLD one wake-up: the reaper takes all there are.
            var childrenDid = false
            while case let signal = oz_signalfd_next(descriptor, nil), signal > 0 {
                switch signal {
                case SIGCHLD: childrenDid = true
                case SIGUSR1: countsWanted()
                default: loop.deliver(.operator(.stopRequested(signal: signal)))
                }
            }
            if childrenDid { childrenChanged() }
        }
    }

    func close() {
        loop.unwatch(descriptor)
        _ = Glibc.close(descriptor)
    }
}
