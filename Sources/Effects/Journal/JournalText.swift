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

/// Makes lines, in a room that is used again. Not for several threads at once.
public struct JournalWriter {
    private static let firstRoom = 1 << 12
    /// A larger room is given back once it is empty.
    private static let roomToKeep = 1 << 16

    private let coder = StateWriter()
    private var room = Bytes()
    /// How much of it is text.
    public private(set) var count = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }

    public var text: Bytes { Bytes(room[..<count]) }

    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        room.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    public mutating func removeAll() {
        count = 0
        if room.count > JournalWriter.roomToKeep { room = Bytes() }
    }

    public mutating func append(_ head: JournalHead) throws(StateCodingError) {
        let isDone = line { pad in
            pad.append(JournalFormat.headMark)
            pad.append(signed: Int64(head.journal))
            pad.append(",\"life\":")
            return pad.append(plain: head.life)
        }
        if isDone { return }
        var text = Bytes()
        try coder.append(head, to: &text)
        // The seal closes the object.
        text.removeLast()
        line { pad in
            pad.append(text)
            return true
        }
    }

    /// Nothing is appended where it can't be encoded.
    public mutating func append(_ call: JournalCall) throws(StateCodingError) {
        let isDone = line { pad in
            pad.append(JournalFormat.recordMark)
            return NoteText.append(call, to: &pad)
        }
        if !isDone { try encode(.noted(call)) }
    }

    public mutating func append(_ record: JournalRecord) throws(StateCodingError) {
        let isDone = line { pad in
            pad.append(JournalFormat.recordMark)
            return RecordText.append(record, to: &pad)
        }
        if !isDone { try encode(record) }
    }

    /// All that an inheritance tells, in as few lines as it takes.
    public mutating func append(_ inheritance: Inheritance) throws(StateCodingError) {
        for record in inheritance.records { try append(record) }
    }

    private mutating func encode(_ record: JournalRecord) throws(StateCodingError) {
        var text = Bytes()
        try coder.append(record, to: &text)
        line { pad in
            pad.append(JournalFormat.recordMark)
            pad.append(text)
            return true
        }
    }

    /// A sealed line of what `write` writes; none where that gives up.
    @discardableResult
    private mutating func line(_ write: (inout TextPad) -> Bool) -> Bool {
        while true {
            let start = count
            let (isDone, end): (Bool, Int?) = room.withUnsafeMutableBufferPointer { room in
                var pad = TextPad(room, from: start)
                let isDone = write(&pad)
                if isDone { SealedLine.seal(&pad, from: start) }
                return (isDone, pad.isFull ? nil : pad.end)
            }
            guard let end else {
                room.append(contentsOf: repeatElement(0, count: max(JournalWriter.firstRoom, room.count)))
                continue
            }
            if isDone { count = end }
            return isDone
        }
    }
}
