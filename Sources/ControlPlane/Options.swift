// The flags of `control-plane`, read from bytes into a value.

import Codecs

public struct ControlPlaneOptions: Sendable, Equatable {
    public enum LogLevel: Sendable, Equatable {
        case debug, info, warning, none
    }

    /// HOST:PORT; the host is a literal address or `localhost`. Port 0 takes a free one.
    public var listen: Bytes
    /// Without it only loopback addresses are listened on.
    public var listensAnywhere = false
    /// What workers must bring; nil takes any key.
    public var apiKey: Bytes?
    /// Tasks wait while no worker is connected.
    public var queues = true
    /// Executions whose connection was lost before a claim are assigned again.
    public var reassigns = true
    /// Seconds between the pings that the server sends; nil for none.
    public var pingEvery: Int?
    public var logLevel = LogLevel.info

    public init(listen: Bytes = Bytes(text: "127.0.0.1:7878")) {
        self.listen = listen
    }
}

enum OptionFault: Error, Sendable, Equatable {
    case unknown(Bytes)
    case valueMissing(Bytes)
    case noValueWanted(Bytes)
    case badValue(Bytes)

    var words: String {
        switch self {
        case .unknown(let flag): "unknown flag \(shown(flag))"
        case .valueMissing(let flag): "\(shown(flag)) needs a value"
        case .noValueWanted(let flag): "\(shown(flag)) takes no value"
        case .badValue(let flag): "the value of \(shown(flag)) cannot be used"
        }
    }
}

struct ParsedOptions: Sendable, Equatable {
    var options = ControlPlaneOptions()
    var wantsHelp = false
    var apiKeyFile: Bytes?

    static func parse(_ arguments: [Bytes]) throws(OptionFault) -> ParsedOptions {
        var parsed = ParsedOptions()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let name = Bytes(argument.prefix { $0 != 0x3D })
            var inline: Bytes? = argument.count > name.count ? Bytes(argument.dropFirst(name.count + 1)) : nil
            if let switched = Self.switches.first(where: { name.equals($0.name) }) {
                if inline != nil { throw .noValueWanted(name) }
                switched.set(&parsed)
                continue
            }
            guard Self.valued.contains(where: { name.equals($0) }) else { throw .unknown(name) }
            if inline == nil { inline = rest.popFirst() }
            guard let value = inline, !value.isEmpty else { throw .valueMissing(name) }
            try parsed.set(name, value)
        }
        return parsed
    }

    private struct Switch {
        var name: StaticString
        var set: (inout ParsedOptions) -> Void
    }

    private static var switches: [Switch] {
        [
            Switch(name: "--help") { $0.wantsHelp = true },
            Switch(name: "-h") { $0.wantsHelp = true },
            Switch(name: "--listen-anywhere") { $0.options.listensAnywhere = true },
            Switch(name: "--no-queue") { $0.options.queues = false },
            Switch(name: "--no-reassign") { $0.options.reassigns = false },
        ]
    }

    private static let valued: [StaticString] = [
        "--listen", "--api-key", "--api-key-file", "--ping-every", "--log-level",
    ]

    private mutating func set(_ name: Bytes, _ value: Bytes) throws(OptionFault) {
        if name.equals("--listen") {
            options.listen = value
        } else if name.equals("--api-key") {
            options.apiKey = value
        } else if name.equals("--api-key-file") {
            apiKeyFile = value
        } else if name.equals("--ping-every") {
            guard let seconds = Int(decimal: value), (1...86_400).contains(seconds) else { throw .badValue(name) }
            options.pingEvery = seconds
        } else {
            guard let level = Self.level(value) else { throw .badValue(name) }
            options.logLevel = level
        }
    }

    private static func level(_ name: Bytes) -> ControlPlaneOptions.LogLevel? {
        if name.equals("debug") { return .debug }
        if name.equals("info") { return .info }
        if name.equals("warning") || name.equals("warn") || name.equals("error") { return .warning }
        if name.equals("none") { return ControlPlaneOptions.LogLevel.none }
        return nil
    }

    static let help = """
        A control plane for development: it speaks the worker's protocol from the server's side, hands out the tasks
        that you submit over HTTP, keeps a ledger, and misbehaves on request. Not for production.

        Usage: oz-agent-worker control-plane [flags]

          --listen HOST:PORT     where to listen (127.0.0.1:7878; port 0 takes a free one)
          --listen-anywhere      allow an address that other machines can reach
          --api-key-file PATH    demand the API key in this file from workers (any key is taken otherwise)
          --api-key KEY          the same; other users of this machine can see it
          --no-queue             refuse tasks while no worker is connected
          --no-reassign          do not assign again what was unclaimed when its connection was lost
          --ping-every SECONDS   ping workers (they ping by themselves)
          --log-level LEVEL      debug, info, warning, none
          --help                 this text

        The address is printed on standard output, what happens on standard error. GET / lists the HTTP API.

        """
}

/// Where to listen, as a literal address.
struct ListenAddress: Sendable, Equatable {
    enum Host: Sendable, Equatable {
        case v4(UInt32)
        case v6([UInt16])
    }

    var host: Host
    var port: UInt16

    init?(_ text: Bytes) {
        guard let colon = text.lastIndex(of: 0x3A), text.count - colon <= 6,
            let port = UInt16(decimal: text[(colon + 1)...]), text[(colon + 1)...].allSatisfy({ $0 >= 0x30 })
        else { return nil }
        var name = Bytes(text[..<colon])
        self.port = port
        if name.first == 0x5B, name.last == 0x5D {
            name = Bytes(name.dropFirst().dropLast())
            guard let groups = IPAddress.v6(name) else { return nil }
            host = .v6(groups)
        } else if name.equals("localhost") {
            host = .v4(0x7F00_0001)
        } else {
            guard let address = IPAddress.v4(name) else { return nil }
            host = .v4(address)
        }
    }

    init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }

    var isLoopback: Bool {
        switch host {
        case .v4(let address): address >> 24 == 127
        case .v6(let groups): groups == [0, 0, 0, 0, 0, 0, 0, 1]
        }
    }

    /// HOST:PORT, an IPv6 address in brackets.
    var bytes: Bytes {
        var output = Bytes()
        switch host {
        case .v4(let address):
            for shift: UInt32 in [24, 16, 8, 0] {
                output.append(decimal: address >> shift & 0xFF)
                if shift > 0 { output.append(0x2E) }
            }
        case .v6(let groups):
            let texts = groups.map { Bytes(String($0, radix: 16).utf8) }
            // The usual short form of the two addresses that one listens on.
            if isLoopback {
                output.append(text: "[::1]")
            } else if groups.allSatisfy({ $0 == 0 }) {
                output.append(text: "[::]")
            } else {
                output += [0x5B] + Bytes(texts.joined(separator: [0x3A])) + [0x5D]
            }
        }
        output.append(0x3A)
        output.append(decimal: port)
        return output
    }
}
