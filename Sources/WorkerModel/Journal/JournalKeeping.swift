// When the journal is written, synced and replaced, and what becomes of it when the disk fails.
//
//     whole   -> failing     a write, a sync or a settling failed, or what is held up waited too long: told once
//     failing -> whole       the next journal has the name, and lasts: told once
//     failing -> mending     it does, but more was written to it since: that has to last, too
//     mending -> whole       it does: told now. What must last is held up again already
//     mending -> failing     it does not
//
//     nothing   -> syncing | preparing     what the thread beside the loop does, one thing at a time
//     syncing   -> nothing
//     preparing -> settling | nothing      the next journal takes the name, or there is none
//     settling  -> nothing
//
// Lines go out in one write before anything else that the same turn asks for is done: what was written so is safe
// from the death of the process. Against the death of the machine the thread syncs what was written, several writes
// at once; nothing waits for that but what is behind a note that must last. A journal that has grown is replaced by
// one that says the same in fewer lines, and so is one that was not written or synced in full: nobody knows what of it
// is there. While it is failing it is still written to where it can be, since that is enough for the death of the
// process, but not synced any more, since that would prove nothing.

import Effects

public struct JournalKeeping: Sendable {
    public struct Limits: Sendable {
        /// What was written is synced this much later at the latest, with all that came meanwhile.
        public var gathering = Span.milliseconds(100)
        public var firstPause = Span.seconds(1)
        public var longestPause = Span.seconds(30)
        /// A journal that grew by less is not worth a new one.
        public var growth = 1 << 20
        /// What is kept for the next journal. A thread that takes longer makes another one.
        public var keptMost = 1 << 20
        /// How long the end of the process waits for the disk, and whatever is held up for it.
        public var patience = Span.seconds(2)

        public init() {}
    }

    enum Standing: Hashable, Sendable {
        case whole
        /// Another journal is tried then; or is wanted or under way, where no time is set.
        case failing(tryAt: Instant?)
        case mending
    }

    enum Work: Hashable, Sendable {
        case nothing, syncing, settling
        /// So many bytes are kept for the next journal; without a number they were too many, and it is not wanted.
        case preparing(kept: Int?)
    }

    /// A journal whose next line would follow on what it says.
    struct File: Hashable, Sendable {
        var length: Int
        var lengthAtFirst: Int
        /// Something was written since a sync or a settling was asked for.
        var isUnsynced = false
    }

    enum Life: Hashable, Sendable {
        case going
        case ending(by: Instant)
        case over
    }

    /// ETIMEDOUT: this room knows no system.
    public static let timedOut: Int32 = 110

    private let limits: Limits
    private(set) var standing = Standing.whole
    private(set) var work = Work.nothing
    private(set) var file: File?
    private(set) var life = Life.going
    /// What waits for more to be synced with it does not wait longer.
    private var syncAt: Instant?
    private var holdsUntil: Instant?
    private var wantsRenewal = false
    private var pause: Span

    public init(_ limits: Limits = Limits()) {
        self.limits = limits
        pause = limits.firstPause
    }

    // MARK: - What is to be seen

    /// What was noted must last before anything else is done.
    public var holds: Bool { holdsUntil != nil }

    /// Whether the next life would know of what is noted now.
    public var isWritable: Bool { file != nil }

    public var nextDeadline: Instant? {
        var next = earlier(syncAt, holdsUntil)
        if case .failing(let tryAt) = standing { next = earlier(next, tryAt) }
        if case .ending(let by) = life { next = earlier(next, by) }
        return next
    }

    /// The end of the process waits for the thread, until then.
    public var endWaitsUntil: Instant? {
        if case .ending(let by) = life, work != .nothing { by } else { nil }
    }

    private var isFailing: Bool {
        if case .failing = standing { true } else { false }
    }

    // MARK: - What is told

    /// What is to be done is appended.
    public mutating func take(_ event: KeepingEvent, at now: Instant, into effects: inout [KeepingEffect]) {
        switch event {
        case .opened(let length): file = File(length: length, lengthAtFirst: length)
        case .openFailed(let errno): fail(errno, now, &effects)
        case .noted(let count): note(count, &effects)
        case .written(let count, let mustLast): written(count, mustLast, now)
        case .writeFailed(let errno):
            if let file { effects.append(.cutBack(to: file.length)) }
            file = nil
            fail(errno, now, &effects)
        case .synced:
            work = .nothing
            if standing == .mending { restore(&effects) }
        case .settled:
            work = .nothing
            settled(&effects)
        case .syncFailed(let errno), .settleFailed(let errno):
            work = .nothing
            fail(errno, now, &effects)
        case .prepared:
            guard case .preparing(nil) = work else { return effects.append(.appendToNext) }
            effects.append(.discardNext)
            notRenewed(JournalKeeping.timedOut, now, &effects)
        case .prepareFailed(let errno): notRenewed(errno, now, &effects)
        case .appended: return effects.append(.replace)
        case .appendFailed(let errno), .replaceFailed(let errno):
            effects.append(.discardNext)
            notRenewed(errno, now, &effects)
        case .replaced(let length): replaced(length, &effects)
        case .timePassed: pass(now, &effects)
        case .ended:
            life = .ending(by: now.after(limits.patience))
            syncAt = nil
        }
        proceed(&effects)
    }

