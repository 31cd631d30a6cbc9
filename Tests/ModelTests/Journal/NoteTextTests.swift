// Records that are written by hand are the text that the encoding gives, and are read as the decoding reads them.

import Codecs
import Testing

@testable import Effects

struct NoteTextTests {
    private static let keys = [
        ExecutionKey(task: TaskID(Bytes(text: "t-1")), execution: ExecutionID(Bytes(text: "e-1"))),
        ExecutionKey(task: TaskID(Bytes(text: "t-1")), execution: nil),
        ExecutionKey(task: TaskID(Bytes(text: "a \"quoted\" id")), execution: ExecutionID([0xff, 0x00])),
        ExecutionKey(task: TaskID(Bytes(text: "hex:00")), execution: ExecutionID(Bytes(text: "text:"))),
    ]
    private static let paths = ["/a/b", "", "/with \\ and \"", "hex:ab", "text:x", "/\u{e4}"].map { Bytes(text: $0) }
    private static let ends: [ProcessEnd] = [.exit(0), .exit(-1), .exit(.max), .signal(9), .unseen]
    private static let name = ProcessName(number: .max)

    private static var possessions: [Possession] {
        paths.flatMap { [.workspace($0), .directory($0), .file($0), .container($0), .volume($0)] }
            + ProcessRole.allCases.map { .process(name, $0) }
    }

    private static var notes: [JournalNote] {
        var notes: [JournalNote] = [
            .claimHeard, .started(at: Instant(nanoseconds: 0)), .handedOver, .verdictHeard, .verdictWithdrawn,
            .forgotten, .recallBegan, .recallEnded(succeeded: true), .recallEnded(succeeded: false),
            .volumeUsed(Bytes(text: "v"), WallTime(nanoseconds: -1)), .ending(.completed),
            .ending(.cancelled), .ending(.dispatched),
            .ending(.failed(.gracefulShutdown)),
        ]
        for key in keys {
            notes += [.claimed(key, at: Instant(nanoseconds: .max)), .recalled(key)]
            notes += [true, false].flatMap {
                [
                    .verdictDecided(.completed(key, confirmed: $0)), .verdictDecided(.cancelled(key, confirmed: $0)),
                    .verdictDecided(.failed(key, .gracefulShutdown, exitCode: 3, confirmed: $0)),
                ]
            }
        }
        for possession in possessions {
            notes += [.intended(possession), .acquired(possession), .released(possession)]
        }
        for end in ends { notes += ProcessRole.allCases.map { .ended(name, $0, end) } }
        return notes
    }

    private static var records: [JournalRecord] {
        let calls =
            notes.map { JournalCall(run: .max, $0) }
            + Session.some.prefix(4).flatMap { session in
                session.requests.joined().compactMap { request in
                    if case .journal(let call) = request.effect { call } else { nil }
                }
            }
        let words = keys.flatMap { key in [true, false].map { OutgoingMessage.completed(key, confirmed: $0) } }
        var records: [JournalRecord] = calls.map { .noted($0) }
        records += runs.map { .kept($0) }
        records += words.map { .remembered($0) }
        records += keys.map { .elsewhere($0) }
        records += [.counted(0), .counted(.max), .volumeUsed(paths[0], WallTime(nanoseconds: 1))]
        return records
    }

    /// Each with some notes more than the one before, of all that can be noted of a run.
    private static var runs: [Inheritance.Run] {
        var runs: [Inheritance.Run] = []
        for key in keys {
            runs.append(Inheritance.Run(number: 7, key: key, kind: .recalled))
            var run = Inheritance.Run(number: .max, key: key, kind: .claimed(at: Instant(nanoseconds: 9)))
            runs.append(run)
            for note in notes {
                run.take(note)
                if runs.last != run { runs.append(run) }
            }
            for last in [JournalNote.handedOver, .verdictHeard, .ending(.cancelled), .ending(.completed)] {
                var other = Inheritance.Run(number: 1, key: key, kind: .recalled)
                other.take(last)
                runs.append(other)
            }
        }
        return runs
    }

