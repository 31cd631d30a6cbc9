// Nothing secret enters the model: an assignment full of canaries goes in as it comes over the wire, and neither the
// state nor anything that is asked for shows one of them.

import Codecs
import Effects
import Testing

@testable import WorkerModel

struct NoSecretInsideTests {
    @Test func noCanaryInTheStateOrInARequest() throws {
        var stage = WorkerStage.connected {
            var direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
            direct.setupCommand = Bytes(text: "setup")
            direct.teardownCommand = Bytes(text: "teardown")
            $0.backend = .direct(direct)
        }
        let decoded = Decoded(Bytes(text: Golden.assignment), keepDocument: true)
        #expect(decoded.secrets.count { contains($0.bytes) } > 10)
        stage.receives(decoded.message)
        try look(at: stage)
        for (id, _) in stage.sends { stage.written(id) }
        try look(at: stage)
        for _ in 0..<2 {
            stage.answerFile { .done($0) }
            try look(at: stage)
        }
        let setup = stage.launch.id
        stage.feed(.process(.finished(setup, .exit(0))))
        try look(at: stage)
        stage.answerFile {
            let read = [EnvironmentVariable("A", .secret(SecretRef(number: decoded.next)))]
            return .environmentRead($0, read, secrets: SecretRange(first: decoded.next, count: 1), malformed: [])
        }
        try look(at: stage)
        let agent = stage.launch
        #expect(agent.launch.role == .agent)
        stage.ends(agent.id, .exit(1))
        try look(at: stage)
        stage.feed(.process(.finished(stage.launch.id, .exit(0))))
        try look(at: stage)
        let everything = try encodeState(stage.history).encoded()
        #expect(!contains(everything))
    }

    /// Broken in every way: a message that cannot be used is not quoted either.
    @Test func noCanaryFromUnreadableMessages() throws {
        var stage = WorkerStage.connected()
        let whole = Bytes(text: Golden.assignment)
        for length in stride(from: 0, to: whole.count, by: 7) {
            stage.receives(Decoded(Bytes(whole.prefix(length))).message)
        }
        for place in stride(from: 0, to: whole.count, by: 5) {
            var broken = whole
            broken[place] = UInt8(ascii: "[")
            stage.receives(Decoded(broken).message)
        }
        for path in Golden.document.leaves {
            guard let wrong = Golden.document.replacing(path, { _ in .array([.string(Bytes(text: "CANARY-wrong"))]) })
            else { continue }
            stage.receives(Decoded(wrong).message)
        }
        try look(at: stage)
        #expect(!contains(try encodeState(stage.history).encoded()))
    }

    /// What is looked for would be found.
    @Test func theSearchFindsACanary() throws {
        var stage = WorkerStage.connected()
        stage.claims(assignment("a-CANARY"))
        #expect(contains(try encodeState(stage.worker).encoded()))
        #expect(contains(try encodeState(stage.history).encoded()))
    }

    private func look(at stage: WorkerStage) throws {
        #expect(!contains(try encodeState(stage.worker).encoded()))
        #expect(!contains(try encodeState(stage.asked).encoded()))
    }

    private func contains(_ bytes: Bytes) -> Bool {
        let canary = Bytes(text: "CANARY")
        return bytes.indices.contains { bytes[$0...].starts(with: canary) }
    }
}
