// Whose credentials a pull goes with: what DOCKER_AUTH_CONFIG holds, a helper for this registry, a helper for all, the
// configuration file. And how they are told to the daemon.

import Codecs
import Effects

enum DockerCredentials {
    enum Source: Equatable {
        case none
        case known(Bytes)
        /// To be asked for this server.
        case helper(Bytes, server: Bytes)
    }

    /// Docker Hub's name in configurations.
    static let hub = Bytes(text: "https://index.docker.io/v1/")

    static func server(of image: Bytes) -> Bytes {
        let registry = ImageReference(image).registry
        return registry == ImageReference.hub ? hub : registry
    }

    /// Where the credentials for this image come from. Those that are known are a header's value.
    static func source(
        _ image: Bytes, environment: JSON?, file: JSON?
    ) -> Source {
        let server = server(of: image)
        if let entry = environment.flatMap({ entry(server, $0) }) { return header(server, entry) }
        guard let file else { return .none }
        for name in names(server) {
            if let helper = file["credHelpers"]?[bytes: name]?.asString, !helper.isEmpty {
                return .helper(helper, server: server)
            }
        }
        if let helper = file["credsStore"]?.asString, !helper.isEmpty { return .helper(helper, server: server) }
        return entry(server, file).map { header(server, $0) } ?? .none
    }

    /// What a helper said: `Username` and `Secret`. The user `<token>` means that the secret is an identity token.
    static func header(server: Bytes, helperSaid words: Bytes) -> Bytes? {
        guard let answer = try? JSON.parse(words), let secret = answer["Secret"]?.asString else { return nil }
        let user = answer["Username"]?.asString ?? []
        if user.equals("<token>") { return encoded([("identitytoken", secret), ("serveraddress", server)]) }
        return encoded([("username", user), ("password", secret), ("serveraddress", server)])
    }

    private static func entry(_ server: Bytes, _ document: JSON) -> JSON? {
        guard let entries = document["auths"]?.asObject else { return nil }
        let names = names(server)
        if let exact = entries.last(where: { names.contains($0.name) }) { return exact.value }
        return entries.last { names.contains(host(of: $0.name)) }?.value
    }

    /// Under which names people and tools keep a registry.
    private static func names(_ server: Bytes) -> [Bytes] {
        guard server == hub else { return [server] }
        return [hub, Bytes(text: "index.docker.io"), Bytes(text: "docker.io")]
    }

    /// Without scheme and path.
    private static func host(of name: Bytes) -> Bytes {
        var rest = name[...]
        for scheme: StaticString in ["https://", "http://"] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.utf8CodeUnitCount)
        }
        return Bytes(rest.prefix { $0 != 0x2f })
    }

    private static func header(_ server: Bytes, _ entry: JSON) -> Source {
        var fields: [(StaticString, Bytes)] = [("serveraddress", server)]
        if let token = entry["registrytoken"]?.asString, !token.isEmpty { fields.append(("registrytoken", token)) }
        if let token = entry["identitytoken"]?.asString, !token.isEmpty { fields.append(("identitytoken", token)) }
        if fields.count == 1 {
            var user = entry["username"]?.asString ?? []
            var password = entry["password"]?.asString ?? []
            // Both in one, which wins where it is there.
            if let both = entry["auth"]?.asString.flatMap({ Base64.decode($0) }),
                let colon = both.firstIndex(of: 0x3a)
            {
                user = Bytes(both[..<colon])
                password = Bytes(both[(colon + 1)...].prefix { $0 != 0 })
            }
            // An entry without anything stands for a login that a helper keeps.
            guard !user.isEmpty || !password.isEmpty else { return .none }
            fields += [("username", user), ("password", password)]
        }
        return .known(encoded(fields))
    }

    /// The URL-safe alphabet with padding, as the daemon wants it.
    private static func encoded(_ fields: [(StaticString, Bytes)]) -> Bytes {
        let document = JSON.object(fields.map { JSONMember($0.0, .string($0.1)) })
        return Base64.encode(document.encoded()).map { $0 == 0x2b ? 0x2d : $0 == 0x2f ? 0x5f : $0 }
    }
}
