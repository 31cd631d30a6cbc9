// The reading side of RFC 6455: what is accepted, what is refused and with which code, and that it makes no
// difference in which pieces the bytes arrive.

import Codecs
import Testing

private typealias Outcome = (events: [WebSocketEvent], violation: WebSocketViolation?)

private func read(
    _ pieces: [Bytes], role: WebSocketRole = .client, limits: WebSocketLimits = WebSocketLimits()
) -> Outcome {
    var reader = WebSocketReader(role: role, limits: limits)
    var events: [WebSocketEvent] = []
    for piece in pieces {
        reader.feed(piece)
        do {
            while let event = try reader.next() { events.append(event) }
        } catch {
            return (events, error)
        }
    }
    return (events, nil)
}

private func fault(_ bytes: Bytes, role: WebSocketRole = .client, messageMax: Int = 1 << 24) -> WebSocketFault? {
    read([bytes], role: role, limits: WebSocketLimits(messageMax: messageMax)).violation?.fault
}

private func frame(
    _ opcode: WebSocketOpcode, _ payload: Bytes, mask: UInt32? = nil, final: Bool = true
) -> Bytes {
    var bytes = Bytes()
    WebSocketWriter.append(opcode, payload: payload, mask: mask, final: final, to: &bytes)
    return bytes
}

