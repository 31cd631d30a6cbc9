// Recordings: the lines of a segment, each without its checksum and the bracket behind it, which are put on here, or
// no mutation would be read past its checksum. Read as they are, and as inputs behind the opening of a segment.
//
// Any bytes are read up to the last good line; cut off anywhere, the lines before the cut are the same and the cut is
// told; a byte that was changed is never believed; the fast reading of events agrees with the slow one, and what is
// read can be written; a replay takes any inputs, and its story can be told.

import Codecs
import Demands
import Effects
import WorkerModel

@testable import Recording

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var course = Course(start, count)
    _ = Played(course.bytes)
    var sealed = Bytes()
    var behind = opening
    var number: UInt64 = 0
    for line in course.bytes.parts(separatedBy: 0x0a) where !line.isEmpty {
        event(of: line)
        append(line, to: &sealed)
        append(renumbered(line, &number), to: &behind)
    }
    for text in [sealed, behind] {
        let whole = Played(text)
        demand(whole.problem?.cause != .damaged && whole.problem?.cause != .cutOff, "whole lines are whole")
        cutOff(text, whole, &course)
        changed(text, whole, &course)
    }
    replayed(behind)
    return 0
}

private func append(_ line: Bytes, to text: inout Bytes) {
    let start = text.count
    text.append(contentsOf: line)
    SealedLine.seal(&text, from: start)
}

/// A header and a fresh worker.
private let opening: Bytes = {
    var direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/tmp"))
    direct.setupCommand = Bytes(text: "set up")
    var settings = Settings(
        workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: Bytes(text: "wss://h/ws"),
        backend: .direct(direct))
    settings.capacity = 2
    let worker = Worker(settings: settings)
    let header = RecordingHeader(
        build: Build(version: Bytes(text: "1"), commit: Bytes(text: "c")), life: Bytes(text: "life"),
        at: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: 0), host: HostFacts(), settings: settings)
    return MemoryRecording(header, worker).bytes
}()

/// What was read up to the problem, a line each, as text and where it ends.
private struct Played {
    var lines: [String] = []
    var ends: [Int] = []
    var problem: RecordingProblem?

    init(_ text: Bytes) {
        text.withUnsafeBytes { bytes in
            var reader = SegmentReader(bytes)
            do throws(RecordingProblem) {
                while let line = try reader.next() {
                    lines.append(Played.words(line, reader, text))
                    ends.append(reader.position)
                }
                demand(reader.position == text.count, "read to the end")
            } catch {
                problem = error
                demand(error.line == lines.count + 1 && error.offset == ends.last ?? 0, "the place of a problem")
                demand(!error.words.isEmpty, "a problem has words")
            }
        }
    }

    private static func words(_ line: RecordedLine, _ reader: SegmentReader, _ text: Bytes) -> String {
        switch line {
        case .header(let header): return "\(header)"
        case .state(let state): return "\(state.digest) \(state.worker.digest)"
        case .step(let step): return "\(step.number) \(step.input) \(Bytes(text[step.asked]).text)"
        case .aside(let aside): return "\(aside)"
        }
    }
}

private func cutOff(_ text: Bytes, _ whole: Played, _ course: inout Course) {
    for _ in 0..<3 {
        let cut = course.below(text.count + 1)
        let played = Played(Bytes(text[..<cut]))
        let before = whole.ends.prefix { $0 <= cut }.count
        demandEqual(played.lines, Array(whole.lines.prefix(before)), "the lines before a cut at \(cut)")
        let end = whole.ends.prefix(before).last ?? 0
        // The line that could not be read may still be whole.
        if cut > end { demand(played.problem != nil, "a cut at \(cut) is told") }
        if cut == end { demand(played.problem == nil, "nothing is wrong with whole lines") }
    }
}

/// A checksum of 32 bits finds every change of one byte.
private func changed(_ text: Bytes, _ whole: Played, _ course: inout Course) {
    guard !text.isEmpty else { return }
    for _ in 0..<3 {
        var other = text
        let place = course.below(text.count)
        other[place] ^= UInt8(1 + course.below(255))
        let played = Played(other)
        let before = whole.ends.prefix { $0 <= place }.count
        demandEqual(played.lines, Array(whole.lines.prefix(before)), "the lines before a changed byte at \(place)")
        demand(played.problem != nil, "a changed byte at \(place) is told")
    }
}

/// The hand-written reading and writing against the compiler's.
private func event(of line: Bytes) {
    var text = line
    if let front = line.firstRange(of: Bytes(text: ",\"event\":")) {
        let back = line.firstRange(of: Bytes(text: RecordingFormat.askedMark)) ?? line.count
        text = Bytes(line[min(front + 9, back)..<back])
    }
    let fast = text.withUnsafeBytes { EventScanner.read($0, 0..<$0.count) }
    let slow = try? StateReader().read(Event.self, from: text)
    if let fast { demandEqual(fast, slow, "the fast reading of an event") }
    let tree = (try? JSON.parse(text)).flatMap { try? decodeState(Event.self, from: $0) }
    guard let slow else { return }
    demandEqual(tree, slow, "the reading of an event from its tree")
    var written = Bytes()
    do {
        try EventText(StateWriter()).append(slow, to: &written)
        demandEqual(try StateReader().read(Event.self, from: written), slow, "an event that is written again")
        demandEqual(try encodeState(slow).encoded(), written, "an event as its tree writes it")
    } catch {
        demand(false, "an event that was read can be written: \(error)")
    }
}

extension Array where Element == UInt8 {
    fileprivate func firstRange(of wanted: Bytes) -> Int? {
        guard count >= wanted.count else { return nil }
        return (0...count - wanted.count).first { self[$0...].starts(with: wanted) }
    }
}

/// Inputs get the numbers that a replay expects.
private func renumbered(_ line: Bytes, _ number: inout UInt64) -> Bytes {
    guard line.hasPrefix(RecordingFormat.stepMark) else { return line }
    number += 1
    let rest = line.dropFirst(RecordingFormat.stepMark.utf8CodeUnitCount).drop { $0 &- 0x30 < 10 }
    return Bytes(text: RecordingFormat.stepMark) + Bytes(decimal: number) + rest
}

private func replayed(_ text: Bytes) {
    text.withUnsafeBytes { bytes in
        var replayer = Replayer()
        var chronicle = Chronicle()
        do throws(RecordingProblem) {
            demand(try replayer.open(bytes) == .fresh, "a segment alone")
            guard let worker = replayer.worker else { return demand(false, "a segment opens with a worker") }
            chronicle.begin(from: worker)
            while let move = try replayer.next() {
                switch move {
                case .aside(let aside): chronicle.note(aside)
                case .step(let number, let input, _):
                    guard let worker = replayer.worker else { return demand(false, "the worker stays") }
                    chronicle.take(number, input, replayer.requests, worker)
                    _ = (replayer.recorded, replayer.replayed)
                }
            }
        } catch {
            demand(error.cause != .damaged && error.cause != .cutOff, "whole lines are whole")
        }
        tell(chronicle, replayer)
    }
}

private func tell(_ chronicle: Chronicle, _ replayer: Replayer) {
    for run in chronicle.runs.prefix(4) { _ = TaskStory.all(of: run.key.task, in: chronicle) }
    guard let header = replayer.header, let first = chronicle.first, let last = chronicle.last else { return }
    guard let timeline = Timeline(chronicle, header, from: first.at, to: last.at) else { return }
    demand((try? JSON.parse(timeline.document(notes: []))) != nil, "a timeline is JSON")
}
