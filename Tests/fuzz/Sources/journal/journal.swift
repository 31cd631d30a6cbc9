// Journals: their lines, each without its checksum and the bracket behind it, which are put on here, or no mutation
// would be read past its checksum. Read as they are, too.
//
// Any bytes are read; whole lines are no damage; cut off anywhere, the lines before the cut tell the same and the cut
// is told; a byte that was changed costs its line, and the next one at most; what was read is written in fewer lines,
// and those tell the same; and what is written by hand is what the encoding writes.

import Codecs
import Demands

@testable import Effects

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var course = Course(start, count)
    _ = JournalReading(course.bytes)
    var text = Bytes()
    var ends = [0]
    for line in course.bytes.parts(separatedBy: 0x0a) where !line.isEmpty {
        let start = text.count
        text.append(contentsOf: line)
        SealedLine.seal(&text, from: start)
        ends.append(text.count)
        byHand(line)
    }
    let whole = JournalReading(text)
    demandEqual(whole.damaged, 0, "whole lines are whole")
    if whole.newer == nil { renewed(whole.inheritance) }
    cutOff(text, ends, &course)
    changed(text, whole, &course)
    return 0
}

/// A compaction tells the same, and is small.
private func renewed(_ inheritance: Inheritance) {
    var writer = JournalWriter()
    do throws(StateCodingError) {
        try writer.append(inheritance)
    } catch {
        demand(false, "what was read can be written: \(error)")
    }
    let again = JournalReading(writer.text)
    demand(again.isSound, "what is written is sound")
    demandEqual(again.inheritance, inheritance, "a renewed journal tells the same")
}

private func cutOff(_ text: Bytes, _ ends: [Int], _ course: inout Course) {
    guard !text.isEmpty else { return }
    let cut = course.below(text.count)
    let last = ends.last { $0 <= cut } ?? 0
    let reading = JournalReading(Bytes(text[..<cut]))
    let before = JournalReading(Bytes(text[..<last]))
    demandEqual(reading.inheritance, before.inheritance, "a cut changes nothing before it")
    demand(reading.newer != nil || reading.damaged == (cut == last ? 0 : 1), "a cut is told")
}

private func changed(_ text: Bytes, _ whole: JournalReading, _ course: inout Course) {
    guard !text.isEmpty else { return }
    var other = text
    other[course.below(text.count)] ^= 1 << UInt8(course.below(8))
    let reading = JournalReading(other)
    // Behind the head of a later format nothing is looked at.
    guard whole.newer == nil, reading.newer == nil else { return }
    demand(reading.damaged > 0, "a changed byte is told")
    demand(reading.records + reading.strange + 2 >= whole.records + whole.strange, "it costs no more than two lines")
}

private func byHand(_ line: Bytes) {
    guard line.hasPrefix("{\"r\":") else { return }
    let text = Bytes(line.dropFirst(5))
    let record = read(text)
    if let scanned = text.withUnsafeBytes({ RecordScanner.read($0) }) {
        demand(scanned == record, "what is read by hand is what the decoding reads")
    }
    guard let record else { return }
    var room = Bytes(repeating: 0, count: 8 * text.count + 512)
    let byHand: Bytes? = room.withUnsafeMutableBufferPointer { room in
        var pad = TextPad(room, from: 0)
        return RecordText.append(record, to: &pad) && !pad.isFull ? Bytes(pad.bytes(from: 0)) : nil
    }
    guard let byHand else { return }
    var encoded = Bytes()
    try? StateWriter().append(record, to: &encoded)
    demandEqual(byHand.text, encoded.text, "what is written by hand is what the encoding writes")
}

private func read(_ text: Bytes) -> JournalRecord? {
    try? StateReader().read(JournalRecord.self, from: text)
}
