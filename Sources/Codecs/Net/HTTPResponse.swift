// What an HTTP/1.1 server writes. The body's length is always said, so that a connection can go on.

public struct HTTPResponse: Sendable, Equatable {
    public var status: Int
    public var fields: [HTTPField]
    public var body: Bytes

    public init(status: Int, fields: [HTTPField] = [], body: Bytes = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

public enum HTTPResponseWriter {
    /// The answer to `Expect: 100-continue`.
    public static func appendContinue(to output: inout Bytes) {
        output.append(text: "HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// `toHead`: the request was a HEAD, so the body is told by its length only.
    /// Length and connection headers are written here; a field that could not be one line is left out.
    public static func append(_ response: HTTPResponse, toHead: Bool, keepsAlive: Bool, to output: inout Bytes) {
        output.append(text: "HTTP/1.1 ")
        output.append(decimal: min(max(response.status, 100), 999), width: 3)
        output.append(0x20)
        output.append(text: HTTPStatus.words(response.status))
        output.append(text: "\r\n")
        for field in response.fields where field.canBeWritten && !isOurs(field.name) {
            output.append(contentsOf: field.name)
            output.append(text: ": ")
            output.append(contentsOf: field.value)
            output.append(text: "\r\n")
        }
        let hasBody = response.status >= 200 && response.status != 204 && response.status != 304
        if hasBody {
            output.append(text: "Content-Length: ")
            output.append(decimal: response.body.count)
            output.append(text: "\r\n")
        }
        if response.status >= 200 {
            output.append(text: keepsAlive ? "Connection: keep-alive\r\n" : "Connection: close\r\n")
        }
        output.append(text: "\r\n")
        if hasBody, !toHead { output.append(contentsOf: response.body) }
    }

    private static func isOurs(_ name: Bytes) -> Bool {
        let lower = name.lowercasedASCII
        return lower.equals("content-length") || lower.equals("connection") || lower.equals("transfer-encoding")
    }
}

public enum HTTPStatus {
    public static func words(_ status: Int) -> String {
        switch status {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 425: "Too Early"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}
