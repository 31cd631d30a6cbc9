// RFC 6455, the reading side, for both roles. Bytes go in by `feed`, events come out of `next`.
// Phases: header -> payload (of a data frame) -> header ...; closed after a close frame, failed
// after a violation. Control frames are read whole, data frames as they arrive, so that wrong
// UTF-8 is noticed in the middle of a frame.

public struct WebSocketReader: Sendable {
    private enum Phase: Sendable {
        case header
        case payload(DataFrame)
        case closed
        case failed(WebSocketViolation)
    }

    private struct DataFrame: Sendable {
        var remaining: Int
        var mask: UInt32?
        var read = 0
        var isFinal: Bool
    }

    private struct Message: Sendable {
        var isText: Bool
        var bytes: Bytes = []
        var text = UTF8Stream()
    }

    private struct Header {
        var isFinal: Bool
        var opcode: WebSocketOpcode
        var length: Int
        var size: Int
        var mask: UInt32?
    }

    private let role: WebSocketRole
    private let limits: WebSocketLimits
    private var input = InputBuffer()
    private var phase = Phase.header
    private var message: Message?

    public init(role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits()) {
        self.role = role
        self.limits = limits
    }

    /// Bytes held: those not read yet, and those of an unfinished message.
    public var bufferedCount: Int { input.count + (message?.bytes.count ?? 0) }

