// Reads the lines of one segment. Every line is checked before it is believed; at the first that is not whole the
// reading ends, and says why. No bytes can make it trap.

import Codecs
import Effects
import WorkerModel

public struct RecordedStep {
    public let number: UInt64
    public let input: Input
    /// As they stand in the line; see `RecordedRequest`.
    let asked: Range<Int>
}

public struct RecordedState {
    public let worker: Worker
    public let digest: UInt64
}

public enum RecordedLine {
    case header(RecordingHeader)
    case state(RecordedState)
    case step(RecordedStep)
    case aside(Aside)
}

/// Why the reading ended before the end, and where.
public struct RecordingProblem: Error, Hashable, Sendable {
    public enum Cause: Hashable, Sendable {
        case notARecording
        case newerFormat(Int)
        /// The text ends in the middle of a line, as when a process is killed or a disk is full.
        case cutOff
        /// The checksum does not fit.
        case damaged
        /// The checksum fits, but this build does not understand the line; the words say of what.
        case notUnderstood(String)
    }

    public let cause: Cause
    public let line: Int
    /// Of the line's first byte.
    public let offset: Int

    public var words: String {
        switch cause {
        case .notARecording: "this is not a recording of oz-agent-worker"
        case .newerFormat(let version):
            "it is of format \(version), and this build reads format \(RecordingFormat.version)"
        case .cutOff: "it ends in the middle of line \(line), at byte \(offset)"
        case .damaged: "line \(line), at byte \(offset), is damaged: its checksum does not fit"
        case .notUnderstood(let what): "line \(line), at byte \(offset), is not understood by this build: \(what)"
        }
    }
}

public struct SegmentReader {
    let bytes: UnsafeRawBufferPointer
    private let coder = StateReader()
    /// Where the next line begins, and its number, counted from 1.
    private(set) var position = 0
    private(set) var line = 1

    /// The bytes must stay where they are for as long as the reader is used.
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    public mutating func next() throws(RecordingProblem) -> RecordedLine? {
        guard position < bytes.count else { return nil }
        let line = try wholeLine()
        let read = try parse(line)
        position = line.upperBound &+ SealedLine.sealLength
        self.line &+= 1
        return read
    }

    /// Only the first line, of a file of which perhaps only the front is there.
    public static func header(of bytes: UnsafeRawBufferPointer) -> Result<RecordingHeader, RecordingProblem> {
        var reader = SegmentReader(bytes)
        do throws(RecordingProblem) {
            guard case .header(let header)? = try reader.next() else { throw reader.problem(.notARecording) }
            return .success(header)
        } catch {
            return .failure(error)
        }
    }

    func problem(_ cause: RecordingProblem.Cause) -> RecordingProblem {
        RecordingProblem(cause: cause, line: line, offset: position)
    }

