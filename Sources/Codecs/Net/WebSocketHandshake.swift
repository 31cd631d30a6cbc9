// The opening handshake of RFC 6455: the key and its proof, the client's request, and the server's side.

public enum WebSocketHandshake {
    public static let nonceLength = 16

    /// The key as it stands in the request, from sixteen random bytes.
    public static func key(nonce: Bytes) -> Bytes {
        Base64.encode(nonce)
    }

    /// What the server must answer to a key.
    public static func proof(key: Bytes) -> Bytes {
        Base64.encode(SHA1.digest(key + Bytes(text: "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")))
    }

    /// The client's request. Extra fields are written as given, after those of the handshake.
    public static func request(
        url: URLParts, key: Bytes, fields: [HTTPField] = []
    ) throws(WebSocketRequestFault) -> Bytes {
        var output = Bytes(text: "GET ")
        output.append(contentsOf: url.target)
        output.append(text: " HTTP/1.1\r\nHost: ")
        output.append(contentsOf: url.authority)
        output.append(text: "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n")
        output.append(text: "Sec-WebSocket-Key: ")
        output.append(contentsOf: key)
        output.append(text: "\r\n")
        for field in fields {
            guard field.canBeWritten else { throw .field(name: field.name) }
            output.append(contentsOf: field.name)
            output.append(text: ": ")
            output.append(contentsOf: field.value)
            output.append(text: "\r\n")
        }
        output.append(text: "\r\n")
        return output
    }

    /// The server's side: the answer to a request that wants a WebSocket, or why it gets none.
    public static func accept(_ request: HTTPRequest) throws(WebSocketUpgradeFault) -> Bytes {
        guard request.method.equals("GET"), request.minorVersion == 1, request.body.isEmpty else {
            throw .notGet
        }
        guard request.fields.hasToken("upgrade", "websocket"), request.fields.hasToken("connection", "upgrade") else {
            throw .noUpgrade
        }
        guard request.fields.all("sec-websocket-version").map({ $0.equals("13") }) == [true] else {
            throw .otherVersion
        }
        let keys = request.fields.all("sec-websocket-key")
        guard keys.count == 1, let key = keys.first, Base64.decode(key)?.count == nonceLength else {
            throw .badKey
        }
        var output = Bytes(text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        output.append(text: "Sec-WebSocket-Accept: ")
        output.append(contentsOf: proof(key: key))
        output.append(text: "\r\n\r\n")
        return output
    }
}

/// A field that would not stay one line. Only its name is told: the value may be a secret.
public enum WebSocketRequestFault: Error, Sendable, Equatable {
    case field(name: Bytes)

    public var words: String {
        switch self {
        case .field(let name): "the header \(name.text) has a byte that no header may have"
        }
    }
}

public enum WebSocketUpgradeFault: Error, Sendable, Equatable {
    case notGet
    case noUpgrade
    case otherVersion
    case badKey

    public var response: HTTPResponse {
        let body = Bytes(text: words + "\n")
        switch self {
        case .notGet, .badKey: return HTTPResponse(status: 400, body: body)
        case .noUpgrade:
            return HTTPResponse(status: 426, fields: [HTTPField("Upgrade", Bytes(text: "websocket"))], body: body)
        case .otherVersion:
            let version = HTTPField("Sec-WebSocket-Version", Bytes(text: "13"))
            return HTTPResponse(status: 426, fields: [version], body: body)
        }
    }

    public var words: String {
        switch self {
        case .notGet: "a WebSocket begins with a GET of HTTP/1.1 without a body"
        case .noUpgrade: "this address speaks WebSocket: the upgrade headers are missing"
        case .otherVersion: "Sec-WebSocket-Version must be 13"
        case .badKey: "Sec-WebSocket-Key must be sixteen bytes in base64"
        }
    }
}
