// A golden scenario as text. The language is explained in spec/scenarios/README.md; here are its lines.
//
//   scenario: a title
//   proves: P1 P2
//   given connected
//   when  the server assigns a/1
//   then  what must be asked for, a line each; the rest of them below it

import Testing

struct ScenarioFile: Sendable {
    /// Everything before the first scenario.
    let head: [String]
    let scenarios: [GoldenScenario]

    init(_ text: String, name: String) {
        var blocks: [[String]] = [[]]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("scenario:") { blocks.append([]) }
            blocks[blocks.count - 1].append(line)
        }
        head = blocks[0]
        scenarios = blocks.dropFirst().map { GoldenScenario($0, file: name) }
    }

    /// The same file with what was really asked for.
    func rewritten(_ outcomes: [[[String]]]) -> String {
        let blocks = zip(scenarios, outcomes).map { $0.rewritten($1).joined(separator: "\n") }
        return (ScenarioFile.trimmed(head) + [""] + [blocks.joined(separator: "\n\n")]).joined(separator: "\n") + "\n"
    }

    static func trimmed(_ lines: [String]) -> [String] {
        Array(lines.reversed().drop { $0.allSatisfy(\.isWhitespace) }.reversed())
    }
}

struct GoldenScenario: Sendable, CustomTestStringConvertible {
    enum Line: Hashable, Sendable {
        case given(String)
        case when(String, then: [String])
        case comment(String)
    }

    let file: String
    let title: String
    let proves: [String]
    let lines: [Line]
    /// What is no line of the language, with its text.
    let problems: [String]

    var testDescription: String { "\(file): \(title)" }

    init(_ texts: [String], file: String) {
        self.file = file
        var title = ""
        var proves: [String] = []
        var lines: [Line] = []
        var problems: [String] = []
        for text in ScenarioFile.trimmed(texts) {
            if let rest = text.rest(behind: "scenario:") {
                title = rest
            } else if let rest = text.rest(behind: "proves:") {
                proves += rest.split(separator: " ").map(String.init)
            } else if let rest = text.rest(behind: "given ") {
                lines.append(.given(rest))
            } else if let rest = text.rest(behind: "when ") {
                lines.append(.when(rest, then: []))
            } else if text.hasPrefix("#") || text.isEmpty {
                lines.append(.comment(text))
            } else if let rest = text.rest(behind: "then ", exactly: 6) ?? text.rest(behind: "      ", exactly: 6),
                case .when(let input, let then)? = lines.last
            {
                lines[lines.count - 1] = .when(input, then: then + [rest])
            } else {
                problems.append(text)
            }
        }
        self.title = title
        self.proves = proves
        self.lines = lines
        self.problems = problems
    }

    var expected: [[String]] {
        lines.compactMap { if case .when(_, let then) = $0 { then } else { nil } }
    }

    func rewritten(_ outcome: [[String]]) -> [String] {
        var texts = ["scenario: \(title)", "proves: \(proves.joined(separator: " "))"]
        var step = 0
        for line in lines {
            switch line {
            case .given(let text): texts.append("given \(text)")
            case .comment(let text): texts.append(text)
            case .when(let text, _):
                texts.append("when  \(text)")
                for (index, line) in outcome[step].enumerated() {
                    texts.append((index == 0 ? "then  " : "      ") + line)
                }
                step += 1
            }
        }
        return texts
    }
}

extension String {
    /// What follows the mark, without the spaces between; or, `exactly`, without the first so many characters.
    fileprivate func rest(behind mark: String, exactly width: Int? = nil) -> String? {
        guard hasPrefix(mark) else { return nil }
        if let width { return String(dropFirst(width)) }
        return String(dropFirst(mark.count).drop { $0 == " " })
    }
}
