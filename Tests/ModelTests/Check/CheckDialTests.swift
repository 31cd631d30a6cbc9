// What was seen of a dial, read hop by hop: each failure stands at its hop, and what is behind it was not tried.

import Check
import Codecs
import Effects
import Testing

/// A dial that went well up to a point.
private enum Reached: Int, Comparable {
    case nothing, name, tcp, tunnel, tls, answer, pong

    static func < (one: Reached, other: Reached) -> Bool { one.rawValue < other.rawValue }
}

private func record(
    _ reached: Reached, _ failure: DialFailure? = nil, route: ProxyRoute = .unset, url: String = "wss://h.example/ws"
) throws -> DialRecord {
    var record = DialRecord(
        url: try URLParts(parsing: Bytes(text: url)), route: route,
        trust: .named(file: Bytes(text: "/ca"), directory: nil))
    record.failure = failure
    if reached >= .name { record.addresses = [Bytes(text: "192.0.2.7")] }
    if reached >= .tcp { record.peer = Bytes(text: "192.0.2.7:443") }
    if reached >= .tunnel, record.route.isProxied { record.tunnelStatus = 200 }
    if reached >= .tls {
        record.isConnected = true
        record.tls = Bytes(text: "TLSv1.3")
    }
    if reached >= .answer { record.answer = DialRecord.Answer(status: 101) }
    if reached >= .pong { record.pong = .milliseconds(12) }
    return record
}

private func outcomes(_ record: DialRecord) -> String {
    CheckSection.controlPlane(record).steps.map { "\($0.name)=\($0.verdict.word)" }.joined(separator: " ")
}

private func hop(_ name: String, _ record: DialRecord) -> CheckStep? {
    CheckSection.controlPlane(record).steps.first { $0.name == name }
}

private let proxied = ProxyRoute.proxy(url: Bytes(text: "http://me:pw@proxy:3128"), variable: "HTTPS_PROXY")

@Suite("Check: a dial, hop by hop") struct CheckDialTests {
    @Test("All well")
    func fine() throws {
        let fine = "url=ok proxy=ok name=ok tcp=ok tls=ok handshake=ok frames=ok clock=skipped"
        #expect(outcomes(try record(.pong)) == fine)
        let through = outcomes(try record(.pong, route: proxied))
        #expect(through == fine.replacing("tcp=ok", with: "tcp=ok connect=ok"))
    }

    @Test("A failure stands at its hop")
    func hops() throws {
        let detail = Detail("why")
        let cases: [(DialRecord, String)] = [
            (try record(.nothing, .name(detail)), "name"), (try record(.nothing, .timedOut), "name"),
            (try record(.name, .connect(detail)), "tcp"), (try record(.name, .timedOut), "tcp"),
            (try record(.tcp, .tls(detail)), "tls"), (try record(.tcp, .timedOut), "tls"),
            (try record(.tcp, .connect(detail)), "tls"),
            (try record(.tls, .status(500, retryAfter: nil)), "handshake"),
            (try record(.tls, .handshake(detail)), "handshake"), (try record(.tls, .timedOut), "handshake"),
            (try record(.answer), "frames"), (try record(.nothing, .key(detail)), "key"),
            (try record(.nothing, .proxy(detail), route: proxied), "name"),
            (try record(.name, .proxy(detail), route: proxied), "tcp"),
            (try record(.tcp, .proxy(detail), route: proxied), "connect"),
            (try record(.tcp, .timedOut, route: proxied), "connect"),
            (try record(.tcp, .tls(detail), route: proxied), "connect"),
            (try record(.tunnel, .tls(detail), route: proxied), "tls"),
        ]
        for (record, hop) in cases {
            let steps = CheckSection.controlPlane(record).steps
            #expect(steps.filter { $0.verdict.isFailed }.map(\.name) == [hop], "\(outcomes(record))")
            let behind = steps.drop { $0.name != hop }.dropFirst()
            #expect(behind.allSatisfy { $0.verdict == .skipped }, "\(outcomes(record))")
            let failed = steps.first { $0.verdict.isFailed }
            #expect(failed?.advice?.isEmpty == false, "\(hop) gives no advice")
            #expect(failed?.words.isEmpty == false)
        }
    }

