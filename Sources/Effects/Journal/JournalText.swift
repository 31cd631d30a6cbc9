// The journal as text: sealed lines, each a record, behind one that names the format.
//
//     {"journal":1,"life":"<hex>","crc":"xxxxxxxx"}
//     {"r":<record>,"crc":"xxxxxxxx"}
//
// Every life writes a first line of its own. Records that a later version of this format knows and we don't are passed
// over and counted, as is whatever is damaged: a line that is lost costs what it told, and nothing else.

import Codecs

public enum JournalFormat {
    public static let version = 1

    static let headMark: StaticString = "{\"journal\":"
    static let recordMark: StaticString = "{\"r\":"
}

/// What a life writes first.
public struct JournalHead: Hashable, Codable, Sendable {
    /// The format's version, and by its place at the front what tells a journal from other files.
    public let journal: Int
    /// Names the life, for people.
    public let life: Bytes

    public init(life: Bytes) {
        journal = JournalFormat.version
        self.life = life
    }
}

/// Makes lines. Not for several threads at once.
public struct JournalWriter {
    private let coder = StateWriter()

    public init() {}

    /// Nothing is appended where it can't be encoded.
    public func append(_ head: JournalHead, to output: inout Bytes) throws(StateCodingError) {
        let start = output.count
        try coder.append(head, to: &output)
        // The seal closes the object.
        output.removeLast()
        SealedLine.seal(&output, from: start)
    }

    public func append(_ record: JournalRecord, to output: inout Bytes) throws(StateCodingError) {
        let start = output.count
        output.append(text: JournalFormat.recordMark)
        if case .noted(let call) = record, NoteText.append(call, to: &output) {
            return SealedLine.seal(&output, from: start)
        }
        do throws(StateCodingError) {
            try coder.append(record, to: &output)
        } catch {
            output.removeLast(output.count &- start)
            throw error
        }
        SealedLine.seal(&output, from: start)
    }

    /// All that an inheritance tells, in as few lines as it takes.
    public func append(_ inheritance: Inheritance, to output: inout Bytes) throws(StateCodingError) {
        for record in inheritance.records { try append(record, to: &output) }
    }
}
