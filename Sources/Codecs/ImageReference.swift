// The name of an image, taken apart: `registry.example:5000/team/tool:1.2@sha256:...`.

public struct ImageReference: Hashable, Sendable {
    /// The registry's host, with its port; `docker.io` where none is named.
    public let registry: Bytes
    /// Without tag and digest, as it was written.
    public let repository: Bytes
    public let tag: Bytes?
    /// With its algorithm.
    public let digest: Bytes?

    public static let hub = Bytes(text: "docker.io")

    public init(_ name: Bytes) {
        var rest = name[...]
        if let at = rest.firstIndex(of: UInt8(ascii: "@")) {
            digest = Bytes(rest[(at &+ 1)...])
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let slash = rest.lastIndex(of: UInt8(ascii: "/"))
        // A colon before the last slash belongs to a port.
        if let colon = rest.lastIndex(of: UInt8(ascii: ":")), slash.map({ colon > $0 }) ?? true {
            tag = Bytes(rest[(colon &+ 1)...])
            rest = rest[..<colon]
        } else {
            tag = nil
        }
        repository = Bytes(rest)
        let host = rest.firstIndex(of: UInt8(ascii: "/")).map { Bytes(rest[..<$0]) }
        if let host, ImageReference.isHost(host), !host.equals("index.docker.io") {
            registry = host
        } else {
            registry = ImageReference.hub
        }
    }

    /// As people say it: without Docker Hub's own name, and without `library`.
    public var familiar: Bytes {
        var name = repository[...]
        for front: StaticString in ["index.docker.io/", "docker.io/", "library/"] where name.hasPrefix(front) {
            name = name.dropFirst(front.utf8CodeUnitCount)
        }
        return Bytes(name)
    }

    /// What a pull asks for: the digest where there is one, else the tag.
    public var version: Bytes { digest ?? tag ?? Bytes(text: "latest") }

    private static func isHost(_ part: Bytes) -> Bool {
        part.contains(UInt8(ascii: ".")) || part.contains(UInt8(ascii: ":")) || part.equals("localhost")
    }
}
