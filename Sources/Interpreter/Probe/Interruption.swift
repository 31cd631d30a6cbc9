// Ctrl-C while a probe's loop turns. The signals are blocked meanwhile, since libcurl makes threads that would take
// them; one that came ends the loop, and then does what it would have done.

import CLinux
import Glibc

final class Interruption {
    private static let heard: [Int32] = [SIGINT, SIGTERM, SIGHUP]

    private let loop: Loop
    private let descriptor: Int32
    private var before = sigset_t()
    private var came: Int32?

    /// Nil where there is no descriptor.
    init?(loop: Loop) {
        self.loop = loop
        pthread_sigmask(SIG_BLOCK, nil, &before)
        guard oz_signals_block(Self.heard, Self.heard.count) == 0 else { return nil }
        descriptor = oz_signalfd(Self.heard, Self.heard.count)
        guard descriptor >= 0 else { return nil }
        loop.watch(descriptor, .read) { [unowned self] _ in
            let signal = oz_signalfd_next(descriptor, nil)
            guard signal > 0 else { return }
            came = signal
            loop.stop(code: signal)
        }
    }

    /// Everything as it was.
    func end() {
        loop.unwatch(descriptor)
        close(descriptor)
        pthread_sigmask(SIG_SETMASK, &before, nil)
        if let came { kill(getpid(), came) }
    }
}
