// The one WebSocket to the control plane.
//
//   idle    -> dialling
//   dialling -> open | waiting | shut
//   open    -> waiting | closing
//   waiting -> dialling | shut
//   closing -> shut
//   shut
//
// One ping is in flight at a time, and it serves twice: as keep-alive, and as the barrier that proves what was heard.
// The contract's "nothing arrived for 60 s" needs no deadline of its own: a ping goes out 30 s after the last one,
// and a missing pong ends the connection 20 s later, so silence never lasts that long.

import Codecs
import Effects

public struct Connection: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case idle
        case dialling(EffectID, giveUpAt: Instant?)
        case open(Open)
        case waiting(until: Instant)
        case closing(EffectID, giveUpAt: Instant?)
        case shut
    }

    public struct Open: Hashable, Codable, Sendable {
        /// The dial's; every event of this connection carries it.
        public let id: EffectID
        let since: Instant
        /// When it counts as a good one; nil once it does.
        var stableAt: Instant?
        var pingAt: Instant
        var ping: Ping?
        /// A write that makes no progress until then means a dead connection.
        var writeBy: Instant?
        /// It was dropped by us; only its end is awaited, at the latest as our hands tell it.
        var abandoned: Bool
    }

    struct Ping: Hashable, Codable, Sendable {
        /// Its payload, and its place among what was sent.
        let number: UInt64
        let deadAt: Instant
    }

    /// What the worker must act on.
    enum News: Hashable, Sendable {
        case nothing
        case received(IncomingMessage)
        case claimWritten(run: UInt64)
        case claimsForgotten([Outbox.Letter])
        /// A pong proved that the server has them, in the order they were sent.
        case heard([Outbox.Letter])
    }

    public private(set) var phase: Phase = .idle
    public internal(set) var outbox = Outbox()
    private var backoff = Backoff()
    /// In a row, for the log: the waits hang on the back-off alone, which connections that do not hold raise, too.
    private var failedDials = 0

    public var deadline: Instant? {
        switch phase {
        case .dialling(_, let at), .closing(_, let at): at
        case .waiting(let at): at
        case .open(let open):
            open.abandoned
                ? nil
                : earlier(earlier(open.stableAt, open.writeBy), open.ping.map(\.deadAt) ?? open.pingAt)
        case .idle, .shut: nil
        }
    }

    public var isOpen: Bool {
        switch phase {
        case .open(let open): !open.abandoned
        case .idle, .dialling, .waiting, .closing, .shut: false
        }
    }

    public var isShut: Bool {
        switch phase {
        case .shut: true
        case .idle, .dialling, .open, .waiting, .closing: false
        }
    }

    // MARK: - Asked by the worker

    mutating func dial(_ turn: inout Turn) {
        switch phase {
        case .idle, .waiting: break
        case .dialling, .open, .closing, .shut: return
        }
        let authorization = Text.joined([Text("Bearer "), .secret(turn.settings.apiKey)])
        turn.log(.debug, .dialling(attempt: failedDials &+ 1))
        let id = turn.ask(.socket(.dial(url: turn.settings.url, authorization: authorization)))
        phase = .dialling(id, giveUpAt: turn.at.after(turn.timing.handshake))
    }

    /// Sends what is queued, and sees to it that a ping asks for it before long.
    mutating func flush(_ turn: inout Turn, hurry: Bool = false) {
        guard case .open(var open) = phase, !open.abandoned else { return }
        let mustSend = outbox.hasQueued
        guard mustSend || (open.ping == nil && outbox.hasUnproven) else { return }
        if mustSend {
            outbox.send(over: open.id, &turn)
            open.writeBy = open.writeBy ?? turn.at.after(turn.timing.writeStall)
        }
        if open.ping == nil, outbox.hasUnproven {
            open.pingAt = min(open.pingAt, hurry ? turn.at : turn.at.after(turn.timing.barrierDelay))
            if open.pingAt <= turn.at { sendPing(&open, &turn) }
        }
        phase = .open(open)
    }

    /// The clean end: close code 1000, and a short wait for the peer's answer.
    mutating func close(_ turn: inout Turn) {
        switch phase {
        case .open(let open) where !open.abandoned:
            turn.ask(.socket(.close(connection: open.id, code: 1000)))
            phase = .closing(open.id, giveUpAt: turn.at.after(turn.timing.closeHandshake))
        case .open(let open): phase = .closing(open.id, giveUpAt: nil)
        case .dialling(let id, let giveUpAt):
            if giveUpAt != nil { turn.ask(.socket(.abandon(connection: id))) }
            phase = .closing(id, giveUpAt: nil)
        case .idle, .waiting: phase = .shut
        case .closing, .shut: break
        }
    }

    // MARK: - Events

    mutating func take(_ event: SocketEvent, _ turn: inout Turn) -> News {
        switch event {
        case .opened(let id): return opened(id, &turn)
        case .refused(let id, let failure): return refused(id, failure, &turn)
        case .received(let id, let message):
            guard case .open(let open) = phase, open.id == id else {
                if case .assignment(let assignment) = message { turn.forget(assignment.secrets) }
                return stale(&turn)
            }
            return .received(message)
        case .ponged(let id, let number): return ponged(id, number, &turn)
        case .heard(let id):
            guard case .open(let open) = phase, open.id == id else { return stale(&turn) }
            return .nothing
        case .closed(let id, let end): return closed(id, end, &turn)
        case .written(let id): return written(id, &turn)
        case .notWritten: return .nothing  // The loss of the connection follows, and sorts every letter.
        }
    }

    /// The hands broke their contract for one of our requests: as if the connection had been lost.
    mutating func broke(_ id: EffectID, _ turn: inout Turn) -> News {
        switch phase {
        case .dialling(id, _): return refused(id, .abandoned, &turn)
        case .closing(id, _): return closed(id, .abandoned, &turn)
        case .open(var open):
            guard !open.abandoned else { return open.id == id ? closed(id, .abandoned, &turn) : .nothing }
            turn.ask(.socket(.abandon(connection: open.id)))
            open.abandoned = true
            phase = .open(open)
            return open.id == id ? closed(id, .abandoned, &turn) : .nothing
        case .idle, .dialling, .waiting, .closing, .shut: return stale(&turn)
        }
    }

    mutating func tick(_ turn: inout Turn) {
        guard let deadline, deadline <= turn.at else { return }
        switch phase {
        case .waiting: dial(&turn)
        case .dialling(let id, _):
            turn.ask(.socket(.abandon(connection: id)))
            phase = .dialling(id, giveUpAt: nil)
        case .closing(let id, _):
            turn.ask(.socket(.abandon(connection: id)))
            phase = .closing(id, giveUpAt: nil)
        case .open(var open):
            tickOpen(&open, &turn)
            phase = .open(open)
        case .idle, .shut: break
        }
    }

    private mutating func tickOpen(_ open: inout Open, _ turn: inout Turn) {
        let stalled = open.writeBy.map { $0 <= turn.at } ?? false
        let silent = open.ping.map { $0.deadAt <= turn.at } ?? false
        if stalled || silent {
            turn.log(.warn, .connectionSilent)
            turn.ask(.socket(.abandon(connection: open.id)))
            open.abandoned = true
            return
        }
        if let stableAt = open.stableAt, stableAt <= turn.at {
            backoff.held()
            open.stableAt = nil
        }
        if open.ping == nil, open.pingAt <= turn.at { sendPing(&open, &turn) }
    }

    private func sendPing(_ open: inout Open, _ turn: inout Turn) {
        let id = turn.mint()
        turn.ask(.socket(.ping(connection: open.id, number: id.sequence)), as: id)
        open.ping = Ping(number: id.sequence, deadAt: turn.at.after(turn.timing.pongWithin))
        open.pingAt = turn.at.after(turn.timing.pingEvery)
    }

    private mutating func opened(_ id: EffectID, _ turn: inout Turn) -> News {
        guard case .dialling(id, .some) = phase else { return stale(&turn) }
        phase = .open(
            Open(
                id: id, since: turn.at, stableAt: turn.at.after(turn.timing.stable),
                pingAt: turn.at.after(turn.timing.pingEvery), ping: nil, writeBy: nil, abandoned: false))
        turn.log(.info, .listening)
        turn.measure(.connected(true))
        failedDials = 0
        let again = outbox.letters.count { $0.maybeHeard }
        if again > 0 { turn.log(.info, .resending(count: again)) }
        return .nothing
    }

    private mutating func refused(_ id: EffectID, _ told: DialFailure, _ turn: inout Turn) -> News {
        var failure = told
        switch phase {
        case .dialling(id, let giveUpAt):
            // The hands know only that they were to give it up; that the time was over is known here.
            if giveUpAt == nil, told == .abandoned { failure = .timedOut }
        case .closing(id, _):
            phase = .shut
            return .nothing
        case .idle, .dialling, .open, .waiting, .closing, .shut: return stale(&turn)
        }
        let wait: Span
        switch failure {
        case .status(let status, _) where status == 401 || status == 403:
            wait = backoff.slow(turn.timing, chance: turn.draw())
            turn.log(.error, .keyRefused(status: status, retryIn: wait))
        case .status(_, let retryAfter?):
            let own = backoff.next(turn.timing, chance: turn.draw())
            wait = max(own, min(retryAfter, turn.timing.retryAfterCap))
            turn.log(.warn, .dialFailed(failure, retryIn: wait))
        case .name, .proxy, .connect, .tls, .timedOut, .status, .handshake, .key, .abandoned:
            wait = backoff.next(turn.timing, chance: turn.draw())
            turn.log(.warn, .dialFailed(failure, retryIn: wait))
        }
        failedDials &+= 1
        turn.measure(.reconnect(dialFailed: true))
        phase = .waiting(until: turn.at.after(wait))
        return .nothing
    }

    private mutating func ponged(_ id: EffectID, _ number: UInt64, _ turn: inout Turn) -> News {
        guard case .open(var open) = phase, open.id == id else { return stale(&turn) }
        guard let ping = open.ping, ping.number == number else { return .nothing }
        open.ping = nil
        let heard = outbox.heard(before: number)
        // What was heard was taken, also where that was never told.
        if !outbox.hasSending { open.writeBy = nil }
        phase = .open(open)
        return .heard(heard)
    }

    private mutating func written(_ id: EffectID, _ turn: inout Turn) -> News {
        guard case .open(var open) = phase, let letter = outbox.written(id) else { return .nothing }
        open.writeBy = outbox.hasSending ? turn.at.after(turn.timing.writeStall) : nil
        phase = .open(open)
        return letter.kind == .claim ? .claimWritten(run: letter.run) : .nothing
    }

    private mutating func closed(_ id: EffectID, _ end: ConnectionEnd, _ turn: inout Turn) -> News {
        switch phase {
        case .closing(id, _):
            phase = .shut
            turn.log(.info, .connectionClosed)
            turn.measure(.connected(false))
            return lost(&turn)
        case .open(let open) where open.id == id:
            turn.measure(.connected(false))
            turn.measure(.reconnect(dialFailed: false))
            if open.stableAt != nil { backoff.heldTooShort() }
            let wait = backoff.next(turn.timing, chance: turn.draw())
            turn.log(.warn, .connectionLost(end, heldFor: turn.at.since(open.since), retryIn: wait))
            if backoff.shortLived >= 3 { turn.log(.warn, .connectionShortLived(times: backoff.shortLived)) }
            phase = .waiting(until: turn.at.after(wait))
            return lost(&turn)
        case .idle, .dialling, .open, .waiting, .closing, .shut: return stale(&turn)
        }
    }

    /// What was said by then is sorted: as it is here when a connection is lost, and when a life begins.
    mutating func lost(_ turn: inout Turn) -> News {
        let loss = outbox.lost()
        for letter in loss.withdrawn {
            turn.log(.info, .finalWordWithdrawn, letter.key)
            if letter.run != 0 { turn.note(.verdictWithdrawn, of: letter.run) }
        }
        return loss.forgotten.isEmpty ? .nothing : .claimsForgotten(loss.forgotten)
    }

    private func stale(_ turn: inout Turn) -> News {
        turn.late()
        return .nothing
    }
}

