// The loop: one thread, one turn after another.
//
// A turn sleeps until a descriptor is ready or a deadline is due; runs the handlers, sockets first; reduces what they
// delivered, in order; ticks if a deadline was due before it looked what is ready (so that a machine that slept reads
// first, and does not declare a live connection dead); lets the executors flush; and then does a bounded piece of the
// work that was put off. Nothing in it may block.
//
// Work is put off in two ways. `again` is for what goes on in the next turn, after its sockets. `whenQuiet` is for
// what the server does not wait for: it gives way to sockets that go on talking, but not for long. So a burst of
// assignments is claimed before the first of them is started.

import CLinux
import Effects

/// What the loop serves: the reducer and whoever carries out its requests.
protocol LoopCore: AnyObject {
    func reduce(_ event: Event)
    var nextDeadline: Instant? { get }
    func turnWasSlow(_ report: TurnReport)
}

/// What a turn did.
struct TurnReport {
    var took = Span.zero
    var descriptors = 0
    var inputs = 0
    var slices = 0
    var ticked = false
}

/// A deadline of an executor's own (libcurl's, a closing socket's). Set `due` and it fires once.
final class LoopTimer {
    var due: Instant?
    fileprivate let fire: () -> Void

    fileprivate init(_ fire: @escaping () -> Void) {
        self.fire = fire
    }
}

final class Loop {
    struct Interest: OptionSet {
        let rawValue: UInt8
        static let read = Interest(rawValue: 1)
        static let write = Interest(rawValue: 2)
    }

    /// Sockets are served before everything else that is ready in the same turn.
    enum Rank { case socket, other }

    /// Inputs that one turn reduces, and the time after which it begins no more; the rest wait for the next.
    static let inputsPerTurn = 4_096
    static let inputTime = Span.milliseconds(10)
    /// So many that wait are enough: who reads from a peer pauses.
    static let inboxHigh = 1_024
    /// Work that was put off goes on in a turn until this much time has passed.
    static let sliceTime = Span.milliseconds(5)
    /// Sockets that talk without a pause hold up what waits for quiet for this long, and then for this long again.
    static let patience = Span.milliseconds(50)
    static let slowTurn = Span.milliseconds(20)
    /// Turns that a tick waits for peers who talk without an end.
    static let ticksHeldMost = 64

    weak var core: (any LoopCore)?
    private let poller: Poller
    private var inbox: [Event] = []
    private var inboxHead = 0
    private var putOff: [() -> Void] = []
    private var forQuiet: [() -> Void] = []
    /// Since when something waits for quiet.
    private var waitsSince: Instant?
    private var turnEnds: [() -> Void] = []
    private var timers: [LoopTimer] = []
    private var report = TurnReport()
    private var turnBegan = Instant(nanoseconds: 0)
    /// When this turn began to look what is ready. A deadline that passes later waits for the next look: a machine may
    /// sleep at any moment, and what came meanwhile is read before anything counts as late.
    private var looked = Instant(nanoseconds: 0)
    private var tickWaits = false
    private var exitCode: Int32?
    /// Peers of which more lies there to read, and turns in a row that did not tick because of that.
    private var unread = 0
    private var ticksHeld = 0
    /// No tick before this moment; only ever set when a tick left its own deadline standing.
    private var nextTick = Instant(nanoseconds: 0)

    /// Nil where the kernel gives no descriptors.
    init?() {
        guard let poller = Poller() else { return nil }
        self.poller = poller
    }

    // MARK: What executors ask for

    /// Level-triggered. False where the descriptor can't be watched (a plain file, or the limit was met).
    @discardableResult
    func watch(
        _ descriptor: Int32, _ interest: Interest, rank: Rank = .other, _ handler: @escaping (Interest) -> Void
    ) -> Bool {
        poller.watch(descriptor, interest, rank, handler)
    }

    /// No interest at all keeps the handler, but hears nothing.
    func change(_ descriptor: Int32, _ interest: Interest) {
        poller.change(descriptor, interest)
    }

    /// Call it before the descriptor is closed. What this turn still had for it is dropped.
    func unwatch(_ descriptor: Int32) {
        poller.unwatch(descriptor)
    }

    /// The same where nobody else has the descriptor and it will be closed soon: the kernel then drops it by itself.
    func forget(_ descriptor: Int32) {
        poller.forget(descriptor)
    }

    /// To the reducer, in this turn unless it is full, in the order of delivery.
    func deliver(_ event: Event) {
        inbox.append(event)
    }

    /// Whether the reducer is behind with what was delivered.
    var isBehind: Bool { inbox.count - inboxHead >= Self.inboxHigh }

    /// Work in bounded pieces: runs once, after the sockets of the next turn.
    func again(_ work: @escaping () -> Void) {
        putOff.append(work)
    }

    /// The same for the rest of what a peer sent: ticks wait until it was read, though not for ever.
    func readOn(_ work: @escaping () -> Void) {
        unread += 1
        again { [unowned self] in
            unread -= 1
            work()
        }
    }

    /// Runs once, in a later turn in which no socket had anything to say, or when it has waited long enough.
    func whenQuiet(_ work: @escaping () -> Void) {
        forQuiet.append(work)
    }

    /// Runs once, as soon as this turn's inputs are reduced: where what gathered is flushed.
    func atTurnEnd(_ work: @escaping () -> Void) {
        turnEnds.append(work)
    }

