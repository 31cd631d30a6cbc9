// What an HTTP/1.1 server reads and answers: the values, the faults with their status, the limits.

public struct HTTPLimits: Sendable, Equatable {
    public var headMax: Int
    public var bodyMax: Int
    public var fieldsMax: Int

    public init(headMax: Int = 32_768, bodyMax: Int = 8 * 1_048_576, fieldsMax: Int = 100) {
        self.headMax = max(0, headMax)
        self.bodyMax = max(0, bodyMax)
        self.fieldsMax = max(0, fieldsMax)
    }
}

public struct HTTPRequest: Sendable, Equatable {
    public var method: Bytes
    /// The target in origin form: a path, perhaps with a query, or `*`.
    public var target: Bytes
    /// 0 or 1: HTTP/1.0 or HTTP/1.1.
    public var minorVersion: Int
    public var fields: HTTPFields
    public var body: Bytes
    /// Whether the client wants to go on with this connection.
    public var keepsAlive: Bool

    public init(
        method: Bytes, target: Bytes, minorVersion: Int = 1, fields: HTTPFields = HTTPFields(), body: Bytes = [],
        keepsAlive: Bool = true
    ) {
        self.method = method
        self.target = target
        self.minorVersion = minorVersion
        self.fields = fields
        self.body = body
        self.keepsAlive = keepsAlive
    }

    public var isHead: Bool { method.equals("HEAD") }

    /// The path as it was sent, without the query.
    public var rawPath: Bytes { Bytes(target.prefix { $0 != 0x3F }) }

    /// The query as it was sent, without its question mark.
    public var rawQuery: Bytes? {
        target.firstIndex(of: 0x3F).map { Bytes(target[($0 + 1)...]) }
    }

    /// The parts of the path between the slashes, each decoded. Nil where an escape is broken.
    public var pathParts: [Bytes]? {
        var parts: [Bytes] = []
        for part in rawPath.dropFirst().parts(separatedBy: 0x2F) {
            guard let decoded = PercentCoding.decoded(part) else { return nil }
            parts.append(decoded)
        }
        return parts
    }

    /// Names and values of the query, decoded. Nil where an escape is broken.
    public var query: [QueryItem]? {
        PercentCoding.queryItems(rawQuery ?? [])
    }
}

/// Why a request cannot be served. Nothing after it on the connection can be trusted: answer and close.
public enum HTTPRequestFault: Error, Sendable, Equatable {
    case badRequestLine
    case badTarget
    case versionNotSupported
    case badLineEnd
    case field(HTTPFieldFault)
    case hostMissing
    case hostRepeated
    case headTooLarge
    case tooManyFields
    case badContentLength
    case lengthAndEncoding
    case encodingInOldVersion
    case encodingNotSupported
    case expectationNotSupported
    case bodyTooLarge
    case badChunk

    public var status: Int {
        switch self {
        case .headTooLarge, .tooManyFields: 431
        case .bodyTooLarge: 413
        case .expectationNotSupported: 417
        case .encodingNotSupported: 501
        case .versionNotSupported: 505
        case .badRequestLine, .badTarget, .badLineEnd, .field, .hostMissing, .hostRepeated, .badContentLength,
            .lengthAndEncoding, .encodingInOldVersion, .badChunk:
            400
        }
    }

    public var words: String {
        switch self {
        case .badRequestLine: "the request line cannot be read"
        case .badTarget: "the request target is no path"
        case .versionNotSupported: "only HTTP/1.0 and HTTP/1.1 are spoken here"
        case .badLineEnd: "a line of the head does not end with CR LF"
        case .field(.folded): "a header continues on a second line"
        case .field(.noColon): "a header line has no colon"
        case .field(.badName): "a header name has a byte that does not belong there"
        case .field(.badValue): "a header value has a byte that does not belong there"
        case .hostMissing: "the Host header is missing"
        case .hostRepeated: "there is more than one Host header"
        case .headTooLarge: "the head of the request is too large"
        case .tooManyFields: "there are too many headers"
        case .badContentLength: "Content-Length is not one whole number"
        case .lengthAndEncoding: "Content-Length and Transfer-Encoding exclude each other"
        case .encodingInOldVersion: "HTTP/1.0 has no Transfer-Encoding"
        case .encodingNotSupported: "the only transfer encoding spoken here is chunked"
        case .expectationNotSupported: "the only expectation known here is 100-continue"
        case .bodyTooLarge: "the body is too large"
        case .badChunk: "the chunked body cannot be read"
        }
    }
}
