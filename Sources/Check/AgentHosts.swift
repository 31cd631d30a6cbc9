// The other hosts that agents talk to, and a line on each.
//
// The worker itself needs only the control plane. Agents need more, and on the direct backend they need it from here:
// there a host that can't be reached is a failure. Where agents run elsewhere, or where a setup command may still give
// them a proxy, it is a warning.

import Codecs
import Effects

public enum AgentHosts {
    public static let serverRoot = Bytes(text: "https://app.warp.dev")
    public static let controlPlane = Bytes(text: "oz.warp.dev")
    private static let others = ["https://rtc.app.warp.dev", "https://sessions.app.warp.dev"]

    /// Where agents are told to use other servers than the product's, the product's own are not asked for.
    public static func urls(serverRoot: Bytes, sessionSharing: Bytes?, webSocket: URLParts?) -> [Bytes] {
        var urls = [serverRoot]
        if serverRoot == Self.serverRoot {
            urls.append(Bytes(text: others[0]))
            urls.append(sessionSharing ?? Bytes(text: others[1]))
        } else if let sessionSharing {
            urls.append(sessionSharing)
        }
        // Again, since agents go there their own way.
        if webSocket?.host == controlPlane { urls.append(Bytes(text: "https://") + controlPlane) }
        return urls.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

/// Whose way to a host was tried.
public struct AgentSurroundings: Equatable, Sendable {
    public enum Place: Equatable, Sendable {
        /// Agents run on this host, and their environment is known: what fails here fails for them.
        case here
        /// The setup command may give them another environment.
        case hereAfterSetup
        case elsewhere
    }

    public var place: Place
    /// The proxy variables that the worker has and agents do not get.
    public var missingVariables: [String]

    public init(place: Place, missingVariables: [String] = []) {
        self.place = place
        self.missingVariables = missingVariables
    }

    /// What a worker is often given for its way out, and agents may need as well.
    public static let inherited = ways + trust

    private static let ways = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
    private static let trust = ["SSL_CERT_FILE", "SSL_CERT_DIR"]

    /// Those that could be why this hop failed.
    fileprivate func missing(at hop: String) -> [String] {
        missingVariables.filter { (hop == "tls" ? Self.trust : Self.ways).contains($0) }
    }
}

extension CheckSection {
    public static func hosts(_ records: [DialRecord], _ surroundings: AgentSurroundings) -> CheckSection {
        let note =
            switch surroundings.place {
            case .here: "as agents reach them, with the environment that they get"
            case .hereAfterSetup:
                "as agents reach them before the setup command has its say, so what fails is only a warning"
            case .elsewhere: "as this host reaches them; agents run elsewhere, so what fails is only a warning"
            }
        return CheckSection(.hosts, note: note, steps: records.map { $0.hostStep(surroundings) })
    }
}

extension DialRecord {
    fileprivate func hostStep(_ surroundings: AgentSurroundings) -> CheckStep {
        let name = url.host.text
        let hops = DialSteps(record: self)
        let all = [hops.name, hops.tcp] + (route.isProxied ? [hops.tunnel] : []) + [hops.tls]
        let facts = [
            JSONMember("port", .number(url.port)), JSONMember("peer", peer.map(JSON.string) ?? .null),
            JSONMember("failed_hop", all.first { $0.verdict.isFailed }.map { .string($0.name) } ?? .null),
        ]
        guard let failed = all.first(where: { $0.verdict.isFailed }) else {
            let way = route.isProxied ? "through the proxy" : "at \(peer?.text ?? place)"
            return CheckStep(name, .fine, "port \(url.port) reached \(way)", facts: facts)
        }
        var advice = failed.advice
        let missing = surroundings.missing(at: failed.name)
        if !missing.isEmpty {
            advice =
                "the worker has \(missing.joined(separator: " and ")), which agents do not inherit: pass it on to "
                + "them with " + missing.map { "-e \($0)" }.joined(separator: " ")
        }
        let verdict: CheckStep.Verdict = surroundings.place == .here ? .failed(.unavailable) : .doubtful
        return CheckStep(name, verdict, "\(failed.name): \(failed.words)", advice: advice, facts: facts)
    }
}
