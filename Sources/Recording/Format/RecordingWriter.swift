// Writes a recording, as bytes: what is done with them is somebody else's.
//
// A segment is a header, a snapshot of the state, and then one line for each input with what was asked for because
// of it. Every line is one JSON object, and ends with a checksum of all that stands before it. The order of the
// fields never changes, so that a reader need not search.

import Codecs
import Effects
import WorkerModel

public struct RecordingWriter {
    private var header: RecordingHeader
    private let coder: StateWriter
    private let events: EventText
    /// How many inputs were written in all segments.
    public private(set) var count: UInt64

    public init(_ header: RecordingHeader) {
        self.header = header
        coder = StateWriter()
        events = EventText(coder)
        count = header.first > 0 ? header.first &- 1 : 0
    }

    /// What the next segment opens with; its bytes need the state of this moment.
    public mutating func open() -> SegmentOpening {
        var opening = header
        opening.first = count &+ 1
        header.segment &+= 1
        return SegmentOpening(header: opening)
    }

    /// One input as it entered the reducer, and what came out. Nothing is appended where it can't be encoded.
    public mutating func took(
        _ input: Input, _ requests: [Request], into output: inout Bytes
    ) throws(StateCodingError) {
        let start = output.count
        output.append(text: RecordingFormat.stepMark)
        output.append(digits: count &+ 1)
        output.append(text: ",\"at\":")
        output.append(digits: input.at.nanoseconds)
        output.append(text: ",\"wall\":")
        output.append(signed: input.wall.nanoseconds)
        output.append(text: ",\"chance\":")
        output.append(digits: input.entropy)
        output.append(text: ",\"event\":")
        do throws(StateCodingError) {
            try events.append(input.event, to: &output)
        } catch {
            output.removeLast(output.count &- start)
            throw error
        }
        output.append(text: RecordingFormat.askedMark)
        RecordedRequest.append(requests, to: &output)
        output.append(0x22)
        SealedLine.seal(&output, from: start)
        count &+= 1
    }

    public func noted(_ aside: Aside, into output: inout Bytes) throws(StateCodingError) {
        let start = output.count
        output.append(text: RecordingFormat.asideMark)
        do throws(StateCodingError) {
            try coder.append(aside, to: &output)
        } catch {
            output.removeLast(output.count &- start)
            throw error
        }
        SealedLine.seal(&output, from: start)
    }
}

/// The first two lines of a segment. A value of its own, since a large state takes a while to encode, which is best
/// done where nobody waits.
public struct SegmentOpening: Sendable {
    public let header: RecordingHeader

    public func append(_ worker: Worker, to output: inout Bytes) throws(StateCodingError) {
        let coder = StateWriter()
        let start = output.count
        do throws(StateCodingError) {
            try coder.append(header, to: &output)
            // The seal takes the place of the closing bracket.
            output.removeLast()
            SealedLine.seal(&output, from: start)
            let state = output.count
            output.append(text: RecordingFormat.stateMark)
            try coder.append(worker, to: &output)
            output.append(text: ",\"digest\":\"")
            output.append(hex: UInt32(truncatingIfNeeded: worker.digest >> 32))
            output.append(hex: UInt32(truncatingIfNeeded: worker.digest))
            output.append(0x22)
            SealedLine.seal(&output, from: state)
        } catch {
            output.removeLast(output.count &- start)
            throw error
        }
    }
}
