// The journal as text: what was written is read, and whatever has become of it, reading goes on.

import Codecs
import Testing

@testable import Effects

struct JournalTextTests {
    /// What workers have noted in lives by chance, of those that had most to note.
    private static let notes: [[JournalCall]] = Array(
        Session.long.map { session in
            session.requests.joined().compactMap { request -> JournalCall? in
                if case .journal(let call) = request.effect { call } else { nil }
            }
        }.sorted { $0.count > $1.count }.prefix(4))

    /// The lines of a journal, the first one that of a life.
    private func lines(_ calls: some Sequence<JournalCall>) throws -> [Bytes] {
        var writer = JournalWriter()
        try writer.append(JournalHead(life: Bytes(text: "0123abcd")))
        let head = writer.text
        return try [head]
            + calls.map { call in
                writer.removeAll()
                try writer.append(call)
                return writer.text
            }
    }

    private func sum(_ calls: some Sequence<JournalCall>) -> Inheritance {
        Inheritance(calls.map { .noted($0) })
    }

    @Test func whatWasWrittenIsRead() throws {
        for calls in Self.notes {
            let reading = JournalReading(Bytes(try lines(calls).joined()))
            #expect(reading.isSound)
            #expect(reading.records == calls.count)
            #expect(reading.inheritance == sum(calls))
        }
        let most = Self.notes.map(\.count).max() ?? 0
        #expect(most > 40)
    }

    @Test func aRenewedJournalTellsTheSame() throws {
        for calls in Self.notes {
            for count in stride(from: 0, through: calls.count, by: 7) {
                let whole = sum(calls.prefix(count))
                var writer = JournalWriter()
                try writer.append(whole)
                let reading = JournalReading(writer.text)
                #expect(reading.isSound)
                #expect(reading.inheritance == whole)
            }
        }
    }

    @Test func everyPrefixBoots() throws {
        let calls = try #require(Self.notes.first { $0.count > 20 }).prefix(40)
        let lines = try lines(calls)
        let text = Bytes(lines.joined())
        var sums = [Inheritance.nothing]
        for call in calls {
            var next = sums[sums.count - 1]
            next.take(call)
            sums.append(next)
        }
        var ends = Set([0])
        var end = 0
        for line in lines {
            end += line.count
            ends.insert(end)
        }
        for length in 0...text.count {
            let reading = JournalReading(Bytes(text[..<length]))
            let whole = lines.indices.last { lines[...$0].reduce(0) { $0 + $1.count } <= length } ?? 0
            #expect(reading.inheritance == sums[whole])
            #expect(reading.damaged == (ends.contains(length) ? 0 : 1))
        }
    }

    /// A bit that flips costs the line that it lies in, and the next one where it was the line feed between them.
    @Test func everyFlippedBitBoots() throws {
        let calls = try #require(Self.notes.first { $0.count > 20 }).prefix(9)
        let lines = try lines(calls)
        var text = Bytes(lines.joined())
        var start = 0
        for (number, line) in lines.enumerated() {
            for place in start..<start + line.count {
                let isFeed = place == start + line.count - 1
                let lost = isFeed ? [number, number + 1] : [number]
                let left = calls.enumerated().filter { !lost.contains($0.offset + 1) }.map(\.element)
                let wanted = sum(left)
                for bit in 0..<8 {
                    text[place] ^= 1 << UInt8(bit)
                    let reading = JournalReading(text)
                    text[place] ^= 1 << UInt8(bit)
                    if reading.inheritance != wanted || reading.damaged == 0 || reading.newer != nil {
                        Issue.record("line \(number), byte \(place - start), bit \(bit): \(reading)")
                        return
                    }
                }
            }
            start += line.count
        }
    }

    @Test func aLaterFormatIsRefusedGently() throws {
        var later = Bytes(text: "{\"journal\":2,\"life\":\"00\"")
        SealedLine.seal(&later, from: 0)
        let text = later + Bytes(try lines(Self.notes[0]).joined())
        let reading = JournalReading(text)
        #expect(reading.newer == 2)
        #expect(reading.inheritance == .nothing)
        #expect(!reading.isSound)
        // Also where an earlier life of this format had begun it.
        #expect(JournalReading(Bytes(try lines([]).joined()) + later).newer == 2)
        var beyond = Bytes(text: "{\"journal\":99999999999999999999999999")
        SealedLine.seal(&beyond, from: 0)
        #expect(JournalReading(beyond).newer == Int.max)
    }

    @Test func recordsThatNobodyUnderstandsArePassedOver() throws {
        var strange = Bytes(text: "{\"r\":{\"invented\":{\"_0\":1}}")
        SealedLine.seal(&strange, from: 0)
        let lines = try lines(Self.notes[0].prefix(10))
        let reading = JournalReading(Bytes(lines[..<4].joined()) + strange + Bytes(lines[4...].joined()))
        #expect(reading.strange == 1)
        #expect(reading.damaged == 0)
        #expect(reading.inheritance == sum(Self.notes[0].prefix(10)))
    }

    @Test(arguments: [
        "", "\n", "\n\n\n", "{}", "{\"journal\":", "not a journal\nat all\n", "{\"journal\":1,\"crc\":\"00000000\"}\n",
        String(repeating: "\0", count: 5_000), String(repeating: "[", count: 100_000) + "\n",
    ])
    func whateverLiesThereBoots(_ text: String) {
        let reading = JournalReading(Bytes(text: text))
        #expect(reading.inheritance == .nothing)
        #expect(reading.newer == nil)
        #expect(reading.isSound == text.isEmpty)
    }

    @Test func aDeepRecordDoesNotReachTheStack() {
        var deep = Bytes(text: "{\"r\":" + String(repeating: "[", count: 1_000_000))
        SealedLine.seal(&deep, from: 0)
        #expect(JournalReading(deep).strange == 1)
    }
}
