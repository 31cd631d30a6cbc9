// A server's answer to the opening handshake, read by the client as it arrives. Phases: status line ->
// fields -> (of a refusal) the first of its body -> decided.

public enum WebSocketAnswer: Sendable, Equatable {
    /// The connection is a WebSocket from here on; `rest` are its first bytes, where some came already.
    case accepted(rest: Bytes)
    case refused(WebSocketRefusal)
    case malformed(WebSocketAnswerFault)
}

/// An HTTP status instead of a WebSocket, with what may help to understand it.
public struct WebSocketRefusal: Sendable, Equatable {
    public var status: Int
    public var reason: Bytes
    public var retryAfter: Bytes?
    public var date: Bytes?
    public var location: Bytes?
    public var server: Bytes?
    public var contentType: Bytes?
    /// The first of the body, at most 1 KiB; what had come when it was decided.
    public var body: Bytes

    public init(
        status: Int, reason: Bytes, retryAfter: Bytes? = nil, date: Bytes? = nil, location: Bytes? = nil,
        server: Bytes? = nil, contentType: Bytes? = nil, body: Bytes = []
    ) {
        self.status = status
        self.reason = reason
        self.retryAfter = retryAfter
        self.date = date
        self.location = location
        self.server = server
        self.contentType = contentType
        self.body = body
    }
}

public enum WebSocketAnswerFault: Error, Sendable, Equatable {
    case notHTTP
    case badLineEnd
    case field(HTTPFieldFault)
    case headTooLarge
    case endsTooSoon
    case upgradeMissing
    case connectionMissing
    case proofMissing
    case proofWrong
    case extensionNotAsked
    case protocolNotAsked

    public var words: String {
        switch self {
        case .notHTTP: "what answered does not speak HTTP/1.1"
        case .badLineEnd: "a line of the answer's head does not end with CR LF"
        case .field: "a header of the answer cannot be read"
        case .headTooLarge: "the head of the answer is larger than \(WebSocketAnswerReader.headMax) bytes"
        case .endsTooSoon: "the connection ended within the handshake"
        case .upgradeMissing: "the answer 101 has no \"Upgrade: websocket\""
        case .connectionMissing: "the answer 101 has no \"Connection: upgrade\""
        case .proofMissing: "the answer 101 has no Sec-WebSocket-Accept"
        case .proofWrong: "the Sec-WebSocket-Accept of the answer belongs to another request"
        case .extensionNotAsked: "the server chose a WebSocket extension that was not asked for"
        case .protocolNotAsked: "the server chose a subprotocol that was not asked for"
        }
    }
}

public struct WebSocketAnswerReader: Sendable {
    public static let headMax = 65_536
    public static let bodyMax = 1_024

    private enum Phase: Sendable {
        case statusLine
        case fields(Head)
        case refusal(WebSocketRefusal, Rest)
        case decided(WebSocketAnswer)
    }

    private struct Head: Sendable {
        var status: Int
        var reason: Bytes
        var fields = HTTPFields()
    }

    /// How much of a refusal's body is worth waiting for.
    private enum Rest: Sendable {
        case counted(Int)
        case chunked(HTTPChunks)
    }

    private let proof: Bytes
    private var input = InputBuffer()
    private var phase = Phase.statusLine
    private var headRead = 0
    private var searched = 0
    /// The server's clock, as the final answer's Date field has it.
    public private(set) var date: Bytes?

    /// `key` is the one of the request.
    public init(key: Bytes) {
        proof = WebSocketHandshake.proof(key: key)
    }

