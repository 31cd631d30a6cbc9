// Frames of a WebSocket, as a client and as a server hear them.
//
// However the bytes arrive, the events and the fault are the same; nothing is held beyond the limit; what was read
// can be written and read again, in both directions and with any mask.

import Codecs
import Demands

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var course = Course(start, count)
    for role in [WebSocketRole.client, .server] {
        // The second limit is met often, the first one never.
        for limit in [1 << 20, 40] {
            let limits = WebSocketLimits(messageMax: limit)
            let whole = Heard([course.bytes[...]], role, limits)
            for pieces in course.splittings() {
                demandEqual(Heard(pieces, role, limits), whole, "\(role), pieces of \(pieces.map(\.count))")
            }
            writtenAgain(whole.events, &course)
        }
    }
    return 0
}

/// What comes of a course of pieces.
private struct Heard: Equatable {
    var events: [WebSocketEvent] = []
    var fault: WebSocketViolation?
    var left = 0

    init(_ pieces: [ArraySlice<UInt8>], _ role: WebSocketRole, _ limits: WebSocketLimits) {
        var reader = WebSocketReader(role: role, limits: limits)
        for piece in pieces {
            reader.feed(piece)
            do {
                while let event = try reader.next() {
                    demand(!closed, "nothing is heard after a close")
                    demand(Heard.size(event) <= max(limits.messageMax, 125), "a message is longer than the limit")
                    demand(Heard.isText(event), "a text or a reason is not UTF-8")
                    events.append(event)
                }
            } catch {
                demand(fault == nil || fault == error, "a fault is repeated for ever")
                fault = error
                demand(!error.words.isEmpty, "a fault has words")
                demand(WebSocketCloseCode.isSendable(error.closeCode), "a fault has a code that can be sent")
            }
            // A message, a control frame that is not whole, and a header.
            demand(reader.bufferedCount <= limits.messageMax + 125 + 14, "more is held than a message and a frame")
        }
        left = reader.bufferedCount
    }

    private var closed: Bool {
        if case .close? = events.last { true } else { false }
    }

    private static func size(_ event: WebSocketEvent) -> Int {
        switch event {
        case .text(let bytes), .binary(let bytes), .ping(let bytes), .pong(let bytes): bytes.count
        case .close(_, let reason): reason.count + 2
        }
    }

    private static func isText(_ event: WebSocketEvent) -> Bool {
        switch event {
        case .text(let bytes), .close(_, let bytes): bytes.isUTF8
        case .binary, .ping, .pong: true
        }
    }
}

/// The events as frames, sent by either side: the other side hears the same.
private func writtenAgain(_ events: [WebSocketEvent], _ course: inout Course) {
    for role in [WebSocketRole.client, .server] {
        var output = Bytes()
        for event in events {
            let mask = role == .server ? UInt32(truncatingIfNeeded: course.chance()) : nil
            switch event {
            case .text(let bytes): inFragments(.text, bytes, mask, &output, &course)
            case .binary(let bytes): inFragments(.binary, bytes, mask, &output, &course)
            case .ping(let bytes): WebSocketWriter.append(.ping, payload: bytes, mask: mask, to: &output)
            case .pong(let bytes): WebSocketWriter.append(.pong, payload: bytes, mask: mask, to: &output)
            case .close(let code, let reason):
                let payload = WebSocketWriter.closePayload(code: code, reason: reason)
                WebSocketWriter.append(.close, payload: payload, mask: mask, to: &output)
            }
        }
        let again = Heard([output[...]], role, WebSocketLimits())
        demandEqual(again.events, events, "\(role) hears what was written")
        demand(again.fault == nil && again.left == 0, "what is written is read to its end")
    }
}

/// One frame or two.
private func inFragments(
    _ opcode: WebSocketOpcode, _ bytes: Bytes, _ mask: UInt32?, _ output: inout Bytes, _ course: inout Course
) {
    let cut = course.below(bytes.count + 1)
    if cut.isMultiple(of: 2) { return WebSocketWriter.append(opcode, payload: bytes, mask: mask, to: &output) }
    WebSocketWriter.append(opcode, payload: bytes[..<cut], mask: mask, final: false, to: &output)
    WebSocketWriter.append(.continuation, payload: bytes[cut...], mask: mask, to: &output)
}
