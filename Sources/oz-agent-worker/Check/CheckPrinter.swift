// Where the report goes: as text while it is found out, or as one JSON document at the end.

import Check
import Codecs
import Configuration
import Glibc

final class CheckPrinter {
    private let json: Bool
    private let text: ReportText
    private var sections: [CheckSection] = []

    init(json: Bool, environment: [(name: Bytes, value: Bytes)]) {
        func isSet(_ name: StaticString) -> Bool { environment.contains { $0.name.equals(name) && !$0.value.isEmpty } }
        let isDumb = environment.contains { $0.name.equals("TERM") && $0.value.equals("dumb") }
        self.json = json
        text = ReportText(isColoured: isatty(STDOUT_FILENO) == 1 && !isSet("NO_COLOR") && !isDumb)
    }

    func begin(_ configuration: CheckedConfiguration) {
        guard !json else { return }
        Terminal.say("oz-agent-worker \(Version.number) (\(Version.commit)), checked as user \(geteuid())")
        Terminal.say("")
        say(text.lines(of: configuration))
    }

    /// Whether all went well in it.
    func show(_ section: CheckSection) -> Bool {
        open(section.part, note: section.note)
        for step in section.steps { add(step) }
        return !section.hasFailed
    }

    func open(_ part: CheckPart, note: String?) {
        sections.append(CheckSection(part, note: note))
        if !json, let section = sections.last { say(text.lines(openingOf: section)) }
    }

    /// To the section that was opened last.
    func add(_ step: CheckStep) {
        guard var section = sections.popLast() else { return }
        let isRepeated = section.steps.contains { $0.advice == step.advice }
        section.steps.append(step)
        sections.append(section)
        if !json { say(text.lines(of: step, in: section.part, isRepeated: isRepeated)) }
    }

    /// The exit code.
    func end(_ configuration: CheckedConfiguration, signal: Int32? = nil) -> Int32 {
        let version = "\(Version.number) (\(Version.commit))"
        let report = CheckReport(
            version: version, configuration: configuration, sections: sections, signal: signal)
        if json {
            Terminal.say(report.json.encoded().text)
        } else {
            say(text.lines(endOf: report))
        }
        return report.exitCode
    }

    private func say(_ lines: [String]) {
        for line in lines { Terminal.say(line) }
    }
}
