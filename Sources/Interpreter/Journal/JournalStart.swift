// How a life begins with what the ones before left: whatever lies there is read as far as it can be, damage is told
// and kept aside, and a new journal takes the old one's place. Nothing of this keeps a worker from starting.

import Codecs
import Effects

struct JournalStart {
    /// What there is to say, once.
    struct Notice {
        let level: LogLevel
        let event: StaticString
        let words: String
        var fields: [LogField] = []
    }

    /// The new journal under its name, how long it is, and why the name may not last; or why there is none.
    enum Opened {
        case opened(Int32, length: Int, JournalProblem?)
        case failed(JournalProblem)
    }

    private(set) var inheritance = Inheritance.nothing
    private(set) var notices: [Notice] = []
    private(set) var opened = Opened.failed(JournalProblem(errno: 0))

    init(_ file: JournalFile, _ head: JournalHead) {
        do throws(JournalProblem) {
            if let content = try file.read() { take(JournalReading(content), file, length: content.count) }
        } catch {
            unreadable(error, file)
        }
        let content = JournalThread.content(head, inheritance)
        do throws(JournalProblem) {
            let descriptor = try file.prepare(content)
            try file.replace()
            opened = .opened(descriptor, length: content.count, JournalStart.settle(file))
        } catch {
            opened = .failed(error)
        }
    }

    /// Why a power cut could bring the old one back, and with it all that this life will have noted would be lost.
    private static func settle(_ file: JournalFile) -> JournalProblem? {
        do throws(JournalProblem) {
            try file.syncDirectory()
            return nil
        } catch {
            return error
        }
    }

    private mutating func take(_ reading: JournalReading, _ file: JournalFile, length: Int) {
        if let version = reading.newer {
            let kept = file.setAsideNewer() ? "it is kept as journal.newer" : "it could not be kept"
            return notices.append(
                Notice(
                    level: .warn, event: "journal.newer",
                    words:
                        "the journal is of a later version than this worker (format \(version)): \(kept), and what it "
                        + "tells of is not looked after by this worker"))
        }
        inheritance = reading.inheritance
        guard !reading.isSound else { return }
        let kept = file.keepBad() ? "it is kept as journal.bad" : "it could not be kept"
        let fields = [
            LogField("damaged", .number(reading.damaged)), LogField("strange", .number(reading.strange)),
            LogField("good", .number(reading.records)), LogField("first_damage", .number(reading.firstDamage ?? 0)),
            LogField("bytes", .number(length)),
        ]
        notices.append(
            Notice(
                level: .warn, event: "journal.damaged",
                words: "the journal is damaged; all that could be read was, \(kept), and a new one goes on from there",
                fields: fields))
    }

    private mutating func unreadable(_ problem: JournalProblem, _ file: JournalFile) {
        let kept = file.setAsideUnreadable() ? "it is kept as journal.bad" : "it could not be laid aside"
        notices.append(
            Notice(
                level: .warn, event: "journal.unreadable",
                words:
                    "the journal can't be read (\(Wording.errno(problem.errno).text)): \(kept), and what it tells of "
                    + "is not looked after by this worker"))
    }
}
