// Calls as HTTP requests. Streams (a copy, output) and credentials are made elsewhere.

import Codecs
import Effects

enum DockerRequests {
    /// A pull tells of its progress; one that has fallen silent for so long has died.
    private static let silence = Span.seconds(300)
    private static let long = Span.seconds(120)

    static let reach: DockerRequest = {
        var request = DockerRequest(.get, Bytes(text: "/version"), within: .seconds(5))
        request.isUnversioned = true
        return request
    }()

    static func pull(_ image: Bytes, platform: Bytes, header: Bytes?) -> DockerRequest {
        let reference = ImageReference(image)
        let path = path(
            "/images/create",
            [
                ("fromImage", reference.repository), ("tag", reference.version), ("platform", platform),
            ])
        var request = DockerRequest(.post, path, within: nil)
        request.silence = silence
        if let header { request.headers = [Bytes(text: "X-Registry-Auth: ") + header] }
        return request
    }

    static func inspectImage(_ image: Bytes) -> DockerRequest {
        DockerRequest(.get, Bytes(text: "/images/") + PercentCoding.encoded(image) + Bytes(text: "/json"))
    }

    static func createVolume(_ name: Bytes, labels: JSON) -> DockerRequest {
        let document = JSON.object([JSONMember("Name", .string(name)), JSONMember("Labels", labels)])
        return post(Bytes(text: "/volumes/create"), document.encoded())
    }

    static func inspectVolume(_ name: Bytes) -> DockerRequest {
        DockerRequest(.get, Bytes(text: "/volumes/") + PercentCoding.encoded(name))
    }

    static func removeVolume(_ name: Bytes) -> DockerRequest {
        DockerRequest(.delete, Bytes(text: "/volumes/") + PercentCoding.encoded(name), within: long)
    }

    static func createContainer(_ name: Bytes, platform: Bytes?, body: Bytes) -> DockerRequest {
        var query: [(StaticString, Bytes)] = [("name", name)]
        if let platform { query.append(("platform", platform)) }
        return post(path("/containers/create", query), body)
    }

    static func inspectContainer(_ name: Bytes) -> DockerRequest {
        DockerRequest(.get, container(name, "/json"))
    }

    static func start(_ name: Bytes) -> DockerRequest {
        DockerRequest(.post, container(name, "/start"), within: long)
    }

    static func awaitEnd(_ name: Bytes) -> DockerRequest {
        DockerRequest(.post, container(name, "/wait?condition=not-running"), within: nil)
    }

    static func stop(_ name: Bytes, within span: Span) -> DockerRequest {
        let seconds = span.nanoseconds / 1_000_000_000
        let path = container(name, "/stop?t=") + Bytes(decimal: seconds)
        return DockerRequest(.post, path, within: .seconds(seconds &+ 30))
    }

    static func kill(_ name: Bytes) -> DockerRequest {
        DockerRequest(.post, container(name, "/kill"))
    }

    static func removeContainer(_ name: Bytes) -> DockerRequest {
        DockerRequest(.delete, container(name, "?force=1&v=1"), within: long)
    }

    static func export(_ name: Bytes) -> DockerRequest {
        DockerRequest(.get, container(name, "/export"), within: nil)
    }

    static func upload(_ name: Bytes, path directory: Bytes) -> DockerRequest {
        let path = container(name, "/archive?path=") + PercentCoding.encoded(directory)
        var request = DockerRequest(.put, path, within: nil)
        request.headers = [Bytes(text: "Content-Type: application/x-tar")]
        return request
    }

    static func output(_ name: Bytes, lines: Int) -> DockerRequest {
        let path = container(name, "/logs?stdout=1&stderr=1&tail=") + Bytes(decimal: lines)
        var request = DockerRequest(.get, path, within: nil)
        request.silence = .seconds(60)
        return request
    }

    /// All of it, for as long as the container runs.
    static func follow(_ name: Bytes) -> DockerRequest {
        DockerRequest(.get, container(name, "/logs?stdout=1&stderr=1&follow=1"), within: nil)
    }

    static func list(_ place: StaticString, labels: [Bytes]) -> DockerRequest {
        let filters = JSON.object([JSONMember("label", .array(labels.map { .string($0) }))])
        return DockerRequest(.get, path(place, [("all", [0x31]), ("filters", filters.encoded())]))
    }

    private static func post(_ path: Bytes, _ body: Bytes) -> DockerRequest {
        var request = DockerRequest(.post, path, within: long)
        request.body = body
        request.headers = [Bytes(text: "Content-Type: application/json")]
        return request
    }

    private static func container(_ name: Bytes, _ rest: StaticString) -> Bytes {
        Bytes(text: "/containers/") + PercentCoding.encoded(name) + Bytes(text: rest)
    }

    private static func path(_ place: StaticString, _ query: [(StaticString, Bytes)]) -> Bytes {
        var path = Bytes(text: place)
        for (index, (name, value)) in query.enumerated() {
            path.append(index == 0 ? 0x3f : 0x26)
            path.append(text: name)
            path.append(0x3d)
            path += PercentCoding.encoded(value)
        }
        return path
    }
}
