// The smaller parts of a check: certificates in libcurl's words, proxies without passwords, hosts, the backend.

import Check
import Codecs
import Configuration
import Effects
import Testing

private func bytes(_ text: String) -> Bytes { Bytes(text: text) }

@Suite("Check: parts") struct CheckPartsTests {
    @Test("The page in docs/ tells of every flag, exit code, part and hop")
    func page() throws {
        let folder = ConfigurationFiles.page.split(separator: "/").dropLast().joined(separator: "/")
        let page = try #require(ConfigurationFiles.read("/\(folder)/check.md")).text
        for option in checkOptions { #expect(page.contains("| `\(option.longFlag ?? "?")` |"), "\(option.name)") }
        for result in CheckResult.allCases {
            #expect(page.contains("| \(result.exitCode) | `\(result.rawValue)` |"), "\(result)")
        }
        for part in CheckPart.allCases { #expect(page.contains("`\(part.rawValue)`"), "\(part)") }
        let proxy = ProxyRoute.proxy(url: bytes("p"), variable: "X")
        let record = DialRecord(
            url: try URLParts(parsing: bytes("wss://h/")), route: proxy, trust: .host(file: nil, directory: nil))
        for step in CheckSection.controlPlane(record).steps {
            #expect(page.contains("| `\(step.name)` |"), "\(step.name)")
            for fact in step.facts { #expect(page.contains("`\(fact.name.text)`"), "\(fact.name.text)") }
        }
    }

    @Test("A certificate as libcurl tells it")
    func certificate() throws {
        let facts = try #require(
            CertificateFacts(lines: [
                bytes("Subject:O = Us, CN = h.example"), bytes("Issuer:C = US, O = \"Big, Inc.\", CN = CA 1"),
                bytes("Version:2"), bytes("X509v3 Subject Alternative Name:DNS:h.example, IP Address:192.0.2.1"),
                bytes("Start date:Jan  1 00:00:00 2024 GMT"), bytes("Expire date:Dec 31 23:59:59 2029 GMT"),
            ]))
        #expect(facts.issuerWords == "Big, Inc., CA 1")
        #expect(facts.subjectWords == "Us, h.example")
        #expect(facts.names.map(\.text) == ["h.example", "192.0.2.1"])
        #expect(facts.validFrom.text == "2024-01-01T00:00:00Z")
        #expect(facts.validUntil.text == "2029-12-31T23:59:59Z")
    }

    @Test("What is told otherwise is passed on as it is, and nothing is no certificate")
    func oddCertificates() throws {
        #expect(CertificateFacts(lines: []) == nil)
        #expect(CertificateFacts(lines: [bytes("Subject:x")]) == nil)
        let odd = try #require(CertificateFacts(lines: [bytes("Issuer:unheard of"), bytes("Expire date:2030-01-01")]))
        #expect(odd.issuerWords == "unheard of")
        #expect(odd.validUntil.text == "2030-01-01")
        let day = try #require(CertificateFacts(lines: [bytes("Issuer:CN = a"), bytes("Expire date:Feb 31 0 0 0")]))
        #expect(day.validUntil.text == "Feb 31 0 0 0")
        #expect(day.issuerWords == "a")
    }

    @Test(
        "No user name and no password of a proxy is shown",
        arguments: [
            ("http://u:p@proxy:1", "http://***@proxy:1"), ("u:p@proxy", "***@proxy"),
            ("http://proxy:1", "http://proxy:1"),
            ("http://u:p@ss@proxy", "http://***@proxy"), ("http://u:a://b@proxy", "http://***@proxy"), ("", ""),
        ])
    func proxies(url: String, shown: String) {
        let route = ProxyRoute.proxy(url: bytes(url), variable: "X").shown
        #expect(route == .proxy(url: bytes(shown), variable: "X"))
    }

    @Test("The product's hosts are asked for where the product is used, and no others")
    func hosts() throws {
        let oz = try URLParts(parsing: bytes("wss://oz.warp.dev/api"))
        let other = try URLParts(parsing: bytes("ws://127.0.0.1:9/api"))
        let all = AgentHosts.urls(serverRoot: AgentHosts.serverRoot, sessionSharing: nil, webSocket: oz).map(\.text)
        #expect(
            all == [
                "https://app.warp.dev", "https://rtc.app.warp.dev", "https://sessions.app.warp.dev",
                "https://oz.warp.dev",
            ])
        let own = AgentHosts.urls(
            serverRoot: bytes("http://own"), sessionSharing: bytes("http://own"), webSocket: other)
        #expect(own.map(\.text) == ["http://own"])
        let shared = AgentHosts.urls(
            serverRoot: AgentHosts.serverRoot, sessionSharing: bytes("wss://s.example"), webSocket: other)
        #expect(shared.map(\.text) == ["https://app.warp.dev", "https://rtc.app.warp.dev", "wss://s.example"])
    }

    @Test("A host that fails counts where agents surely go that way; the hint fits the hop")
    func hostVerdicts() throws {
        var record = DialRecord(
            url: try URLParts(parsing: bytes("https://app.example")), route: .unset,
            trust: .host(file: nil, directory: nil))
        record.failure = .name(Detail("app.example"))
        func step(_ place: AgentSurroundings.Place, _ missing: [String] = []) -> CheckStep? {
            CheckSection.hosts([record], AgentSurroundings(place: place, missingVariables: missing)).steps.first
        }
        #expect(step(.here)?.verdict == .failed(.unavailable))
        #expect(step(.hereAfterSetup)?.verdict == .doubtful)
        #expect(step(.elsewhere)?.verdict == .doubtful)
        #expect(step(.here)?.name == "app.example")
        let hinted = step(.here, ["HTTPS_PROXY", "SSL_CERT_FILE"])?.advice ?? ""
        #expect(hinted.contains("-e HTTPS_PROXY") && !hinted.contains("SSL_CERT_FILE"))
        record.failure = nil
        record.isConnected = true
        #expect(step(.here)?.verdict == .fine)
    }

    @Test("The backend's checks, as the start went through them")
    func backend() {
        let id = EffectID(slot: 0, sequence: 1)
        var record = BackendRecord()
        record.calls = [
            BackendCall(.findExecutable(path: nil), .found(id, path: bytes("/bin/oz"))),
            BackendCall(.prepareRoot(bytes("/ws")), .failed(id, .system(errno: 13))),
        ]
        record.problem = .workspaceRoot(bytes("/ws"), .system(errno: 13))
        let steps = CheckSection.backend(record).steps
        #expect(steps.map(\.verdict.word) == ["ok", "failed"])
        #expect(steps[1].words.contains("permission denied") && steps[1].advice != nil)
        record.calls[1].answer = .done(id)
        record.problem = nil
        record.hasPassed = true
        #expect(CheckSection.backend(record).hasFailed == false)
        // A start that came to nothing is never told as one that went well.
        #expect(CheckSection.backend(BackendRecord()).hasFailed)
        // The command backend's start asks for nothing.
        record.calls = []
        #expect(CheckSection.backend(record).steps.map(\.verdict.word) == ["ok"])
    }
}
