// The keeping of a journal, hands that do what it asks, and a disk below them on which everything may fail.
//
// Between any two things that the hands do the process or the machine may die; what would be read then is looked at in
// every state, so that a death needs no move of its own.

import Effects
@testable import WorkerModel

/// What holds, whatever fails. spec/invariants.md says it in words.
enum Promise: String, CaseIterable {
    case writtenOutlivesProcess, letGoOutlivesMachine, neverAMixture, damageHasCause, failureIsToldTruly, becomesWhole
    case keptIsBounded, endIsBounded
}

struct Broken: Error, Equatable {
    let promise: Promise
    let words: String
}

enum KeepingMove: Hashable {
    /// A turn noted so many things; what is behind them must not be done before the last of them lasts, or may.
    case turn(Int, mustLast: Bool)
    /// The next thing that was asked for, as it should be.
    case done
    /// It fails: so many lines of it are written, and then a piece of one, or not.
    case fails(written: Int, torn: Bool)
    case threadDone
    case threadFails
    /// Only the last step of a settling, the directory's.
    case nameFails
    /// Until the next deadline.
    case timePasses
    case ends
}

struct KeepingWorld {
    enum Beginning {
        case well
        /// There is no file for this life, only that of the one before.
        case without
        /// There is, but the directory could not be synced.
        case unsure
    }

    struct Bounds {
        var notes = 4
        var faults = 2
        var outlastsPower = true
        var beginning = Beginning.well
    }

    enum Job: Hashable {
        case sync(upTo: Int)
        case prepare(sum: Int)
        case settle(upTo: Int)
    }

    private(set) var keeping: JournalKeeping
    private(set) var disk = DiskModel(journal: JournalOnDisk(sum: 0))
    private(set) var now = Instant(nanoseconds: 0)
    /// Asked for, and not done yet.
    private(set) var asked: [KeepingEffect] = []
    private(set) var job: Job?
    /// The thread was waited for in vain, or something failed.
    private var hasCause = false
    private var turn: [Int] = []
    private var turnMustLast = false
    private var kept: [Int] = []
    /// Notes so far; those behind which the worker went on; the last of those that had to last.
    private(set) var noted = 0
    private var lastToLast = 0
    private var wentOn = 0
    private var wentOnToLast = 0
    private(set) var isFailing = false
    private var couldNotCut = false
    private var endedAt: Instant?
    private var left: Bounds
    /// What is wrong with the keeping, where a test wants that.
    private let mistake: KeepingMistake?

    static var limits: JournalKeeping.Limits {
        var limits = JournalKeeping.Limits()
        limits.growth = 1
        limits.keptMost = 2
        return limits
    }

    init(_ bounds: Bounds = Bounds(), mistake: KeepingMistake? = nil) {
        left = bounds
        self.mistake = mistake
        keeping = JournalKeeping(KeepingWorld.limits)
        hasCause = bounds.beginning != .well
        switch bounds.beginning {
        case .well: tell(.opened(length: 0))
        case .without: tell(.openFailed(errno: 28))
        case .unsure:
            (disk.older, disk.isNameInDoubt) = ([disk.journal], true)
            tell(.opened(length: 0))
            tell(.settleFailed(errno: 5))
        }
    }

    // MARK: - What may come

    var isOver: Bool { endedAt != nil && keeping.endWaitsUntil == nil && asked.isEmpty }

    func moves() -> [KeepingMove] {
        if let next = asked.first { return [.done] + (left.faults > 0 ? failures(of: next) : []) }
        if isOver { return [] }
        var moves: [KeepingMove] = []
        if endedAt == nil {
            // While something is held up, nothing new is noted: that would be behind it.
            if !keeping.holds, left.notes > 0 {
                for count in 1...min(2, left.notes) {
                    moves.append(.turn(count, mustLast: false))
                    if left.outlastsPower { moves.append(.turn(count, mustLast: true)) }
                }
            }
            moves.append(.ends)
        }
        if let job {
            moves.append(.threadDone)
            if left.faults > 0 { moves.append(.threadFails) }
            if left.faults > 0, case .settle = job { moves.append(.nameFails) }
        }
        if keeping.nextDeadline != nil { moves.append(.timePasses) }
        return moves
    }