    func timer(_ fire: @escaping () -> Void) -> LoopTimer {
        let timer = LoopTimer(fire)
        timers.append(timer)
        return timer
    }

    /// Descriptors and timers that somebody has here.
    var watched: Int { poller.count }
    var timerCount: Int { timers.count }

    func drop(_ timer: LoopTimer) {
        timer.due = nil
        timers.removeAll { $0 === timer }
    }

    // MARK: Turning

    /// Turns until somebody stops it.
    func run() -> Int32 {
        while true {
            turn()
            if let exitCode { return exitCode }
        }
    }

    func stop(code: Int32) {
        exitCode = code
    }

    private var hasWork: Bool {
        inboxHead < inbox.count || !putOff.isEmpty || !forQuiet.isEmpty || !turnEnds.isEmpty
    }

    private func turn() {
        let deadline = coreDeadline
        let due = earlier(deadline, timers.lazy.compactMap(\.due).min())
        looked = Clock.now()
        let isDue = due.map { $0 <= looked } ?? false
        let ready = poller.wait(until: due, orNotAtAll: hasWork || isDue)
        turnBegan = Clock.now()
        report = TurnReport()
        let slices = putOff
        let quietWork = forQuiet.count
        putOff = []
        for event in ready where event.rank == .socket { poller.handle(event) }
        for event in ready where event.rank == .other { poller.handle(event) }
        report.descriptors = ready.count
        fireTimers()
        settle()
        if let deadline, deadline <= looked, !poller.hasMore, mayTick { tick() }
        let began = Clock.now()
        // Only what waited when the sockets were asked: nobody knows yet whether they have more to say.
        let isQuiet = unread == 0 && !ready.contains { $0.rank == .socket }
        runSlices(slices, since: began)
        if quietWork > 0, isQuiet || !hasPatience(began) { runQuiet(quietWork, since: began) }
        settle()
        report.took = Clock.now().since(turnBegan)
        if report.took > Self.slowTurn { core?.turnWasSlow(report) }
    }

    private var mayTick: Bool {
        ticksHeld = unread > 0 && ticksHeld < Self.ticksHeldMost ? ticksHeld + 1 : 0
        return ticksHeld == 0
    }

    private var coreDeadline: Instant? {
        core?.nextDeadline.map { max($0, nextTick) }
    }

    private func fireTimers() {
        let now = Clock.now()
        for timer in timers {
            // Read here, because one timer may have stopped another.
            guard let due = timer.due, due <= now else { continue }
            timer.due = nil
            timer.fire()
        }
    }

    private func tick() {
        // Asked again, because what was reduced in this turn may have moved it.
        guard exitCode == nil, !tickWaits, let core, let due = coreDeadline, due <= looked else { return }
        report.ticked = true
        tickWaits = true
        inbox.append(.tick)
        settle()
        // A deadline that a tick does not move would turn the loop without an end; so it turns slowly.
        if !tickWaits, let still = core.nextDeadline, still <= due {
            nextTick = Clock.now().after(.milliseconds(20))
        }
    }

    /// Reduces what was delivered, and lets the executors flush, until both have nothing left or the turn is full.
    private func settle() {
        while exitCode == nil {
            reduceInbox()
            if !turnEnds.isEmpty {
                let ends = turnEnds
                turnEnds = []
                for end in ends { end() }
            }
            if inboxHead == inbox.count && turnEnds.isEmpty || isFull { return }
        }
    }

    /// Looks at the clock now and then only; a turn that began late still does something.
    private var isFull: Bool {
        if report.inputs >= Self.inputsPerTurn { return true }
        return report.inputs & 15 == 15 && Clock.now().since(turnBegan) > Self.inputTime
    }

    private func reduceInbox() {
        while inboxHead < inbox.count, !isFull, exitCode == nil {
            let event = inbox[inboxHead]
            inboxHead += 1
            report.inputs += 1
            if case .tick = event { tickWaits = false }
            core?.reduce(event)
        }
        // What was read is dropped at once when all was, else when it is the larger half.
        if inboxHead == inbox.count {
            inboxHead = 0
            inbox.removeAll(keepingCapacity: inbox.capacity <= 1_024)
        } else if inboxHead > inbox.count / 2 {
            inbox.removeFirst(inboxHead)
            inboxHead = 0
        }
    }

    private func runSlices(_ slices: [() -> Void], since began: Instant) {
        let rest = run(slices, since: began)
        if !rest.isEmpty { putOff.insert(contentsOf: rest, at: 0) }
    }

    /// What waited for quiet when the turn began, unless the sockets still talk.
    private func runQuiet(_ count: Int, since began: Instant) {
        let rest = run(Array(forQuiet.prefix(count)), since: began)
        forQuiet.removeFirst(count - rest.count)
        waitsSince = forQuiet.isEmpty ? nil : began
    }

    private func hasPatience(_ now: Instant) -> Bool {
        let since = waitsSince ?? now
        waitsSince = since
        return now.since(since) < Self.patience
    }

    /// Gives what there was no time for.
    private func run(_ slices: [() -> Void], since began: Instant) -> ArraySlice<() -> Void> {
        for (index, slice) in slices.enumerated() {
            if index > 0, Clock.now().since(began) > Self.sliceTime { return slices[index...] }
            slice()
            report.slices += 1
        }
        return []
    }
}
