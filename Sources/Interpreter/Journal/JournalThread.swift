// The thread that waits for the disk on the journal's behalf: one job at a time, so that the order of what it does to
// the files is the order in which it was asked.

import Codecs
import Effects
import Glibc
import WorkerModel

final class JournalThread: Sendable {
    enum Job: Sendable {
        /// What was written so far is to last.
        case sync(Int32)
        /// The next journal is to be made of this, and opened.
        case prepare(JournalHead, Inheritance)
        /// Its name is to last, and what was written to it meanwhile. The other descriptor is not needed any more.
        case settle(Int32, closing: Int32)
    }

    enum Answer: Sendable {
        case told(KeepingEvent)
        /// The next journal, and how long it is.
        case prepared(Int32, length: Int)
    }

    private struct Shared: Sendable {
        var job: Job?
        var answer: Answer?
    }

    private let side: SideThread<Shared>
    private let file: JournalFile

    init?(_ file: JournalFile) {
        self.file = file
        guard let side = SideThread(Shared()) else { return nil }
        self.side = side
        guard side.begin({ [self] in work() }) else { return nil }
    }

    /// Readable when there is an answer.
    var wakeUp: Int32 { side.wakeUp }

    /// Only when the one before was answered.
    func ask(_ job: Job) { side.hand { $0.job = job } }

    func takeAnswer() -> Answer? { side.take { $0.answer.take() } }

    /// Until there is an answer, or that long.
    func wait(for span: Span) -> Answer? { side.wait(for: span) { $0.answer.take() } }

    // MARK: - On the thread

    private func work() {
        while true {
            let answer = perform(side.next { $0.job.take() })
            side.answer { $0.answer = answer }
        }
    }

    private func perform(_ job: Job) -> Answer {
        switch job {
        case .sync(let descriptor):
            let problem = problem { () throws(JournalProblem) in try JournalFile.sync(descriptor) }
            return .told(problem.map { .syncFailed(errno: $0.errno) } ?? .synced)
        case .prepare(let head, let inheritance):
            let content = JournalThread.content(head, inheritance)
            do throws(JournalProblem) {
                return .prepared(try file.prepare(content), length: content.count)
            } catch {
                return .told(.prepareFailed(errno: error.errno))
            }
        case .settle(let descriptor, let old):
            if old >= 0 { close(old) }
            let problem = problem { () throws(JournalProblem) in
                try JournalFile.sync(descriptor)
                try file.syncDirectory()
            }
            return .told(problem.map { .settleFailed(errno: $0.errno) } ?? .settled)
        }
    }

    private func problem(_ work: () throws(JournalProblem) -> Void) -> JournalProblem? {
        do throws(JournalProblem) {
            try work()
            return nil
        } catch {
            return error
        }
    }

    /// What a new journal begins with.
    static func content(_ head: JournalHead, _ inheritance: Inheritance) -> JournalWriter {
        var content = JournalWriter()
        // Neither can fail: the coder refuses no value of these types.
        try? content.append(head)
        for record in inheritance.records { try? content.append(record) }
        return content
    }
}
