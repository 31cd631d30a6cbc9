// What a failed hop says, and what to do about it.

import Codecs
import Effects

extension DialSteps {
    func wordsOfFailure(_ failure: DialFailure) -> String {
        switch failure {
        case .timedOut, .abandoned: return silence
        case .status(let status, _): return statusWords(status)
        case .tls(let detail): return "\(detail.text)\(certificateWords)"
        case .proxy(let detail) where failedHop == .tunnel:
            return "the proxy did not open a way to \(record.place): \(detail.text)"
        case .name, .proxy, .connect, .handshake, .key: return failure.words
        }
    }

    /// Nothing came back in time: the hop says from whom.
    private var silence: String {
        switch failedHop {
        case .name: "no name server answered in time for the name of \(nameOwner)"
        case .tcp: "no answer from \(peerPlace) in time"
        case .tunnel: "the proxy did not answer in time to CONNECT \(record.place)"
        case .tls: "the TLS handshake was not answered in time"
        case .key, .handshake, .frames, .none: "the request for a WebSocket was not answered in time"
        }
    }

    private var nameOwner: String { record.route.isProxied ? "the proxy" : record.url.host.text }

    private var peerPlace: String {
        let tried = record.addresses.map(\.text).joined(separator: ", ")
        return record.route.isProxied ? "the proxy (\(tried))" : "\(record.place) (\(tried))"
    }

    private func statusWords(_ status: Int) -> String {
        let from = record.answer?.server.map { ", answered by a server that calls itself \($0.text)" } ?? ""
        switch status {
        case 200..<300: return "HTTP \(status) instead of a WebSocket\(from)"
        case 300..<400:
            let place = record.answer?.location.map { " to \($0.text)" } ?? ""
            return "HTTP \(status): redirected\(place)\(from)"
        case 401, 403: return "HTTP \(status): the server refused the API key\(from)"
        case 404: return "HTTP 404: there is no WebSocket at this path\(from)"
        case 426: return "HTTP 426: the server wants another protocol\(from)"
        default: return "HTTP \(status) instead of a WebSocket\(from)"
        }
    }

    /// Behind what is wrong with the certificate: the certificate itself.
    private var certificateWords: String {
        guard let certificate = record.certificate else { return "" }
        let names = certificate.names.map(\.text).joined(separator: ", ")
        let whose = names.isEmpty ? certificate.subjectWords : names
        return "; it is for \(whose), issued by \(certificate.issuerWords), valid from \(certificate.validFrom.text) "
            + "until \(certificate.validUntil.text)"
    }

    // MARK: Advice

    func advice(_ failure: DialFailure) -> String? {
        switch failedHop {
        case .key: "make the file readable for the user that the worker runs as"
        case .name: nameAdvice
        case .tcp: tcpAdvice
        case .tunnel: tunnelAdvice
        case .tls: tlsAdvice(failure)
        case .handshake: handshakeAdvice(failure)
        case .frames, .none: nil
        }
    }

    private var isUnproxied: Bool { record.route == .unset }

    private var nameAdvice: String {
        if case .proxy(_, let variable) = record.route {
            return "check the proxy's name in \(variable), and this host's name servers (/etc/resolv.conf)"
        }
        let behind = isUnproxied ? "; where only a proxy may resolve names, set HTTPS_PROXY" : ""
        return "check the name and this host's name servers (/etc/resolv.conf)\(behind)"
    }

    private var tcpAdvice: String {
        if case .proxy(_, let variable) = record.route {
            return "check the proxy in \(variable): is it running, and may this host reach it?"
        }
        let behind = isUnproxied ? "; where there is only a proxy, set HTTPS_PROXY" : ""
        return "let this host reach \(record.place) (outbound TCP: firewall, security group)\(behind)"
    }

    private var tunnelAdvice: String {
        guard case .proxy(_, let variable) = record.route else { return "" }
        switch record.tunnelStatus {
        case 407: return "put a user and a password that it accepts into \(variable): http://USER:PASSWORD@HOST:PORT"
        case 403, 405: return "ask for CONNECT to \(record.place) to be allowed on the proxy"
        default: return "check the proxy in \(variable), and whether it may reach \(record.place)"
        }
    }

    private func tlsAdvice(_ failure: DialFailure) -> String {
        "\(tlsRemedy(failure)); trusted were \(record.trust.words)"
    }

    private func tlsRemedy(_ failure: DialFailure) -> String {
        guard case .tls(let detail) = failure else { return "try again; something on the way may hold TLS back" }
        let words = detail.text
        if words.contains("has expired") || words.contains("not valid yet") {
            return "see that this host's clock is right; if it is, whoever runs the server must renew the certificate"
        }
        if words.contains("another host name") {
            return "check the URL; something else may be answering in the server's place, such as a login page"
        }
        return "where a proxy on the way opens TLS, put its CA into a file with the others, and name that in "
            + "SSL_CERT_FILE"
    }

    private func handshakeAdvice(_ failure: DialFailure) -> String? {
        switch failure {
        case .status(401, _), .status(403, _):
            return "the key is wrong, has expired or lacks team scope: make another one (Settings > Platform) and try "
                + "again"
        case .status(404, _), .status(426, _): return "check --web-socket-url, or leave it out"
        case .status(let status, _) where status == 429 || status == 503:
            return "the server is busy; the worker keeps trying by itself"
        case .status(let status, _) where status >= 500:
            return "the server has a problem of its own; the worker keeps trying by itself"
        case .status, .handshake, .timedOut, .abandoned:
            return "something else than the control plane may be answering: a login page, a proxy or a firewall that "
                + "does not let WebSocket connections through; also check --web-socket-url"
        case .key, .name, .proxy, .connect, .tls: return nil
        }
    }
}
