// Misbehaving, on request.

import CLinux
import Codecs
import Glibc

extension ControlPlane {
    func misbehave(_ body: Bytes) -> HTTPResponse {
        let request: MisdeedRequest
        do { request = try MisdeedRequest.read(body) } catch { return Self.fault(400, error.words) }
        let targets = peers.keys.sorted().compactMap { peers[$0] }.filter { isMeant($0, request.target) }
        let ids = targets.map(\.id)
        let whom = ids.isEmpty ? "" : " on connection " + ids.map { "\($0)" }.joined(separator: ", ")
        ledger.journal.add(.misbehaviour, "asked to \(shown(request.name))\(whom)", at: now)
        switch request.misdeed {
        case .refuse(let status, let retryAfter, let times):
            moods.refuse(status: status, retryAfter: retryAfter, times: times)
        case .acceptAndClose(let code, let times): moods.acceptAndClose(code: code, times: times)
        case .stall(let seconds):
            let isForAll = request.target.connection == nil && request.target.worker == nil
            if isForAll { moods.stalledUntil = now.steady + Int64(seconds) * Self.second }
            for peer in targets { peer.stalledUntil = now.steady + Int64(seconds) * Self.second }
        case .behave:
            moods = Moods()
            for peer in targets { behave(peer) }
        case .drop, .halfClose, .stopReading, .noPongs, .close, .sendText, .sendBinary, .sendRaw, .ping:
            for peer in targets { commit(request.misdeed, peer) }
        }
        let report = JSON.object([
            JSONMember("done", .string(request.name)),
            JSONMember("connections", .array(ids.map { .number($0) })),
        ])
        return Self.json(200, report)
    }

    private func isMeant(_ peer: Peer, _ target: Target) -> Bool {
        guard peer.speech == .worker else { return false }
        if let connection = target.connection, connection != peer.id { return false }
        guard let worker = target.worker else { return true }
        return ledger.worker(peer.id)?.worker == worker
    }

    private func commit(_ misdeed: Misdeed, _ peer: Peer) {
        switch misdeed {
        case .drop: lose(peer, "reset, as asked", reset: true)
        case .halfClose:
            _ = peer.flush()
            shutdown(peer.descriptor, Int32(SHUT_WR))
        case .stopReading(let resetAfter):
            peer.stopsReading = true
            peer.resetAt = resetAfter.map { now.steady + Int64($0) * Self.second }
        case .noPongs: peer.withholdsPongs = true
        case .close(let code, let reason):
            peer.send(.close, WebSocketWriter.closePayload(code: code, reason: reason))
            peer.isClosing = true
            peer.cutOffAt = now.steady + 10 * Self.second
        case .sendText(let text):
            ledger.sentByHand(text, on: peer.id, at: now)
            peer.send(.text, text)
        case .sendBinary(let bytes):
            ledger.sentByHand(bytes, on: peer.id, at: now)
            peer.send(.binary, bytes)
        case .sendRaw(let bytes): peer.send(bytes)
        case .ping(let payload): peer.send(.ping, payload)
        case .stall, .refuse, .acceptAndClose, .behave: break
        }
    }

    private func behave(_ peer: Peer) {
        peer.stalledUntil = nil
        peer.stopsReading = false
        peer.resetAt = nil
        peer.withholdsPongs = false
        ledger.silenceExcused(peer.id, at: now)
    }
}
