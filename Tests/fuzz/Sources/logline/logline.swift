// Anybody's words in a line of the log.
//
// Whatever they are, the line for people is one line of UTF-8 that moves no cursor and turns no text round, and the
// line for machines is one JSON object from which text comes back as it was.

import Codecs
import Demands
import Effects

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Course(start, count).bytes
    let half = Bytes(bytes.prefix(bytes.count / 2))
    let line = LogLine(
        wall: WallTime(nanoseconds: 1_700_000_000_123_456_789), level: .warn, event: "fuzz.line",
        key: ExecutionKey(task: TaskID(bytes), execution: ExecutionID(half)),
        fields: [LogField("text", .text(bytes)), LogField("half", .text(half)), LogField("flag", .flag(true))],
        message: bytes)
    let people = line.console(colour: false)
    demand(people.last == 0x0a && isHarmless(Bytes(people.dropLast())), "a line for people is one line")
    demand(people.hasPrefix("2023-11-14T22:13:20.123Z WARN"), "a line begins with its time")
    let json = line.json()
    demand(json.last == 0x0a && isHarmless(Bytes(json.dropLast())), "a line for machines is one line")
    let object = try? JSON.parse(Bytes(json.dropLast()))
    demand(object != nil, "a line for machines is JSON")
    if bytes.isUTF8, let object {
        demandEqual(object["message"]?.asString, LogText.cut(bytes, at: LogLine.longestMessage), "the message")
        demandEqual(object["task_id"]?.asString, bytes, "the task")
        demandEqual(object["text"]?.asString, LogText.cut(bytes, at: LogLine.longestField), "a field")
    }
    value(bytes)
    return 0
}

private func isHarmless(_ text: Bytes) -> Bool {
    guard text.isUTF8, isOneLine(text.filter { $0 != 0x09 }) else { return false }
    return text.text.unicodeScalars.allSatisfy { scalar in
        switch scalar.value {
        case 0x80..<0xa0, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: false
        default: true
        }
    }
}

/// A field's value ends where it seems to end.
private func value(_ bytes: Bytes) {
    var written = Bytes()
    LogText.value(bytes, into: &written)
    guard written.first == 0x22 else {
        demand(!written.isEmpty && !written.contains { $0 <= 0x20 || $0 == 0x22 || $0 == 0x3d }, "a plain word")
        return
    }
    var place = 1
    while place < written.count, written[place] != 0x22 { place += written[place] == 0x5c ? 2 : 1 }
    demandEqual(place, written.count - 1, "the closing quote is the first one: \(written.text)")
}
