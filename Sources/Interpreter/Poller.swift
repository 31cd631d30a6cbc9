// epoll and one timer, under the loop: which descriptor is watched for what, and by whom.

import CLinux
import Effects
import Glibc

final class Poller {
    struct Ready {
        let descriptor: Int32
        let serial: UInt32
        let what: Loop.Interest
        let rank: Loop.Rank
    }

    private struct Watch {
        /// Tells this watch from an earlier one of the same number.
        let serial: UInt32
        let rank: Loop.Rank
        let handler: (Loop.Interest) -> Void
        var interest: Loop.Interest
        var isInEpoll: Bool
        var seen: UInt64 = 0
    }

    /// Descriptors that one turn serves.
    private static let perTurn = 512
    private static let soon = Span.seconds(1)

    private let epoll: Int32
    private let clock: Int32
    private var armed: Instant?
    /// By descriptor, which are small numbers.
    private var watches: [Watch?] = []
    private var serial: UInt32 = 0
    private var turn: UInt64 = 0
    private var events = [oz_epoll_event](repeating: oz_epoll_event(), count: 64)
    /// Whether the last wait left something that is ready; it comes first in the next.
    private(set) var hasMore = false
    private var turnsWithMore = 0

    init?() {
        let epoll = oz_epoll_create()
        let clock = oz_timerfd()
        guard epoll >= 0, clock >= 0, oz_epoll_add(epoll, clock, OZ_EPOLL_IN, UInt64.max) == 0 else {
            if epoll >= 0 { close(epoll) }
            if clock >= 0 { close(clock) }
            return nil
        }
        self.epoll = epoll
        self.clock = clock
    }

    deinit {
        close(epoll)
        close(clock)
    }

    // MARK: Watching

    func watch(
        _ descriptor: Int32, _ interest: Loop.Interest, _ rank: Loop.Rank, _ handler: @escaping (Loop.Interest) -> Void
    ) -> Bool {
        guard let index = Int(exactly: descriptor), index >= 0 else { return false }
        if index < watches.count, watches[index] != nil { unwatch(descriptor) }
        while watches.count <= index { watches.append(nil) }
        serial &+= 1
        var watch = Watch(serial: serial, rank: rank, handler: handler, interest: interest, isInEpoll: false)
        if !interest.isEmpty {
            guard oz_epoll_add(epoll, descriptor, Self.events(interest), data(descriptor, serial)) == 0 else {
                return false
            }
            watch.isInEpoll = true
        }
        watches[index] = watch
        return true
    }

    func change(_ descriptor: Int32, _ interest: Loop.Interest) {
        guard var watch = find(descriptor), watch.interest != interest else { return }
        watch.interest = interest
        // Out of the set without interest: epoll reports a hang-up whether one wants it or not.
        if interest.isEmpty {
            _ = oz_epoll_remove(epoll, descriptor)
            watch.isInEpoll = false
        } else if watch.isInEpoll {
            _ = oz_epoll_modify(epoll, descriptor, Self.events(interest), data(descriptor, watch.serial))
        } else {
            watch.isInEpoll =
                oz_epoll_add(epoll, descriptor, Self.events(interest), data(descriptor, watch.serial)) == 0
        }
        watches[Int(descriptor)] = watch
    }

    func unwatch(_ descriptor: Int32) {
        guard let watch = find(descriptor) else { return }
        if watch.isInEpoll { _ = oz_epoll_remove(epoll, descriptor) }
        watches[Int(descriptor)] = nil
    }

    /// Like `unwatch`, but leaves it to the kernel to take the descriptor out of the set when it is closed.
    func forget(_ descriptor: Int32) {
        guard find(descriptor) != nil else { return }
        watches[Int(descriptor)] = nil
    }

    /// Descriptors with a handler.
    var count: Int { watches.count { $0 != nil } }

    private func find(_ descriptor: Int32) -> Watch? {
        guard descriptor >= 0, descriptor < watches.count else { return nil }
        return watches[Int(descriptor)]
    }

    // MARK: Waiting

    func wait(until due: Instant?, orNotAtAll busy: Bool) -> [Ready] {
        var timeout: Int32 = busy ? 0 : -1
        if !busy, !arm(due) {
            // Without the timer, epoll's own time-out does; it does not count sleep.
            timeout = due.map { Int32(clamping: $0.since(Clock.now()).nanoseconds / 1_000_000 + 1) } ?? -1
        }
        turn += 1
        var ready: [Ready] = []
        while true {
            let count = Int(oz_epoll_wait(epoll, &events, 64, timeout))
            timeout = 0
            var isNew = false
            for event in events.prefix(max(0, count)) {
                guard let found = take(event) else { continue }
                ready.append(found)
                isNew = true
            }
            // A full answer may hide more, until the set comes round again.
            let isFull = count == 64 && isNew
            if isFull, ready.count < Self.perTurn { continue }
            turnsWithMore = isFull ? turnsWithMore + 1 : 0
            // Ticks wait for what is readable, but not for ever.
            hasMore = isFull && turnsWithMore < 8
            return ready
        }
    }

    /// Runs a handler, unless another one has removed it in the meantime.
    func handle(_ ready: Ready) {
        guard let watch = find(ready.descriptor), watch.serial == ready.serial else { return }
        let what = ready.what.intersection(watch.interest)
        if !what.isEmpty { watch.handler(what) }
    }

    private func take(_ event: oz_epoll_event) -> Ready? {
        if event.data == UInt64.max {
            _ = oz_timerfd_drain(clock)
            armed = nil
            return nil
        }
        let descriptor = Int32(truncatingIfNeeded: event.data & 0xFFFF_FFFF)
        let serial = UInt32(truncatingIfNeeded: event.data >> 32)
        guard let watch = find(descriptor), watch.serial == serial else { return nil }
        guard watch.seen != turn else { return nil }
        watches[Int(descriptor)]?.seen = turn
        var what: Loop.Interest = []
        if event.events & (OZ_EPOLL_IN | OZ_EPOLL_HANGUP | OZ_EPOLL_ERROR) != 0 { what.insert(.read) }
        if event.events & (OZ_EPOLL_OUT | OZ_EPOLL_HANGUP | OZ_EPOLL_ERROR) != 0 { what.insert(.write) }
        return Ready(descriptor: descriptor, serial: serial, what: what, rank: watch.rank)
    }

    /// Sets the timer, which is on CLOCK_BOOTTIME: a machine that wakes up finds it due. One that will fire too early
    /// within the next moment is left alone: an idle loop then wakes once for nothing, and a busy one, whose deadlines
    /// move in every turn, need not set it each time.
    private func arm(_ due: Instant?) -> Bool {
        if due == armed { return true }
        if let armed, due.map({ $0 > armed }) ?? true, armed < Clock.now().after(Self.soon) { return true }
        // Zero would disarm it.
        let moment = due.map { max(1, Int64(clamping: $0.nanoseconds)) } ?? 0
        guard oz_timerfd_set(clock, moment) == 0 else { return false }
        armed = due
        return true
    }

    private static func events(_ interest: Loop.Interest) -> UInt32 {
        (interest.contains(.read) ? OZ_EPOLL_IN : 0) | (interest.contains(.write) ? OZ_EPOLL_OUT : 0)
    }

    private func data(_ descriptor: Int32, _ serial: UInt32) -> UInt64 {
        UInt64(serial) << 32 | UInt64(UInt32(bitPattern: descriptor))
    }
}
