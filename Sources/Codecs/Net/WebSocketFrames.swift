// RFC 6455: the words of the framing (events, violations, limits), and the writing side.
// Pure: masks come from the caller, and nothing here reads or writes a descriptor.

public enum WebSocketRole: Sendable, Equatable {
    case client, server
}

public struct WebSocketLimits: Sendable, Equatable {
    /// A message longer than this is a violation as soon as a header says so.
    public var messageMax: Int

    public init(messageMax: Int = 16 * 1_048_576) {
        self.messageMax = max(0, messageMax)
    }
}

public enum WebSocketOpcode: UInt8, Sendable, Equatable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    public var isControl: Bool { rawValue >= 0x8 }
}

public enum WebSocketEvent: Sendable, Equatable {
    case text(Bytes)
    case binary(Bytes)
    case ping(Bytes)
    case pong(Bytes)
    /// The peer's last frame; what follows it is ignored. No code where the payload was empty.
    case close(code: UInt16?, reason: Bytes)
}

public enum WebSocketFault: Sendable, Equatable {
    case reservedBits
    case reservedOpcode(UInt8)
    case fragmentedControlFrame
    case controlFrameTooLong
    case continuationOfNothing
    case messageInsideMessage
    case lengthOverflow
    case maskedByServer
    case notMaskedByClient
    case messageTooLong(limit: Int)
    case notUTF8
    case closePayloadOfOneByte
    case closeCode(UInt16)
    case closeReasonNotUTF8
}

/// What the peer did against the protocol, and the code to close with.
public struct WebSocketViolation: Error, Sendable, Equatable {
    public var fault: WebSocketFault

    public init(_ fault: WebSocketFault) {
        self.fault = fault
    }

    public var closeCode: UInt16 {
        switch fault {
        case .messageTooLong: 1009
        case .notUTF8, .closeReasonNotUTF8: 1007
        case .reservedBits, .reservedOpcode, .fragmentedControlFrame, .controlFrameTooLong,
            .continuationOfNothing, .messageInsideMessage, .lengthOverflow, .maskedByServer,
            .notMaskedByClient, .closePayloadOfOneByte, .closeCode:
            1002
        }
    }

    public var words: String {
        switch fault {
        case .reservedBits: "reserved bits set in a frame"
        case .reservedOpcode(let opcode): "frame with the reserved opcode \(opcode)"
        case .fragmentedControlFrame: "fragmented control frame"
        case .controlFrameTooLong: "control frame longer than 125 bytes"
        case .continuationOfNothing: "continuation frame without a message"
        case .messageInsideMessage: "new message inside an unfinished one"
        case .lengthOverflow: "frame length with its highest bit set"
        case .maskedByServer: "masked frame from the server"
        case .notMaskedByClient: "unmasked frame from the client"
        case .messageTooLong(let limit): "message longer than \(limit) bytes"
        case .notUTF8: "text message that is not UTF-8"
        case .closePayloadOfOneByte: "close frame with a payload of one byte"
        case .closeCode(let code): "close frame with the code \(code), which nobody may send"
        case .closeReasonNotUTF8: "close frame whose reason is not UTF-8"
        }
    }
}

public enum WebSocketCloseCode {
    /// Codes that may appear on the wire: those of the RFC, those registered since (1012 to 1014),
    /// and the two ranges for libraries and applications.
    public static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

public enum WebSocketWriter {
    /// Appends one frame. A client gives a fresh random mask for each, a server gives none.
    public static func append(
        _ opcode: WebSocketOpcode, payload: some Collection<UInt8>, mask: UInt32?, final: Bool = true,
        to output: inout Bytes
    ) {
        let count = payload.count
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        output.reserveCapacity(output.count + count + 14)
        output.append((final ? 0x80 : 0) | opcode.rawValue)
        if count < 126 {
            output.append(maskBit | UInt8(truncatingIfNeeded: count))
        } else if count <= 0xFFFF {
            output.append(maskBit | 126)
            appendBigEndian(UInt64(count), bytes: 2, to: &output)
        } else {
            output.append(maskBit | 127)
            appendBigEndian(UInt64(count), bytes: 8, to: &output)
        }
        guard let mask else {
            output.append(contentsOf: payload)
            return
        }
        appendBigEndian(UInt64(mask), bytes: 4, to: &output)
        let begin = output.count
        output.append(contentsOf: payload)
        output.withUnsafeMutableBytes { all in
            WebSocketMask.apply(mask, phase: 0, to: UnsafeMutableRawBufferPointer(rebasing: all[begin...]))
        }
    }

    /// The payload of a close frame. A reason that does not fit is cut between two characters.
    public static func closePayload(code: UInt16?, reason: some Collection<UInt8> = Bytes()) -> Bytes {
        guard let code else { return [] }
        var payload: Bytes = [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]
        var cut = Bytes(reason.prefix(123))
        if cut.count < reason.count {
            while let last = cut.last, !cut.isUTF8, last >= 0x80 { cut.removeLast() }
        }
        payload.append(contentsOf: cut)
        return payload
    }

    private static func appendBigEndian(_ number: UInt64, bytes: Int, to output: inout Bytes) {
        var shift = UInt64(8 * bytes)
        while shift > 0 {
            shift -= 8
            output.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
