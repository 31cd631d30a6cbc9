// A session in segments: each replays alone, and all of them in a row.

import Codecs
import Effects
import Testing

@testable import Recording
@testable import WorkerModel

struct SegmentTests {
    /// The session again, with a new segment before every so many inputs.
    private func segments(_ session: Session, every count: Int) throws -> [Bytes] {
        var writer = RecordingWriter(Session.header(session.workers[0].settings))
        var segments: [Bytes] = []
        for index in session.inputs.indices {
            if index.isMultiple(of: count) {
                var bytes = Bytes()
                try writer.open().append(session.workers[index], to: &bytes)
                segments.append(bytes)
            }
            try writer.took(session.inputs[index], session.requests[index], into: &segments[segments.count - 1])
        }
        return segments
    }

    @Test func eachSegmentReplaysAlone() throws {
        for session in Session.some.prefix(6) {
            var first = 1
            for bytes in try segments(session, every: 7) {
                let reading = Playback(bytes)
                #expect(reading.problem == nil)
                #expect(reading.moves.first?.number == UInt64(first))
                #expect(reading.firstDifference == nil)
                first += reading.moves.count
                #expect(reading.replayer.worker == session.workers[first - 1])
            }
            #expect(first == session.inputs.count + 1)
        }
    }

    @Test func segmentsContinueEachOther() throws {
        let session = Session.some[3]
        let all = try segments(session, every: 9)
        let reading = Playback(all)
        #expect(reading.openings.dropFirst().allSatisfy { $0 == .continued(stateAgrees: true) })
        #expect(reading.moves.map(\.input) == session.inputs)
        #expect(reading.replayer.header?.segment == UInt64(all.count - 1))
    }

    @Test func aMissingSegmentIsAGap() throws {
        let session = Session.some[3]
        var all = try segments(session, every: 5)
        #expect(all.count > 3)
        all.remove(at: 1)
        let reading = Playback(all)
        #expect(reading.openings[1] == .afterGap(first: 6, last: 10))
        #expect(reading.firstDifference == nil)
        #expect(reading.moves.count == session.inputs.count - 5)
    }

    @Test func anotherStateAtTheSeamIsNoticed() throws {
        let session = Session.some[3]
        let every = 6
        var all = try segments(session, every: every)
        var other = RecordingWriter(Session.header(session.workers[0].settings))
        _ = other.open()
        for index in 0..<every {
            var scratch = Bytes()
            try other.took(session.inputs[index], session.requests[index], into: &scratch)
        }
        var bytes = Bytes()
        try other.open().append(session.workers[every - 1], to: &bytes)
        all[1] = bytes
        let reading = Playback(Array(all.prefix(2)))
        #expect(reading.openings == [.fresh, .continued(stateAgrees: false)])
    }

    @Test func anotherLifeStartsAfresh() throws {
        let one = Session.some[0]
        var other = MemoryRecording(Session.header(one.workers[0].settings, life: "other"), one.workers[0])
        other.took(one.inputs[0], one.requests[0])
        let reading = Playback(one.bytes, other.bytes)
        #expect(reading.openings == [.fresh, .fresh])
        #expect(reading.problem == nil)
        #expect(reading.moves.last?.number == 1)
    }

    @Test func remarksAreReadAndReplayedOver() throws {
        let session = Session.some[0]
        var writer = RecordingWriter(Session.header(session.workers[0].settings))
        var bytes = Bytes()
        try writer.open().append(session.workers[0], to: &bytes)
        let remark = Aside.process(EffectID(slot: 1, sequence: 3), pid: 4_242)
        for index in session.inputs.indices {
            try writer.took(session.inputs[index], session.requests[index], into: &bytes)
            try writer.noted(remark, into: &bytes)
        }
        #expect(Playback(bytes).firstDifference == nil)
        #expect(Playback(bytes).moves.count == session.inputs.count)
        var seen = 0
        bytes.withUnsafeBytes { buffer in
            var replayer = Replayer()
            _ = try? replayer.open(buffer)
            while let move = try? replayer.next() {
                if case .aside(let aside) = move, aside == remark { seen += 1 }
            }
        }
        #expect(seen == session.inputs.count)
    }
}
