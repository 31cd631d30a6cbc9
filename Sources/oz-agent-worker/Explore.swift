// `explore`: the exhaustive search, from the shipped binary, so that everyone can repeat the proof.

import Codecs
import Glibc
import Simulation

/// What is done with the table of transitions once all was searched.
private enum TablePurpose {
    case write(String)
    case check(String)
}

private struct ExploreOptions {
    var wanted: [String] = []
    var table: TablePurpose?
}

func runExplore(_ arguments: [Bytes]) -> Int32 {
    var options = ExploreOptions()
    var index = 0
    while index < arguments.count {
        let word = arguments[index].text
        let next = index + 1 < arguments.count ? arguments[index + 1].text : nil
        switch (word, next) {
        case ("--list", _):
            Terminal.say(String(Scenarios.page.dropLast()))
            return ExitCode.well
        case ("--scenario", let name?): options.wanted.append(name)
        case ("--write-transitions", let path?): options.table = .write(path)
        case ("--check-transitions", let path?): options.table = .check(path)
        default:
            Terminal.complain("usage: oz-agent-worker explore [--list] [--scenario NAME]...")
            Terminal.complain("       [--write-transitions FILE | --check-transitions FILE]")
            return word == "--help" ? ExitCode.well : ExitCode.usage
        }
        index += 2
    }
    let known = Set(Scenarios.all.map(\.name))
    for name in options.wanted where !known.contains(name) {
        Terminal.complain("oz-agent-worker: there is no scenario \"\(name)\"; --list shows them")
        return ExitCode.usage
    }
    if options.table != nil, !options.wanted.isEmpty {
        Terminal.complain("oz-agent-worker: the table of transitions is that of all scenarios, not of some")
        return ExitCode.usage
    }
    return explore(options)
}

private func explore(_ options: ExploreOptions) -> Int32 {
    let all = options.wanted.isEmpty
    let scenarios = Scenarios.all.filter { all || options.wanted.contains($0.name) }
    var witnesses = WitnessSet()
    var table = TransitionTable()
    var failed = 0
    for scenario in scenarios {
        let began = processorSeconds()
        let result = Explorer.explore(scenario, watchingTransitions: options.table != nil)
        witnesses.formUnion(result.witnesses)
        table.formUnion(result.table)
        let bound = result.truncated ? "  TRUNCATED at \(scenario.statesMax) states: not exhaustive" : ""
        let numbers = "\(result.states) states, \(result.transitions) transitions, depth \(result.depth)"
        let verdict = result.failure == nil && !result.truncated ? "ok  " : "FAIL"
        let seconds = tenths(processorSeconds() - began)
        Terminal.say("\(verdict)  \(scenario.name): \(numbers), \(seconds) s of CPU\(bound)")
        if result.truncated || result.failure != nil { failed += 1 }
        guard let failure = result.failure else { continue }
        for line in story(of: failure, in: scenario) { Terminal.say(line) }
    }
    let checks = scenarios.count + (all ? 1 : 0) + (options.table == nil ? 0 : 1)
    if all, failed == 0 { failed += missing(witnesses) }
    if let purpose = options.table, failed == 0 { failed += settle(table, purpose) }
    Terminal.say("\(checks - min(failed, checks)) passed, \(failed) failed")
    return failed == 0 ? ExitCode.well : ExitCode.failed
}

/// What no scenario reached: nothing was proved about it.
private func missing(_ witnesses: WitnessSet) -> Int {
    let missing = witnesses.missing
    guard missing.isEmpty else {
        Terminal.say("FAIL  never reached: \(missing.map { "\($0)" }.joined(separator: ", "))")
        return 1
    }
    Terminal.say("ok    reached all \(Witness.allCases.count) entries of the catalogue")
    return 0
}

private func settle(_ table: TransitionTable, _ purpose: TablePurpose) -> Int {
    switch purpose {
    case .write(let path):
        guard let file = fopen(path, "w") else {
            Terminal.say("FAIL  \(path) can't be written")
            return 1
        }
        fputs(table.page, file)
        fclose(file)
        Terminal.say("ok    \(table.count) transitions written to \(path)")
        return 0
    case .check(let path):
        let differences = lines(of: path).map { table.page.differences(from: $0) }
        guard let differences, differences.isEmpty else {
            for line in differences ?? ["it can't be read"] { Terminal.say("      \(line)") }
            Terminal.say("FAIL  \(path) is not what was seen; explore --write-transitions \(path) writes it")
            return 1
        }
        Terminal.say("ok    \(table.count) transitions, as \(path) has them")
        return 0
    }
}

private func lines(of path: String) -> [String]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var content = Bytes()
    var piece = Bytes(repeating: 0, count: 64 << 10)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 { content += piece.prefix(count) }
    return content.parts(separatedBy: UInt8(ascii: "\n")).map(\.text)
}

extension String {
    /// Lines that stand only here, or only there.
    fileprivate func differences(from old: [String]) -> [String] {
        split(separator: "\n", omittingEmptySubsequences: false).map(String.init).difference(from: old).map { change in
            switch change {
            case .remove(_, let line, _): "only in the file: \(line)"
            case .insert(_, let line, _): "only seen:        \(line)"
            }
        }
    }
}
