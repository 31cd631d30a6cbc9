// Names, bodies and readings of the Docker backend, each by itself.

import Codecs
import Effects
import Testing

@testable import WorkerModel

struct DockerPartsTests {
    @Test(arguments: [
        ("toomanyrequests: You have reached your pull rate limit", PullTrouble.busy),
        ("Get \"https://r/v2/\": dial tcp: lookup r: no such host", .unreachable),
        ("Get \"http://127.0.0.1:5/v2/\": dial tcp 127.0.0.1:5: connect: connection refused", .unreachable),
        ("Get \"https://r/v2/\": net/http: TLS handshake timeout", .unreachable),
        ("Get \"https://r/v2/\": x509: certificate signed by unknown authority", .other),
        ("pull access denied for x, repository does not exist or may require 'docker login'", .denied),
        ("unauthorized: authentication required", .denied),
        ("manifest for x:1 not found: manifest unknown: manifest unknown", .notFound),
        ("no matching manifest for linux/amd64 in the manifest list entries", .notFound),
        ("received unexpected HTTP status: 503 Service Unavailable", .busy),
        ("failed to register layer: no space left on device", .other),
        ("something else", .busy),
    ])
    func whatAFailedPullMeans(words: String, trouble: PullTrouble) {
        #expect(PullTrouble(.refused(status: 500, Detail(Bytes(text: words)))) == trouble)
    }

    @Test func withoutWordsTheStatusDecides() {
        let pairs: [(Int, PullTrouble)] = [
            (400, .other), (401, .denied), (403, .denied), (404, .notFound), (429, .busy), (500, .busy), (503, .busy),
        ]
        for (status, trouble) in pairs { #expect(PullTrouble(.refused(status: status, Detail(""))) == trouble) }
        #expect(PullTrouble(.lost(Detail("x"))) == .unreachable)
        #expect(PullTrouble(.pull(Detail("what nobody knows"))) == .other)
        #expect(PullTrouble(.credentials(Detail("denied"))) == .other)
    }

    @Test(arguments: [
        ("busybox", [], "sha256:abcdefabcdefabcdef", "oz-sidecar-busybox-abcdefabcdef"),
        ("team/tool:1", ["team/tool@sha256:0123456789abcdef"], "sha256:f", "oz-sidecar-team-tool-0123456789ab"),
        (
            "r.example:5000/t@sha256:00", ["other@sha256:11111111111111", "r.example:5000/t@sha256:22222222222222"],
            "sha256:f", "oz-sidecar-r.example-5000-t-222222222222"
        ),
    ])
    func theNameOfASidecarsVolume(image: String, digests: [String], id: String, name: String) {
        let facts = DockerImage(
            id: Bytes(text: id), digests: digests.map { Bytes(text: $0) }, platform: Bytes(text: "linux/amd64"))
        #expect(DockerNames.sidecar(Bytes(text: image), facts).text == name)
    }

    @Test func theNameOfAContainerIsOneThatDockerTakes() {
        let task = "Ä/..\u{0} " + String(repeating: "x", count: 300)
        let key = ExecutionKey(task: TaskID(Bytes(text: task)), execution: nil)
        let name = DockerNames.container(key, chance: .max)
        #expect(name.count < 80 && name.text.hasSuffix("-ffffffffffffffff"))
        let allowed = name.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) || [0x2d, 0x2e, 0x5f].contains(byte)
        }
        #expect(allowed)
    }

    private func host(_ shape: InstanceShape) -> JSON? {
        var assignment = Assignment(
            key: ExecutionKey(task: TaskID(Bytes(text: "a")), execution: nil), agentTaskID: Bytes(text: "a"))
        assignment.shape = shape
        let settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: [], backend: .docker(DockerSettings()))
        let plan = TaskPlan(assignment, settings)
        return DockerBodies.task(assignment.key, plan, sidecars: [], DockerSettings(), settings)["HostConfig"]
    }

    @Test func memoryHasALimitAndNoSwapBesideIt() {
        let limits = host(InstanceShape(vcpus: 0, memoryGiB: 3))
        #expect(limits?["Memory"]?.asInt == 3 << 30 && limits?["MemorySwap"]?.asInt == 3 << 30)
        #expect(limits?["NanoCpus"] == nil)
    }

    @Test func anAbsurdShapeSaturates() {
        let limits = host(InstanceShape(vcpus: .max, memoryGiB: -1))
        #expect(limits?["NanoCpus"]?.asInt == Int.max)
        #expect(limits?["Memory"] == nil && limits?["MemorySwap"] == nil)
    }
}
