// The thread that writes a recording. Work comes in by a bounded queue; that something went wrong, or that all is
// done, goes out.

import Codecs
import Effects
import Glibc
import Recording
import WorkerModel

final class RecorderThread: @unchecked Sendable {
    enum Work: Sendable {
        /// From here on into another segment, which opens with that state.
        case segment(SegmentOpening, Worker)
        case lines(Bytes)
        case end
    }

    struct State: Sendable {
        var failure: RecordingFailure?
        var isDone = false
    }

    /// What may wait to be written, in bytes; a state counts for what it roughly takes.
    private static let waitingMax = 16 << 20
    private static let stateCost = 4 << 10

    private struct Shared: Sendable {
        var queue: [Work] = []
        var waiting = 0
        var isAbandoned = false
        var state = State()

        /// All that waits; nil where nothing does.
        mutating func takeAll() -> [Work]? {
            guard !queue.isEmpty else { return nil }
            defer {
                queue = []
                waiting = 0
            }
            return queue
        }
    }

    private let side: SideThread<Shared>
    // The thread's own.
    private var file: RecordingFile

    init?(_ file: RecordingFile) {
        self.file = file
        guard let side = SideThread(Shared()) else { return nil }
        self.side = side
        guard side.begin({ [self] in work() }) else { return nil }
    }

    /// Readable when the state has changed.
    var wakeUp: Int32 { side.wakeUp }

    /// False where too much waits already.
    func add(_ work: Work) -> Bool {
        let cost: Int
        switch work {
        case .segment: cost = Self.stateCost
        case .lines(let bytes): cost = bytes.count
        case .end: cost = 0
        }
        return side.hand {
            guard !$0.isAbandoned, $0.waiting &+ cost <= Self.waitingMax else { return false }
            $0.waiting &+= cost
            $0.queue.append(work)
            return true
        }
    }

    /// Nothing more is wanted: what waits is dropped, and the file is closed as soon as the disk lets go.
    func abandon() {
        side.hand {
            $0.isAbandoned = true
            $0.queue = [.end]
            $0.waiting = 0
        }
    }

    func take() -> State { side.take { $0.state } }

    /// Until it is done, or that long; nil where it is not.
    func wait(for span: Span) -> State? {
        side.wait(for: span) { $0.state.isDone ? $0.state : nil }
    }

    // MARK: - On the thread

    private func work() {
        while true {
            for work in side.next({ $0.takeAll() }) {
                do throws(RecordingFailure) {
                    switch work {
                    case .segment(let opening, let worker): try file.begin(opening, worker)
                    case .lines(let bytes): try file.write(bytes)
                    case .end:
                        file.close()
                        return change { $0.isDone = true }
                    }
                } catch {
                    file.close()
                    return change {
                        $0.failure = error
                        $0.isDone = true
                    }
                }
            }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        side.answer { body(&$0.state) }
    }
}
