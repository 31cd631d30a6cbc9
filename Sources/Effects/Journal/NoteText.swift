// The text of the notes that every task makes, written by hand: a fraction of what the encoding costs, and a
// task makes some twenty.
//
// It is the very text that the encoding gives, and notes that are left out here go by that. So nothing can be
// forgotten, only slow; a test compares the two for every kind of note.

import Codecs

enum NoteText {
    /// False for a note that is not among them, or holds bytes that need care; then part of it may stand there.
    static func append(_ call: JournalCall, to pad: inout TextPad) -> Bool {
        pad.append("{\"noted\":{\"_0\":{\"run\":")
        pad.append(call.run)
        pad.append(",\"note\":")
        guard append(call.note, to: &pad) else { return false }
        pad.append("}}}")
        return true
    }

    private static func append(_ note: JournalNote, to pad: inout TextPad) -> Bool {
        switch note {
        case .claimed(let key, let at):
            pad.append("{\"claimed\":{\"_0\":")
            guard pad.append(key) else { return false }
            pad.append(",\"at\":")
            pad.append(at)
        case .claimHeard: pad.append("{\"claimHeard\":{")
        case .started(let at):
            pad.append("{\"started\":{\"at\":")
            pad.append(at)
        case .ending(let verdict):
            pad.append("{\"ending\":{\"_0\":")
            guard pad.append(verdict) else { return false }
        case .intended(let possession):
            pad.append("{\"intended\":{\"_0\":")
            guard pad.append(possession) else { return false }
        case .acquired(let possession):
            pad.append("{\"acquired\":{\"_0\":")
            guard pad.append(possession) else { return false }
        case .released(let possession):
            pad.append("{\"released\":{\"_0\":")
            guard pad.append(possession) else { return false }
        case .ended(let name, let role, let end):
            pad.append("{\"ended\":{\"_0\":")
            pad.append(name, role)
            pad.append(",\"_2\":")
            pad.append(end)
        case .verdictDecided(let word):
            pad.append("{\"verdictDecided\":{\"_0\":")
            guard pad.append(word) else { return false }
        case .handedOver: pad.append("{\"handedOver\":{")
        case .verdictHeard: pad.append("{\"verdictHeard\":{")
        case .recallBegan: pad.append("{\"recallBegan\":{")
        case .recallEnded(let succeeded):
            pad.append("{\"recallEnded\":{\"succeeded\":")
            pad.append(flag: succeeded)
        case .recalled, .verdictWithdrawn, .forgotten, .volumeUsed: return false
        }
        pad.append("}}")
        return true
    }
}

// MARK: - Pieces

extension TextPad {
    mutating func append(_ possession: Possession) -> Bool {
        switch possession {
        case .workspace(let path):
            append("{\"workspace\":{\"_0\":")
            guard append(plain: path) else { return false }
        case .directory(let path):
            append("{\"directory\":{\"_0\":")
            guard append(plain: path) else { return false }
        case .file(let path):
            append("{\"file\":{\"_0\":")
            guard append(plain: path) else { return false }
        case .container(let name):
            append("{\"container\":{\"_0\":")
            guard append(plain: name) else { return false }
        case .volume(let name):
            append("{\"volume\":{\"_0\":")
            guard append(plain: name) else { return false }
        case .process(let name, let role):
            append("{\"process\":{\"_0\":")
            append(name, role)
        }
        append("}}")
        return true
    }

    fileprivate mutating func append(_ name: ProcessName, _ role: ProcessRole) {
        append("{\"number\":")
        append(name.number)
        append("},\"_1\":")
        append(UInt64(role.rawValue))
    }

    /// False for what is told with details.
    mutating func append(_ verdict: Verdict) -> Bool {
        switch verdict {
        case .completed: append("{\"completed\":{}}")
        case .cancelled: append("{\"cancelled\":{}}")
        case .dispatched: append("{\"dispatched\":{}}")
        case .failed: return false
        }
        return true
    }

    mutating func append(_ word: OutgoingMessage) -> Bool {
        let isConfirmed: Bool
        switch word {
        case .completed(let key, let confirmed):
            append("{\"completed\":{\"_0\":")
            guard append(key) else { return false }
            isConfirmed = confirmed
        case .cancelled(let key, let confirmed):
            append("{\"cancelled\":{\"_0\":")
            guard append(key) else { return false }
            isConfirmed = confirmed
        case .claimed, .failed, .rejected: return false
        }
        append(",\"confirmed\":")
        append(flag: isConfirmed)
        append("}}")
        return true
    }

    mutating func append(flag: Bool) {
        if flag { append("true") } else { append("false") }
    }

    mutating func append(_ key: ExecutionKey) -> Bool {
        append("{\"task\":{\"bytes\":")
        guard append(plain: key.task.bytes) else { return false }
        append("}")
        if let execution = key.execution {
            append(",\"execution\":{\"bytes\":")
            guard append(plain: execution.bytes) else { return false }
            append("}")
        }
        append("}")
        return true
    }

    mutating func append(_ at: Instant) {
        append("{\"nanoseconds\":")
        append(at.nanoseconds)
        append("}")
    }

    mutating func append(_ end: ProcessEnd) {
        switch end {
        case .exit(let status):
            append("{\"exit\":{\"_0\":")
            append(signed: Int64(status))
        case .signal(let number):
            append("{\"signal\":{\"_0\":")
            append(signed: Int64(number))
        case .unseen: append("{\"unseen\":{")
        }
        append("}}")
    }
}
