// A descriptor that log lines go to without ever waiting for whoever reads them.
//
// Standard error may be shared with others (a shell's terminal, a pipe with more writers), so it is never switched to
// non-blocking itself. A pipe or a terminal is opened anew, by which it gets a mode of its own; a socket is written
// with a flag that says the same; a plain file does not block. Where none of that works, poll says whether a small
// write can be taken at once.

import Codecs
import Glibc

final class LogSink {
    enum Outcome: Equatable {
        case wrote
        /// Would have to wait.
        case full
        /// Nobody will ever read it.
        case broken
    }

    private enum Way {
        /// Our own description of the same thing, non-blocking.
        case reopened
        case socket
        case file
        /// Shared and blocking: only what fits at once, after asking.
        case polled
    }

    /// What is surely taken whole by a pipe or a terminal that polls as writable.
    private static let polledPiece = 1_024
    private static let piece = 64 << 10
    private static let withoutWaiting = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)

    let descriptor: Int32
    let isTerminal: Bool
    private let way: Way

    init(_ original: Int32) {
        var status = stat()
        let kind = fstat(original, &status) == 0 ? status.st_mode & S_IFMT : 0
        isTerminal = isatty(original) == 1
        if kind == S_IFSOCK {
            (descriptor, way) = (original, .socket)
        } else if kind == S_IFREG {
            (descriptor, way) = (original, .file)
        } else if kind == S_IFIFO || kind == S_IFCHR, let own = Self.reopen(original) {
            (descriptor, way) = (own, .reopened)
        } else {
            (descriptor, way) = (original, .polled)
        }
    }

    deinit {
        if way == .reopened { close(descriptor) }
    }

    private static func reopen(_ original: Int32) -> Int32? {
        let own = open("/proc/self/fd/\(original)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_APPEND)
        return own >= 0 ? own : nil
    }

    /// Writes until the buffer is empty or the sink is full, but not for ever: a fast reader gets a few pieces a turn.
    func drain(_ buffer: inout LogBuffer) -> Outcome {
        for _ in 0..<16 {
            if buffer.isEmpty { return .wrote }
            if way == .polled, !isReady(within: 0) { return .full }
            var failure: Int32 = 0
            let done = buffer.write(atMost: way == .polled ? Self.polledPiece : Self.piece) { bytes in
                let count =
                    way == .socket
                    ? send(descriptor, bytes.baseAddress, bytes.count, Self.withoutWaiting)
                    : write(descriptor, bytes.baseAddress, bytes.count)
                if count < 0 { failure = errno }
                return count
            }
            if done > 0 || failure == EINTR { continue }
            return failure == EAGAIN || failure == ENOBUFS ? .full : .broken
        }
        return buffer.isEmpty ? .wrote : .full
    }

    /// Waits that long for room.
    func isReady(within milliseconds: Int32) -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&wanted, 1, milliseconds) > 0
    }
}
