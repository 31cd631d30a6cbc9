// Config files, good and bad, and what the operator is told of them; and the texts that come from the table.

import Codecs
import Configuration
import Testing

@Suite("Configuration: golden files")
struct ConfigurationGoldenTests {
    /// Every value that must stay hidden holds this word in the golden files.
    static let secretMark = "s3cret"

    static let names = ConfigurationFiles.names(in: ConfigurationFiles.golden, ending: ".yaml")

    @Test("There are golden files, and each expectation has its case")
    func inventory() {
        #expect(Self.names.count >= 60)
        #expect(
            ConfigurationFiles.names(in: ConfigurationFiles.golden, ending: ".expected").allSatisfy {
                Self.names.contains($0)
            })
    }

    @Test("A config file comes to what is expected", arguments: names)
    func golden(_ name: String) throws {
        let content = try #require(ConfigurationFiles.read("\(ConfigurationFiles.golden)/\(name).yaml"))
        let rendered = ConfigurationCase(content).rendered
        #expect(!rendered.contains(Self.secretMark))
        compare(rendered, with: "\(ConfigurationFiles.golden)/\(name).expected")
    }

    @Test("Help, short and whole", arguments: [false, true])
    func help(all: Bool) {
        let commands = [
            CommandSummary(name: "run", line: "Take tasks and run them; what is done without a command."),
            CommandSummary(name: "check", line: "Read the configuration, say what it comes to, and exit."),
        ]
        let text = renderHelp(all: all, commands: commands)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 90 })
        compare(text, with: "\(ConfigurationFiles.golden)/help\(all ? "-all" : "").txt")
    }

    @Test("The page in docs/ is what the table says")
    func page() {
        compare(renderConfigurationPage(), with: ConfigurationFiles.page)
    }

    private func compare(_ text: String, with path: String) {
        if ConfigurationFiles.isRewriting { ConfigurationFiles.write(text, to: path) }
        #expect(ConfigurationFiles.read(path)?.text == text)
    }
}
