// A WebSocket at /echo: whatever comes in goes back. A conformance suite judges the server's side of the codec by it.
// It is no worker, so the ledger never hears of it.

import Codecs

extension ControlPlane {
    func beginEcho(_ peer: Peer, _ request: HTTPRequest) {
        do {
            peer.send(try WebSocketHandshake.accept(request))
        } catch {
            respond(error.response, to: request, peer)
            return
        }
        peer.speech = .echo
        peer.reader.feed(peer.codec.takeRest())
        echo(peer)
    }

    func echo(_ peer: Peer) {
        while peers[peer.id] != nil, peer.speech == .echo {
            do {
                guard let event = try peer.reader.next() else { return }
                switch event {
                case .text(let text): peer.send(.text, text)
                case .binary(let bytes): peer.send(.binary, bytes)
                case .ping(let payload): peer.send(.pong, payload)
                case .pong: break
                case .close(let code, _):
                    peer.send(.close, WebSocketWriter.closePayload(code: code))
                    end(peer)
                }
            } catch {
                peer.send(
                    .close, WebSocketWriter.closePayload(code: error.closeCode, reason: Bytes(text: error.words)))
                end(peer)
            }
        }
    }
}
