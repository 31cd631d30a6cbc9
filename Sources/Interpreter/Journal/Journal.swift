// The journal of this life: what the next one must know, on its way to the disk.
//
//   whole   -> failing     (a write or a sync failed, or there was no file to begin with: told once)
//   failing -> whole       (a new journal with all that is known is in place, and lasts: told once)
//
// Notes gather, and go out in one write before anything else that the same turn asks for is done: what was written so
// is safe from the death of the process. Against the death of the machine a thread syncs what was written, several
// writes at once; nothing waits for that. A file that has grown is replaced by one that says the same in fewer lines,
// and so is one that was not written or synced in full, since nobody knows what of it is there.

import CLinux
import Codecs
import Effects
import Glibc

final class Journal {
    /// What was written is synced this much later at the latest, with all that came meanwhile.
    private static let gathering = Span.milliseconds(100)
    private static let firstPause = Span.seconds(1)
    private static let longestPause = Span.seconds(30)
    /// A file smaller than this is not worth a new one.
    private static let growth = 1 << 20
    /// How long the end of the process waits for the disk, and whatever is held up for it.
    private static let patience = Span.seconds(2)

    private enum Work { case none, syncing, preparing, settling }

    /// What earlier lives left.
    let inherited: Inheritance
    /// Notes of this life, and things outside that were intended or acquired, and not released.
    private(set) var entries = 0
    private(set) var open = 0
    private(set) var writes = 0
    private(set) var syncs = 0
    private(set) var renewals = 0

    /// What was noted must last before anything else is done.
    private(set) var holds = false
    /// It does, or can't be waited for any more.
    var nothingHolds: () -> Void = {}

    private let durability: Durability
    private let loop: Loop
    private let file: JournalFile?
    private let thread: JournalThread?
    private let head: JournalHead
    /// All that the file says, or should.
    private var known: Inheritance
    /// Lines of this turn.
    private var gathered = JournalWriter()
    /// One of them is of the kind that is not to be lost.
    private var mustLast = false
    /// Lines since the next journal was asked for, which knows nothing of them.
    private var since: Bytes?
    private var descriptor: Int32 = -1
    private var length = 0
    private var lengthAtFirst = 0
    /// The core was told so.
    private var isFailing = false
    /// Whether what is written to the file still follows on what it says.
    private(set) var isWritable = false
    private var work = Work.none
    private var isUnsynced = false
    private var wantsRenewal = false
    private var pause = firstPause
    private var syncTimer: LoopTimer?
    private var retryTimer: LoopTimer?
    private var holdTimer: LoopTimer?
    /// Why there was no file to begin with.
    private var firstProblem: JournalProblem?

    /// Without a directory that takes it, it only counts.
    init(
        _ state: StateDirectory?, life: UInt64, outlasts durability: Durability = .process, loop: Loop, log: Log
    ) {
        self.loop = loop
        self.durability = durability
        // A limit on the size of files is an error like another, and not the end of the process.
        oz_signal_ignore(SIGXFSZ)
        head = JournalHead(life: withUnsafeBytes(of: life.bigEndian) { Bytes($0) }.hex)
        guard let state, state.takesJournal else {
            (file, thread, inherited, known) = (nil, nil, .nothing, .nothing)
            return
        }
        let file = JournalFile(directory: state.descriptor)
        let start = JournalStart(file, head)
        self.file = file
        thread = JournalThread(file)
        inherited = start.inheritance
        known = start.inheritance
        open = inherited.runs.reduce(0) { $0 + $1.belongings.count }
        for notice in start.notices { log.notice(notice.level, notice.event, notice.words, fields: notice.fields) }
        syncTimer = loop.timer { [weak self] in self?.proceed() }
        retryTimer = loop.timer { [weak self] in self?.retry() }
        if durability == .power { holdTimer = loop.timer { [weak self] in self?.fail(ETIMEDOUT) } }
        if let thread { loop.watch(thread.wakeUp, .read) { [weak self] _ in self?.hear() } }
        switch start.opened {
        case .success(let opened):
            isWritable = true
            descriptor = opened.descriptor
            length = opened.length
            lengthAtFirst = opened.length
        case .failure(let problem): firstProblem = problem
        }
    }

    /// Once the core has begun.
    func begin() {
        if let firstProblem { fail(firstProblem.errno) }
    }

    // MARK: - What the core notes

    func take(_ call: JournalCall) {
        entries += 1
        count(call.note)
        guard file != nil else { return }
        if durability == .power, call.note.mustLast { mustLast = true }
        known.take(call)
        // A value of ours is always encoded.
        try? gathered.append(call)
    }

