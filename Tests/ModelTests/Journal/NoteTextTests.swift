// Notes that are written by hand are the text that the encoding gives.

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

    @Test func itIsTheTextOfTheEncoding() throws {
        let calls =
            Self.notes.map { JournalCall(run: .max, $0) }
            + Session.some.prefix(4).flatMap { session in
                session.requests.joined().compactMap { request in
                    if case .journal(let call) = request.effect { call } else { nil }
                }
            }
        var byHand = 0
        for call in calls {
            var written = Bytes(text: "before")
            guard NoteText.append(call, to: &written) else {
                #expect(written.text == "before")
                continue
            }
            byHand += 1
            var encoded = Bytes(text: "before")
            try StateWriter().append(JournalRecord.noted(call), to: &encoded)
            #expect(written.text == encoded.text)
        }
        #expect(byHand * 2 > calls.count)
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
            var output = Bytes()
            #expect(NoteText.append(JournalCall(run: 1, note), to: &output), "\(note)")
        }
    }
}
