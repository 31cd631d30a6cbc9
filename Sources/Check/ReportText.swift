// The report for people: a line a step, aligned, in colour where the caller says so.

import Codecs

public struct ReportText: Sendable {
    private let isColoured: Bool
    private static let valueMax = 50

    public init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    public func lines(of configuration: CheckedConfiguration) -> [String] {
        let head = heading("Configuration") + (configuration.file.map { "  \($0)" } ?? "")
        let names = configuration.values.map { $0.name.count }.max() ?? 0
        let shown = configuration.values.map { min(Self.valueMax, $0.content.line.count) }.max() ?? 0
        var lines = [head]
        for value in configuration.values {
            let origin = value.origins.map(\.words).joined(separator: ", ")
            lines.append("  \(padded(value.name, names))  \(padded(value.content.line, shown))  \(dim(origin))")
            lines += value.content.furtherLines.map { "    \($0)" }
        }
        return lines + configuration.warnings.map { "  \(paint("warning", .yellow))  \($0)" }
    }

    public func lines(openingOf section: CheckSection) -> [String] {
        ["", heading(section.part.title)] + (section.note.map { ["  \($0)"] } ?? [])
    }

    /// `isRepeated`: the advice was given above already.
    public func lines(of step: CheckStep, in part: CheckPart, isRepeated: Bool) -> [String] {
        let word = padded(step.verdict.word, 7)
        let verdict: String
        switch step.verdict {
        case .fine: verdict = paint(word, .green)
        case .doubtful: verdict = paint(word, .yellow)
        case .failed: verdict = paint(word, .red)
        case .skipped: verdict = dim(word)
        }
        let indent = String(repeating: " ", count: 11)
        let line = "  \(verdict)  \(padded(step.name, part == .hosts ? 22 : 14))  \(printable(step.words))"
        let advice = isRepeated ? nil : step.advice
        return [line] + (advice.map { ["\(indent)-> \(printable($0))"] } ?? [])
            + step.details.map { "\(indent)\(dim("| \(printable($0))"))" }
    }

    /// Words from outside must not move the cursor.
    private func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: "?"
            default: scalar
            }
        }
        return scalars.reduce(into: "") { $0.unicodeScalars.append($1) }
    }

    public func lines(endOf report: CheckReport) -> [String] {
        let counts = "\(report.failures) failed, \(report.warnings) \(report.warnings == 1 ? "warning" : "warnings")"
        let words = report.signal == nil ? report.result.words : "interrupted"
        let line = "\(counts); exit code \(report.exitCode): \(words)"
        return ["", paint(line, report.exitCode == 0 ? .green : .red)]
    }

    private enum Colour: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case bold = "1"
        case dim = "2"
    }

    private func heading(_ text: String) -> String { paint(text, .bold) }

    private func dim(_ text: String) -> String { paint(text, .dim) }

    private func paint(_ text: String, _ colour: Colour) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width &- text.count))
    }
}

extension CheckedConfiguration.Content {
    fileprivate var line: String {
        switch self {
        case .one(let value), .text(_, let value): value
        case .absent(let words): words
        case .many(let values): values.isEmpty ? "none" : values.count == 1 ? values[0] : ""
        }
    }

    fileprivate var furtherLines: [String] {
        if case .many(let values) = self, values.count > 1 { values } else { [] }
    }
}

extension CheckedConfiguration.Origin {
    public var words: String {
        switch self {
        case .flag(let flag): flag
        case .variable(let variable): variable
        case .file(let file, let line, let column): "\(file):\(line):\(column)"
        case .fallback: "default"
        }
    }
}