    private mutating func note(_ count: Int, _ effects: inout [KeepingEffect]) {
        if case .preparing(let kept?) = work {
            if kept &+ count <= limits.keptMost {
                work = .preparing(kept: kept &+ count)
                effects.append(.keepForNext)
            } else {
                work = .preparing(kept: nil)
                effects.append(.dropKept)
            }
        }
        if file != nil { effects.append(.write) }
    }

    private mutating func written(_ count: Int, _ mustLast: Bool, _ now: Instant) {
        guard var file else { return }
        file.length = file.length &+ count
        file.isUnsynced = true
        self.file = file
        if isFailing { return }
        if file.length > (4 &* file.lengthAtFirst) &+ limits.growth { wantsRenewal = true }
        if mustLast {
            if holdsUntil == nil { holdsUntil = now.after(limits.patience) }
            syncAt = nil
        } else if syncAt == nil, holdsUntil == nil, life == .going {
            syncAt = now.after(limits.gathering)
        }
    }

    // MARK: - The next journal

    private mutating func replaced(_ length: Int, _ effects: inout [KeepingEffect]) {
        // From here on it is written to; whether it lasts is told by the answer.
        file = File(length: length, lengthAtFirst: length)
        if isFailing { standing = .failing(tryAt: nil) }
        syncAt = nil
        wantsRenewal = false
        work = .settling
        effects.append(.settle)
    }

    private mutating func settled(_ effects: inout [KeepingEffect]) {
        // Where it was cut short since, another is tried, and the time for that is set.
        guard isFailing, let file else { return }
        if file.isUnsynced { standing = .mending } else { restore(&effects) }
    }

    /// No next journal: while the one there is can be written, it merely goes on growing.
    private mutating func notRenewed(_ errno: Int32, _ now: Instant, _ effects: inout [KeepingEffect]) {
        if case .preparing(.some) = work { effects.append(.dropKept) }
        work = .nothing
        guard let length = file?.length, !isFailing else { return fail(errno, now, &effects) }
        file?.lengthAtFirst = length
        wantsRenewal = false
    }

    // MARK: - When the disk fails

    private mutating func fail(_ errno: Int32, _ now: Instant, _ effects: inout [KeepingEffect]) {
        if standing == .whole { effects.append(.tellFailing(errno: errno)) }
        standing = .failing(tryAt: now.after(pause))
        pause = min(Span(nanoseconds: pause.nanoseconds.times(2)), limits.longestPause)
        wantsRenewal = false
        syncAt = nil
        letGo(&effects)
    }

    private mutating func restore(_ effects: inout [KeepingEffect]) {
        standing = .whole
        pause = limits.firstPause
        effects.append(.tellRestored)
    }

    // MARK: - What is next

    private mutating func pass(_ now: Instant, _ effects: inout [KeepingEffect]) {
        if let due = syncAt, due <= now { syncAt = nil }
        if let due = holdsUntil, due <= now { fail(JournalKeeping.timedOut, now, &effects) }
        if case .failing(let tryAt?) = standing, tryAt <= now {
            standing = .failing(tryAt: nil)
            wantsRenewal = true
        }
        if case .ending(let by) = life, by <= now { life = .over }
    }

    /// The next thing for the thread, where there is one and the thread is free.
    private mutating func proceed(_ effects: inout [KeepingEffect]) {
        guard work == .nothing else { return }
        if let isUnsynced = file?.isUnsynced, !isFailing {
            if isUnsynced, holds || standing == .mending { return sync(&effects) }
            letGo(&effects)
        }
        if wantsRenewal, life == .going {
            wantsRenewal = false
            work = .preparing(kept: 0)
            return effects.append(.prepare)
        }
        if file?.isUnsynced == true, !isFailing, syncAt == nil { sync(&effects) }
    }

    private mutating func sync(_ effects: inout [KeepingEffect]) {
        work = .syncing
        file?.isUnsynced = false
        effects.append(.sync)
    }

    /// All that was written lasts, or the disk has failed, which is told.
    private mutating func letGo(_ effects: inout [KeepingEffect]) {
        if holdsUntil == nil { return }
        holdsUntil = nil
        effects.append(.letGo)
    }
}

extension JournalKeeping: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch standing {
        case .whole: visitor.tag(0)
        case .failing(let tryAt):
            visitor.tag(1)
            visitor.optional(tryAt) { $0.instant($1) }
        case .mending: visitor.tag(2)
        }
        switch work {
        case .nothing: visitor.tag(0)
        case .syncing: visitor.tag(1)
        case .settling: visitor.tag(2)
        case .preparing(let kept):
            visitor.tag(3)
            visitor.optional(kept) { $0.number($1) }
        }
        visitor.optional(file) { visitor, file in
            visitor.number(file.length)
            visitor.number(file.lengthAtFirst)
            visitor.flag(file.isUnsynced)
        }
        switch life {
        case .going: visitor.tag(0)
        case .ending(let by):
            visitor.tag(1)
            visitor.instant(by)
        case .over: visitor.tag(2)
        }
        visitor.optional(syncAt) { $0.instant($1) }
        visitor.optional(holdsUntil) { $0.instant($1) }
        visitor.flag(wantsRenewal)
        visitor.span(pause)
    }
}