extension Connection: Visited {
    public func visit(_ visitor: inout Visitor) {
        outbox.visit(&visitor)
        backoff.visit(&visitor)
        visitor.memory(failedDials)
        switch phase {
        case .idle: visitor.tag(0)
        case .dialling(let id, let at):
            visitor.tag(1)
            visitor.id(id)
            visitor.optional(at) { $0.instant($1) }
        case .open(let open):
            visitor.tag(2)
            open.visit(&visitor)
            guard let ping = open.ping else { break }
            // A fingerprint renames ids, which would lose what the ping's pong will prove.
            for letter in outbox.letters { visitor.flag(letter.wasHandedOver(before: ping.number)) }
        case .waiting(let at):
            visitor.tag(3)
            visitor.instant(at)
        case .closing(let id, let at):
            visitor.tag(4)
            visitor.id(id)
            visitor.optional(at) { $0.instant($1) }
        case .shut: visitor.tag(5)
        }
    }
}

extension Connection.Open: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.id(id)
        visitor.memory(since)
        visitor.optional(stableAt) { $0.instant($1) }
        visitor.instant(pingAt)
        visitor.optional(ping) { visitor, ping in
            visitor.serial(ping.number)
            visitor.instant(ping.deadAt)
        }
        visitor.optional(writeBy) { $0.instant($1) }
        visitor.flag(abandoned)
    }
}
