// What comes in: new connections, bytes, ends.

import CLinux
import Codecs
import Glibc

extension ControlPlane {
    func acceptAll() {
        while true {
            let descriptor = oz_accept(listener)
            if descriptor == -EAGAIN { return }
            if descriptor == -ECONNABORTED || descriptor == -EINTR { continue }
            guard descriptor >= 0 else {
                // Most likely no descriptor is left. The listener stays readable, so it is left alone for a moment.
                _ = oz_epoll_remove(epoll, listener)
                acceptsAgainAt = now.steady + Self.second
                ledger.journal.add(.note, "a connection could not be accepted (\(-descriptor))", at: now)
                return
            }
            guard peers.count < Self.peersMax else {
                close(descriptor)
                let words = "a connection was closed at once: \(Self.peersMax) are open"
                ledger.journal.add(.note, words, at: now)
                continue
            }
            add(descriptor)
        }
    }

    func ready(_ id: Int, _ events: UInt32) {
        guard let peer = peers[id], peer.stalledUntil == nil else { return }
        if events & (OZ_EPOLL_IN) != 0 {
            read(peer)
        } else if events & (OZ_EPOLL_ERROR | OZ_EPOLL_HANGUP) != 0 {
            lose(peer, "the connection was reset")
        }
    }

    /// A bounded slice of what is there; epoll tells of the rest.
    private func read(_ peer: Peer) {
        peer.lastActive = now.steady
        for _ in 0..<16 {
            guard peers[peer.id] != nil, !peer.stopsReading, peer.stalledUntil == nil, !peer.isFlooded else { return }
            let count = buffer.withUnsafeMutableBytes { oz_receive(peer.descriptor, $0.baseAddress, $0.count) }
            if count == -Int(EAGAIN) { return }
            guard count > 0 else {
                inputEnded(peer, wasReset: count < 0)
                return
            }
            buffer.withUnsafeBytes { all in
                let piece = UnsafeRawBufferPointer(rebasing: all[..<count])
                switch peer.speech {
                case .http: peer.codec.feed(piece)
                case .worker, .echo: peer.reader.feed(piece)
                case .ending: break
                }
            }
            switch peer.speech {
            case .http: serve(peer)
            case .worker: listen(to: peer)
            case .echo: echo(peer)
            case .ending: break
            }
        }
    }

    private func inputEnded(_ peer: Peer, wasReset: Bool) {
        peer.inputEnded = true
        switch peer.speech {
        case .worker:
            let how = wasReset ? "the connection was reset" : "the connection ended without a close frame"
            lose(peer, how)
        case .echo: remove(peer)
        case .http:
            peer.waiting = nil
            if peer.pending == 0 || wasReset { remove(peer) } else { end(peer) }
        case .ending:
            if peer.pending == 0 || wasReset { remove(peer) }
        }
    }
}
