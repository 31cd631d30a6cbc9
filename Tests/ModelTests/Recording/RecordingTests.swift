// A recording replays to what was recorded; whatever is wrong with its bytes is found, and where.

import Codecs
import Effects
import Testing

@testable import Recording
@testable import WorkerModel

struct RecordingTests {
    @Test func everySessionReplays() {
        for session in Session.some {
            #expect(session.problem == nil)
            let reading = Playback(session.bytes)
            #expect(reading.problem == nil)
            #expect(reading.openings == [.fresh])
            #expect(reading.moves.map(\.input) == session.inputs)
            #expect(reading.firstDifference == nil)
            #expect(reading.replayer.worker == session.workers.last)
            #expect(reading.moves.count == session.inputs.count)
        }
    }

    @Test func aLineIsOneObjectWithItsFieldsInOrder() throws {
        let lines = Session.some[0].bytes.recordedLines
        let header = try JSON.parse(Bytes(lines[0].dropLast()))
        #expect(header["recording"]?.asInt == 1)
        #expect(header["build"]?["commit"]?.asString == Bytes(text: "0123456789ab"))
        #expect(header["settings"]?["workerID"] != nil)
        #expect(header["host"]?["processors"]?.asInt == 2)
        let state = try JSON.parse(Bytes(lines[1].dropLast()))
        #expect(state["state"]?["life"] != nil)
        for (index, line) in lines.dropFirst(2).enumerated() {
            guard case .object(let members) = try JSON.parse(Bytes(line.dropLast())) else {
                Issue.record("line \(index) is no object")
                continue
            }
            #expect(members.map(\.name.text) == ["n", "at", "wall", "chance", "event", "asked", "crc"])
            #expect(members[0].value.asInt == index + 1)
        }
    }

    @Test func everyPrefixIsReadToItsLastWholeLine() {
        let session = Session.walk(Walks.rich[0], moves: 12, seed: 3)
        let bytes = session.bytes
        let ends = bytes.indices.filter { bytes[$0] == 0x0a }
        for length in 0..<bytes.count {
            let reading = Playback(Bytes(bytes.prefix(length)))
            let whole = ends.count { $0 < length }
            #expect(reading.moves.count == max(0, whole - 2))
            let isAtEnd = ends.contains(length - 1)
            #expect((reading.problem == nil) == (isAtEnd && whole >= 2), "\(length)")
            if length > 13, !isAtEnd { #expect(reading.problem?.cause == .cutOff) }
            if whole > 2, !isAtEnd { #expect(reading.problem?.line == whole + 1) }
            #expect(reading.firstDifference == nil)
        }
    }

    @Test func everyFlippedBitIsFoundInItsLine() {
        let session = Session.walk(Walks.rich[1], moves: 25, seed: 5)
        let bytes = session.bytes
        let lines = bytes.recordedLines
        var starts: [Int] = []
        var offset = 0
        for line in lines {
            starts.append(offset)
            offset += line.count
        }
        var dice = Dice(seed: 11)
        for _ in 0..<1_500 {
            let place = dice.below(bytes.count)
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(dice.below(8))
            let line = (starts.lastIndex { $0 <= place } ?? 0) + 1
            let reading = Playback(damaged)
            #expect(reading.moves.count == max(0, line - 3))
            #expect(reading.problem != nil)
            // A line feed that is none any more makes one line of two.
            #expect(reading.problem?.line == line)
            #expect(reading.firstDifference == nil)
        }
    }

    @Test func noiseIsNoRecording() {
        var dice = Dice(seed: 4)
        for count in 0..<300 {
            let noise = Bytes((0..<count).map { _ in UInt8(dice.below(256)) })
            let reading = Playback(noise)
            #expect(reading.problem?.cause == (count == 0 ? .notARecording : .notARecording))
            let behind = Playback(Bytes(text: "{\"recording\":1") + noise + [0x0a])
            #expect(behind.problem != nil && behind.moves.isEmpty)
        }
    }

    @Test func aNewerFormatIsNamed() {
        let lines = Session.some[0].bytes.recordedLines
        let newer = lines[0].resealed { $0.replacing("{\"recording\":1", with: "{\"recording\":2") }
        #expect(Playback(newer + lines[1]).problem?.cause == .newerFormat(2))
    }

    @Test func anEventThatIsNotKnownIsNamed() {
        let lines = Session.some[0].bytes.recordedLines
        let other = lines[2].resealed { $0.replacing("\"began\"", with: "\"hovered\"") }
        let reading = Playback(lines[0] + lines[1] + other + lines[3])
        guard case .notUnderstood(let words)? = reading.problem?.cause else {
            Issue.record("\(String(describing: reading.problem))")
            return
        }
        #expect(words.contains("input 1"))
        #expect(reading.problem?.line == 3)
    }
}

/// What a reducer does otherwise is found at the input where it first shows.
struct DifferenceTests {
    /// A recording in which that input was another one than the reducer had.
    private func tampered(_ session: Session, at index: Int, _ change: (Bytes) -> Bytes) -> Playback {
        var lines = session.bytes.recordedLines
        lines[index + 2] = lines[index + 2].resealed(change)
        return Playback(Bytes(lines.joined()))
    }

    @Test func anotherDigestIsFoundAtItsLine() {
        let session = Session.some[2]
        for index in session.requests.indices where !session.requests[index].isEmpty {
            let reading = tampered(session, at: index) { line in
                // The last digit of the last request's digest.
                var line = line
                let place = line.count - 2
                line[place] = line[place] == 0x30 ? 0x31 : 0x30
                return line
            }
            #expect(reading.problem == nil)
            #expect(reading.firstDifference == UInt64(index) + 1)
            #expect(reading.moves.count { !$0.agrees } == 1)
        }
    }

    @Test func anotherInputIsFoundWhereItShows() {
        var found = 0
        for session in Session.some {
            for (index, input) in session.inputs.enumerated() where input.event == .began(.nothing) {
                let reading = tampered(session, at: index) { $0.replacing("\"began\"", with: "\"tick\"") }
                #expect(reading.firstDifference == UInt64(index) + 1)
                found += 1
            }
        }
        #expect(found > 0)
    }

    @Test func bothSidesAreToldInWords() throws {
        let session = Session.some[2]
        let index = try #require(session.requests.firstIndex { $0.count > 2 })
        let lines = session.bytes.recordedLines
        let kept = lines[index + 2].resealed { Bytes($0.dropLast(19)) + [0x22] }
        let bytes = Bytes(lines.prefix(index + 2).joined()) + kept
        var told: [String] = []
        bytes.withUnsafeBytes { buffer in
            var replayer = Replayer()
            _ = try? replayer.open(buffer)
            while let move = try? replayer.next() {
                guard case .step(let number, let input, agrees: false) = move else { continue }
                let difference = Difference(number, input, replayer)
                #expect(difference.recorded.count == session.requests[index].count - 2)
                #expect(difference.place == session.requests[index].count - 2)
                told = difference.lines()
            }
        }
        #expect(told.first?.hasPrefix("input \(index + 1): ") == true)
        #expect(told.contains { $0.contains(Codecs.describe(session.requests[index][0].effect)) })
        #expect(told.last?.contains("was not asked for when this was recorded") == true)
    }

    @Test func statesAreComparedLeafByLeaf() {
        let session = Session.some[0]
        #expect(differences(session.workers[3], session.workers[3], atMost: 10).isEmpty)
        let lines = differences(session.workers[2], session.workers[3], atMost: 3)
        #expect(!lines.isEmpty && lines.count <= 3)
        #expect(lines.allSatisfy { $0.contains("recorded") && $0.contains("replayed") })
    }
}