    public mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        if wantsInput { input.append(bytes) }
    }

    public mutating func feed(_ bytes: some Collection<UInt8>) {
        if wantsInput { input.append(bytes) }
    }

    private var wantsInput: Bool {
        switch phase {
        case .header, .payload: true
        case .closed, .failed: false
        }
    }

    /// The next event, or nil when more bytes are needed. A violation is repeated for ever.
    public mutating func next() throws(WebSocketViolation) -> WebSocketEvent? {
        do throws(WebSocketViolation) {
            while true {
                switch phase {
                case .closed: return nil
                case .failed(let violation): throw violation
                case .header:
                    guard let header = try readHeader() else { return nil }
                    if header.opcode.isControl {
                        guard input.count >= header.size + header.length else { return nil }
                        return try takeControl(header)
                    }
                    begin(header)
                case .payload(let frame):
                    switch try takeData(frame) {
                    case .hungry: return nil
                    case .frameEnded: continue
                    case .message(let event): return event
                    }
                }
            }
        } catch {
            end(.failed(error))
            throw error
        }
    }

    // MARK: Headers

    /// Each byte is judged as soon as it is there.
    private func readHeader() throws(WebSocketViolation) -> Header? {
        guard let first = input.peek(0) else { return nil }
        let opcode = try readOpcode(first)
        let isFinal = first & 0x80 != 0
        if opcode.isControl, !isFinal { throw WebSocketViolation(.fragmentedControlFrame) }
        guard let second = input.peek(1) else { return nil }
        let isMasked = second & 0x80 != 0
        if isMasked, role == .client { throw WebSocketViolation(.maskedByServer) }
        if !isMasked, role == .server { throw WebSocketViolation(.notMaskedByClient) }
        let short = second & 0x7F
        if opcode.isControl, short > 125 { throw WebSocketViolation(.controlFrameTooLong) }
        let lengthSize = short == 126 ? 2 : short == 127 ? 8 : 0
        var size = 2 + lengthSize
        guard let length = lengthSize == 0 ? UInt64(short) : number(at: 2, bytes: lengthSize) else { return nil }
        if length >> 63 != 0 { throw WebSocketViolation(.lengthOverflow) }
        if !opcode.isControl {
            let room = UInt64(max(0, limits.messageMax - (message?.bytes.count ?? 0)))
            if length > room { throw WebSocketViolation(.messageTooLong(limit: limits.messageMax)) }
        }
        var mask: UInt32?
        if isMasked {
            guard let key = number(at: size, bytes: 4) else { return nil }
            mask = UInt32(truncatingIfNeeded: key)
            size += 4
        }
        return Header(
            isFinal: isFinal, opcode: opcode, length: Int(truncatingIfNeeded: length), size: size, mask: mask)
    }

    private func readOpcode(_ first: UInt8) throws(WebSocketViolation) -> WebSocketOpcode {
        if first & 0x70 != 0 { throw WebSocketViolation(.reservedBits) }
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else {
            throw WebSocketViolation(.reservedOpcode(first & 0x0F))
        }
        switch opcode {
        case .continuation where message == nil: throw WebSocketViolation(.continuationOfNothing)
        case .text where message != nil, .binary where message != nil:
            throw WebSocketViolation(.messageInsideMessage)
        case .continuation, .text, .binary, .close, .ping, .pong: return opcode
        }
    }

    private func number(at offset: Int, bytes: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in 0..<bytes {
            guard let byte = input.peek(offset + index) else { return nil }
            value = value << 8 | UInt64(byte)
        }
        return value
    }

    // MARK: Data frames

    private mutating func begin(_ header: Header) {
        input.consume(header.size)
        if message == nil { message = Message(isText: header.opcode == .text) }
        // What is announced is not yet there: only a modest message gets its room at once.
        if header.isFinal, header.length <= 65_536 { message?.bytes.reserveCapacity(header.length) }
        phase = .payload(DataFrame(remaining: header.length, mask: header.mask, isFinal: header.isFinal))
    }

    private enum Taken {
        case hungry
        case frameEnded
        case message(WebSocketEvent)
    }

    private mutating func takeData(_ frame: DataFrame) throws(WebSocketViolation) -> Taken {
        var frame = frame
        // Moved out while it grows, or each append would copy it.
        var current = message ?? Message(isText: false)
        message = nil
        let amount = min(frame.remaining, input.count)
        let begin = current.bytes.count
        current.bytes.append(contentsOf: input.slice(count: amount))
        input.consume(amount)
        if let mask = frame.mask {
            current.bytes.withUnsafeMutableBytes { all in
                let fresh = UnsafeMutableRawBufferPointer(rebasing: all[begin...])
                WebSocketMask.apply(mask, phase: frame.read, to: fresh)
            }
        }
        if current.isText {
            var text = current.text
            let isGood = current.bytes.withUnsafeBytes { all in
                text.accept(UnsafeRawBufferPointer(rebasing: all[begin...]))
            }
            if !isGood { throw WebSocketViolation(.notUTF8) }
            current.text = text
        }
        frame.read += amount
        frame.remaining -= amount
        if frame.remaining > 0 {
            message = current
            phase = .payload(frame)
            return .hungry
        }
        phase = .header
        if !frame.isFinal {
            message = current
            return .frameEnded
        }
        if current.isText, !current.text.isComplete { throw WebSocketViolation(.notUTF8) }
        return .message(current.isText ? .text(current.bytes) : .binary(current.bytes))
    }

    // MARK: Control frames

    private mutating func takeControl(_ header: Header) throws(WebSocketViolation) -> WebSocketEvent {
        var payload = Bytes(input.slice(from: header.size, count: header.length))
        input.consume(header.size + header.length)
        if let mask = header.mask {
            payload.withUnsafeMutableBytes { WebSocketMask.apply(mask, phase: 0, to: $0) }
        }
        switch header.opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        case .close, .continuation, .text, .binary: return try takeClose(payload)
        }
    }

    private mutating func takeClose(_ payload: Bytes) throws(WebSocketViolation) -> WebSocketEvent {
        guard let high = payload.first else {
            end(.closed)
            return .close(code: nil, reason: [])
        }
        guard payload.count >= 2 else { throw WebSocketViolation(.closePayloadOfOneByte) }
        let code = UInt16(high) << 8 | UInt16(payload[1])
        guard WebSocketCloseCode.isSendable(code) else { throw WebSocketViolation(.closeCode(code)) }
        let reason = Bytes(payload.dropFirst(2))
        guard reason.isUTF8 else { throw WebSocketViolation(.closeReasonNotUTF8) }
        end(.closed)
        return .close(code: code, reason: reason)
    }

    private mutating func end(_ last: Phase) {
        phase = last
        message = nil
        input = InputBuffer()
    }
}
