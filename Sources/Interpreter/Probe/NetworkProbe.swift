// The door to the probes of the network: all of them at once, through one libcurl multi, in a loop of their own.

import CLibcurl
import CLinux
import Check
import Codecs
import Effects
import Glibc

public struct NetworkProbeRequest: Sendable {
    public struct Host: Sendable {
        public var url: URLParts
        /// Whose proxy and trust: that of the agents.
        public var environment: [(name: Bytes, value: Bytes)]

        public init(url: URLParts, environment: [(name: Bytes, value: Bytes)]) {
            self.url = url
            self.environment = environment
        }
    }

    /// Complete, with the id under which the probe comes.
    public var controlPlane: URLParts
    public var key: DialKey
    public var userAgent: Bytes
    /// The worker's own.
    public var environment: [(name: Bytes, value: Bytes)]
    public var hosts: [Host]

    public init(
        controlPlane: URLParts, key: DialKey, userAgent: Bytes, environment: [(name: Bytes, value: Bytes)],
        hosts: [Host]
    ) {
        self.controlPlane = controlPlane
        self.key = key
        self.userAgent = userAgent
        self.environment = environment
        self.hosts = hosts
    }
}

public struct NetworkFindings: Sendable {
    public var controlPlane: DialRecord
    public var hosts: [DialRecord]
}

/// Nil where the host gives no descriptors or no memory.
public func probeNetwork(_ request: NetworkProbeRequest) -> NetworkFindings? {
    _ = oz_signal_ignore(SIGPIPE)
    guard curl_global_init(Int(CURL_GLOBAL_NOTHING)) == CURLE_OK, let loop = Loop(), let room = SocketRoom(loop: loop),
        let interruption = Interruption(loop: loop)
    else { return nil }
    defer { interruption.end() }
    let probe = NetworkProbe(loop: loop, room: room)
    probe.start(request)
    return probe.run()
}

private final class NetworkProbe {
    private static let hostTime = Span.seconds(15)

    private let loop: Loop
    private let room: SocketRoom
    private let vault = Vault()
    private var controlPlane: DialRecord?
    private var hosts: [DialRecord?] = []
    private var underWay = 0
    private var kept: [AnyObject] = []

    init(loop: Loop, room: SocketRoom) {
        self.loop = loop
        self.room = room
    }

    func start(_ request: NetworkProbeRequest) {
        hosts = request.hosts.map { _ in nil }
        startControlPlane(request)
        for (index, host) in request.hosts.enumerated() { start(host, index) }
    }

    private func startControlPlane(_ request: NetworkProbeRequest) {
        let environment = Self.environment(request.environment)
        let route = environment.route(for: request.controlPlane)
        let key: Bytes
        do {
            key = try request.key.read()
        } catch {
            var record = DialRecord(
                url: request.controlPlane, route: route, trust: environment.trust.described)
            record.failure = .key(error.detail)
            controlPlane = record
            return
        }
        vault.replace(Vault.apiKey, with: key)
        var plan = DialPlan(
            url: request.controlPlane, authorization: Bytes(text: "Bearer ") + key, userAgent: request.userAgent,
            environment: environment)
        plan.masked = { [vault] in vault.masked($0) }
        let probe = ControlPlaneProbe(room: room, plan: plan, route: route) { [weak self] record in
            self?.controlPlane = record
            self?.oneIsDone()
        }
        kept.append(probe)
        underWay += 1
        // In the loop's first turn, so that nothing is done before all have begun.
        loop.again { probe.start() }
    }

    private func start(_ host: NetworkProbeRequest.Host, _ index: Int) {
        let environment = Self.environment(host.environment)
        var plan = DialPlan(url: host.url)
        plan.proxy = environment.proxy(for: host.url)
        plan.trust = environment.trust
        let route = environment.route(for: host.url)
        let dial = PlainDial(room: room, plan: plan, route: route, for: .reach) { [weak self] record in
            self?.hosts[index] = record
            self?.oneIsDone()
        }
        kept.append(dial)
        underWay += 1
        loop.again { dial.start(within: Self.hostTime) }
    }

    private static func environment(_ variables: [(name: Bytes, value: Bytes)]) -> DialEnvironment {
        DialEnvironment { name in variables.first { $0.name.equals(name) }?.value }
    }

    private func oneIsDone() {
        underWay -= 1
        if underWay == 0 { loop.stop(code: 0) }
    }

    func run() -> NetworkFindings? {
        if underWay > 0 { _ = loop.run() }
        room.close()
        kept = []
        guard let controlPlane else { return nil }
        return NetworkFindings(controlPlane: controlPlane, hosts: hosts.compactMap { $0 })
    }
}
