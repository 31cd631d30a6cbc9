// The reading side of a connection: from the transport's bytes to what is reported, in bounded slices.
//
// The transport is drained each time until it has nothing left, since TLS holds bytes that no poll sees; without TLS a
// read that was not filled says as much. A slice ends earlier where the peer talks faster than we listen, and the rest
// is read in the next turn, after the other sockets.

import CLibcurl
import Codecs
import Effects

extension WebSocketConnection {
    static let sliceBytes = 262_144
    static let sliceMessages = 128
    static let largeMessage = 1_048_576

    func read() {
        var bytes = 0
        var messages = 0
        var isDrained = false
        while isReading {
            // First what came before: an earlier slice may have ended within it.
            guard interpret(&messages) else { return readOnInNextTurn() }
            guard isReading else { return }
            guard bytes < Self.sliceBytes, !room.loop.isBehind else { return readOnInNextTurn() }
            guard !isDrained, let count = receive() else { return }
            bytes += count
            isDrained = !plan.mayHoldBack && count < room.readBuffer.count
        }
    }

    private func readOnInNextTurn() {
        guard !sliceIsDue else { return }
        sliceIsDue = true
        room.loop.readOn { [weak self] in
            guard let self, sliceIsDue else { return }
            sliceIsDue = false
            read()
        }
    }

    /// Nil when there is nothing more for now, or for ever.
    private func receive() -> Int? {
        guard let easy else { return nil }
        var count = 0
        let buffer = room.readBuffer
        let code = curl_easy_recv(easy.handle, buffer.baseAddress, buffer.count, &count)
        if code == CURLE_AGAIN { return nil }
        guard code == CURLE_OK else {
            broke(plan.loss("receiving failed", code, easy))
            return nil
        }
        guard count > 0 else {
            endOfInput()
            return nil
        }
        let got = UnsafeRawBufferPointer(start: buffer.baseAddress, count: min(count, buffer.count))
        switch phase {
        case .shaking(var answer):
            answer.feed(got)
            phase = .shaking(answer)
        case .open, .closing: reader.feed(got)
        case .dialling, .lingering, .over: break
        }
        return count
    }

    private func endOfInput() {
        switch phase {
        case .shaking(var answer): decided(answer.end(), date: answer.date)
        case .open: broke(Detail("the peer ended the connection without a close frame"))
        case .closing: broke(Detail("the peer ended the connection without answering our close frame"))
        case .dialling, .lingering, .over: broke(Detail("the peer ended the connection"))
        }
    }

    /// False when the slice has reported enough.
    private func interpret(_ messages: inout Int) -> Bool {
        if case .shaking(var answer) = phase {
            guard let decision = answer.next() else {
                phase = .shaking(answer)
                return true
            }
            decided(decision, date: answer.date)
        }
        do throws(WebSocketViolation) {
            while listens {
                if messages >= Self.sliceMessages || room.loop.isBehind { return false }
                guard let event = try reader.next() else { return true }
                messages += 1
                take(event)
            }
        } catch {
            violated(error)
        }
        return true
    }

    private var listens: Bool {
        switch phase {
        case .open, .closing: true
        case .dialling, .shaking, .lingering, .over: false
        }
    }

    private func decided(_ answer: WebSocketAnswer, date: Bytes?) {
        witness?.answered(answer, date: date)
        switch answer {
        case .accepted(let rest):
            opened(rest: rest)
        case .refused(let refusal):
            let now = UnixTime(seconds: Clock.wall().nanoseconds / 1_000_000_000)
            // The server's own clock where it told it, since a date of its is meant by that.
            let since = refusal.date.flatMap(HTTPDate.parse) ?? now
            let wait = refusal.retryAfter.flatMap { RetryAfter.parse($0, now: since) }
            finish(.status(refusal.status, retryAfter: wait.map { .seconds(UInt64(clamping: $0)) }))
        case .malformed(let fault):
            finish(.handshake(plan.detail(Bytes(text: fault.words))))
        }
    }

    private func take(_ event: WebSocketEvent) {
        switch event {
        case .text(let bytes): message(bytes, isText: true)
        case .binary(let bytes): message(bytes, isText: false)
        case .pong(let payload): tell(.pong(payload))
        case .ping(let payload):
            if case .open = phase, out.backlog < Self.pongBacklogMax { append(.pong, payload, id: nil) }
            tell(.ping)
        case .close(let code, _): closed(code)
        }
    }

    private func message(_ bytes: Bytes, isText: Bool) {
        // Given back once it was dealt with, so that one large assignment does not weigh for ever.
        if bytes.count >= Self.largeMessage { room.loop.again { oz_curl_release_memory() } }
        tell(.message(bytes, isText: isText))
    }

    private func closed(_ code: UInt16?) {
        switch phase {
        case .open:
            append(.close, WebSocketWriter.closePayload(code: code), id: nil)
            endGently(.closedByPeer(code: code))
        case .closing: endGently(.closedByUs)
        case .dialling, .shaking, .lingering, .over: break
        }
    }

    private func violated(_ violation: WebSocketViolation) {
        if case .open = phase {
            append(.close, WebSocketWriter.closePayload(code: violation.closeCode), id: nil)
        }
        endGently(.violation(code: violation.closeCode, plan.detail(Bytes(text: violation.words))))
    }
}
