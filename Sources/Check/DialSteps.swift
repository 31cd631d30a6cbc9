// The control plane, hop by hop: what was seen of the dial, as steps.
//
// Every hop is judged by the same failures by which the daemon goes, so the two can't disagree. What comes behind the
// hop that failed was not tried.

import Codecs
import Effects

extension CheckSection {
    public static func controlPlane(_ record: DialRecord) -> CheckSection {
        let hops = DialSteps(record: record)
        var steps = [hops.url, hops.proxy]
        if hops.failedHop == .key { steps.append(hops.key) }
        steps += [hops.name, hops.tcp]
        if record.route.isProxied { steps.append(hops.tunnel) }
        steps += [hops.tls, hops.handshake, hops.frames, hops.clock]
        return CheckSection(.controlPlane, steps: steps)
    }
}

struct DialSteps {
    let record: DialRecord
    let failedHop: DialRecord.Hop?

    init(record: DialRecord) {
        self.record = record
        failedHop = record.failedHop
    }

    private func step(
        _ name: String, _ hop: DialRecord.Hop, _ words: String, facts: [JSONMember] = []
    ) -> CheckStep {
        guard let failedHop, let failure = record.failure, failedHop <= hop else {
            return CheckStep(name, .fine, words, facts: facts)
        }
        guard failedHop == hop else { return CheckStep(name, .skipped, "not tried") }
        let cause: CheckStep.Cause = failure.isOfTheKey ? .unauthorised : .unavailable
        return CheckStep(name, .failed(cause), wordsOfFailure(failure), advice: advice(failure), facts: facts)
    }

    // MARK: The hops

    var url: CheckStep {
        let shown = "\(record.url.scheme.name)://\(record.place)\(record.url.path.text)"
        let facts = [JSONMember("url", .string(shown))]
        guard record.url.scheme.isEncrypted || record.url.isLoopback else {
            return CheckStep(
                "url", .doubtful, "\(shown): neither the API key nor the tasks are encrypted on the way",
                advice: "use wss:// unless the network between is yours alone", facts: facts)
        }
        return CheckStep("url", .fine, shown, facts: facts)
    }

    var proxy: CheckStep {
        switch record.route {
        case .unset: return CheckStep("proxy", .fine, "none: no variable names one", facts: proxyFacts(nil, nil))
        case .loopback(let variable):
            let words = "none: this machine itself is never dialled through a proxy, so \(variable) does not count"
            return CheckStep("proxy", .fine, words, facts: proxyFacts(nil, variable))
        case .excepted(let variable, let list, let entry):
            let words = "none: \(list) has \(entry.text), so \(variable) does not count"
            return CheckStep("proxy", .fine, words, facts: proxyFacts(nil, variable))
        case .proxy(let proxy, let variable):
            let words = "\(proxy.text), from \(variable)"
            return CheckStep("proxy", .fine, words, facts: proxyFacts(proxy, variable))
        }
    }

    private func proxyFacts(_ proxy: Bytes?, _ variable: String?) -> [JSONMember] {
        [
            JSONMember("proxy", proxy.map(JSON.string) ?? .null),
            JSONMember("variable", variable.map { .string($0) } ?? .null),
        ]
    }

    /// Said only when the key's file can't be read.
    var key: CheckStep { step("key", .key, "") }

    var name: CheckStep {
        let whose = record.route.isProxied ? "the proxy's name" : record.url.host.text
        let list = record.addresses.map(\.text).joined(separator: ", ")
        let facts = [
            JSONMember("host", .string(record.url.host)),
            JSONMember("addresses", .array(record.addresses.map(JSON.string))),
        ]
        let isAddress = !record.route.isProxied && (record.url.isIPv6 || IPAddress.v4(record.url.host) != nil)
        let words = isAddress ? "\(record.url.host.text) is an address" : "\(whose) is \(list)"
        return step("name", .name, words, facts: facts)
    }

    var tcp: CheckStep {
        let peer = record.peer?.text ?? record.place
        let whom = record.route.isProxied ? " (the proxy)" : ""
        return step("tcp", .tcp, "connected to \(peer)\(whom)", facts: [JSONMember("peer", .string(peer))])
    }

