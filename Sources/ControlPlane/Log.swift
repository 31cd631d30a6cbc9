// One line for each happening, on standard error.

import Codecs
import Glibc

enum Log {
    static func write(_ happening: Happening, _ level: ControlPlaneOptions.LogLevel) {
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

    static func line(_ time: UnixTime, _ level: String, _ words: String) {
        let text = RFC3339.write(time.inMilliseconds) + Bytes(text: " \(level) \(words)\n")
        put(text, to: 2)
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