    @Test(
        "Only the key's own failures are a matter of authority",
        arguments: [
            (401, CheckStep.Cause.unauthorised), (403, .unauthorised), (404, .unavailable), (426, .unavailable),
            (429, .unavailable), (500, .unavailable), (503, .unavailable), (302, .unavailable), (200, .unavailable),
        ])
    func statuses(status: Int, cause: CheckStep.Cause) throws {
        var refused = try record(.tls, .status(status, retryAfter: nil))
        refused.answer = DialRecord.Answer(
            status: status, server: Bytes(text: "gate/1"), location: Bytes(text: "https://login.example/"))
        let step = try #require(hop("handshake", refused))
        #expect(step.verdict == .failed(cause))
        #expect(step.words.contains("\(status)") && step.words.contains("gate/1"))
        if status == 302 { #expect(step.words.contains("login.example")) }
    }

    @Test("A server that closes at once, and frames that vanish, are told apart")
    func frames() throws {
        var closed = try record(.answer)
        closed.end = .closedByPeer(code: 1008)
        #expect(hop("frames", closed)?.words.contains("1008") == true)
        let silent = try record(.answer)
        #expect(hop("frames", silent)?.words.contains("no ping was answered") == true)
    }

    @Test("The certificate is named with its failure, and what was trusted")
    func certificate() throws {
        var expired = try record(.tcp, .tls(Detail("the server's certificate has expired")))
        expired.certificate = CertificateFacts(
            subject: Bytes(text: "CN = h.example"), issuer: Bytes(text: "O = Some CA"),
            names: [Bytes(text: "h.example")],
            validFrom: Bytes(text: "2019-01-01T00:00:00Z"), validUntil: Bytes(text: "2020-01-01T00:00:00Z"))
        let step = try #require(hop("tls", expired))
        for word in ["has expired", "h.example", "Some CA", "2020-01-01"] { #expect(step.words.contains(word)) }
        #expect(step.advice?.contains("SSL_CERT_FILE=/ca") == true)
    }

    @Test(
        "A clock is compared, and only far apart it is a warning",
        arguments: [
            (0, "ok"), (-2, "ok"), (60, "ok"), (61, "warning"), (-3_600, "warning"),
        ])
    func clock(skew: Int64, outcome: String) throws {
        var seen = try record(.pong)
        seen.serverTime = UnixTime(seconds: 1_800_000_000)
        seen.ownTime = UnixTime(seconds: 1_800_000_000 + skew)
        let step = try #require(hop("clock", seen))
        #expect(step.verdict.word == outcome)
        #expect(step.facts.first?.value.asInt == Int(skew))
        if skew == -3_600 { #expect(step.words == "1h behind the server's") }
    }

    @Test("Why there is no proxy, and whose there is, without its password")
    func proxies() throws {
        let routes: [(ProxyRoute, String)] = [
            (.unset, "no variable"), (.loopback(variable: "ALL_PROXY"), "ALL_PROXY"),
            (.excepted(variable: "HTTPS_PROXY", by: "no_proxy", entry: Bytes(text: ".example")), ".example"),
            (proxied, "http://***@proxy:3128, from HTTPS_PROXY"),
        ]
        for (route, words) in routes {
            let step = try #require(hop("proxy", try record(.pong, route: route)))
            #expect(step.words.contains(words))
            #expect(!"\(step)".contains("pw"))
        }
    }

    @Test("Unencrypted is a warning, but not on this machine")
    func unencrypted() throws {
        #expect(hop("url", try record(.pong, url: "ws://h.example/"))?.verdict == .doubtful)
        #expect(hop("url", try record(.pong, url: "ws://127.0.0.1:1/"))?.verdict == .fine)
        #expect(hop("tls", try record(.pong, url: "ws://h.example/"))?.verdict == .skipped)
    }
}
