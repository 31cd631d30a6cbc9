// A journal as real workers of the first version wrote it, the command backend's and then the direct one's, until both
// were killed. Every later build has to read it; and whatever becomes of it, a worker starts.

import Codecs
import Effects
import Testing

struct RealJournalTests {
    private let text: Bytes

    init() throws {
        let path = SpecFiles.root + "/Tests/ModelTests/Journal/version-1.journal"
        text = Bytes(text: try #require(SpecFiles.read(path)))
    }

    /// Where each line begins and ends, the line feed with it.
    private var lines: [Range<Int>] {
        var lines: [Range<Int>] = []
        for place in text.indices where text[place] == 0x0a {
            lines.append((lines.last?.upperBound ?? 0)..<place + 1)
        }
        return lines
    }

    @Test func itTellsWhatWasLeft() {
        let reading = JournalReading(text)
        #expect(reading.isSound)
        // A head is no record.
        #expect(reading.records == lines.count - 1)
        let inheritance = reading.inheritance
        #expect(inheritance.runs.map(\.key.task.bytes.text) == ["runs", "tidy", "slow"])
        let agent = inheritance.runs.first?.belongings.last
        #expect(agent?.stage == .acquired)
        if case .process(_, let role)? = agent?.possession {
            #expect(role == .agent)
        } else {
            Issue.record("no agent")
        }
        #expect(inheritance.elsewhere.map(\.task.bytes.text) == ["handed-0", "handed-1", "handed-2"])
        let said = inheritance.remembered.compactMap { $0.finalKey?.task.bytes.text }
        #expect(Set(said) == ["well", "badly", "stopped", "tidy"])
        #expect(said.filter { $0 == "well" }.count == 2)
    }

    /// Wherever it was torn: what is whole counts, and the rest of a line is damage.
    @Test func everyPrefixBoots() {
        // Some of them, and one line before each stands for all: every line is read by itself.
        for (number, line) in lines.enumerated() where number % 4 == 0 {
            let from = number < 1 ? 0 : lines[number - 1].lowerBound
            let before = JournalReading(Bytes(text[from..<line.lowerBound]))
            for end in line.indices {
                let reading = JournalReading(Bytes(text[from..<end]))
                #expect(reading.damaged == (end == line.lowerBound ? 0 : 1))
                #expect(reading.inheritance == before.inheritance && reading.newer == nil)
            }
        }
    }

    /// One bit of every byte; of a shorter journal every bit is tried elsewhere.
    @Test func everyChangedByteIsNoticed() {
        for line in lines {
            var bytes = Bytes(text[line])
            for place in bytes.indices {
                let bit = UInt8(place % 8)
                bytes[place] ^= 1 << bit
                let reading = JournalReading(bytes)
                bytes[place] ^= 1 << bit
                if reading.damaged == 0 || reading.records > 0 || reading.newer != nil {
                    Issue.record("byte \(line.lowerBound + place), bit \(bit): \(reading)")
                    return
                }
            }
        }
    }

    /// A line that is lost costs no more than what it told.
    @Test func everyLineMayBeLost() {
        for line in lines.dropFirst().enumerated().filter({ $0.offset % 16 == 0 }).map(\.element) {
            var rest = text
            rest.replaceSubrange(line, with: Bytes(text: "not a line of ours\n"))
            let reading = JournalReading(rest)
            #expect(reading.damaged == 1 && reading.firstDamage == line.lowerBound)
            #expect(reading.records == lines.count - 2)
        }
    }
}
