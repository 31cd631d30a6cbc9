// An HTTP/1.1 server's reading side, pure. Phases: request line -> fields -> body (counted or chunked)
// -> request line ...; failed after the first fault. Strict where leniency would let two readers of the
// same bytes see two different requests.

public struct HTTPServerCodec: Sendable {
    private enum Phase: Sendable {
        case requestLine
        case fields(HTTPRequest)
        case counted(HTTPRequest, length: Int)
        case chunked(HTTPRequest, HTTPChunks)
        case failed(HTTPRequestFault)
    }

    private enum Framing {
        case counted(Int)
        case chunked
    }

    private let limits: HTTPLimits
    private var input = InputBuffer()
    private var phase = Phase.requestLine
    private var headRead = 0
    /// Up to here the input was searched for a line end.
    private var searched = 0
    private var owesContinue = false

    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
    }

    public mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        if case .failed = phase { return }
        input.append(bytes)
    }

    public mutating func feed(_ bytes: some Collection<UInt8>) {
        if case .failed = phase { return }
        input.append(bytes)
    }

    /// Bytes that were fed and not read. Who feeds stops while there are many: the peer is ahead of us.
    public var bufferedCount: Int { input.count }

    /// In the middle of a request: an end of the stream now cuts it off.
    public var isInsideRequest: Bool {
        if case .requestLine = phase { return !input.isEmpty }
        return true
    }

    /// True once per request that waits for `100 Continue` before it sends its body.
    public mutating func takeContinue() -> Bool {
        defer { owesContinue = false }
        return owesContinue
    }

    /// What follows the last request: the first bytes of another protocol, after an upgrade.
    public mutating func takeRest() -> Bytes {
        searched = 0
        return input.takeAll()
    }

    /// The next whole request, or nil when more bytes are needed. A fault is repeated for ever.
    public mutating func next() throws(HTTPRequestFault) -> HTTPRequest? {
        do throws(HTTPRequestFault) {
            return try advance()
        } catch {
            phase = .failed(error)
            input = InputBuffer()
            throw error
        }
    }

    private mutating func advance() throws(HTTPRequestFault) -> HTTPRequest? {
        while true {
            switch phase {
            case .failed(let fault):
                throw fault
            case .requestLine:
                guard let line = try line() else { return nil }
                // An empty line before a request is a leftover of some old clients.
                if line.isEmpty { continue }
                phase = .fields(try Self.requestLine(line))
            case .fields(var request):
                guard let line = try line() else { return nil }
                if line.isEmpty {
                    try endOfHead(request)
                    continue
                }
                guard request.fields.list.count < limits.fieldsMax else { throw .tooManyFields }
                do { request.fields.append(try HTTPSyntax.field(line[...])) } catch { throw .field(error) }
                phase = .fields(request)
            case .counted(var request, let length):
                guard input.count >= length else { return nil }
                request.body = Bytes(input.slice(count: length))
                input.consume(length)
                return finish(request)
            case .chunked(var request, var chunks):
                // Out of the phase while it grows, or each piece would copy what came before.
                phase = .requestLine
                let isWhole = try Self.read(&chunks, &input)
                guard isWhole else {
                    phase = .chunked(request, chunks)
                    return nil
                }
                request.body = chunks.body
                return finish(request)
            }
        }
    }

    private static func read(_ chunks: inout HTTPChunks, _ input: inout InputBuffer) throws(HTTPRequestFault) -> Bool {
        do {
            return try chunks.read(&input)
        } catch {
            switch error {
            case .tooLarge: throw .bodyTooLarge
            case .badSize, .badLineEnd, .badTrailer: throw .badChunk
            }
        }
    }

    private mutating func finish(_ request: HTTPRequest) -> HTTPRequest {
        phase = .requestLine
        headRead = 0
        searched = 0
        owesContinue = false
        return request
    }

    /// One line of the head, without its CR LF.
    private mutating func line() throws(HTTPRequestFault) -> Bytes? {
        let room = limits.headMax - headRead
        guard let end = input.offset(of: 0x0A, from: searched) else {
            searched = input.count
            if searched > room { throw .headTooLarge }
            return nil
        }
        guard end < room else { throw .headTooLarge }
        guard end > 0, input.peek(end - 1) == 0x0D else { throw .badLineEnd }
        let line = Bytes(input.slice(count: end - 1))
        input.consume(end + 1)
        headRead += end + 1
        searched = 0
        return line
    }

    private static func requestLine(_ line: Bytes) throws(HTTPRequestFault) -> HTTPRequest {
        let parts = line.parts(separatedBy: 0x20)
        guard parts.count == 3 else { throw .badRequestLine }
        let method = parts[0]
        guard !method.isEmpty, method.count <= 32, method.allSatisfy(HTTPSyntax.isToken) else {
            throw .badRequestLine
        }
        let version = parts[2]
        guard version.hasPrefix("HTTP/") else { throw .badRequestLine }
        let isOld = version.equals("HTTP/1.0")
        guard isOld || version.equals("HTTP/1.1") else { throw .versionNotSupported }
        guard let target = originForm(parts[1]) else { throw .badTarget }
        return HTTPRequest(method: method, target: target, minorVersion: isOld ? 0 : 1)
    }

    /// A path as it is; a whole URL, as proxies send it, without its front.
    private static func originForm(_ target: Bytes) -> Bytes? {
        guard target.allSatisfy({ HTTPSyntax.isVisible($0) && $0 != 0x23 }) else { return nil }
        if target.first == 0x2F || target.equals("*") { return target }
        do {
            return try URLParts(parsing: target).target
        } catch {
            return nil
        }
    }

    private mutating func endOfHead(_ head: HTTPRequest) throws(HTTPRequestFault) {
        var request = head
        let hosts = request.fields.all("host")
        if hosts.count > 1 { throw .hostRepeated }
        if hosts.isEmpty, request.minorVersion == 1 { throw .hostMissing }
        let wantsClose = request.fields.hasToken("connection", "close")
        let wantsMore = request.fields.hasToken("connection", "keep-alive")
        request.keepsAlive = !wantsClose && (request.minorVersion == 1 || wantsMore)
        let framing = try framing(request)
        for expectation in request.fields.all("expect") {
            guard expectation.lowercasedASCII.equals("100-continue") else { throw .expectationNotSupported }
            // An old client that asks does not understand the answer.
            owesContinue = request.minorVersion == 1
        }
        switch framing {
        case .counted(let length):
            if input.count >= length { owesContinue = false }
            phase = .counted(request, length: length)
        case .chunked:
            if !input.isEmpty { owesContinue = false }
            // Trailers are fields: no more of them is held than of a head.
            phase = .chunked(request, HTTPChunks(bodyMax: limits.bodyMax, trailersMax: min(8_192, limits.headMax)))
        }
    }

    private func framing(_ request: HTTPRequest) throws(HTTPRequestFault) -> Framing {
        let encodings = request.fields.all("transfer-encoding")
        let lengths = request.fields.all("content-length")
        if !encodings.isEmpty {
            if !lengths.isEmpty { throw .lengthAndEncoding }
            if request.minorVersion == 0 { throw .encodingInOldVersion }
            guard encodings.count == 1, encodings.first?.lowercasedASCII.equals("chunked") == true else {
                throw .encodingNotSupported
            }
            return .chunked
        }
        guard let digits = lengths.first else { return .counted(0) }
        guard lengths.count == 1, !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            throw .badContentLength
        }
        // Digits that fit no Int are a number all the same: one that is too large.
        guard let length = HTTPSyntax.wholeNumber(digits), length <= limits.bodyMax else { throw .bodyTooLarge }
        return .counted(length)
    }
}