    /// Before what was asked for after these notes is done.
    func flush() {
        guard !gathered.isEmpty else { return }
        defer {
            gathered.removeAll()
            mustLast = false
        }
        if since != nil { gathered.withBytes { since?.append(contentsOf: $0) } }
        guard isWritable else { return }
        if let problem = gathered.withBytes({ JournalFile.write($0, to: descriptor) }) {
            // What is there of it would only be damage to whoever reads it.
            _ = ftruncate(descriptor, off_t(length))
            isWritable = false
            return fail(problem.errno)
        }
        writes += 1
        length += gathered.count
        isUnsynced = true
        if length > 4 * lengthAtFirst + Self.growth { wantsRenewal = true }
        if mustLast, !isFailing { return hold() }
        if syncTimer?.due == nil { syncTimer?.due = Clock.now().after(Self.gathering) }
    }

    private func hold() {
        holds = true
        syncTimer?.due = nil
        holdTimer?.due = Clock.now().after(Self.patience)
        proceed()
    }

    /// All that was written lasts, or the disk has failed, which is told.
    private func letGo() {
        guard holds else { return }
        holds = false
        holdTimer?.due = nil
        nothingHolds()
    }

    /// The end of the life: waits a while for the disk.
    func finish() {
        flush()
        guard let thread, isWritable else { return }
        // Whoever does not answer this one has no ear for another.
        if work != .none, thread.wait(for: Self.patience) == nil { return }
        guard isUnsynced else { return }
        thread.ask(.sync(descriptor))
        if thread.wait(for: Self.patience) != nil { syncs += 1 }
    }

    private func count(_ note: JournalNote) {
        switch note {
        case .intended: open += 1
        case .released: open -= 1
        case .claimed, .recalled, .claimHeard, .started, .ending, .acquired, .ended, .recallBegan, .recallEnded,
            .verdictDecided, .handedOver, .verdictHeard, .verdictWithdrawn, .forgotten, .volumeUsed:
            break
        }
    }

    // MARK: - What the thread does

    /// The next job, where there is one and the thread is free.
    private func proceed() {
        guard let thread, work == .none else { return }
        if wantsRenewal, !holds {
            work = .preparing
            wantsRenewal = false
            since = Bytes()
            return thread.ask(.prepare(head, known))
        }
        guard isUnsynced, isWritable, syncTimer?.due == nil else { return }
        work = .syncing
        isUnsynced = false
        thread.ask(.sync(descriptor))
    }

    private func hear() {
        guard let answer = thread?.takeAnswer() else { return }
        let was = work
        work = .none
        switch (was, answer) {
        case (.syncing, .done): syncs += 1
        case (.settling, .done):
            syncs += 1
            restored()
        case (.preparing, .prepared(let next, let size)): take(next, size)
        case (.preparing, .failed(let errno)): notRenewed(errno)
        case (_, .failed(let errno)): fail(errno)
        case (.none, _), (.syncing, _), (.preparing, _), (.settling, _): break
        }
        proceed()
        if !isUnsynced, work != .syncing, work != .settling { letGo() }
        // It waited for what was held up.
        proceed()
    }

    /// The next journal is there, but for what was noted meanwhile: that too, and it takes the name.
    private func take(_ next: Int32, _ size: Int) {
        guard let file, let lines = since else { return }
        since = nil
        do throws(JournalProblem) {
            if let problem = lines.withUnsafeBytes({ JournalFile.write($0, to: next) }) { throw problem }
            try file.replace()
        } catch {
            close(next)
            file.discard()
            return notRenewed(error.errno)
        }
        let old = descriptor
        descriptor = next
        length = size + lines.count
        lengthAtFirst = size
        renewals += 1
        // From here on it is written to; whether it lasts is told by the answer.
        isWritable = true
        work = .settling
        isUnsynced = false
        thread?.ask(.settle(next, closing: old))
    }

    /// No next journal: while the one there is can be written, it merely goes on growing.
    private func notRenewed(_ errno: Int32) {
        since = nil
        guard isWritable, !isFailing else { return fail(errno) }
        lengthAtFirst = length
    }

    // MARK: - When the disk fails

    /// After a failed sync nobody knows what of the file is on the disk, so only a new one will do. It is written to
    /// still where it can be, since that is enough for the death of the process.
    private func fail(_ errno: Int32) {
        since = nil
        if !isFailing { loop.deliver(.interpreter(.journalFailed(errno: errno))) }
        isFailing = true
        retryTimer?.due = Clock.now().after(pause)
        pause = min(Span(nanoseconds: pause.nanoseconds * 2), Self.longestPause)
        letGo()
    }

    private func retry() {
        wantsRenewal = true
        proceed()
    }

    private func restored() {
        guard isFailing else { return }
        isFailing = false
        pause = Self.firstPause
        loop.deliver(.interpreter(.journalRestored))
    }
}