    var tunnel: CheckStep {
        let status = record.tunnelStatus.flatMap { $0 == 0 ? nil : $0 }
        return step(
            "connect", .tunnel, "the proxy answered \(status ?? 0) to CONNECT \(record.place)",
            facts: [JSONMember("status", status.map { .number($0) } ?? .null)])
    }

    var tls: CheckStep {
        guard record.url.scheme.isEncrypted else {
            return CheckStep("tls", .skipped, "not used: the URL is \(record.url.scheme.name)://")
        }
        var facts = [JSONMember("version", record.tls.map(JSON.string) ?? .null)]
        var words = record.tls?.text ?? "connected"
        if let certificate = record.certificate {
            facts += certificate.facts
            words += ", certificate by \(certificate.issuerWords), valid until \(certificate.validUntil.text)"
        }
        facts.append(JSONMember("trust", record.trust.json))
        return step("tls", .tls, words, facts: facts)
    }

    var handshake: CheckStep {
        let status = record.answer.map { JSON.number($0.status) } ?? .null
        let facts = [
            JSONMember("status", status), JSONMember("server", record.answer?.server.map(JSON.string) ?? .null),
        ]
        return step("handshake", .handshake, "HTTP 101: the key was accepted, a WebSocket is open", facts: facts)
    }

    var frames: CheckStep {
        let facts = [JSONMember("pong_ms", record.pong.map { .number($0.nanoseconds / 1_000_000) } ?? .null)]
        guard failedHop == .frames else {
            return step("frames", .frames, "a ping was answered within \(record.pong?.words ?? "")", facts: facts)
        }
        let advice =
            "something between may let the upgrade through and then hold frames back: a proxy or firewall "
            + "must pass WebSocket connections through as they are"
        switch record.end {
        case .closedByPeer:
            let words = "the server accepted the connection and then ended it: \(record.end?.words ?? "")"
            return CheckStep(
                "frames", .failed(.unavailable), words,
                advice: "the worker id or the key may be refused: check both, and the server's side", facts: facts)
        case .some(let end):
            let words = "the connection ended before a ping was answered: \(end.words)"
            return CheckStep("frames", .failed(.unavailable), words, advice: advice, facts: facts)
        case .none:
            let words = "the handshake went through, but no ping was answered in time"
            return CheckStep("frames", .failed(.unavailable), words, advice: advice, facts: facts)
        }
    }

    /// Logs can't be compared, and certificates and credentials expire at the wrong time, when clocks disagree.
    static let skewMax: Int64 = 60

    var clock: CheckStep {
        guard let server = record.serverTime, let own = record.ownTime else {
            return CheckStep("clock", .skipped, record.isConnected ? "the server did not tell its time" : "not tried")
        }
        let skew = own.seconds.subtractingReportingOverflow(server.seconds).partialValue
        let facts = [JSONMember("skew_seconds", .number(skew))]
        // Dates are in whole seconds, and one may pass on the way.
        if skew.magnitude <= 2 { return CheckStep("clock", .fine, "agrees with the server's", facts: facts) }
        let apart = Span.seconds(skew.magnitude).words
        let words = "\(apart) \(skew > 0 ? "ahead of" : "behind") the server's"
        guard skew.magnitude > Self.skewMax else { return CheckStep("clock", .fine, words, facts: facts) }
        return CheckStep(
            "clock", .doubtful, words,
            advice: "let this host keep its time by NTP (timedatectl shows whether it does)",
            facts: facts)
    }
}

extension CertificateFacts {
    var facts: [JSONMember] {
        [
            JSONMember("subject", .string(subject)), JSONMember("issuer", .string(issuer)),
            JSONMember("names", .array(names.map(JSON.string))),
            JSONMember("valid_from", .string(validFrom)), JSONMember("valid_until", .string(validUntil)),
        ]
    }
}

extension DialFailure {
    /// What no waiting mends: the key is refused, or can't be read.
    public var isOfTheKey: Bool {
        switch self {
        case .status(401, _), .status(403, _), .key: true
        case .name, .proxy, .connect, .tls, .timedOut, .status, .handshake, .abandoned: false
        }
    }
}
