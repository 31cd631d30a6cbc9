// One line for each happening, on standard error. A reader that does not keep up never stops the loop: a bounded
// number of lines waits, and how many were dropped is told.

import Codecs
import Glibc

final class Log {
    private static let linesMax = 2_000
    /// A pipe that is ready takes this much without blocking.
    private static let lineMax = 4_096

    private let level: ControlPlaneOptions.LogLevel
    private var waiting: [Bytes] = []
    private var written = 0
    private var dropped = 0

    init(level: ControlPlaneOptions.LogLevel) {
        self.level = level
    }

    var isBehind: Bool { !waiting.isEmpty }

    func write(_ happening: Happening) {
        let isLoud: Bool
        let name: String
        switch happening.kind {
        case .violation(let violation):
            isLoud = true
            name = "VIOLATION \(violation.name): "
        case .connected, .refused, .disconnected, .queued, .assigned, .claimed, .rejected, .finalWord, .cancellation,
            .misbehaviour, .note:
            isLoud = false
            name = ""
        }
        switch level {
        case .none: return
        case .warning where !isLoud: return
        case .warning, .info, .debug: break
        }
        let place = happening.connection.map { "connection \($0): " } ?? ""
        line(happening.at, isLoud ? "warning" : "info   ", place + name + happening.words)
    }

    func debug(_ time: UnixTime, _ words: String) {
        switch level {
        case .debug: line(time, "debug  ", words)
        case .info, .warning, .none: break
        }
    }

    private func line(_ time: UnixTime, _ level: String, _ words: String) {
        guard waiting.count - written < Self.linesMax else {
            dropped += 1
            return
        }
        if dropped > 0 {
            waiting.append(Bytes(text: "(\(dropped) lines were dropped: standard error was not read)\n"))
            dropped = 0
        }
        let text = RFC3339.write(time.inMilliseconds) + Bytes(text: " \(level) \(words)")
        waiting.append(text.prefix(Self.lineMax - 1) + [0x0A])
    }

    /// Writes what the reader takes now.
    func flush() {
        while written < waiting.count {
            var ready = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
            guard poll(&ready, 1, 0) == 1, Int32(ready.revents) & POLLOUT != 0 else { break }
            Log.put(waiting[written], to: 2)
            written += 1
        }
        if written == waiting.count || written > Self.linesMax {
            waiting.removeFirst(written)
            written = 0
        }
    }

    /// All of it, unless the other side is gone.
    static func put(_ text: Bytes, to descriptor: Int32) {
        var rest = text[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
