// What a pull tells of itself, and the frames of a container's output, in pieces of any size.

import Codecs
import Testing

struct PullProgressTests {
    private static func error(_ text: String, piece: Int) -> String? {
        var progress = PullProgress()
        push(Bytes(text: text), piece) { progress.push($0) }
        progress.finish()
        return progress.error?.text
    }

    private static func push(_ bytes: Bytes, _ piece: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        var start = 0
        while start < bytes.count {
            let end = min(start + piece, bytes.count)
            Bytes(bytes[start..<end]).withUnsafeBufferPointer(body)
            start = end
        }
    }

    @Test(arguments: [1, 2, 7, 4_096])
    func anErrorAmongTheLines(piece: Int) {
        let good = #"{"status":"Pulling from x","id":"1"}"# + "\r\n"
        #expect(Self.error(good + good, piece: piece) == nil)
        let old = good + #"{"error":"only this"}"# + "\r\n" + good
        #expect(Self.error(old, piece: piece) == "only this")
        let new = good + #"{"errorDetail":{"message":"denied: no"},"error":"short"}"#
        #expect(Self.error(new, piece: piece) == "denied: no")
    }

    @Test func theFirstErrorCounts() {
        #expect(Self.error("{\"error\":\"one\"}\n{\"error\":\"two\"}\n", piece: 5) == "one")
    }

    @Test func whatIsNoJSONAndWhatIsTooLongIsPassedOver() {
        let long = "{\"error\":\"" + String(repeating: "x", count: 80_000) + "\"}\n"
        #expect(Self.error("nonsense\n" + long + "{\"error\":\"after\"}\n", piece: 1_000) == "after")
    }

    @Test(arguments: [1, 3, 8, 9, 1_000])
    func framesGiveWhatWasWritten(piece: Int) {
        func frame(_ stream: UInt8, _ text: String) -> Bytes {
            let count = text.utf8.count
            return [stream, 0, 0, 0, 0, 0, UInt8(count >> 8), UInt8(count & 255)] + Bytes(text: text)
        }
        let long = String(repeating: "y", count: 300)
        var frames = DockerFrames()
        var output = Bytes()
        Self.push(frame(1, "out\n") + frame(2, "") + frame(2, "err\n") + frame(1, long), piece) { bytes in
            frames.push(bytes) { output.append(contentsOf: $0) }
        }
        #expect(output.text == "out\nerr\n" + long)
    }
}

struct ImageReferenceTests {
    @Test(arguments: [
        ("busybox", "docker.io", "busybox", "latest"), ("busybox:1.36", "docker.io", "busybox", "1.36"),
        ("docker.io/library/busybox", "docker.io", "busybox", "latest"),
        ("index.docker.io/team/tool:2", "docker.io", "team/tool", "2"),
        ("registry.example:5000/a/b", "registry.example:5000", "registry.example:5000/a/b", "latest"),
        ("registry.example:5000/a/b:3", "registry.example:5000", "registry.example:5000/a/b", "3"),
        ("localhost/x@sha256:abc", "localhost", "localhost/x", "sha256:abc"),
        ("team/x:1@sha256:abc", "docker.io", "team/x", "sha256:abc"),
    ])
    func isTakenApart(name: String, registry: String, familiar: String, version: String) {
        let reference = ImageReference(Bytes(text: name))
        #expect(reference.registry.text == registry)
        #expect(reference.familiar.text == familiar)
        #expect(reference.version.text == version)
    }
}