@Suite("WebSocket reader") struct WebSocketReaderTests {
    @Test("the examples of RFC 6455, section 5.7")
    func examples() {
        #expect(read([[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]]).events == [.text(netBytes("Hello"))])
        let masked: Bytes = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        #expect(read([masked], role: .server).events == [.text(netBytes("Hello"))])
        let fragments: Bytes = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f]
        #expect(read([fragments]).events == [.text(netBytes("Hello"))])
        #expect(read([[0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]]).events == [.ping(netBytes("Hello"))])
        let pong: Bytes = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        #expect(read([pong], role: .server).events == [.pong(netBytes("Hello"))])
        let zeros = Bytes(repeating: 0, count: 256)
        #expect(read([[0x82, 0x7E, 0x01, 0x00] + zeros]).events == [.binary(zeros)])
        let many = Bytes(repeating: 7, count: 65_536)
        #expect(read([[0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0] + many]).events == [.binary(many)])
    }

    @Test("control frames may stand between the fragments of a message")
    func interleaved() {
        let bytes =
            frame(.text, netBytes("a"), final: false) + frame(.ping, netBytes("p"))
            + frame(.continuation, [], final: false) + frame(.pong, []) + frame(.continuation, netBytes("b"))
            + frame(.binary, [])
        #expect(read([bytes]).events == [.ping(netBytes("p")), .pong([]), .text(netBytes("ab")), .binary([])])
    }

    @Test("frames that nobody may send")
    func refused() {
        #expect(fault([0xC1]) == .reservedBits)
        #expect(fault([0x91]) == .reservedBits)
        for opcode: UInt8 in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            #expect(fault([0x80 | opcode]) == .reservedOpcode(opcode))
        }
        #expect(fault([0x09]) == .fragmentedControlFrame)
        #expect(fault([0x89, 0x7E]) == .controlFrameTooLong)
        #expect(fault([0x80]) == .continuationOfNothing)
        #expect(fault(frame(.text, [], final: false) + [0x81]) == .messageInsideMessage)
        #expect(fault(frame(.text, [], final: false) + [0x02]) == .messageInsideMessage)
        #expect(fault(frame(.text, []) + [0x80]) == .continuationOfNothing)
        #expect(fault([0x82, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0]) == .lengthOverflow)
        #expect(fault([0x81, 0x80]) == .maskedByServer)
        #expect(fault([0x81, 0x00], role: .server) == .notMaskedByClient)
        for wrong in [WebSocketFault.reservedBits, .controlFrameTooLong, .lengthOverflow, .notMaskedByClient] {
            #expect(WebSocketViolation(wrong).closeCode == 1002)
        }
    }

    @Test("a message too long is refused at its header, also where its fragments add up")
    func tooLong() {
        #expect(fault([0x82, 0x7E, 0x00, 0x0B], messageMax: 10) == .messageTooLong(limit: 10))
        #expect(fault([0x82, 0x7F, 0x7F, 255, 255, 255, 255, 255, 255, 255]) == .messageTooLong(limit: 1 << 24))
        #expect(fault(frame(.binary, Bytes(repeating: 1, count: 10)), messageMax: 10) == nil)
        let sum = frame(.binary, Bytes(repeating: 1, count: 6), final: false) + [0x80, 0x05]
        #expect(fault(sum, messageMax: 10) == .messageTooLong(limit: 10))
        #expect(WebSocketViolation(.messageTooLong(limit: 10)).closeCode == 1009)
    }

    @Test("wrong UTF-8 is noticed at its first byte, within a frame and within a message")
    func utf8FailsFast() {
        let good: Bytes = [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5]
        var reader = WebSocketReader(role: .client)
        reader.feed([0x01, 20] + good)
        #expect((try? reader.next()) == .some(nil))
        reader.feed([0xF4])
        #expect((try? reader.next()) == .some(nil))
        reader.feed([0x90])
        #expect(throws: WebSocketViolation(.notUTF8)) { try reader.next() }
        #expect(throws: WebSocketViolation(.notUTF8)) { try reader.next() }
        #expect(WebSocketViolation(.notUTF8).closeCode == 1007)
        // An unfinished character at the end of the message is wrong, at the end of a fragment it is not.
        #expect(fault(frame(.text, [0xE2, 0x82])) == .notUTF8)
        let split = frame(.text, [0xE2, 0x82], final: false) + frame(.continuation, [0xAC])
        #expect(read([split]).events == [.text([0xE2, 0x82, 0xAC])])
        #expect(fault(frame(.binary, [0xFF])) == nil)
    }

    @Test("which sequences are UTF-8")
    func utf8Table() {
        let wrong: [Bytes] = [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5], [0xFE], [0xC3, 0x28], [0xE2, 0x28, 0xA1], [0xE2, 0x82, 0x28],
        ]
        let right: [Bytes] = [
            [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
            [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0x00],
        ]
        let padding = netBytes("sixteen letters!")
        for sequence in wrong {
            #expect(fault(frame(.text, sequence)) == .notUTF8)
            #expect(fault(frame(.text, padding + sequence + padding)) == .notUTF8)
        }
        for sequence in right {
            #expect(fault(frame(.text, padding + sequence + padding)) == nil)
        }
    }

    @Test("close frames: codes, reasons, and silence after them")
    func close() {
        func closed(_ payload: Bytes) -> Outcome { read([frame(.close, payload) + [0xFF, 0xFF]]) }
        #expect(closed([]).events == [.close(code: nil, reason: [])])
        #expect(closed([0x03, 0xE8]).events == [.close(code: 1000, reason: [])])
        #expect(closed([0x03, 0xE8, 0x6F, 0x6B]).events == [.close(code: 1000, reason: netBytes("ok"))])
        #expect(closed([0x03]).violation?.fault == .closePayloadOfOneByte)
        #expect(closed([0x03, 0xE8, 0xFF]).violation?.fault == .closeReasonNotUTF8)
        #expect(WebSocketViolation(.closeReasonNotUTF8).closeCode == 1007)
        for code: UInt16 in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
            let payload = WebSocketWriter.closePayload(code: code)
            #expect(closed(payload).violation?.fault == .closeCode(code))
        }
        for code: UInt16 in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 3999, 4000, 4999] {
            let payload = WebSocketWriter.closePayload(code: code)
            #expect(closed(payload).events == [.close(code: code, reason: [])])
            #expect(closed(payload).violation == nil)
        }
    }

    @Test("events are the same however the bytes are cut", arguments: [1, 2, 3, 7, 100])
    func pieces(longest: Int) {
        var dice = Dice(seed: UInt64(longest))
        for role in [WebSocketRole.client, .server] {
            var bytes = Bytes()
            var wanted: [WebSocketEvent] = []
            for _ in 0..<60 {
                let mask: UInt32? = role == .server ? UInt32(truncatingIfNeeded: dice.next()) : nil
                let payload = dice.bytes(dice.below(dice.below(8) == 0 ? 70_000 : 300))
                let cut = dice.below(payload.count + 1)
                WebSocketWriter.append(.binary, payload: payload[..<cut], mask: mask, final: false, to: &bytes)
                WebSocketWriter.append(.ping, payload: netBytes("x"), mask: mask, to: &bytes)
                WebSocketWriter.append(.continuation, payload: payload[cut...], mask: mask, to: &bytes)
                wanted += [.ping(netBytes("x")), .binary(payload)]
            }
            let outcome = read(dice.pieces(of: bytes, longest: longest), role: role)
            #expect(outcome.events == wanted)
            #expect(outcome.violation == nil)
        }
    }

    @Test("random bytes never trap, and nothing comes after a violation")
    func noise() {
        var dice = Dice(seed: 4)
        var violations = 0
        for _ in 0..<3_000 {
            let noise = dice.bytes(1 + dice.below(40))
            let role: WebSocketRole = dice.below(2) == 0 ? .client : .server
            if read(dice.pieces(of: noise, longest: 5), role: role).violation != nil { violations += 1 }
        }
        #expect(violations > 1_000)
    }

    @Test("nothing is kept after a message")
    func kept() throws {
        var reader = WebSocketReader(role: .client)
        reader.feed(frame(.binary, Bytes(repeating: 9, count: 1 << 20)))
        #expect(try reader.next() != nil)
        #expect(reader.bufferedCount == 0)
    }
}

