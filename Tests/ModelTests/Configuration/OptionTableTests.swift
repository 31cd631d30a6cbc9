// The table of options agrees with itself, and what comes from it is whole.

import Codecs
import Testing

@testable import Configuration

@Suite("Configuration: table of options")
struct OptionTableTests {
    @Test("Each option is described once, and nothing is left out")
    func once() {
        #expect(optionTable.map(\.name.rawValue).sorted() == OptionName.allCases.map(\.rawValue).sorted())
    }

    @Test("No two options share a key, a flag, a letter or a variable")
    func unique() {
        for names in [
            optionTable.flatMap(\.keys), optionTable.compactMap(\.flag), optionTable.compactMap(\.variable),
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

    @Test("The page names every key and every flag")
    func page() {
        let page = renderConfigurationPage()
        for option in optionTable {
            if let flag = option.longFlag { #expect(page.contains(flag)) }
            for key in option.keys { #expect(page.contains("`\(key.split(separator: ".").last ?? "")`"), "\(key)") }
        }
    }
}