    private func failures(of effect: KeepingEffect) -> [KeepingMove] {
        switch effect {
        case .write:
            (0..<turn.count).flatMap { count in [false, true].map { .fails(written: count, torn: $0) } }
        case .cutBack, .appendToNext, .replace: [.fails(written: 0, torn: false)]
        case .keepForNext, .dropKept, .sync, .prepare, .discardNext, .settle, .tellFailing, .tellRestored, .letGo: []
        }
    }

    /// If nothing fails any more and nothing new is wanted.
    var nextWithoutFaults: KeepingMove? {
        if !asked.isEmpty { return .done }
        if isOver { return nil }
        if job != nil { return .threadDone }
        return keeping.nextDeadline == nil ? nil : .timePasses
    }

    // MARK: - What comes

    mutating func make(_ move: KeepingMove) throws(Broken) {
        switch move {
        case .turn(let count, let mustLast):
            turn = Array(noted + 1...noted + count)
            turnMustLast = mustLast
            noted += count
            left.notes -= count
            if mustLast { lastToLast = noted }
            tell(.noted(count))
        case .done: try perform(nil)
        case .fails(let count, let torn):
            left.faults -= 1
            hasCause = true
            try perform((count, torn))
        case .threadDone: answer(isWell: true)
        case .threadFails, .nameFails:
            left.faults -= 1
            hasCause = true
            if move == .nameFails, case .settle(let count)? = job { disk.journal.synced(upTo: count) }
            answer(isWell: false, nameOnly: move == .nameFails)
        case .timePasses:
            if let due = keeping.nextDeadline { now = max(now, due) }
            if job != nil { hasCause = true }
            if mistake != (endedAt == nil ? .neverTriesAgain : .waitsWithoutEnd) { tell(.timePassed) }
        case .ends:
            endedAt = now
            tell(.ended)
        }
        // What the worker does next follows on its notes.
        if asked.isEmpty {
            turn = []
            if !keeping.holds || mistake == .letsGoEarly, endedAt == nil {
                (wentOn, wentOnToLast) = (noted, lastToLast)
            }
        }
        try look()
    }

    private mutating func tell(_ event: KeepingEvent) {
        var effects: [KeepingEffect] = []
        keeping.take(mistake?.changed(event) ?? event, at: now, into: &effects)
        asked += effects.filter { mistake?.forgets($0) != true }
    }

    /// The first of what was asked for; a failure says how much of a write was done.
    private mutating func perform(_ failure: (written: Int, torn: Bool)?) throws(Broken) {
        let effect = asked.removeFirst()
        switch effect {
        case .write:
            disk.journal.lines += turn.prefix(failure?.written ?? turn.count)
            if failure?.torn == true { disk.journal.lines.append(JournalOnDisk.torn) }
            tell(failure == nil ? .written(turn.count, mustLast: turnMustLast) : .writeFailed(errno: 28))
        case .cutBack(let length):
            if failure == nil { disk.cutBack(to: length) } else { couldNotCut = true }
        case .keepForNext: kept += turn
        case .dropKept: kept = []
        case .sync: job = .sync(upTo: disk.journal.lines.count)
        case .prepare: job = .prepare(sum: noted)
        case .appendToNext:
            if failure == nil { disk.next?.lines += kept }
            kept = []
            tell(failure == nil ? .appended : .appendFailed(errno: 28))
        case .replace:
            if failure == nil { disk.replace() }
            couldNotCut = couldNotCut && failure != nil
            tell(failure == nil ? .replaced(length: disk.journal.lines.count) : .replaceFailed(errno: 5))
        case .discardNext: disk.next = nil
        case .settle: job = .settle(upTo: disk.journal.lines.count)
        case .tellFailing:
            if isFailing { throw Broken(promise: .failureIsToldTruly, words: "failing was told twice") }
            if !hasCause { throw Broken(promise: .failureIsToldTruly, words: "nothing has failed") }
            isFailing = true
        case .tellRestored:
            if !isFailing { throw Broken(promise: .failureIsToldTruly, words: "restored was told, and not failing") }
            isFailing = false
        case .letGo: break
        }
    }

