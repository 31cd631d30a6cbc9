// Sessions to record: walks of the simulation, in memory.

import Codecs
import Effects
import Recording
import Simulation

@testable import WorkerModel

struct Session: Sendable {
    var bytes = Bytes()
    var problem: StateCodingError?
    var inputs: [Input] = []
    var requests: [[Request]] = []
    /// The worker before each input; the last one is the one at the end.
    var workers: [Worker]

    static func header(_ settings: Settings, life: String = "a1b2") -> RecordingHeader {
        RecordingHeader(
            build: Build(version: Bytes(text: "1.2.3"), commit: Bytes(text: "0123456789ab")), life: Bytes(text: life),
            at: Instant(nanoseconds: 1_000_000_000_000), wall: WallTime(nanoseconds: 1_790_000_000_000_000_000),
            host: HostFacts(system: Bytes(text: "Linux"), processors: 2), settings: settings)
    }

    mutating func take(_ input: Input, _ requests: [Request], _ after: Worker) {
        inputs.append(input)
        self.requests.append(requests)
        workers.append(after)
    }

    /// A life in that scenario: at most so many moves, taken by the seed.
    static func walk(_ scenario: Scenario, moves: Int, seed: UInt64) -> Session {
        var dice = Dice(seed: seed)
        var world = World(scenario)
        var session = Session(workers: [world.worker])
        var recording = MemoryRecording(Session.header(world.worker.settings), world.worker)
        var worker = world.worker
        for _ in 0..<moves {
            let choices = world.moves()
            guard let move = dice.pick(choices.filter { $0 != .signal || dice.below(8) == 0 }) ?? choices.first else {
                break
            }
            _ = world.make(move)
            for step in world.lastInputs {
                // A recording is of one life.
                if step.event == .began(.nothing), !session.inputs.isEmpty { return session.closed(recording) }
                // The wall clock goes beside the other one, so that people's times can be tested.
                let wall = WallTime(nanoseconds: 1_790_000_000_000_000_000 &+ Int64(step.at.nanoseconds))
                let input = Input(
                    at: step.at, wall: wall, entropy: step.entropy, event: step.event)
                var requests: [Request] = []
                worker.take(input, into: &requests)
                recording.took(input, requests)
                session.take(input, requests, worker)
            }
        }
        return session.closed(recording)
    }

    private func closed(_ recording: MemoryRecording) -> Session {
        var session = self
        session.bytes = recording.bytes
        session.problem = recording.problem
        return session
    }

    /// Long enough for tasks to come to their ends.
    static let long: [Session] = (0..<3).flatMap { round in
        Walks.rich.enumerated().map { number, scenario in
            walk(scenario, moves: 400, seed: UInt64(round * 100 + number) + 31)
        }
    }

    static let some: [Session] = Walks.rich.enumerated().map { number, scenario in
        walk(scenario, moves: 80, seed: UInt64(number) + 7)
    }
}

/// Reads a recording through to its end, or to where it ends.
struct Playback {
    var moves: [(number: UInt64, input: Input, agrees: Bool)] = []
    var problem: RecordingProblem?
    var openings: [Replayer.Opening] = []
    var replayer = Replayer()

    init(_ segments: Bytes...) { self.init(segments) }

    init(_ segments: [Bytes]) {
        for bytes in segments where problem == nil { read(bytes) }
    }

    private mutating func read(_ bytes: Bytes) {
        bytes.withUnsafeBytes { buffer in
            do throws(RecordingProblem) {
                openings.append(try replayer.open(buffer))
                while let move = try replayer.next() {
                    guard case .step(let number, let input, let agrees) = move else { continue }
                    moves.append((number, input, agrees))
                }
            } catch {
                problem = error
            }
        }
    }

    var firstDifference: UInt64? { moves.first { !$0.agrees }?.number }
}

extension Array where Element == UInt8 {
    /// A recording's lines, each with its end.
    var recordedLines: [Bytes] {
        split(separator: 0x0a).map { Bytes($0) + [0x0a] }
    }

    /// A line with another content under a checksum that fits.
    func resealed(_ change: (Bytes) -> Bytes) -> Bytes {
        let changed = change(Bytes(dropLast(RecordingSeal.length)))
        var sum = Bytes()
        var rest = CRC32.checksum(changed)
        for _ in 0..<8 {
            sum.append(Bytes(text: "0123456789abcdef")[Int(rest >> 28)])
            rest <<= 4
        }
        return changed + Bytes(text: ",\"crc\":\"") + sum + Bytes(text: "\"}\n")
    }

    func replacing(_ old: String, with new: String) -> Bytes {
        let text = self.text
        guard let range = text.firstRange(of: old) else { return self }
        return Bytes(text: text.replacingCharacters(in: range, with: new))
    }
}

enum RecordingSeal {
    static let length = 19
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with new: String) -> String {
        String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
    }
}
