// The journal of this life: what the next one must know, on its way to the disk.
//
// When it is written, synced and replaced, and what follows where that fails, is decided by `JournalKeeping`. Here
// are the hands: the lines of a turn, what is kept for the next journal, the sum of all that is known, and the
// descriptors.

import CLinux
import Codecs
import Effects
import Glibc
import WorkerModel

final class Journal {
    /// What earlier lives left.
    let inherited: Inheritance
    /// Notes of this life, and things outside that were intended or acquired, and not released.
    private(set) var entries = 0
    private(set) var open = 0
    private(set) var writes = 0
    private(set) var syncs = 0
    private(set) var renewals = 0

    /// What was noted lasts, or can't be waited for any more.
    var nothingHolds: () -> Void = {}

    private let durability: Durability
    private let loop: Loop
    private let file: JournalFile?
    /// Without one, nothing that is asked of it is ever answered.
    private let thread: JournalThread?
    private let head: JournalHead
    private let start: JournalStart.Opened?
    private var keeping = JournalKeeping()
    /// A room that is used again.
    private var effects: [KeepingEffect] = []
    private var timer: LoopTimer?
    /// All that the file says, or should.
    private var known: Inheritance
    /// Lines of this turn.
    private var gathered = JournalWriter()
    /// One of them is of the kind that is not to be lost.
    private var mustLast = false
    /// Lines since the next journal was asked for, which knows nothing of them.
    private var kept = Bytes()
    private var descriptor: Int32 = -1
    /// The next journal, prepared: its descriptor, and how long it is.
    private var next: (descriptor: Int32, length: Int)?
    /// The one before, until the thread closes it: that may take as long as a sync.
    private var before: Int32 = -1

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
            (file, thread, start, inherited, known) = (nil, nil, nil, .nothing, .nothing)
            return
        }
        let file = JournalFile(directory: state.descriptor)
        let start = JournalStart(file, head)
        self.file = file
        self.start = start.opened
        thread = JournalThread(file)
        inherited = start.inheritance
        known = start.inheritance
        open = inherited.runs.reduce(0) { $0 + $1.belongings.count }
        for notice in start.notices { log.notice(notice.level, notice.event, notice.words, fields: notice.fields) }
        timer = loop.timer { [weak self] in self?.tell(.timePassed) }
        if let thread { loop.watch(thread.wakeUp, .read) { [weak self] _ in self?.hear() } }
    }

    /// Once the core has begun.
    func begin() {
        switch start {
        case nil: break
        case .opened(let opened, let length, let problem):
            descriptor = opened
            tell(.opened(length: length))
            if let problem { tell(.settleFailed(errno: problem.errno)) }
        case .failed(let problem): tell(.openFailed(errno: problem.errno))
        }
    }

    /// What was noted must last before anything else is done.
    var holds: Bool { keeping.holds }

    /// Whether the next life would know of what is noted now.
    var isWritable: Bool { keeping.isWritable }

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
        tell(.noted(gathered.count))
        gathered.removeAll()
        mustLast = false
    }

    /// The end of the life: waits a while for the disk.
    func finish() {
        flush()
        guard let thread else { return }
        tell(.ended)
        while let end = keeping.endWaitsUntil {
            if let answer = thread.wait(for: end.since(Clock.now())) {
                hear(answer)
            } else {
                tell(.timePassed, at: end)
            }
        }
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

    // MARK: - What the keeping is told

    private func tell(_ event: KeepingEvent) { tell(event, at: Clock.now()) }

    /// What it asks for is done at once, and what came of that is told at once.
    private func tell(_ event: KeepingEvent, at now: Instant) {
        keeping.take(event, at: now, into: &effects)
        var place = 0
        while place < effects.count {
            let effect = effects[place]
            place += 1
            if let event = perform(effect) { keeping.take(event, at: now, into: &effects) }
        }
        effects.removeAll(keepingCapacity: true)
        timer?.due = keeping.nextDeadline
    }

    private func hear() {
        if let answer = thread?.takeAnswer() { hear(answer) }
    }

    private func hear(_ answer: JournalThread.Answer) {
        switch answer {
        case .prepared(let descriptor, let length):
            next = (descriptor, length)
            tell(.prepared)
        case .told(let event):
            if event == .synced || event == .settled { syncs += 1 }
            tell(event)
        }
    }

    // MARK: - What it asks for

    /// What came of it, where that is known at once.
    private func perform(_ effect: KeepingEffect) -> KeepingEvent? {
        switch effect {
        case .write: return write()
        case .cutBack(let length): _ = ftruncate(descriptor, off_t(length))
        case .keepForNext: gathered.withBytes { kept.append(contentsOf: $0) }
        case .dropKept: kept = Bytes()
        case .sync: thread?.ask(.sync(descriptor))
        case .prepare: thread?.ask(.prepare(head, known))
        case .appendToNext: return appendToNext()
        case .replace: return replace()
        case .discardNext: discardNext()
        case .settle:
            thread?.ask(.settle(descriptor, closing: before))
            before = -1
        case .tellFailing(let errno): loop.deliver(.interpreter(.journalFailed(errno: errno)))
        case .tellRestored: loop.deliver(.interpreter(.journalRestored))
        case .letGo: nothingHolds()
        }
        return nil
    }

    private func write() -> KeepingEvent {
        if let problem = gathered.withBytes({ JournalFile.write($0, to: descriptor) }) {
            return .writeFailed(errno: problem.errno)
        }
        writes += 1
        return .written(gathered.count, mustLast: mustLast)
    }

    private func appendToNext() -> KeepingEvent? {
        defer { kept = Bytes() }
        guard let next else { return nil }
        if let problem = kept.withUnsafeBytes({ JournalFile.write($0, to: next.descriptor) }) {
            return .appendFailed(errno: problem.errno)
        }
        self.next?.length += kept.count
        return .appended
    }

    private func replace() -> KeepingEvent? {
        guard let file, let next else { return nil }
        do throws(JournalProblem) {
            try file.replace()
        } catch {
            return .replaceFailed(errno: error.errno)
        }
        before = descriptor
        descriptor = next.descriptor
        self.next = nil
        renewals += 1
        return .replaced(length: next.length)
    }

    private func discardNext() {
        if let next { close(next.descriptor) }
        next = nil
        file?.discard()
    }
}
