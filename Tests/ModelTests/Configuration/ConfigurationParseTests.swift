// What the golden files cannot show: typed problems, hidden secrets, input that nobody wrote, the machine itself.

import Codecs
import Glibc
import Testing

@testable import Configuration

@Suite("Configuration: parsing")
struct ConfigurationParseTests {
    private func input(_ arguments: [String], environment: [(String, String)] = []) -> ConfigurationInput {
        ConfigurationInput(
            arguments: arguments.map { Bytes(text: $0) },
            environment: environment.map { (Bytes(text: $0.0), Bytes(text: $0.1)) },
            readFile: { _ in .failure(FileProblem(words: "none")) }, isTerminal: false)
    }

    @Test("What is missing can be told apart from what is wrong")
    func missing() {
        guard case .invalid(let problems, _) = parseConfiguration(input(["--log-level", "x"])) else {
            Issue.record("it was accepted")
            return
        }
        #expect(problems.map(\.kind) == [.other, .missing(.apiKey), .missing(.workerID)])
    }

    @Test("Host values and keys are the first of their name, as getenv has it")
    func firstOfName() throws {
        let outcome = parseConfiguration(
            input(
                ["--worker-id", "w", "-e", "A"],
                environment: [("A", "1"), ("A", "2"), ("WARP_API_KEY", "k1"), ("WARP_API_KEY", "k2")]))
        guard case .run(let configuration) = outcome, case .docker(let docker) = configuration.backend else {
            Issue.record("it was refused")
            return
        }
        #expect(docker.environment.map(\.value.bytes) == [Bytes(text: "1")])
        #expect(configuration.apiKey == .environment(SecretBytes(Bytes(text: "k1"))))
    }

    @Test("Values and keys arrive as they were given")
    func values() throws {
        let outcome = parseConfiguration(
            input(
                ["--api-key", "k", "--worker-id", "w", "-e", "A=b=c, d", "-e", "E=", "--backend", "direct"]))
        guard case .run(let configuration) = outcome, case .direct(let direct) = configuration.backend else {
            Issue.record("it was refused")
            return
        }
        #expect(configuration.apiKey == .flag(SecretBytes(Bytes(text: "k"))))
        #expect(direct.environment.map(\.name.text) == ["A", "E"])
        #expect(direct.environment.map(\.value.bytes.text) == ["b=c, d", ""])
    }

    @Test("Nothing shows a secret: not printing, not dumping, not reflecting")
    func hidden() {
        let outcome = parseConfiguration(
            input(["--worker-id", "w", "--api-key", "s3cret", "-e", "A=s3cret"]))
        var dumped = ""
        dump(outcome, to: &dumped)
        for text in ["\(outcome)", String(reflecting: outcome), dumped] {
            #expect(!text.contains("s3cret"))
            // The same as a list of bytes; no other value has a 3 in it.
            #expect(!text.contains("115, 51, 99"))
            #expect(!text.contains("- 51\n"))
        }
        #expect("\(outcome)".contains("(hidden)"))
    }

    @Test("No file and no arguments can end the process", arguments: 0..<8)
    func anything(seed: UInt64) {
        var chance = MutationChance(state: seed)
        let pieces = ConfigurationGoldenTests.names.compactMap {
            ConfigurationFiles.read("\(ConfigurationFiles.golden)/\($0).yaml")
        }
        for _ in 0..<150 {
            var golden = ConfigurationCase(pieces[chance.next(pieces.count)])
            golden.files[0].content = chance.mutated(golden.files[0].content, with: pieces)
            golden.arguments = golden.arguments.map { chance.next(4) == 0 ? chance.mutated($0, with: []) : $0 }
            _ = golden.rendered
        }
    }

    @Test("Files are read whole; what cannot be read is told in the system's words")
    func files() {
        let content = HostSystem.read(Bytes(text: ConfigurationFiles.golden + "/docs-direct.yaml"))
        #expect((try? content.get())?.hasPrefix("worker_id: \"direct-worker\"\n") == true)
        let missing = HostSystem.read(Bytes(text: ConfigurationFiles.golden + "/there is none"))
        #expect(missing == .failure(FileProblem(words: "No such file or directory")))
        #expect(
            HostSystem.read(Bytes(text: ConfigurationFiles.golden)) == .failure(FileProblem(words: "Is a directory")))
        let tooLong = HostSystem.read(Bytes(text: ConfigurationFiles.golden + "/docs-direct.yaml"), atMost: 10)
        #expect(tooLong == .failure(FileProblem(words: "it has more than 10 bytes")))
    }

    @Test("The process's own environment is taken over as bytes")
    func environment() {
        let path = HostSystem.environment().first { $0.name.equals("PATH") }
        #expect(path?.value.text == getenv("PATH").map { String(cString: $0) })
    }
}

/// The same numbers for the same seed.
private struct MutationChance {
    var state: UInt64

    mutating func next(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int(truncatingIfNeeded: (mixed ^ (mixed >> 31)) >> 1) % max(1, bound)
    }

    mutating func mutated(_ bytes: Bytes, with others: [Bytes]) -> Bytes {
        var bytes = bytes
        for _ in 0...next(6) {
            let start = next(bytes.count + 1)
            let end = min(bytes.count, start + next(12))
            switch next(4) {
            case 0: bytes.removeSubrange(start..<end)
            case 1: bytes.insert(UInt8(truncatingIfNeeded: next(256)), at: start)
            case 2: bytes.insert(contentsOf: Bytes(text: "&*<<: [{-\"'|>\n\t!~#=,%@"[...].description), at: start)
            default:
                let other = others.isEmpty ? bytes : others[next(others.count)]
                let from = next(other.count + 1)
                bytes.replaceSubrange(start..<end, with: other[from..<min(other.count, from + next(60))])
            }
        }
        return bytes
    }
}
