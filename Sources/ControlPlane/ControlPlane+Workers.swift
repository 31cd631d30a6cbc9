// The worker's side of a connection: the handshake, frames in, and who may come in at all.

import Codecs

extension ControlPlane {
    func wantsToWork(_ peer: Peer, _ request: HTTPRequest, _ worker: Bytes) {
        if now.steady < moods.stalledUntil {
            peer.waiting = Peer.Waiting(request: request, reason: .handshake(worker: worker), until: Int64.max)
            return
        }
        handshake(peer, request, worker)
    }

    func handshake(_ peer: Peer, _ request: HTTPRequest, _ worker: Bytes) {
        let mood = moods.next()
        if case .refuse(let status, let retryAfter) = mood {
            var response = Self.fault(status, "refused on request")
            if let retryAfter {
                response.fields.append(HTTPField("Retry-After", Bytes(decimal: retryAfter)))
            }
            refuse(peer, request, worker, response, "status \(status), as asked")
            return
        }
        guard isAuthorised(request) else {
            var response = Self.fault(401, "the API key is missing or wrong")
            response.fields.append(HTTPField("WWW-Authenticate", Bytes(text: "Bearer")))
            refuse(peer, request, worker, response, "no or another API key")
            return
        }
        do {
            peer.send(try WebSocketHandshake.accept(request))
        } catch {
            refuse(peer, request, worker, error.response, error.words)
            return
        }
        if case .acceptAndClose(let code) = mood {
            let reason = Bytes(text: "closed on request")
            peer.send(.close, WebSocketWriter.closePayload(code: code, reason: reason))
            let words = "worker \(shown(worker)) accepted and closed with \(code), as asked"
            ledger.journal.add(.refused, words, at: now, connection: peer.id)
            end(peer)
            return
        }
        peer.speech = .worker
        if let seconds = options.pingEvery { peer.nextPing = now.steady + Int64(seconds) * Self.second }
        dispatch(ledger.opened(peer.id, worker: worker, peer: peer.address, at: now))
        peer.reader.feed(peer.codec.takeRest())
        listen(to: peer)
    }

    private func refuse(
        _ peer: Peer, _ request: HTTPRequest, _ worker: Bytes, _ response: HTTPResponse, _ why: String
    ) {
        let words = "worker \(shown(worker)) refused: \(why)"
        ledger.journal.add(.refused, words, at: now, connection: peer.id)
        respond(response, to: request, peer)
    }

    /// Any key will do unless one is demanded; none at all never does.
    private func isAuthorised(_ request: HTTPRequest) -> Bool {
        let values = request.fields.all("authorization")
        guard values.count == 1, let value = values.first, value.prefix(7).lowercasedASCII.equals("bearer ") else {
            return false
        }
        let key = value.dropFirst(7).trimmed()
        guard let demanded = options.apiKey else { return !key.isEmpty }
        guard key.count == demanded.count else { return false }
        // Every byte is looked at, so that the time taken tells nothing.
        return zip(key, demanded).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Takes the events that the bytes fed so far make.
    func listen(to peer: Peer) {
        while peers[peer.id] != nil, peer.speech == .worker {
            do {
                guard let event = try peer.reader.next() else { return }
                take(event, peer)
            } catch {
                ledger.brokenFrame(error.words, on: peer.id, at: now)
                let reason = Bytes(text: error.words)
                peer.send(.close, WebSocketWriter.closePayload(code: error.closeCode, reason: reason))
                closed(peer, "closed by us with \(error.closeCode): \(error.words)")
            }
        }
    }

    private func take(_ event: WebSocketEvent, _ peer: Peer) {
        switch event {
        case .text(let text): ledger.received(text, isBinary: false, on: peer.id, at: now)
        case .binary(let bytes): ledger.received(bytes, isBinary: true, on: peer.id, at: now)
        case .ping(let payload):
            ledger.pinged(peer.id, at: now)
            if !peer.withholdsPongs { peer.send(.pong, payload) }
            log.debug(now.wall, "connection \(peer.id): ping of \(payload.count) bytes")
        case .pong(let payload):
            ledger.ponged(peer.id)
            log.debug(now.wall, "connection \(peer.id): pong of \(payload.count) bytes")
        case .close(let code, let reason):
            let words = code.map { "close code \($0)" } ?? "a close frame without a code"
            if code != 1000, !peer.isClosing {
                let note = "the worker closed with \(words) and not 1000"
                ledger.journal.add(.note, note, at: now, connection: peer.id)
            }
            if !peer.isClosing { peer.send(.close, WebSocketWriter.closePayload(code: code)) }
            closed(peer, reason.isEmpty ? words : "\(words): \(shown(reason))")
        }
    }

    /// As agreed: both sides know. What is still to be written goes out.
    private func closed(_ peer: Peer, _ how: String) {
        end(peer)
        dispatch(ledger.closed(peer.id, how: how, at: now))
    }
}
