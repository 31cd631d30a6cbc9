// Labels: what may stand in one, and that two things never share a hash that should not.

import Codecs
import Testing

@testable import WorkerModel

struct LabelTests {
    private static let long = String(repeating: "x", count: 80)

    @Test(arguments: [
        ("run-1", "run-1"), ("Run 1", "run-1"), ("a.b_c-d", "a.b_c-d"), ("", "unknown"), ("-._", "unknown"),
        ("--a--", "a"), ("_x.", "x"), ("CAF\u{c9}", "caf"), ("a/b:c", "a-b-c"), (long, String(long.prefix(63))),
        (String(long.prefix(62)) + "-y", String(long.prefix(62))), ("9", "9"), ("\u{0}a", "a"), ("Z@[`{z", "z----z"),
    ])
    func values(given: String, wanted: String) {
        #expect(Labels.sanitised(Bytes(text: given)).text == wanted)
    }

    @Test func hashesAreTheFirstEightBytesOfSHA256() {
        #expect(Labels.hash(Bytes(text: "")).text == "e3b0c44298fc1c14")
        #expect(Labels.hash(Bytes(text: "abc")).text == "ba7816bf8f01cfea")
    }

    @Test func allFourEachAsNameAndHash() {
        var settings = WorkerStage().worker.settings
        settings.workerID = Bytes(text: "Worker One")
        settings.instanceID = Bytes(text: "instance")
        let labels = Labels.of(key("T", "E"), settings).map { "\($0.name.text)=\($0.value.text)" }
        #expect(
            labels == [
                "oz-worker-id=worker-one", "oz-worker-hash=\(hash("Worker One"))",
                "oz-instance-id=instance", "oz-instance-hash=\(hash("instance"))",
                "oz-task-id=t", "oz-task-hash=\(hash("T"))",
                "oz-execution-id=e", "oz-execution-hash=\(hash("E"))",
            ])
    }

    @Test func withoutAnExecutionTheTaskStandsIn() {
        let labels = Labels.of(key("T"), WorkerStage().worker.settings)
        #expect(labels.suffix(2).map(\.value.text) == ["t", hash("T")])
    }

    private func hash(_ id: String) -> String { Labels.hash(Bytes(text: id)).text }
}