    private static func byHand(_ record: JournalRecord, room: Int = 4_096) -> Bytes? {
        var room = Bytes(repeating: 0, count: room)
        return room.withUnsafeMutableBufferPointer { room in
            var pad = TextPad(room, from: 0)
            return RecordText.append(record, to: &pad) && !pad.isFull ? Bytes(pad.bytes(from: 0)) : nil
        }
    }

    private static func scanned(_ text: Bytes) -> JournalRecord? { text.withUnsafeBytes { RecordScanner.read($0) } }

    @Test func itIsTheTextOfTheEncoding() throws {
        var written = 0
        for record in Self.records {
            var encoded = Bytes()
            try StateWriter().append(record, to: &encoded)
            guard let byHand = Self.byHand(record) else { continue }
            written += 1
            #expect(byHand.text == encoded.text)
        }
        #expect(written * 3 > Self.records.count)
    }

    /// Also of records that are not written by hand: what the scanner takes, it takes right.
    @Test func itIsReadAsTheDecodingReadsIt() throws {
        for record in Self.records {
            var encoded = Bytes()
            try StateWriter().append(record, to: &encoded)
            let scanned = Self.scanned(encoded)
            #expect(scanned == nil || scanned == record)
            if Self.byHand(record) != nil { #expect(scanned == record, "\(encoded.text)") }
        }
    }

    /// Of every text that is another in one byte, the scanner says what the decoding says, or nothing.
    @Test func whatLooksOtherwiseIsLeftToTheDecoding() throws {
        let reader = StateReader()
        var accepted = 0
        for record in Self.records.filter({ Self.byHand($0) != nil }).prefix(400).enumerated().filter({
            $0.offset % 9 == 0
        }) {
            let text = try #require(Self.byHand(record.element))
            for place in text.indices {
                for byte in [UInt8(ascii: "0"), UInt8(ascii: "\""), UInt8(ascii: "}"), text[place] ^ 1] {
                    var other = text
                    other[place] = byte
                    guard let scanned = Self.scanned(other) else { continue }
                    accepted += 1
                    let decoded = try? reader.read(JournalRecord.self, from: other)
                    if scanned != decoded { Issue.record("\(other.text)") }
                }
            }
            #expect(Self.scanned(Bytes(text.dropLast())) == nil)
            #expect(Self.scanned(text + [0x20]) == nil)
        }
        #expect(accepted > 0)
    }

    /// Nothing is written beyond the end of the room, and where that was too little, it is told.
    @Test func aPadThatIsTooSmallSaysSo() throws {
        let record = JournalRecord.noted(JournalCall(run: 12, .verdictDecided(.completed(Self.keys[0]))))
        let whole = try #require(Self.byHand(record))
        for count in 0..<whole.count { #expect(Self.byHand(record, room: count) == nil) }
        #expect(Self.byHand(record, room: whole.count) == whole)
    }

    @Test func aWriterGrowsAndIsUsedAgain() throws {
        let long = Possession.workspace(Bytes(repeating: UInt8(ascii: "a"), count: 100_000))
        var writer = JournalWriter()
        for round in 0..<3 {
            for run in 0..<50 { try writer.append(JournalCall(run: UInt64(run), .intended(long))) }
            let reading = JournalReading(writer.text)
            #expect(reading.isSound, "round \(round)")
            #expect(reading.records == 50)
            #expect(writer.withBytes { Bytes($0) } == writer.text)
            writer.removeAll()
            #expect(writer.isEmpty)
        }
    }

    /// What an ordinary task notes costs no encoding.
    @Test func whatComesOftenIsWrittenByHand() {
        let key = Self.keys[0]
        let path = Self.paths[0]
        let often: [JournalNote] = [
            .claimed(key, at: Instant(nanoseconds: 1)), .claimHeard, .started(at: Instant(nanoseconds: 1)),
            .intended(.workspace(path)), .acquired(.file(path)), .released(.directory(path)),
            .intended(.process(Self.name, .agent)), .ended(Self.name, .agent, .exit(0)), .ending(.completed),
            .verdictDecided(.completed(key)), .verdictHeard, .handedOver,
        ]
        for note in often {
            let text = Self.byHand(.noted(JournalCall(run: 1, note)))
            #expect(text != nil, "\(note)")
            #expect(text.flatMap { Self.scanned($0) } == .noted(JournalCall(run: 1, note)))
        }
    }
}
