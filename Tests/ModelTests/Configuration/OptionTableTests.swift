// The table of options agrees with itself, and what comes from it is whole.

import Codecs
import Testing

@testable import Configuration

@Suite("Configuration: table of options")
struct OptionTableTests {
    @Test("Each option is described once, and nothing is left out")
    func once() {
        let described = (optionTable + checkOptions).map(\.name.rawValue).sorted()
        #expect(described == OptionName.allCases.map(\.rawValue).sorted())
    }

    @Test("No two options share a key, a flag, a letter or a variable")
    func unique() {
        for names in [
            optionTable.flatMap(\.keys), (optionTable + checkOptions).compactMap(\.flag),
            optionTable.compactMap(\.variable),
            optionTable.compactMap { $0.short.map { String($0) } },
        ] {
            #expect(Set(names).count == names.count)
        }
    }

    @Test("Every option can be given somehow, and says what it does")
    func reachable() {
        for option in optionTable {
            #expect(option.flag != nil || !option.keys.isEmpty, "\(option.name)")
            #expect(option.help.hasSuffix("."), "\(option.name)")
            #expect(option.kind.isSwitch || !option.placeholder.isEmpty, "\(option.name)")
        }
    }

    @Test("Every default is a value of its kind")
    func defaults() {
        for option in optionTable {
            guard case .value = option.fallback else { continue }
            #expect(option.fallbackValue != nil, "\(option.name)")
        }
    }

    @Test("A key under a backend belongs to that backend's option")
    func backends() {
        for option in optionTable {
            for key in option.keys where key.hasPrefix("backend.") {
                let name = key.split(separator: ".")[1]
                #expect(BackendName(rawValue: String(name)).map { option.isUsed(by: $0) } == true, "\(key)")
            }
        }
    }

    @Test("--help shows every flag but the hidden, --help-all shows all")
    func help() {
        let short = renderHelp(all: false)
        let whole = renderHelp(all: true)
        for option in optionTable {
            guard let flag = option.longFlag else { continue }
            #expect(short.contains("\(flag)") != option.isHidden, "\(flag)")
            #expect(whole.contains("\(flag)"), "\(flag)")
        }
    }

    @Test("check takes its own flags and all of run's, and run none of check's")
    func check() {
        let input = ConfigurationInput(
            arguments: ["--json", "--worker-id", "w", "--backend", "direct", "--run-task"].map { Bytes(text: $0) },
            environment: [(Bytes(text: "WARP_API_KEY"), Bytes(text: "k"))],
            readFile: { _ in .failure(FileProblem(words: "none")) }, isTerminal: false)
        let (outcome, choices) = parseCheck(input)
        guard case .run(let configuration) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(configuration.workerID == Bytes(text: "w"))
        #expect(choices.json && choices.runTask && !choices.offline)
        guard case .invalid(let problems, _) = parseConfiguration(input) else {
            Issue.record("run took a flag of check")
            return
        }
        #expect(problems.map(\.place) == [.flag("--json"), .flag("--run-task")])
    }

    @Test("What is resolved is what run resolves, flags of check or not")
    func same() {
        var input = ConfigurationInput(
            arguments: ["--worker-id", "w", "-e", "A=1", "--config-file", "c.yaml"].map { Bytes(text: $0) },
            environment: [(Bytes(text: "WARP_API_KEY"), Bytes(text: "k"))],
            readFile: { _ in .success(Bytes(text: "backend: {direct: {oz_path: /oz}}")) }, isTerminal: false)
        let plain = parseConfiguration(input)
        input.arguments += ["--offline", "--json"].map { Bytes(text: $0) }
        #expect(parseCheck(input).outcome == plain)
    }

    @Test("The help of check shows its flags, its exit codes and all flags of run")
    func checkHelp() {
        let help = renderCheckHelp(all: true, exitCodes: [(69, "away")])
        for flag in (checkOptions + optionTable).compactMap(\.longFlag) { #expect(help.contains(flag), "\(flag)") }
        #expect(help.contains("69") && help.contains("away."))
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 90 })
        for option in checkOptions {
            #expect(!renderHelp(all: true).contains(option.longFlag ?? "?"), "\(option.name)")
        }
    }

    @Test("The page names every key and every flag")
    func page() {
        let page = renderConfigurationPage()
        for option in optionTable {
            if let flag = option.longFlag { #expect(page.contains(flag)) }
            for key in option.keys { #expect(page.contains("`\(key.split(separator: ".").last ?? "")`"), "\(key)") }
        }
    }
}
