// Waiting for one thing without missing another: a descriptor, a child that ends, Ctrl-C, a deadline.

import CLinux
import Codecs
import Glibc

enum CanaryTrouble: Error {
    case interrupted(Int32)
    case workerEnded(Int32)
    case tooLate(String)
    case plane(String)
}

final class CanaryWaiting {
    static let second: Int64 = 1_000_000_000

    private let signals: Int32
    /// The worker, while it is not meant to end.
    var watched: DemoChild?
    private(set) var interruption: Int32?

    /// From here on signals are read and no longer end the process.
    init?() {
        let wanted: [Int32] = [SIGINT, SIGTERM, SIGHUP, SIGCHLD]
        guard oz_signals_block(wanted, wanted.count) == 0 else { return nil }
        _ = oz_signal_ignore(SIGPIPE)
        signals = oz_signalfd(wanted, wanted.count)
        if signals < 0 { return nil }
    }

    deinit {
        close(signals)
    }

    static func deadline(seconds: Int64) -> Int64 {
        oz_clock_boottime() &+ seconds &* second
    }

    /// Until the descriptor is ready, or a signal came that changes nothing here (false).
    func wait(for descriptor: Int32?, _ events: Int32 = POLLIN, until deadline: Int64) throws(CanaryTrouble) -> Bool {
        try look()
        var polled = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0)]
        if let descriptor { polled.append(pollfd(fd: descriptor, events: Int16(events), revents: 0)) }
        let left = max(0, deadline &- oz_clock_boottime())
        guard left > 0 else { throw .tooLate("") }
        _ = poll(&polled, nfds_t(polled.count), Int32(clamping: left / 1_000_000 &+ 1))
        try look()
        return polled.count > 1 && polled[1].revents != 0
    }

    /// A worker that ends while it is needed, or the operator who has had enough.
    private func look() throws(CanaryTrouble) {
        while case let signal = oz_signalfd_next(signals, nil), signal > 0 {
            if signal != SIGCHLD, interruption == nil {
                interruption = signal
                throw .interrupted(signal)
            }
        }
        if let code = watched?.ended() {
            watched = nil
            throw .workerEnded(code)
        }
    }

    /// Waits for a child's end; nil where it took longer.
    func end(of child: DemoChild, seconds: Int64) -> Int32? {
        let deadline = Self.deadline(seconds: seconds)
        while child.ended() == nil, oz_clock_boottime() < deadline {
            // A second Ctrl-C changes nothing: the end is bounded.
            _ = try? wait(for: nil, until: min(deadline, oz_clock_boottime() &+ Self.second / 10))
        }
        return child.ended()
    }
}
