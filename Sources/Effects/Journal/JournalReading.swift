// Reads a journal, whatever it has become. Total: every text has a reading. What is good is taken, from the first line
// to the last, and what is not is told.

import Codecs

public struct JournalReading: Hashable, Sendable {
    /// What the good records come to.
    public private(set) var inheritance = Inheritance.nothing
    public private(set) var records = 0
    /// Lines whose checksum does not fit, and a last one that was torn.
    public private(set) var damaged = 0
    /// Where the first of them begins.
    public private(set) var firstDamage: Int?
    /// Good lines that this build does not understand.
    public private(set) var strange = 0
    /// The version of a later format. Nothing is taken from such a journal.
    public private(set) var newer: Int?

    /// Whether there is nothing to tell of it.
    public var isSound: Bool { damaged == 0 && strange == 0 && newer == nil }

    public init(_ bytes: UnsafeRawBufferPointer) {
        let coder = StateReader()
        var start = 0
        while start < bytes.count, newer == nil {
            let end = LineScanner.lineFeed(in: bytes, from: start).map { $0 &+ 1 }
            if let end, let body = SealedLine.body(of: start..<end, in: bytes) {
                take(UnsafeRawBufferPointer(rebasing: bytes[body]), coder)
            } else {
                damaged &+= 1
                if firstDamage == nil { firstDamage = start }
            }
            start = end ?? bytes.count
        }
        if newer != nil { inheritance = .nothing }
    }

    public init(_ bytes: Bytes) {
        self = bytes.withUnsafeBytes { JournalReading($0) }
    }

    private mutating func take(_ line: UnsafeRawBufferPointer, _ coder: StateReader) {
        if JournalReading.begins(JournalFormat.headMark, line) { return head(line) }
        let mark = JournalFormat.recordMark
        guard JournalReading.begins(mark, line) else {
            strange &+= 1
            return
        }
        let text = UnsafeRawBufferPointer(rebasing: line[mark.utf8CodeUnitCount...])
        guard
            let record = RecordScanner.read(text)
                ?? (try? coder.read(JournalRecord.self, from: text.assumingMemoryBound(to: UInt8.self)))
        else {
            strange &+= 1
            return
        }
        records &+= 1
        inheritance.take(record)
    }

    private mutating func head(_ line: UnsafeRawBufferPointer) {
        let digits = line[JournalFormat.headMark.utf8CodeUnitCount...].prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard !digits.isEmpty else {
            strange &+= 1
            return
        }
        // Longer than any number of ours.
        let version = Int(decimal: Bytes(digits)) ?? Int.max
        if version > JournalFormat.version { newer = version }
    }

    private static func begins(_ mark: StaticString, _ line: UnsafeRawBufferPointer) -> Bool {
        mark.withUTF8Buffer { line.starts(with: $0) }
    }
}
