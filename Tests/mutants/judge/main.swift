// The searches for one mutant, no further than the first thing that is wrong.
//
// judge explore NAME...       these scenarios, in this order
// judge simulate TASKS SEED...  long lives by chance
// judge whole PAGE            every scenario; then what must have been reached, and the table of transitions

import Codecs
import Glibc
import Simulation
import WorkerModel

/// What is wrong, in a line; nil where all is well.
func explore(_ scenarios: [Scenario], page: String?) -> String? {
    var witnesses = WitnessSet()
    var table = TransitionTable()
    for scenario in scenarios {
        let began = clock()
        let result = Explorer.explore(scenario, watchingTransitions: page != nil)
        witnesses.formUnion(result.witnesses)
        table.formUnion(result.table)
        print("scenario\t\(scenario.name)\t\((clock() - began) / 1_000)")
        if result.truncated { return "TRUNCATED in \(scenario.name)" }
        if let failure = result.failure { return "\(failure.violation.invariant) in \(scenario.name)" }
    }
    guard let page else { return nil }
    if !witnesses.missing.isEmpty {
        return "never reached: \(witnesses.missing.map { "\($0)" }.joined(separator: " "))"
    }
    return table.page == page ? nil : "the table of transitions"
}

func simulate(tasks: Int, _ seeds: [UInt64]) -> String? {
    for seed in seeds {
        let options = SeededRun.Options(
            seed: seed, tasks: tasks, faults: Set(Fault.allCases).subtracting([.brokenContract]), crashes: true,
            settings: SeededSettings.direct + SeededSettings.command)
        guard var run = SeededRun(options) else { return "no settings" }
        run.run()
        if let failure = run.failure { return "\(failure.violation.invariant) with seed \(seed)" }
        let ends = run.ends
        if ends.completed == 0 || ends.failed == 0 || ends.cancelled == 0 { return "no end of some kind" }
    }
    return nil
}

func content(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var content = Bytes()
    var piece = Bytes(repeating: 0, count: 64 << 10)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 { content += piece.prefix(count) }
    return content.text
}

func judge(_ words: [String]) -> String? {
    let rest = words.dropFirst()
    switch words.first {
    case "explore":
        let scenarios = rest.compactMap { name in Scenarios.all.first { $0.name == name } }
        return scenarios.count == rest.count ? explore(scenarios, page: nil) : "no such scenario"
    case "simulate":
        return simulate(tasks: rest.first.flatMap { Int($0) } ?? 0, rest.dropFirst().compactMap { UInt64($0) })
    case "whole": return explore(Scenarios.all, page: content(of: rest.first ?? ""))
    default: return "usage: judge explore|simulate|whole ..."
    }
}

print(judge(Array(CommandLine.arguments.dropFirst())).map { "killed\t\($0)" } ?? "survived")
