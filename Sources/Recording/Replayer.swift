// Feeds what was recorded to the reducer, and looks whether the same comes out.
//
// Segments are given in order. One that goes on where the last one ended goes on with the state as it was replayed,
// which must be the one that the segment opens with; any other starts from its own snapshot.

import Codecs
import Effects
import WorkerModel

public struct Replayer {
    public enum Opening: Hashable, Sendable {
        /// From the segment's own snapshot: the first one, or one of another life.
        case fresh
        /// It goes on where the last one ended.
        case continued(stateAgrees: Bool)
        /// Inputs between the last segment and this one are not there.
        case afterGap(first: UInt64, last: UInt64)
    }

    public enum Move {
        case step(number: UInt64, Input, agrees: Bool)
        case aside(Aside)
    }

    public private(set) var header: RecordingHeader?
    public private(set) var worker: Worker?
    /// The number of the last input that was taken.
    public private(set) var count: UInt64 = 0
    /// What came out of the last input.
    public private(set) var requests: [Request] = []
    /// The snapshot that the last segment opened with.
    public private(set) var snapshot: RecordedState?
    private var reader = SegmentReader(UnsafeRawBufferPointer(start: nil, count: 0))
    private var scratch = Bytes()
    private var asked = 0..<0

    public init() {}

    /// The bytes must stay until another segment is opened, or the replayer is not used any more.
    public mutating func open(_ bytes: UnsafeRawBufferPointer) throws(RecordingProblem) -> Opening {
        var opened = SegmentReader(bytes)
        guard case .header(let next)? = try opened.next() else { throw opened.problem(.notARecording) }
        guard case .state(let state)? = try opened.next() else { throw opened.problem(.cutOff) }
        reader = opened
        snapshot = state
        requests.removeAll()
        let before = header
        header = next
        if let before, let worker, before.life == next.life {
            if next.first == count &+ 1 { return .continued(stateAgrees: worker.digest == state.digest) }
            let missing = (first: count &+ 1, last: next.first &- 1)
            restart(state, next)
            return missing.first <= missing.last ? .afterGap(first: missing.first, last: missing.last) : .fresh
        }
        restart(state, next)
        return .fresh
    }

    private mutating func restart(_ state: RecordedState, _ header: RecordingHeader) {
        worker = state.worker
        count = header.first > 0 ? header.first &- 1 : 0
    }

    /// Nil at the end of the segment.
    public mutating func next() throws(RecordingProblem) -> Move? {
        guard let line = try reader.next() else { return nil }
        switch line {
        case .step(let step): return try take(step)
        case .aside(let aside): return .aside(aside)
        case .header, .state: throw reader.problem(.notUnderstood("a segment begins in the middle of another"))
        }
    }

    private mutating func take(_ step: RecordedStep) throws(RecordingProblem) -> Move {
        guard step.number == count &+ 1 else {
            throw reader.problem(.notUnderstood("input \(step.number) follows input \(count)"))
        }
        count = step.number
        requests.removeAll(keepingCapacity: true)
        worker?.take(step.input, into: &requests)
        asked = step.asked
        scratch.removeAll(keepingCapacity: true)
        RecordedRequest.append(requests, to: &scratch)
        return .step(number: step.number, step.input, agrees: isSame(asked))
    }

    private func isSame(_ asked: Range<Int>) -> Bool {
        guard asked.count == scratch.count else { return false }
        let recorded = reader.slice(asked)
        return scratch.withUnsafeBytes { replayed in
            for index in 0..<replayed.count where replayed[index] != recorded[index] { return false }
            return true
        }
    }

    /// What the recording says that was asked for because of the last input; nil where that can't be read.
    public var recorded: [RecordedRequest]? { RecordedRequest.read(reader.slice(asked)) }

    /// The same as it came out here.
    public var replayed: [RecordedRequest] {
        var text = Bytes()
        RecordedRequest.append(requests, to: &text)
        return RecordedRequest.read(text) ?? []
    }

    /// The line that comes next in this segment, and where it begins.
    public var place: (line: Int, offset: Int) { (reader.line, reader.position) }
}
