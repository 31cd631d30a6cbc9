// Whose output is read next: everyone in turn, a piece each, and only for a short while in each turn of the loop, so
// that an agent that floods its output can't keep the sockets or the other agents waiting.

import Effects

final class OutputQueue {
    enum Left { case more, drained }

    private static let pieceSize = 32 << 10
    private static let share = Span.milliseconds(2)

    private let loop: Loop
    private let read: (SupervisedProcess) -> Left
    private var waiting: [SupervisedProcess] = []
    private var isScheduled = false

    init(loop: Loop, read: @escaping (SupervisedProcess) -> Left) {
        self.loop = loop
        self.read = read
    }

    func add(_ process: SupervisedProcess) {
        guard !process.isQueued else { return }
        process.isQueued = true
        waiting.append(process)
        schedule()
    }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        loop.again { [weak self] in self?.run() }
    }

    private func run() {
        isScheduled = false
        let end = Clock.now().after(Self.share)
        var next = 0
        while next < waiting.count {
            let process = waiting[next]
            next += 1
            if read(process) == .more { waiting.append(process) } else { process.isQueued = false }
            if Clock.now() >= end { break }
        }
        waiting.removeFirst(next)
        if !waiting.isEmpty { schedule() }
    }

    /// A buffer for one read, on the stack.
    static func withBuffer<Result>(_ body: (UnsafeMutableBufferPointer<UInt8>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: pieceSize, body)
    }
}
