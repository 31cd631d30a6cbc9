// A line of the log stays one line, says what it should, and cannot be forged from outside.

import Codecs
import Effects
import Testing

@Suite struct LogLineTests {
    static let key = ExecutionKey(task: TaskID(Bytes(text: "t 1")), execution: ExecutionID(Bytes(text: "e")))

    func line(_ message: Bytes, key: ExecutionKey? = nil, fields: [LogField] = []) -> LogLine {
        LogLine(
            wall: WallTime(nanoseconds: 1_769_862_896_789_999_999), level: .warn, event: "task.output", key: key,
            fields: fields, message: message)
    }

    @Test func bothForms() {
        let fields = [
            LogField("role", words: "agent"), LogField("lines", .numbers([1, 22])), LogField("count", .number(-3)),
            LogField("path", .text(Bytes(text: "/a \"b\""))), LogField("given_up", .flag(true)),
        ]
        let line = line(Bytes(text: "say \"hi\"\\"), key: Self.key, fields: fields)
        #expect(
            line.console(colour: false).text
                == "2026-01-31T12:34:56.789Z WARN  task.output task=\"t 1\" execution=e "
                + "role=agent lines=1,22 count=-3 path=\"/a \\\"b\\\"\" given_up=true say \"hi\"\\\n")
        #expect(line.console(colour: true).text.contains("Z \u{1b}[33mWARN \u{1b}[0m task.output"))
        #expect(
            line.json().text
                == #"{"time":"2026-01-31T12:34:56.789Z","level":"warn","event":"task.output","task_id":"t 1","#
                + #""execution_id":"e","message":"say \"hi\"\\","role":"agent","lines":[1,22],"count":-3,"#
                + #""path":"/a \"b\"","given_up":true}"# + "\n")
    }

    @Test func timesBeforeTheEpoch() {
        let line = LogLine(
            wall: WallTime(nanoseconds: -1), level: .info, event: "x", key: nil, fields: [], message: [])
        #expect(line.console(colour: false).text.hasPrefix("1969-12-31T23:59:59.999Z"))
    }

    @Test func nothingFromOutsideBreaksOut() throws {
        let hostile = "a\nb\r\u{1b}[2J\u{7f}\u{85}\u{9b}1m\u{202e}\u{2028}\u{2066}\t\u{0}é€😀"
        let bytes = Bytes(text: hostile) + [0xff, 0xc3]
        let key = ExecutionKey(task: TaskID(bytes), execution: nil)
        let line = line(bytes, key: key, fields: [LogField("path", .text(bytes))])
        let console = line.console(colour: false)
        let text = "a\\nb\\r\\x1b[2J\\x7f\\u{85}\\u{9b}1m\\u{202e}\\u{2028}\\u{2066}\t\\x00é€😀\\xff\\xc3"
        #expect(console.text.hasSuffix(" \(text)\n"))
        #expect(console.filter { $0 < 0x20 && $0 != 0x09 } == [0x0a])
        let json = line.json()
        #expect(json.filter { $0 < 0x20 } == [0x0a])
        let parsed = try JSON.parse(Bytes(json.dropLast()))
        #expect(parsed["message"]?.asString?.text == hostile + "\u{fffd}\u{fffd}")
        for scalar in [0x85, 0x9b, 0x202e, 0x2028, 0x2066] as [UInt32] {
            let character = UnicodeScalar(scalar).map { String($0) } ?? ""
            #expect(!json.text.unicodeScalars.contains { $0.value == scalar }, "\(character.utf8.map { $0 })")
        }
    }

    @Test func noiseIsAlwaysOneLine() throws {
        var dice = Dice(seed: 5)
        for _ in 0..<2_000 {
            let noise = (0..<dice.below(50)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            let line = line(noise, fields: [LogField("x", .text(noise))])
            #expect(line.console(colour: false).filter { $0 == 0x0a }.count == 1)
            _ = try JSON.parse(Bytes(line.json().dropLast()))
        }
    }

    @Test func lengthIsBounded() {
        let line = line(Bytes(repeating: 0x61, count: 1_000_000))
        #expect(line.console(colour: false).count < LogLine.longestMessage + 200)
        #expect(line.json().text.contains("bytes more"))
    }
}

@Suite struct SayingTests {
    static let context = LogContext(worker: Bytes(text: "w1"), backend: Bytes(text: "direct"))

