// What is due at which time.

import CLinux
import Codecs

extension ControlPlane {
    /// An HTTP connection on which nothing happens is kept for so long.
    static let idleMax = 75 * second

    func passDeadlines() {
        if let again = acceptsAgainAt, again <= now.steady {
            acceptsAgainAt = nil
            _ = oz_epoll_add(epoll, listener, OZ_EPOLL_IN, Self.listenerToken)
        }
        for id in peers.keys.sorted() {
            guard let peer = peers[id] else { continue }
            passDeadlines(of: peer)
        }
        ledger.tick(at: now)
    }

    private func passDeadlines(of peer: Peer) {
        // Where nothing is read, no ping can be missed.
        if peer.stalledUntil != nil || peer.stopsReading { ledger.silenceExcused(peer.id, at: now) }
        if let until = peer.stalledUntil, until <= now.steady { peer.stalledUntil = nil }
        if let at = peer.resetAt, at <= now.steady {
            lose(peer, "reset, as asked", reset: true)
        } else if let at = peer.cutOffAt, at <= now.steady {
            lose(peer, "it did not end in time")
        } else if peer.speech == .http, peer.waiting == nil, peer.lastActive + Self.idleMax <= now.steady {
            remove(peer)
        } else if let at = peer.nextPing, at <= now.steady, let seconds = options.pingEvery {
            peer.nextPing = now.steady + Int64(seconds) * Self.second
            if peer.speech == .worker, !peer.isClosing { peer.send(.ping, Bytes(decimal: now.steady)) }
        }
    }

    /// How long epoll may wait, rounded up so that a deadline has passed when it wakes.
    func waitMilliseconds() -> Int32 {
        var next = ledger.nextTick ?? Int64.max
        if log.isBehind { next = min(next, now.steady + Self.second / 5) }
        if let at = acceptsAgainAt { next = min(next, at) }
        for peer in peers.values {
            for at in [peer.stalledUntil, peer.resetAt, peer.cutOffAt, peer.nextPing] {
                if let at { next = min(next, at) }
            }
            guard peer.speech == .http else { continue }
            guard let waiting = peer.waiting else {
                next = min(next, peer.lastActive + Self.idleMax)
                continue
            }
            if case .handshake = waiting.reason {
                next = min(next, moods.stalledUntil)
            } else {
                next = min(next, waiting.until)
            }
        }
        if next == Int64.max { return -1 }
        return Int32(clamping: max(0, next - now.steady + 999_999) / 1_000_000)
    }
}
