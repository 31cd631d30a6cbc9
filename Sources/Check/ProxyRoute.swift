// Which way a dial goes, and which variable says so.

import Codecs

public enum ProxyRoute: Equatable, Sendable {
    /// No variable names a proxy for such a URL.
    case unset
    /// This machine itself is never dialled through a proxy.
    case loopback(variable: String)
    /// An entry of NO_PROXY stands against it.
    case excepted(variable: String, by: String, entry: Bytes)
    /// The URL may hold a password.
    case proxy(url: Bytes, variable: String)
}

extension ProxyRoute {
    /// Without user names and passwords; those of a proxy are as secret as a key.
    public var shown: ProxyRoute {
        guard case .proxy(let url, let variable) = self else { return self }
        return .proxy(url: ProxyRoute.withoutUser(url), variable: variable)
    }

    public var isProxied: Bool {
        if case .proxy = self { true } else { false }
    }

    static func withoutUser(_ url: Bytes) -> Bytes {
        // The last one: a password may hold an unescaped "@".
        guard let at = url.lastIndex(of: 0x40) else { return url }
        var start = url.startIndex
        for index in url.indices where index < at && url[index...].hasPrefix("://") {
            start = index &+ 3
            break
        }
        return Bytes(url[..<start]) + Bytes(text: "***") + Bytes(url[at...])
    }
}