    /// One of each.
    static let all: [Saying] = [
        .starting, .backendUnusable(.agentMissing(path: nil, .notFound)), .shapesDoNotApply, .dialling(attempt: 2),
        .listening, .dialFailed(.timedOut, retryIn: .seconds(2)), .keyRefused(status: 401, retryIn: .seconds(60)),
        .connectionLost(.closedByPeer(code: 1001), heldFor: .seconds(61), retryIn: .milliseconds(420)),
        .connectionSilent, .connectionShortLived(times: 3), .connectionClosed, .resending(count: 1),
        .messageUnreadable(WireProblem(kind: .notJSON, path: [], offset: 7)), .messageTypeUnknown([0x0a]),
        .courtesyDropped, .taskAssigned, .taskClaimed, .taskWaiting, .taskRejected(.atCapacity), .claimRepeated,
        .finalWordRepeated, .claimNotWritten, .finalWordWithdrawn, .workspaceMade([0x2f]), .setupStarted,
        .agentStarted, .environmentMalformed(lines: [1, 3]), .environmentTruncated(omitted: 2),
        .cancellationRequested, .cancellationUnknown,
        .taskStopping(.timeout), .taskKilled, .taskCompleted, .taskCancelled,
        .taskFailed(.gracefulShutdown, exitCode: 143), .deathUnconfirmed, .deathConfirmed,
        .teardownFailed(.ended(.exit(1))), .teardownTimedOut,
        .removalFailed([0x2f], .system(errno: 16), givenUp: false), .workspaceKept([0x2f]), .finalWordHeard,
        .draining(active: 1), .stopping(active: 2), .stopForced, .stopIncomplete(unheard: 1, unfinished: 0), .stopped,
        .contractBroken, .imageMissing(fallback: [0x69]), .dispatch(.started),
        .dispatch(.hurried(.seconds(10))), .dispatch(.brokenOff(.dispatchTimeout(.seconds(60)))),
        .dispatch(.handedOver), .dispatch(.handedOverAlready), .dispatch(.cancelStarted(attempt: 1)),
        .dispatch(.cancelDone), .dispatch(.cancelFailed(.tookTooLong(.seconds(10)), attempt: 3, givenUp: true)),
        .dispatch(.cancelUnderWay), .dispatch(.cancelMissing),
    ]

    @Test func namesAreDistinctAndPlain() {
        let names = Self.all.map { $0.name.withUTF8Buffer { Bytes($0) }.text }
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.split(separator: ".").count == 2)
            #expect(name.allSatisfy { $0.isLowercase || $0 == "." || $0 == "_" })
        }
    }

    @Test func everySayingHasWords() {
        for saying in Self.all {
            let words = saying.words(Self.context)
            #expect(words.count > 5, "\(saying)")
            #expect(!words.contains("Optional") && !words.hasSuffix("."), "\(words)")
        }
        #expect(Saying.dispatch(.cancelStarted(attempt: 2)).words(Self.context).hasSuffix("attempt 2"))
        #expect(Saying.listening.words(Self.context) == "listening for tasks as worker w1 with the direct backend")
        let lost = Saying.connectionLost(.closedByPeer(code: 1001), heldFor: .seconds(61), retryIn: .milliseconds(420))
        #expect(
            lost.words(Self.context)
                == "the connection was lost after 1m1s: the server closed it with code 1001, going away; "
                + "dialling again in 420ms")
    }

    @Test func fieldsCarryTheFacts() {
        let failed = Saying.taskFailed(.gracefulShutdown, exitCode: 143).fields(Self.context)
        #expect(failed == [LogField("reason", words: "graceful_shutdown"), LogField("exit_code", .number(143))])
        let dial = Saying.dialFailed(.status(503, retryAfter: nil), retryIn: .seconds(2)).fields(Self.context)
        #expect(dial == [LogField("status", .number(503)), LogField("retry_in_ms", .number(2_000))])
    }

    @Test func spansAsPeopleWriteThem() {
        let spans: [(UInt64, String)] = [
            (0, "0s"), (1, "less than 1ms"), (250_000_000, "250ms"), (2_500_000_000, "2.5s"), (10_900_000_000, "10s"),
            (60_000_000_000, "1m"), (3_661_000_000_000, "1h1m1s"), (7_200_000_000_000, "2h"),
        ]
        for (nanoseconds, words) in spans { #expect(Span(nanoseconds: nanoseconds).words == words) }
    }
}
