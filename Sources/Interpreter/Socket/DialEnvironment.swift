// Proxies and trust, as the host's environment names them. libcurl would read only some of these variables by itself,
// so it is told explicitly, and told to read none.

import Check
import Codecs

/// Whose certificates are believed.
enum TrustStore: Equatable {
    /// What the host's libcurl was built with: its directory of certificates, from which only the needed one is read,
    /// and where that does not do, its bundle as well. The bundle costs a megabyte and forty milliseconds.
    case host
    case hostWithBundle
    /// Only these: SSL_CERT_FILE and SSL_CERT_DIR, of which one may be missing.
    case named(file: Bytes?, directory: Bytes?)
}

struct DialEnvironment {
    let trust: TrustStore
    private let proxyOfHTTPS: Found?
    private let proxyOfHTTP: Found?
    private let proxyOfAll: Found?
    private let exceptions: ProxyExceptions
    private let exceptionsFrom: String

    private struct Found {
        let variable: String
        let value: Bytes
    }

    /// `value` looks a variable up.
    init(_ value: (StaticString) -> Bytes?) {
        func first(_ lower: StaticString, _ upper: StaticString) -> Found? {
            for name in [lower, upper] {
                if let found = value(name)?.trimmed(), !found.isEmpty {
                    return Found(variable: "\(name)", value: found)
                }
            }
            return nil
        }
        proxyOfHTTPS = first("https_proxy", "HTTPS_PROXY")
        proxyOfHTTP = first("http_proxy", "HTTP_PROXY")
        proxyOfAll = first("all_proxy", "ALL_PROXY")
        let none = first("no_proxy", "NO_PROXY")
        exceptions = ProxyExceptions(none?.value ?? [])
        exceptionsFrom = none?.variable ?? ""
        let file = value("SSL_CERT_FILE").flatMap { $0.isEmpty ? nil : $0 }
        let directory = value("SSL_CERT_DIR").flatMap { $0.isEmpty ? nil : $0 }
        trust = file == nil && directory == nil ? .host : .named(file: file, directory: directory)
    }

    /// The proxy to go through, or nil for the direct way.
    func proxy(for url: URLParts) -> Bytes? {
        if case .proxy(let proxy, _) = route(for: url) { proxy } else { nil }
    }

    /// The same with its reason.
    func route(for url: URLParts) -> ProxyRoute {
        guard let proxy = (url.scheme.isEncrypted ? proxyOfHTTPS : proxyOfHTTP) ?? proxyOfAll else { return .unset }
        if url.isLoopback { return .loopback(variable: proxy.variable) }
        if let entry = exceptions.entry(for: url) {
            return .excepted(variable: proxy.variable, by: exceptionsFrom, entry: entry)
        }
        return .proxy(url: proxy.value, variable: proxy.variable)
    }
}

/// NO_PROXY: names with all that lies below them, addresses, networks, each perhaps with a port, or `*`.
struct ProxyExceptions {
    private struct Entry {
        let host: Bytes
        let port: UInt16?
        let text: Bytes
    }

    private let entries: [Entry]

    init(_ list: Bytes) {
        entries = list.split { $0 == 0x2C || $0 == 0x20 || $0 == 0x09 }.compactMap { Self.entry(Bytes($0)) }
    }

    /// The entry that a URL falls under, as it was written.
    func entry(for url: URLParts) -> Bytes? {
        let host = url.host.last == 0x2E ? Bytes(url.host.dropLast()) : url.host
        return entries.first { entry in
            if let port = entry.port, port != url.port { return false }
            return Self.matches(host, entry.host)
        }?.text
    }

    private static func entry(_ written: Bytes) -> Entry? {
        let text = written.lowercasedASCII
        if text.first == 0x5B, let close = text.firstIndex(of: 0x5D) {
            let port = text[(close + 1)...].first == 0x3A ? UInt16(decimal: text[(close + 2)...]) : nil
            return Entry(host: Bytes(text[1..<close]), port: port, text: written)
        }
        var host = text
        var port: UInt16?
        // One colon is that of a port; more are an IPv6 address.
        if let colon = text.firstIndex(of: 0x3A), text.lastIndex(of: 0x3A) == colon {
            guard let number = UInt16(decimal: text[(colon + 1)...]) else { return nil }
            host = Bytes(text[..<colon])
            port = number
        }
        if host.hasPrefix("*.") { host.removeFirst() }
        if host.first == 0x2E { host.removeFirst() }
        if host.last == 0x2E { host.removeLast() }
        return host.isEmpty ? nil : Entry(host: host, port: port, text: written)
    }

    private static func matches(_ host: Bytes, _ pattern: Bytes) -> Bool {
        if pattern.equals("*") || host == pattern { return true }
        if let address = bits(host) { return network(pattern, contains: address) }
        let cut = host.count - pattern.count
        return cut > 0 && host[cut - 1] == 0x2E && Bytes(host[cut...]) == pattern
    }

    private static func network(_ pattern: Bytes, contains address: [UInt8]) -> Bool {
        let parts = pattern.parts(separatedBy: 0x2F)
        guard let first = parts.first, let base = bits(first), base.count == address.count else { return false }
        guard parts.count == 2 else { return parts.count == 1 && base == address }
        guard let length = Int(decimal: parts[1]), (0...(base.count * 8)).contains(length) else { return false }
        let whole = length / 8
        guard base.prefix(whole) == address.prefix(whole) else { return false }
        let rest = length % 8
        if rest == 0 { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return base[whole] & mask == address[whole] & mask
    }

    /// An address as its bytes: four or sixteen.
    private static func bits(_ text: Bytes) -> [UInt8]? {
        if let four = IPAddress.v4(text) {
            return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: four >> UInt32($0)) }
        }
        return IPAddress.v6(text)?.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }
}
