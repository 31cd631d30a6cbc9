// `--help` and `--help-all`, from the table.

import Codecs

/// A subcommand as the help shows it.
public struct CommandSummary: Sendable {
    public var name: String
    public var line: String

    public init(name: String, line: String) {
        self.name = name
        self.line = line
    }
}

public func renderHelp(all: Bool, commands: [CommandSummary] = []) -> String {
    var lines = [
        "Usage: oz-agent-worker \(commands.isEmpty ? "" : "[COMMAND] ")[FLAGS]",
        "",
        "Takes cloud agent tasks from Oz and runs them on this machine, in Docker or in Kubernetes,",
        "or hands them to a runtime of yours.",
    ]
    if !commands.isEmpty {
        lines += ["", "Commands:"]
        lines += commands.flatMap { HelpLayout.entry($0.name, $0.line) }
    }
    lines += HelpLayout.groups(of: optionTable, all: all) + HelpLayout.ending(all: all)
    return lines.map { $0 + "\n" }.joined()
}

/// The help of `check`; `exitCodes` are its own.
public func renderCheckHelp(all: Bool, exitCodes: [(code: Int32, words: String)]) -> String {
    let opening =
        "Reads the configuration as run does and shows each value with its origin, tries the backend as a start "
        + "would, and the way to the control plane hop by hop, and says what to do about what fails. A running worker "
        + "is not disturbed. Run it as the user that the worker runs as."
    var lines = ["Usage: oz-agent-worker check [FLAGS]", ""] + HelpLayout.wrapped(opening, width: HelpLayout.width)
    lines += HelpLayout.groups(of: checkOptions, all: all)
    lines += ["", "Exit codes:"] + exitCodes.flatMap { HelpLayout.entry("\($0.code)", "\($0.words).") }
    lines += ["", "And all flags of run:"]
    lines += HelpLayout.groups(of: optionTable, all: all) + HelpLayout.ending(all: all)
    return lines.map { $0 + "\n" }.joined()
}

extension Option {
    /// `-e, --env KEY[=VALUE]`.
    var usage: String {
        let flags = [shortFlag, longFlag].compactMap { $0 }.joined(separator: ", ")
        return placeholder.isEmpty || kind.isSwitch ? flags : "\(flags) \(placeholder)"
    }

    fileprivate var helpWithDefault: String {
        var notes: [String] = []
        switch fallback {
        case .required: notes.append("required")
        case .value(let text) where !kind.isSwitch: notes.append("default: \(text)")
        case .unset(let words) where !words.isEmpty: notes.append("default: \(words)")
        case .value, .unset: break
        }
        if let variable { notes.append("environment: \(variable)") }
        return notes.isEmpty ? help : "\(help) [\(notes.joined(separator: "; "))]"
    }
}

private enum HelpLayout {
    static let width = 90
    static let column = 28

    /// The name, and beside or below it what it means.
    static func entry(_ name: String, _ meaning: String) -> [String] {
        let head = "  \(name)"
        let pad = String(repeating: " ", count: column)
        var lines = wrapped(meaning, width: width - column).map { pad + $0 }
        guard head.count + 2 <= column, let first = lines.first else { return [head] + lines }
        lines[0] = head + String(repeating: " ", count: column - head.count) + first.dropFirst(column)
        return lines
    }

    static func groups(of table: [Option], all: Bool) -> [String] {
        OptionGroup.allCases.flatMap { group -> [String] in
            let options = table.filter { $0.group == group && $0.flag != nil && (all || !$0.isHidden) }
            if options.isEmpty { return [] }
            return ["", "\(group.rawValue):"] + options.flatMap { entry($0.usage, $0.helpWithDefault) }
        }
    }

    static func ending(all: Bool) -> [String] {
        let words =
            "Flags win over environment variables, these over the config file. Everything that the file can hold is "
            + "told in docs/configuration.md." + (all ? "" : " More flags: --help-all.")
        return [""] + wrapped(words, width: width)
    }

    static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
