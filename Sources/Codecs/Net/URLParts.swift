// The URLs that a worker dials: ws, wss, http and https, taken apart as bytes.
// User names and passwords, fragments and zones are refused: none has a meaning here.

public enum URLScheme: Sendable, Equatable {
    case ws, wss, http, https

    public var name: StaticString {
        switch self {
        case .ws: "ws"
        case .wss: "wss"
        case .http: "http"
        case .https: "https"
        }
    }

    public var isEncrypted: Bool {
        switch self {
        case .wss, .https: true
        case .ws, .http: false
        }
    }

    public var defaultPort: UInt16 { isEncrypted ? 443 : 80 }
}

public enum URLFault: Error, Sendable, Equatable {
    case tooLong
    case unknownScheme
    case badByte(UInt8)
    case userInfo
    case fragment
    case noHost
    case badHost
    case badPort

    public var words: String {
        switch self {
        case .tooLong: "the URL is longer than \(URLParts.lengthMax) bytes"
        case .unknownScheme: "the URL does not begin with ws://, wss://, http:// or https://"
        case .badByte(let byte): "the URL has a byte that must be percent-encoded (0x\([byte].hex.text))"
        case .userInfo: "the URL has a user name or password in it, which is not supported"
        case .fragment: "the URL has a fragment (#), which is not supported"
        case .noHost: "the URL has no host"
        case .badHost: "the host of the URL cannot be read"
        case .badPort: "the port of the URL is not a number from 1 to 65535"
        }
    }
}

public struct URLParts: Sendable, Equatable {
    public static let lengthMax = 8_192

    public let scheme: URLScheme
    /// In lower case; an IPv6 address without its brackets.
    public let host: Bytes
    public let isIPv6: Bool
    /// As written, or the scheme's own.
    public let port: UInt16
    /// Begins with a slash.
    public let path: Bytes
    /// As written, without its question mark.
    public private(set) var query: Bytes?

    public init(parsing url: Bytes) throws(URLFault) {
        guard url.count <= Self.lengthMax else { throw .tooLong }
        if let bad = url.first(where: { !HTTPSyntax.isVisible($0) || $0 == 0x22 || $0 == 0x3C || $0 == 0x3E }) {
            throw .badByte(bad)
        }
        guard let colon = url.firstIndex(of: 0x3A), url[colon...].hasPrefix("://"),
            let scheme = Self.scheme(url[..<colon].lowercasedASCII)
        else { throw .unknownScheme }
        if url.contains(0x23) { throw .fragment }
        let rest = url[(colon + 3)...]
        let authorityEnd = rest.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex
        let authority = rest[..<authorityEnd]
        if authority.contains(0x40) { throw .userInfo }
        let hostAndPort = try Self.hostAndPort(authority)
        let tail = rest[authorityEnd...]
        let pathEnd = tail.firstIndex(of: 0x3F) ?? tail.endIndex
        self.scheme = scheme
        host = hostAndPort.host
        isIPv6 = hostAndPort.isIPv6
        port = hostAndPort.port ?? scheme.defaultPort
        path = pathEnd == tail.startIndex ? [0x2F] : Bytes(tail[..<pathEnd])
        query = pathEnd == tail.endIndex ? nil : Bytes(tail[(pathEnd + 1)...])
    }

    /// Path and query, as they stand in a request line.
    public var target: Bytes {
        guard let query else { return path }
        return path + [0x3F] + query
    }

    /// The host as the Host header has it: with brackets, and with the port unless it is the scheme's own.
    public var authority: Bytes {
        var output = isIPv6 ? [0x5B] + host + [0x5D] : host
        if port != scheme.defaultPort {
            output.append(0x3A)
            output.append(decimal: port)
        }
        return output
    }

    /// The whole URL.
    public var bytes: Bytes {
        Bytes(text: scheme.name) + Bytes(text: "://") + authority + target
    }

    /// Names and addresses of this machine itself.
    public var isLoopback: Bool {
        if isIPv6 { return IPAddress.isLoopback6(host) }
        if host.equals("localhost") || host.hasSuffix(".localhost") { return true }
        guard let address = IPAddress.v4(host) else { return false }
        return address >> 24 == 127
    }

    /// One query parameter set: the first of that name replaced in its place, others of that name dropped.
    /// Every other parameter stays as it was written.
    public func settingQuery(_ name: Bytes, _ value: Bytes) -> URLParts {
        let wanted = PercentCoding.encoded(name) + [0x3D] + PercentCoding.encoded(value)
        var kept: [Bytes] = []
        var isSet = false
        for part in (query ?? []).parts(separatedBy: 0x26) where !part.isEmpty {
            let written = part.prefix { $0 != 0x3D }
            if PercentCoding.decoded(written, plusIsBlank: true) == name {
                if !isSet { kept.append(wanted) }
                isSet = true
            } else {
                kept.append(part)
            }
        }
        if !isSet { kept.append(wanted) }
        var changed = self
        changed.query = Bytes(kept.joined(separator: [0x26]))
        return changed
    }

    private static func scheme(_ name: Bytes) -> URLScheme? {
        if name.equals("ws") { return .ws }
        if name.equals("wss") { return .wss }
        if name.equals("http") { return .http }
        if name.equals("https") { return .https }
        return nil
    }

    private struct HostAndPort {
        var host: Bytes
        var isIPv6: Bool
        var port: UInt16?
    }

    private static func hostAndPort(_ authority: ArraySlice<UInt8>) throws(URLFault) -> HostAndPort {
        guard let first = authority.first else { throw .noHost }
        if first == 0x5B {
            guard let close = authority.firstIndex(of: 0x5D) else { throw .badHost }
            let host = authority[authority.index(after: authority.startIndex)..<close].lowercasedASCII
            guard IPAddress.isV6(host) else { throw .badHost }
            return HostAndPort(host: host, isIPv6: true, port: try port(authority[(close + 1)...]))
        }
        let hostEnd = authority.firstIndex(of: 0x3A) ?? authority.endIndex
        let host = authority[..<hostEnd].lowercasedASCII
        guard !host.isEmpty else { throw .noHost }
        guard host.count <= 253, host.allSatisfy(isHostByte) else { throw .badHost }
        return HostAndPort(host: host, isIPv6: false, port: try port(authority[hostEnd...]))
    }

    /// `:8080`, a lone colon, or nothing.
    private static func port(_ text: ArraySlice<UInt8>) throws(URLFault) -> UInt16? {
        guard let colon = text.first else { return nil }
        guard colon == 0x3A else { throw .badHost }
        let digits = Bytes(text.dropFirst())
        if digits.isEmpty { return nil }
        guard digits.count <= 5, let number = HTTPSyntax.wholeNumber(digits), number > 0,
            let port = UInt16(exactly: number)
        else { throw .badPort }
        return port
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}
