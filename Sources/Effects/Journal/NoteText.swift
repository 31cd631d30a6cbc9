// The text of the notes that every task makes, written by hand: a fraction of what the encoding costs, and a
// task makes some twenty.
//
// It is the very text that the encoding gives, and notes that are left out here go by that. So nothing can be
// forgotten, only slow; a test compares the two for every kind of note.

import Codecs

enum NoteText {
    /// False for a note that is not among them, or holds bytes that need care; then nothing was appended.
    static func append(_ call: JournalCall, to output: inout Bytes) -> Bool {
        let start = output.count
        output.append(text: "{\"noted\":{\"_0\":{\"run\":")
        output.append(digits: call.run)
        output.append(text: ",\"note\":")
        guard append(call.note, &output) else {
            output.removeLast(output.count &- start)
            return false
        }
        output.append(text: "}}}")
        return true
    }

    private static func append(_ note: JournalNote, _ output: inout Bytes) -> Bool {
        switch note {
        case .claimed(let key, let at):
            output.append(text: "{\"claimed\":{\"_0\":")
            guard append(key, &output) else { return false }
            append(",\"at\":", at, &output)
        case .claimHeard: output.append(text: "{\"claimHeard\":{")
        case .started(let at): append("{\"started\":{\"at\":", at, &output)
        case .ending(.completed): output.append(text: "{\"ending\":{\"_0\":{\"completed\":{}}")
        case .ending(.cancelled): output.append(text: "{\"ending\":{\"_0\":{\"cancelled\":{}}")
        case .intended(let possession):
            guard append("{\"intended\":{\"_0\":", possession, &output) else { return false }
        case .acquired(let possession):
            guard append("{\"acquired\":{\"_0\":", possession, &output) else { return false }
        case .released(let possession):
            guard append("{\"released\":{\"_0\":", possession, &output) else { return false }
        case .ended(let name, let role, let end):
            append("{\"ended\":{\"_0\":", name, role, &output)
            append(",\"_2\":", end, &output)
        case .verdictDecided(let word):
            guard append("{\"verdictDecided\":{\"_0\":", word, &output) else { return false }
        case .handedOver: output.append(text: "{\"handedOver\":{")
        case .verdictHeard: output.append(text: "{\"verdictHeard\":{")
        case .recalled, .ending, .recallBegan, .recallEnded, .verdictWithdrawn, .forgotten, .volumeUsed: return false
        }
        output.append(text: "}}")
        return true
    }

    private static func append(_ mark: StaticString, _ possession: Possession, _ output: inout Bytes) -> Bool {
        output.append(text: mark)
        switch possession {
        case .workspace(let path): return append("{\"workspace\":{\"_0\":", path, &output)
        case .directory(let path): return append("{\"directory\":{\"_0\":", path, &output)
        case .file(let path): return append("{\"file\":{\"_0\":", path, &output)
        case .container(let name): return append("{\"container\":{\"_0\":", name, &output)
        case .volume(let name): return append("{\"volume\":{\"_0\":", name, &output)
        case .process(let name, let role):
            append("{\"process\":{\"_0\":", name, role, &output)
            output.append(text: "}}")
            return true
        }
    }

    private static func append(_ mark: StaticString, _ path: Bytes, _ output: inout Bytes) -> Bool {
        output.append(text: mark)
        guard append(path, &output) else { return false }
        output.append(text: "}}")
        return true
    }

    private static func append(
        _ mark: StaticString, _ name: ProcessName, _ role: ProcessRole, _ output: inout Bytes
    ) {
        output.append(text: mark)
        output.append(text: "{\"number\":")
        output.append(digits: name.number)
        output.append(text: "},\"_1\":")
        output.append(digits: UInt64(role.rawValue))
    }

    private static func append(_ mark: StaticString, _ word: OutgoingMessage, _ output: inout Bytes) -> Bool {
        output.append(text: mark)
        switch word {
        case .completed(let key, let confirmed):
            output.append(text: "{\"completed\":{\"_0\":")
            guard append(key, &output) else { return false }
            output.append(text: confirmed ? ",\"confirmed\":true}}" : ",\"confirmed\":false}}" as StaticString)
        case .cancelled(let key, let confirmed):
            output.append(text: "{\"cancelled\":{\"_0\":")
            guard append(key, &output) else { return false }
            output.append(text: confirmed ? ",\"confirmed\":true}}" : ",\"confirmed\":false}}" as StaticString)
        case .claimed, .failed, .rejected: return false
        }
        return true
    }

    // MARK: - Pieces

    private static func append(_ key: ExecutionKey, _ output: inout Bytes) -> Bool {
        output.append(text: "{\"task\":{\"bytes\":")
        guard append(key.task.bytes, &output) else { return false }
        output.append(0x7d)
        if let execution = key.execution {
            output.append(text: ",\"execution\":{\"bytes\":")
            guard append(execution.bytes, &output) else { return false }
            output.append(0x7d)
        }
        output.append(0x7d)
        return true
    }

    private static func append(_ mark: StaticString, _ at: Instant, _ output: inout Bytes) {
        output.append(text: mark)
        output.append(text: "{\"nanoseconds\":")
        output.append(digits: at.nanoseconds)
        output.append(0x7d)
    }

    private static func append(_ mark: StaticString, _ end: ProcessEnd, _ output: inout Bytes) {
        output.append(text: mark)
        switch end {
        case .exit(let status):
            output.append(text: "{\"exit\":{\"_0\":")
            output.append(signed: Int64(status))
        case .signal(let number):
            output.append(text: "{\"signal\":{\"_0\":")
            output.append(signed: Int64(number))
        case .unseen: output.append(text: "{\"unseen\":{")
        }
        output.append(text: "}}")
    }

    private static func append(_ bytes: Bytes, _ output: inout Bytes) -> Bool {
        guard PlainText.isPlain(bytes) else { return false }
        output.append(0x22)
        output.append(contentsOf: bytes)
        output.append(0x22)
        return true
    }
}
