// The configurations that README and docs/ show as examples: each is one that the worker takes as it stands.

import Codecs
import Configuration
import Testing

@Suite("Configuration: examples in the docs")
struct DocsExamplesTests {
    struct Example: CustomStringConvertible, Sendable {
        var page: String
        var number: Int
        var text: Bytes

        var description: String { "\(page), example \(number)" }
    }

    static let examples: [Example] = pages.flatMap { page in
        blocks(of: ConfigurationFiles.read("\(ConfigurationFiles.project)/\(page)") ?? [])
            .enumerated().map { Example(page: page, number: $0 + 1, text: $1) }
    }

    private static let pages = ["", "docs/", "docs/backends/"].flatMap { folder in
        let names = ConfigurationFiles.names(in: "\(ConfigurationFiles.project)/\(folder)", ending: ".md")
        return names.map { folder + $0 + ".md" }
    }

    /// What stands between a line "```yaml" and the next "```".
    private static func blocks(of page: Bytes) -> [Bytes] {
        var found: [Bytes] = []
        var block: Bytes?
        for line in page.parts(separatedBy: 0x0a) {
            if let lines = block {
                block = line.equals("```") ? nil : lines + line + [0x0a]
                if block == nil { found.append(lines) }
            } else if line.equals("```yaml") {
                block = []
            }
        }
        return found
    }

    @Test("There are examples in README and on the pages of backends")
    func inventory() {
        for page in ["README.md", "docs/configuration.md", "docs/backends/direct.md"] {
            #expect(Self.examples.contains { $0.page == page }, "\(page)")
        }
    }

    @Test("An example is a configuration that is taken", arguments: examples)
    func taken(_ example: Example) {
        let file = Bytes(text: "example.yaml")
        let outcome = parseConfiguration(
            ConfigurationInput(
                arguments: ["--config-file", "example.yaml", "--worker-id", "example"].map { Bytes(text: $0) },
                environment: [(Bytes(text: "WARP_API_KEY"), Bytes(text: "key"))],
                readFile: { $0 == file ? .success(example.text) : .failure(FileProblem(words: "not here")) },
                isTerminal: false))
        guard case .run(let configuration) = outcome else {
            Issue.record("\(example) is refused: \(outcome)")
            return
        }
        // Variables that an example takes from the worker's environment are not set here.
        #expect(configuration.warnings.filter { !$0.words.hasSuffix("so it is left out") }.isEmpty)
    }
}