@Suite("WebSocket writer") struct WebSocketWriterTests {
    @Test("the shortest form of each length")
    func lengths() {
        func head(_ count: Int, _ mask: UInt32? = nil) -> Bytes {
            Bytes(frame(.binary, Bytes(repeating: 0, count: count), mask: mask).dropLast(count))
        }
        #expect(head(0) == [0x82, 0x00])
        #expect(head(125) == [0x82, 0x7D])
        #expect(head(126) == [0x82, 0x7E, 0x00, 0x7E])
        #expect(head(65_535) == [0x82, 0x7E, 0xFF, 0xFF])
        #expect(head(65_536) == [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0])
        #expect(head(5, 0x0102_0304) == [0x82, 0x85, 1, 2, 3, 4])
    }

    @Test("masking of every length around the word size is its own inverse on the other side")
    func masks() {
        for count in 0..<40 {
            let payload = Bytes((0..<count).map { UInt8($0) })
            let bytes = frame(.binary, payload, mask: 0xA1B2_C3D4)
            let key: Bytes = [0xA1, 0xB2, 0xC3, 0xD4]
            #expect(Bytes(bytes.dropFirst(6)) == payload.enumerated().map { $0.element ^ key[$0.offset % 4] })
            #expect(read([bytes], role: .server).events == [.binary(payload)])
        }
    }

    @Test("a close reason that is too long is cut between two characters")
    func closeReason() {
        #expect(WebSocketWriter.closePayload(code: nil, reason: netBytes("x")) == [])
        let long = netBytes(String(repeating: "\u{20AC}", count: 50))
        let payload = WebSocketWriter.closePayload(code: 1000, reason: long)
        #expect(payload.count == 2 + 123)
        let odd = WebSocketWriter.closePayload(code: 1000, reason: netBytes("a") + long)
        #expect(odd.count == 2 + 121)
        #expect(Bytes(odd.dropFirst(2)).isUTF8)
    }
}
