// Finds the ids in an assignment that is too large or too deep to be read whole. Walks the text once, without
// recursion and without building anything, and looks at strings only where the ids can stand.

import Codecs

/// The key of an assignment, or nil where the text does not plainly show one.
func skimAssignmentKey(_ bytes: Bytes) -> ExecutionKey? {
    var skimmer = Skimmer(bytes: bytes)
    skimmer.walk()
    guard let type = skimmer.type, type.equals("task_assignment"), let task = skimmer.task, !task.isEmpty else {
        return nil
    }
    let execution = skimmer.execution.flatMap { $0.isEmpty ? nil : ExecutionID($0) }
    return ExecutionKey(task: TaskID(task), execution: execution)
}

private struct Skimmer {
    let bytes: Bytes
    var type: Bytes?
    var task: Bytes?
    var execution: Bytes?

    private var depth = 0
    private var inData = false
    /// The name that the next value at depth 1 or 2 belongs to.
    private var name: Bytes?
    /// Since a colon stood before, the next string is a value.
    private var expectsValue = false

    init(bytes: Bytes) {
        self.bytes = bytes
    }

    mutating func walk() {
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case 0x22:
                let end = endOfString(from: position)
                guard end < bytes.count else { return }
                if depth == 1 || (depth == 2 && inData) { string(position...end) }
                position = end
            case 0x7b, 0x5b:
                if depth == 1 { inData = byte == 0x7b && expectsValue && name?.equals("data") == true }
                depth &+= 1
                expectsValue = false
            case 0x7d, 0x5d:
                depth &-= 1
                if depth <= 1 { inData = false }
            case 0x3a:
                expectsValue = true
                forget()
            case 0x2c: expectsValue = false
            default: break
            }
            position &+= 1
        }
    }

    /// The last member of a repeated name counts, whatever its value is.
    private mutating func forget() {
        guard let name, depth == 1 || (depth == 2 && inData) else { return }
        if depth == 1 {
            if name.equals("type") { type = nil }
            if name.equals("data") { (task, execution) = (nil, nil) }
        } else {
            if name.equals("task_id") { task = nil }
            if name.equals("execution_id") { execution = nil }
        }
    }

    /// The index of the closing quote; past the end where there is none.
    private func endOfString(from start: Int) -> Int {
        var position = start &+ 1
        while position < bytes.count, bytes[position] != 0x22 {
            position &+= bytes[position] == 0x5c ? 2 : 1
        }
        return position
    }

    private mutating func string(_ range: ClosedRange<Int>) {
        // Written in escapes, an id is six times as long at most.
        let content = range.count <= 6 * WireLimits.id + 2 ? (try? JSON.parse(bytes[range]))?.asString : nil
        guard expectsValue else {
            name = content
            return
        }
        expectsValue = false
        guard let name, let content, content.count <= WireLimits.id else { return }
        if depth == 1, name.equals("type") { type = content }
        if depth == 2, name.equals("task_id") { task = content }
        if depth == 2, name.equals("execution_id") { execution = content }
    }
}