    /// The next line without its seal, which is checked.
    private func wholeLine() throws(RecordingProblem) -> Range<Int> {
        guard let end = LineScanner.lineFeed(in: bytes, from: position) else {
            throw problem(
                position == 0 && !begins(RecordingFormat.mark, position..<bytes.count) ? .notARecording : .cutOff)
        }
        let sealed = position..<end &+ 1
        if position == 0, !begins(RecordingFormat.mark, sealed) { throw problem(.notARecording) }
        guard let body = SealedLine.body(of: sealed, in: bytes) else { throw problem(.damaged) }
        return body
    }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }

    private func begins(_ mark: StaticString, _ range: Range<Int>) -> Bool {
        range.upperBound <= bytes.count && range.count >= mark.utf8CodeUnitCount
            && mark.withUTF8Buffer { slice(range.lowerBound..<range.lowerBound &+ $0.count).elementsEqual($0) }
    }

    // MARK: - The kinds of lines

    private func parse(_ line: Range<Int>) throws(RecordingProblem) -> RecordedLine {
        if begins(RecordingFormat.stepMark, line) { return .step(try step(line)) }
        if begins(RecordingFormat.asideMark, line) {
            let from = line.lowerBound &+ RecordingFormat.asideMark.utf8CodeUnitCount
            return .aside(try decoded(Aside.self, from..<line.upperBound, "a remark"))
        }
        if begins(RecordingFormat.stateMark, line) { return .state(try state(line)) }
        if begins(RecordingFormat.mark, line) { return .header(try header(line)) }
        throw problem(.notUnderstood("it is no kind of line that is known"))
    }

    private func step(_ line: Range<Int>) throws(RecordingProblem) -> RecordedStep {
        var fields = LineScanner(bytes, line)
        guard fields.take(RecordingFormat.stepMark), let number = fields.number(), fields.take(",\"at\":"),
            let at = fields.number(), fields.take(",\"wall\":"), let wall = fields.signed(),
            fields.take(",\"chance\":"),
            let chance = fields.number(), fields.take(",\"event\":"),
            let asked = requests(fields.position..<line.upperBound)
        else { throw problem(.notUnderstood("an input's fields are not in their places")) }
        let text = fields.position..<asked.lowerBound &- RecordingFormat.askedMark.utf8CodeUnitCount
        let event: Event
        if let frequent = EventScanner.read(bytes, text) {
            event = frequent
        } else {
            event = try decoded(Event.self, text, "input \(number)")
        }
        let input = Input(
            at: Instant(nanoseconds: at), wall: WallTime(nanoseconds: wall), entropy: chance, event: event)
        return RecordedStep(number: number, input: input, asked: asked)
    }

    /// Where the requests lie in what is left of a line, found from the back.
    private func requests(_ rest: Range<Int>) -> Range<Int>? {
        let end = rest.upperBound &- 1
        let mark = RecordingFormat.askedMark.utf8CodeUnitCount
        guard rest.count > mark, bytes[end] == 0x22 else { return nil }
        var first = end
        while first > rest.lowerBound, bytes[first &- 1] != 0x22 { first &-= 1 }
        guard first &- mark >= rest.lowerBound, begins(RecordingFormat.askedMark, first &- mark..<end) else {
            return nil
        }
        return first..<end
    }

    private func header(_ line: Range<Int>) throws(RecordingProblem) -> RecordingHeader {
        var fields = LineScanner(bytes, line)
        guard fields.take(RecordingFormat.mark), let version = fields.number() else {
            throw problem(.notUnderstood("the header names no format"))
        }
        guard version == UInt64(RecordingFormat.version) else {
            throw problem(.newerFormat(Int(clamping: version)))
        }
        // The seal took the place of the closing bracket.
        let text = Bytes(slice(line)) + [0x7d]
        do throws(StateCodingError) {
            return try coder.read(RecordingHeader.self, from: text)
        } catch {
            throw problem(.notUnderstood("the header: \(SegmentReader.words(text, RecordingHeader.self, error))"))
        }
    }

    private func state(_ line: Range<Int>) throws(RecordingProblem) -> RecordedState {
        let from = line.lowerBound &+ RecordingFormat.stateMark.utf8CodeUnitCount
        // `,"digest":"` and sixteen digits and a quote.
        let to = line.upperBound &- 28
        guard to > from, begins(",\"digest\":\"", to..<line.upperBound), bytes[line.upperBound &- 1] == 0x22,
            let high = UInt32(hex: slice(to &+ 11..<to &+ 19)), let low = UInt32(hex: slice(to &+ 19..<to &+ 27))
        else { throw problem(.notUnderstood("a state's fields are not in their places")) }
        let worker = try decoded(Worker.self, from..<to, "the state")
        return RecordedState(worker: worker, digest: UInt64(high) << 32 | UInt64(low))
    }

    private func decoded<Value: Decodable>(
        _ type: Value.Type, _ range: Range<Int>, _ what: String
    ) throws(RecordingProblem) -> Value {
        do throws(StateCodingError) {
            return try coder.read(type, from: slice(range).assumingMemoryBound(to: UInt8.self))
        } catch {
            throw problem(.notUnderstood("\(what): \(SegmentReader.words(Bytes(slice(range)), type, error))"))
        }
    }

    /// The tree says where.
    private static func words<Value: Decodable>(
        _ text: Bytes, _ type: Value.Type, _ error: StateCodingError
    ) -> String {
        guard let tree = try? JSON.parse(text) else { return error.words }
        do throws(StateCodingError) {
            _ = try decodeState(type, from: tree)
            return error.words
        } catch {
            return error.words
        }
    }
}