    public mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        if isUndecided { input.append(bytes) }
    }

    public mutating func feed(_ bytes: some Collection<UInt8>) {
        if isUndecided { input.append(bytes) }
    }

    private var isUndecided: Bool {
        switch phase {
        case .statusLine, .fields, .refusal: true
        case .decided: false
        }
    }

    /// The answer, once there is one; nil when more bytes are needed.
    public mutating func next() -> WebSocketAnswer? {
        do throws(WebSocketAnswerFault) {
            return try advance()
        } catch {
            return decide(.malformed(error))
        }
    }

    /// Nothing more comes, or nobody waits any longer: what can be said by now.
    public mutating func end() -> WebSocketAnswer {
        if let answer = next() { return answer }
        if case .refusal(let refusal, let rest) = phase { return decide(.refused(withBody(refusal, rest))) }
        return decide(.malformed(.endsTooSoon))
    }

    private mutating func decide(_ answer: WebSocketAnswer) -> WebSocketAnswer {
        phase = .decided(answer)
        input = InputBuffer()
        return answer
    }

    private mutating func advance() throws(WebSocketAnswerFault) -> WebSocketAnswer? {
        while true {
            switch phase {
            case .decided(let answer):
                return answer
            case .statusLine:
                guard let line = try line() else { return nil }
                phase = .fields(try Self.statusLine(line))
            case .fields(var head):
                guard let line = try line() else { return nil }
                guard line.isEmpty else {
                    do { head.fields.append(try HTTPSyntax.field(line[...])) } catch { throw .field(error) }
                    phase = .fields(head)
                    continue
                }
                try endOfHead(head)
            case .refusal(let refusal, .counted(let wanted)):
                guard input.count >= wanted else { return nil }
                return decide(.refused(withBody(refusal, .counted(wanted))))
            case .refusal(let refusal, .chunked(var chunks)):
                // A body that cannot be read does not change what the status said.
                let isWhole: Bool
                do { isWhole = try chunks.read(&input) } catch { isWhole = true }
                guard isWhole || chunks.body.count >= Self.bodyMax else {
                    phase = .refusal(refusal, .chunked(chunks))
                    return nil
                }
                return decide(.refused(withBody(refusal, .chunked(chunks))))
            }
        }
    }

    private func withBody(_ refusal: WebSocketRefusal, _ rest: Rest) -> WebSocketRefusal {
        var whole = refusal
        switch rest {
        case .counted: whole.body = Bytes(input.slice(count: Self.bodyMax))
        case .chunked(let chunks): whole.body = Bytes(chunks.body.prefix(Self.bodyMax))
        }
        return whole
    }

    private mutating func line() throws(WebSocketAnswerFault) -> Bytes? {
        let room = Self.headMax - headRead
        guard let end = input.offset(of: 0x0A, from: searched) else {
            searched = input.count
            if searched > room { throw .headTooLarge }
            try looksLikeHTTP()
            return nil
        }
        guard end < room else { throw .headTooLarge }
        guard end > 0, input.peek(end - 1) == 0x0D else {
            try looksLikeHTTP()
            throw .badLineEnd
        }
        let line = Bytes(input.slice(count: end - 1))
        input.consume(end + 1)
        headRead += end + 1
        searched = 0
        return line
    }

    /// Another protocol is noticed at its first bytes, not after the time-out.
    private func looksLikeHTTP() throws(WebSocketAnswerFault) {
        guard case .statusLine = phase else { return }
        let front = input.slice(count: 7)
        guard Bytes(text: "HTTP/1.").starts(with: front) else { throw .notHTTP }
    }

    private static func statusLine(_ line: Bytes) throws(WebSocketAnswerFault) -> Head {
        // HTTP/1.x SP three digits [SP reason]
        guard line.hasPrefix("HTTP/1."), line.count >= 12, line[8] == 0x20,
            let status = HTTPSyntax.wholeNumber(Bytes(line[9..<12])), status >= 100,
            line.count == 12 || line[12] == 0x20
        else { throw .notHTTP }
        let reason = line.dropFirst(13).filter(HTTPSyntax.isValueByte)
        return Head(status: status, reason: Bytes(reason.prefix(256)))
    }

    private mutating func endOfHead(_ head: Head) throws(WebSocketAnswerFault) {
        if head.status == 101 || head.status >= 200 { date = head.fields.first("date") }
        if head.status == 101 {
            try check(head.fields)
            let rest = input.takeAll()
            phase = .decided(.accepted(rest: rest))
            return
        }
        if head.status < 200 {
            // An interim answer; the real one follows.
            phase = .statusLine
            return
        }
        let fields = head.fields
        let refusal = WebSocketRefusal(
            status: head.status, reason: head.reason, retryAfter: fields.first("retry-after"),
            date: fields.first("date"), location: fields.first("location"), server: fields.first("server"),
            contentType: fields.first("content-type"))
        if fields.hasToken("transfer-encoding", "chunked") {
            phase = .refusal(refusal, .chunked(HTTPChunks(bodyMax: 1 << 24)))
        } else {
            // Without a length nobody knows whether a body comes: not waited for.
            let length = fields.first("content-length").flatMap(HTTPSyntax.wholeNumber) ?? 0
            phase = .refusal(refusal, .counted(min(length, Self.bodyMax)))
        }
    }

    private func check(_ fields: HTTPFields) throws(WebSocketAnswerFault) {
        guard fields.hasToken("upgrade", "websocket") else { throw .upgradeMissing }
        guard fields.hasToken("connection", "upgrade") else { throw .connectionMissing }
        let proofs = fields.all("sec-websocket-accept")
        guard let first = proofs.first else { throw .proofMissing }
        guard proofs.count == 1, first == proof else { throw .proofWrong }
        guard fields.all("sec-websocket-extensions").allSatisfy(\.isEmpty) else { throw .extensionNotAsked }
        guard fields.all("sec-websocket-protocol").allSatisfy(\.isEmpty) else { throw .protocolNotAsked }
    }
}
