// A disk with a journal on it, as far as a journal's promises hang on it. A note is a number, a line is a note.
//
// What was written stays when the process dies. When the machine dies only what was synced is sure: of the rest of a
// file any part from its beginning is there, or none, and a name that was given may be the old one again. After a sync
// that failed nobody knows what is there, and a later one that succeeds proves nothing of it: the kernel takes pages
// that it could not write for clean.

import Effects

struct JournalOnDisk: Hashable {
    /// A piece of a line: it has no end, so the line behind it is damaged with it.
    static let torn = 0

    /// It begins with what all notes up to this one come to.
    let sum: Int
    var lines: [Int] = []
    /// So many lines outlast the machine; none of them, and not the sum either, where it is negative.
    var sure = 0
    var isInDoubt = false

    /// The last note that whoever reads it knows; nil where one is missing in between.
    func reading(first count: Int) -> (known: Int?, isDamaged: Bool) {
        var known: Int? = sum
        var isDamaged = false
        var isEaten = false
        for line in lines.prefix(count) {
            if line == JournalOnDisk.torn {
                (isEaten, isDamaged) = (true, true)
            } else if isEaten {
                isEaten = false
            } else if let last = known {
                // What is told twice is told once.
                known = line <= last + 1 ? max(last, line) : nil
            }
        }
        return (known, isDamaged)
    }

    /// As one that is synced says it.
    mutating func synced(upTo count: Int) {
        if !isInDoubt { sure = max(sure, count) }
    }
}

struct DiskModel {
    /// What has the name.
    var journal: JournalOnDisk
    /// What may have it again when the machine has died.
    var older: [JournalOnDisk] = []
    /// The directory could not be synced since the name was given.
    var isNameInDoubt = false
    /// Without a name.
    var next: JournalOnDisk?

    mutating func replace() {
        guard let next else { return }
        older.append(journal)
        journal = next
        self.next = nil
        isNameInDoubt = false
    }

    mutating func syncDirectory() {
        if !isNameInDoubt { older = [] }
    }

    mutating func cutBack(to count: Int) {
        journal.lines = Array(journal.lines.prefix(count))
        journal.sure = min(journal.sure, count)
    }

    /// All that could be read after a death of the machine.
    var afterPowerCut: [(known: Int?, isDamaged: Bool)] {
        (older + [journal]).flatMap { file in
            // Not even its beginning: nothing is known.
            (file.sure < 0 ? [(known: Int?.some(0), isDamaged: true)] : [])
                + (max(0, file.sure)...max(0, file.sure, file.lines.count)).map { file.reading(first: $0) }
        }
    }
}

extension JournalOnDisk: Visited {
    func visit(_ visitor: inout Visitor) {
        visitor.number(sum)
        visitor.number(lines.count)
        for line in lines { visitor.number(line) }
        visitor.number(sure)
        visitor.flag(isInDoubt)
    }
}

extension DiskModel: Visited {
    func visit(_ visitor: inout Visitor) {
        journal.visit(&visitor)
        visitor.list(older)
        visitor.flag(isNameInDoubt)
        visitor.optional(next)
    }
}