    private mutating func answer(isWell: Bool, nameOnly: Bool = false) {
        guard let done = job else { return }
        job = nil
        switch done {
        case .sync(let count):
            if isWell { disk.journal.synced(upTo: count) } else { disk.journal.isInDoubt = true }
            tell(isWell ? .synced : .syncFailed(errno: 5))
        case .prepare(let sum):
            if isWell {
                disk.next = JournalOnDisk(sum: sum, sure: mistake == .preparesUnsynced ? -1 : 0)
            }
            tell(isWell ? .prepared : .prepareFailed(errno: 28))
        case .settle(let count):
            if isWell, mistake != .settlesNothing {
                disk.journal.synced(upTo: count)
                disk.syncDirectory()
            }
            if !isWell { disk.isNameInDoubt = true }
            if !isWell, !nameOnly { disk.journal.isInDoubt = true }
            tell(isWell ? .settled : .settleFailed(errno: 5))
        }
    }

    // MARK: - What must hold

    private func look() throws(Broken) {
        let reading = disk.journal.reading(first: disk.journal.lines.count)
        guard let known = reading.known else {
            throw Broken(promise: .neverAMixture, words: "\(disk.journal.lines) behind \(disk.journal.sum)")
        }
        if !isFailing, known < wentOn {
            throw Broken(
                promise: .writtenOutlivesProcess, words: "\(known) is known, and the worker went on behind \(wentOn)")
        }
        if reading.isDamaged, asked.isEmpty, !couldNotCut {
            throw Broken(promise: .damageHasCause, words: "it could have been cut back")
        }
        for reading in disk.afterPowerCut {
            guard let known = reading.known else {
                throw Broken(promise: .neverAMixture, words: "after a death of the machine")
            }
            if !isFailing, known < wentOnToLast {
                throw Broken(
                    promise: .letGoOutlivesMachine,
                    words: "\(known) is known, and the worker went on behind \(wentOnToLast)")
            }
        }
        let isKeptFor = if case .prepare? = job { true } else { false }
        let isLeftOver = !isKeptFor && asked.isEmpty && !kept.isEmpty
        if kept.count > KeepingWorld.limits.keptMost || isLeftOver || asked.count > 6 {
            throw Broken(promise: .keptIsBounded, words: "\(kept.count) lines, \(asked.count) effects")
        }
        if let endedAt, asked.isEmpty, now >= endedAt.after(KeepingWorld.limits.patience), !isOver {
            throw Broken(promise: .endIsBounded, words: "the end still waits")
        }
    }

    /// When nothing is left to be done, and nothing failed on the way here.
    func lookAtRest() throws(Broken) {
        if endedAt != nil { return }
        let file = disk.journal
        let isAllThere = file.reading(first: file.lines.count).known == noted
        if isFailing || !keeping.isWritable || !isAllThere {
            throw Broken(promise: .becomesWhole, words: "it is at rest, and not whole")
        }
        if file.sure < file.lines.count || !disk.older.isEmpty {
            throw Broken(promise: .becomesWhole, words: "not all of it outlasts the machine")
        }
    }

    var fingerprint: UInt64 {
        var visitor = Visitor(relativeTo: now)
        keeping.visit(&visitor)
        disk.visit(&visitor)
        var hasher = Hasher()
        for list in [turn, kept] { hasher.combine(list) }
        hasher.combine(asked)
        hasher.combine(job)
        visitor.number(hasher.finalize())
        for number in [noted, lastToLast, wentOn, wentOnToLast, left.notes, left.faults] { visitor.number(number) }
        for flag in [turnMustLast, hasCause, isFailing, couldNotCut] { visitor.flag(flag) }
        visitor.optional(endedAt) { $0.instant($1) }
        return visitor.result
    }
}
