// What was seen of one dial, from the name to the close. The hands fill it; the steps are read out of it.

import Codecs
import Effects

public struct DialRecord: Equatable, Sendable {
    /// Whose certificates were believed.
    public enum Trust: Equatable, Sendable {
        /// The host's own store.
        case host(file: Bytes?, directory: Bytes?)
        /// What SSL_CERT_FILE and SSL_CERT_DIR name, and nothing else.
        case named(file: Bytes?, directory: Bytes?)
    }

    /// What came back on the request for a WebSocket.
    public struct Answer: Equatable, Sendable {
        /// 101: a WebSocket.
        public var status: Int
        public var server: Bytes?
        public var location: Bytes?

        public init(status: Int, server: Bytes? = nil, location: Bytes? = nil) {
            self.status = status
            self.server = server
            self.location = location
        }
    }

    public var url: URLParts
    public var route: ProxyRoute
    public var trust: Trust
    /// Those that were tried, in order; of the proxy where there is one.
    public var addresses: [Bytes] = []
    /// The address and port of whom we reached.
    public var peer: Bytes?
    /// The status of the answer to CONNECT.
    public var tunnelStatus: Int?
    /// The protocol's version, once TLS stood.
    public var tls: Bytes?
    /// The server's own certificate, also one that was not accepted.
    public var certificate: CertificateFacts?
    /// Name, proxy, TCP and TLS came to a connection.
    public var isConnected = false
    public var tookToConnect: Span?
    public var failure: DialFailure?
    public var answer: Answer?
    /// The server's clock, and ours when it was told.
    public var serverTime: UnixTime?
    public var ownTime: UnixTime?
    /// The ping's way there and back.
    public var pong: Span?
    /// How it ended before the pong came.
    public var end: ConnectionEnd?

    public init(url: URLParts, route: ProxyRoute, trust: Trust) {
        self.url = url
        self.route = route.shown
        self.trust = trust
    }
}

extension DialRecord {
    enum Hop: Int, Comparable {
        case key, name, tcp, tunnel, tls, handshake, frames

        static func < (one: Hop, other: Hop) -> Bool { one.rawValue < other.rawValue }
    }

    /// The hop at which it failed; nil where it did not.
    var failedHop: Hop? {
        switch failure {
        case .none:
            guard answer != nil else { return nil }
            return pong == nil ? .frames : nil
        case .name: return .name
        case .tls: return route.isProxied && !isTunnelled ? .tunnel : .tls
        case .key: return .key
        case .status, .handshake: return .handshake
        case .proxy, .connect, .timedOut, .abandoned: return firstNotPassed
        }
    }

    private var isTunnelled: Bool { tunnelStatus.map { 200..<300 ~= $0 } ?? false }

    private var firstNotPassed: Hop {
        if addresses.isEmpty, peer == nil { return .name }
        if peer == nil { return .tcp }
        if route.isProxied, !isTunnelled { return .tunnel }
        if url.scheme.isEncrypted, !isConnected { return .tls }
        return .handshake
    }

    /// HOST:PORT as it stands in URLs, always with the port.
    public var place: String {
        let host = url.isIPv6 ? "[\(url.host.text)]" : url.host.text
        return "\(host):\(url.port)"
    }
}

extension DialRecord.Trust {
    var words: String {
        switch self {
        case .host(let file, let directory):
            let places = [file, directory].compactMap { $0?.text }
            return "this host's trusted certificates" + (places.isEmpty ? "" : " (\(places.joined(separator: ", ")))")
        case .named(let file, let directory):
            let places = [file.map { "SSL_CERT_FILE=\($0.text)" }, directory.map { "SSL_CERT_DIR=\($0.text)" }]
            return "only " + places.compactMap { $0 }.joined(separator: " and ")
        }
    }

    var json: JSON {
        switch self {
        case .host(let file, let directory): facts("host", file, directory)
        case .named(let file, let directory): facts("environment", file, directory)
        }
    }

    private func facts(_ source: String, _ file: Bytes?, _ directory: Bytes?) -> JSON {
        .object([
            JSONMember("source", .string(source)), JSONMember("file", file.map(JSON.string) ?? .null),
            JSONMember("directory", directory.map(JSON.string) ?? .null),
        ])
    }
}
