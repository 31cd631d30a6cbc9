// The log of the canary's worker, read while it grows.

import Codecs
import Glibc

final class CanaryLog {
    /// What it tells of a task that is handed over.
    enum Event: String {
        case dispatched = "task.dispatched"
        case failed = "task.failed"
        case cancelled = "task.cancelled"
        case cancelDone = "task.cancel_command_done"
        case cancelMissing = "task.cancel_command_missing"
        /// For the last time.
        case cancelGivenUp = "cleanup.cancel_failed"
    }

    /// What no worker says that ended well.
    private static let complaints = [
        "daemon.leak", "worker.left_undone", "worker.stop_incomplete", "internal.contract_broken",
    ]
    private static let pieceSize = 64 << 10

    private let descriptor: Int32
    private var position: off_t = 0
    /// The beginning of a line whose end is not there yet.
    private var rest = Bytes()
    private var found: [(task: String, event: Event)] = []
    private var complained: [String] = []

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    func events(of task: String) -> [Event] {
        read()
        return found.filter { $0.task == task }.map(\.event)
    }

    /// What the worker said of itself that it should not have to say.
    func allComplaints() -> [String] {
        read()
        return complained
    }

    private func read() {
        var piece = Bytes(repeating: 0, count: Self.pieceSize)
        while case let count = piece.withUnsafeMutableBytes({ pread(descriptor, $0.baseAddress, $0.count, position) }),
            count > 0
        {
            position += off_t(count)
            rest += piece.prefix(count)
            var start = rest.startIndex
            while let end = rest[start...].firstIndex(of: 0x0A) {
                take(Bytes(rest[start..<end]))
                start = end + 1
            }
            rest.removeFirst(start)
        }
    }

    private func take(_ line: Bytes) {
        guard let record = try? JSON.parse(line), let name = record["event"]?.asString?.text else { return }
        if Self.complaints.contains(name) { complained.append(record["message"]?.asString?.text ?? name) }
        guard let event = Event(rawValue: name), let task = record["task_id"]?.asString?.text else { return }
        if event == .cancelGivenUp, record["given_up"]?.asBool != true { return }
        found.append((task, event))
    }
}
