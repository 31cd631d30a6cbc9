// A golden case of the configuration: a YAML file whose first comments give flags, environment and other files.
//
// Every case has an outcome; every problem has words of one line and a place within the file; no text shows an API
// key or the value of an environment variable; the same input gives the same.

import Codecs
import Configuration
import Demands

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let content = Course(start, count).bytes
    let tried = ConfigurationCase(content)
    let outcome = tried.outcome
    demandEqual(tried.outcome, outcome, "the same input gives the same")
    check(outcome, content)
    hides(tried, content)
    return 0
}

private func check(_ outcome: ParseOutcome, _ content: Bytes) {
    switch outcome {
    case .help, .version: break
    case .invalid(let problems, let warnings):
        demand(!problems.isEmpty, "what is invalid has a reason")
        check(problems + warnings, content)
    case .run(let configuration):
        check(configuration.warnings, content)
        let lines = renderResolved(configuration, file: ConfigurationCase.file).split(separator: "\n")
        demand(lines.allSatisfy { isOneLine(Bytes(text: String($0))) }, "a value is shown on its line")
        demand(!configuration.workerID.isEmpty, "a worker has an id")
        demand(configuration.drainTimeout >= 0 && configuration.maxConcurrentTasks >= 0, "no limit is negative")
        demand((configuration.taskTimeout ?? 1) > 0, "no time-out is none")
        demand((try? URLParts(parsing: configuration.webSocketURL)) != nil, "it can dial")
    }
}

private func check(_ problems: [Problem], _ content: Bytes) {
    for problem in problems {
        demand(!problem.words.isEmpty && isOneLine(Bytes(text: problem.rendered)), "one line: \(problem.rendered)")
        guard case .file(let file, let mark) = problem.place else { continue }
        demandEqual(file, ConfigurationCase.file, "the file of a problem")
        guard let mark else { continue }
        demand(isInside(mark, content), "\(mark.line):\(mark.column) lies outside: \(problem.rendered)")
    }
}

/// Within a line of the file, or right behind it. Lines end as YAML has it.
private func isInside(_ mark: Mark, _ content: Bytes) -> Bool {
    let characters = Array(content.text.unicodeScalars)
    var lengths = [0]
    for (place, character) in characters.enumerated() {
        switch character {
        case "\r" where place + 1 < characters.count && characters[place + 1] == "\n": break
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": lengths.append(0)
        default: lengths[lengths.count - 1] += 1
        }
    }
    return lengths.indices.contains(mark.line - 1) && (1...lengths[mark.line - 1] + 2).contains(mark.column)
}

/// With a key and a variable that nobody may see.
private func hides(_ given: ConfigurationCase, _ content: Bytes) {
    let canary = Bytes(text: "c4nary-4f81")
    // Behind two dashes there are no flags, only words that stand in the wrong place.
    guard !given.arguments.contains(where: { $0.equals("--") }), content.firstRange(of: canary) == nil else { return }
    var tried = given
    tried.environment = [(Bytes(text: "WARP_API_KEY"), Bytes(text: "wk-") + canary)]
    tried.arguments += [Bytes(text: "-e"), Bytes(text: "NAME=") + canary]
    let told = Bytes(text: tried.rendered)
    demand(told.firstRange(of: canary) == nil, "a secret is shown: \(told.text)")
    tried.arguments += [Bytes(text: "--api-key"), canary]
    demand(Bytes(text: tried.rendered).firstRange(of: canary) == nil, "a key is shown")
}

extension Array where Element == UInt8 {
    fileprivate func firstRange(of wanted: Bytes) -> Int? {
        guard count >= wanted.count else { return nil }
        return (0...count - wanted.count).first { self[$0...].starts(with: wanted) }
    }
}
