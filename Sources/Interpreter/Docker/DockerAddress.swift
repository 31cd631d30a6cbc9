// Where the Docker daemon is, and how to speak with it: as the environment, the default sockets and the contexts of
// the docker command say, in the order that Docker documents.

import Codecs
import Effects
import Glibc

/// The address was not to be found out.
struct NoAddress: Error {
    let detail: Detail

    init(_ words: String) {
        detail = Detail(Bytes(text: words))
    }
}

struct DockerAddress {
    enum Way: Equatable {
        case socket(Bytes)
        /// Host and port.
        case tcp(Bytes, TLS?)
    }

    struct TLS: Equatable {
        var authority: Bytes?
        var certificate: Bytes?
        var key: Bytes?
        var verifies: Bool
    }

    let way: Way
    /// For people.
    let place: Bytes
    var remarks: [DockerRemark] = []

    /// Of a URL for a call of the agreed version.
    func url(_ path: Bytes) -> Bytes {
        switch way {
        case .socket: Bytes(text: "http://docker") + path
        case .tcp(let host, nil): Bytes(text: "http://") + host + path
        case .tcp(let host, _?): Bytes(text: "https://") + host + path
        }
    }
}

extension DockerAddress {
    /// `configuration` is the folder of the Docker configuration.
    static func find(_ configuration: DockerConfiguration) throws(NoAddress) -> DockerAddress {
        let value = configuration.variable
        if let host = value("DOCKER_HOST"), !host.isEmpty {
            return try address(host, tls: configuration.tlsOfEnvironment())
        }
        let context = value("DOCKER_CONTEXT").flatMap { $0.isEmpty ? nil : $0 }
        if let socket = configuration.defaultSocket() {
            var address = DockerAddress(way: .socket(socket), place: Bytes(text: "unix://") + socket)
            if let context, !context.equals("default") {
                address.remarks.append(.contextLoses(context: context, socket: socket))
            }
            return address
        }
        if let name = context ?? configuration.currentContext, !name.equals("default") {
            guard let found = configuration.context(name) else {
                throw NoAddress("the Docker context \(name.text) was not found, or could not be read")
            }
            return try address(found.host, tls: found.tls)
        }
        let usual = Bytes(text: "/var/run/docker.sock")
        return DockerAddress(way: .socket(usual), place: Bytes(text: "unix://") + usual)
    }

    private static func address(_ host: Bytes, tls: TLS?) throws(NoAddress) -> DockerAddress {
        guard let mark = host.firstIndex(of: 0x3a), host[mark...].hasPrefix("://") else {
            throw NoAddress("\(host.text) is no address of a Docker daemon; it begins with unix:// or tcp://")
        }
        let scheme = host[..<mark].text
        let rest = Bytes(host[(mark + 3)...])
        guard !rest.isEmpty else {
            throw NoAddress("\(host.text) is no address of a Docker daemon: it names no place")
        }
        switch scheme {
        case "unix": return DockerAddress(way: .socket(rest), place: host)
        case "tcp", "http", "https": return tcp(scheme, rest, host, tls)
        case "ssh":
            throw NoAddress(
                "\(host.text) can't be used: the worker speaks no ssh; forward a socket, or use tcp with TLS")
        default: throw NoAddress("\(host.text) can't be used: the worker knows unix://, tcp://, http:// and https://")
        }
    }

    private static func tcp(_ scheme: String, _ rest: Bytes, _ host: Bytes, _ tls: TLS?) -> DockerAddress {
        var authority = rest
        while authority.last == 0x2f { authority.removeLast() }
        let encrypts = scheme == "https" || (scheme == "tcp" && tls != nil)
        let used = encrypts ? tls ?? TLS(verifies: true) : nil
        // The port follows the last colon, unless that is inside an IPv6 address.
        let afterBracket = authority.lastIndex(of: 0x5d).map { authority[$0...] } ?? authority[...]
        if !afterBracket.contains(0x3a) { authority += Bytes(text: encrypts ? ":2376" : ":2375") }
        var address = DockerAddress(way: .tcp(authority, used), place: host)
        if let used, !used.verifies { address.remarks.append(.unverified) }
        return address
    }
}
