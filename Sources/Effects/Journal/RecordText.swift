// The text of what a compaction writes, and of notes, by hand: a worker that takes over a thousand runs writes a
// thousand of these before it begins. As with the notes, it is the text that the encoding gives.

import Codecs

enum RecordText {
    /// False for a record that goes by the encoding; then part of it may stand there.
    static func append(_ record: JournalRecord, to pad: inout TextPad) -> Bool {
        switch record {
        case .noted(let call): return NoteText.append(call, to: &pad)
        case .kept(let run):
            pad.append("{\"kept\":{\"_0\":")
            guard append(run, to: &pad) else { return false }
        case .remembered(let word):
            pad.append("{\"remembered\":{\"_0\":")
            guard pad.append(word) else { return false }
        case .elsewhere(let key):
            pad.append("{\"elsewhere\":{\"_0\":")
            guard pad.append(key) else { return false }
        case .counted(let number):
            pad.append("{\"counted\":{\"_0\":")
            pad.append(number)
        case .volumeUsed: return false
        }
        pad.append("}}")
        return true
    }

    private static func append(_ run: Inheritance.Run, to pad: inout TextPad) -> Bool {
        pad.append("{\"number\":")
        pad.append(run.number)
        pad.append(",\"key\":")
        guard pad.append(run.key) else { return false }
        switch run.kind {
        case .claimed(let at):
            pad.append(",\"kind\":{\"claimed\":{\"at\":")
            pad.append(at)
            pad.append("}}")
        case .recalled: pad.append(",\"kind\":{\"recalled\":{}}")
        }
        pad.append(",\"claimWasHeard\":")
        pad.append(flag: run.claimWasHeard)
        if let at = run.startedAt {
            pad.append(",\"startedAt\":")
            pad.append(at)
        }
        pad.append(",\"course\":")
        guard append(run.course, to: &pad) else { return false }
        pad.append(",\"belongings\":[")
        for (place, belonging) in run.belongings.enumerated() {
            if place > 0 { pad.append(",") }
            guard append(belonging, to: &pad) else { return false }
        }
        pad.append("],\"ends\":[")
        for (place, end) in run.ends.enumerated() {
            if place > 0 { pad.append(",") }
            pad.append("{\"role\":")
            pad.append(UInt64(end.role.rawValue))
            pad.append(",\"end\":")
            pad.append(end.end)
            pad.append("}")
        }
        pad.append("]")
        switch run.recall {
        case nil: break
        case .owed: pad.append(",\"recall\":{\"owed\":{}}")
        case .ended(let succeeded):
            pad.append(",\"recall\":{\"ended\":{\"succeeded\":")
            pad.append(flag: succeeded)
            pad.append("}}")
        }
        pad.append("}")
        return true
    }

    private static func append(_ course: Inheritance.Run.Course, to pad: inout TextPad) -> Bool {
        switch course {
        case .open(let verdict?):
            pad.append("{\"open\":{\"ending\":")
            guard pad.append(verdict) else { return false }
        case .open(nil): pad.append("{\"open\":{")
        case .decided(let word):
            pad.append("{\"decided\":{\"_0\":")
            guard pad.append(word) else { return false }
        case .handedOver: pad.append("{\"handedOver\":{")
        case .settled: pad.append("{\"settled\":{")
        }
        pad.append("}}")
        return true
    }

    private static func append(_ belonging: Inheritance.Run.Belonging, to pad: inout TextPad) -> Bool {
        pad.append("{\"possession\":")
        guard pad.append(belonging.possession) else { return false }
        pad.append(",\"stage\":")
        switch belonging.stage {
        case .intended: pad.append("{\"intended\":{}}")
        case .acquired: pad.append("{\"acquired\":{}}")
        case .ended(let end):
            pad.append("{\"ended\":{\"_0\":")
            pad.append(end)
            pad.append("}}")
        }
        pad.append("}")
        return true
    }
}
