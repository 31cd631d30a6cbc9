// A recording that is kept in memory: for simulations and tests.

import Codecs
import Effects
import WorkerModel

/// Of one segment.
public struct MemoryRecording {
    private var writer: RecordingWriter
    public private(set) var bytes = Bytes()
    /// Something could not be encoded, so the recording ended before it.
    public private(set) var problem: StateCodingError?

    /// The worker as it is before the first input.
    public init(_ header: RecordingHeader, _ worker: Worker) {
        writer = RecordingWriter(header)
        attempt { (writer: inout RecordingWriter, bytes: inout Bytes) throws(StateCodingError) in
            try writer.open().append(worker, to: &bytes)
        }
    }

    /// A life that was simulated. Its wall has no date, so people see times from 1970 on.
    public init(of inputs: [Input], from start: Worker, by build: Build, life: Bytes) {
        let first = inputs.first?.at ?? Instant(nanoseconds: 0)
        let header = RecordingHeader(
            build: build, life: life, at: first, wall: WallTime(nanoseconds: Int64(clamping: first.nanoseconds)),
            host: HostFacts(), settings: start.settings)
        self.init(header, start)
        var worker = start
        var requests: [Request] = []
        for input in inputs {
            requests.removeAll(keepingCapacity: true)
            let wall = WallTime(nanoseconds: Int64(clamping: input.at.nanoseconds))
            let input = Input(at: input.at, wall: wall, entropy: input.entropy, event: input.event)
            worker.take(input, into: &requests)
            took(input, requests)
        }
    }

    public var count: UInt64 { writer.count }

    public mutating func took(_ input: Input, _ requests: [Request]) {
        attempt { (writer: inout RecordingWriter, bytes: inout Bytes) throws(StateCodingError) in
            try writer.took(input, requests, into: &bytes)
        }
    }

    private mutating func attempt(_ body: (inout RecordingWriter, inout Bytes) throws(StateCodingError) -> Void) {
        guard problem == nil else { return }
        do throws(StateCodingError) {
            try body(&writer, &bytes)
        } catch {
            problem = error
        }
    }
}
