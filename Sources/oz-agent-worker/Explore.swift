// `explore`: the exhaustive search, from the shipped binary, so that everyone can repeat the proof.

import Codecs
import Glibc
import Simulation

func runExplore(_ arguments: [Bytes]) -> Int32 {
    var wanted: [String] = []
    var index = 0
    while index < arguments.count {
        let word = arguments[index].text
        switch word {
        case "--list":
            for scenario in Scenarios.all { Terminal.say(scenario.name) }
            return ExitCode.well
        case "--scenario" where index + 1 < arguments.count:
            index += 1
            wanted.append(arguments[index].text)
        default:
            Terminal.complain("usage: oz-agent-worker explore [--list] [--scenario NAME]...")
            return word == "--help" ? ExitCode.well : ExitCode.usage
        }
        index += 1
    }
    let known = Set(Scenarios.all.map(\.name))
    for name in wanted where !known.contains(name) {
        Terminal.complain("oz-agent-worker: there is no scenario \"\(name)\"; --list shows them")
        return ExitCode.usage
    }
    let chosen = Scenarios.all.filter { wanted.isEmpty || wanted.contains($0.name) }
    return explore(chosen, all: wanted.isEmpty)
}

private func explore(_ scenarios: [Scenario], all: Bool) -> Int32 {
    var witnesses = WitnessSet()
    var failed = 0
    for scenario in scenarios {
        let began = processorSeconds()
        let result = Explorer.explore(scenario)
        witnesses.formUnion(result.witnesses)
        let bound = result.truncated ? "  TRUNCATED at \(scenario.statesMax) states: not exhaustive" : ""
        let numbers = "\(result.states) states, \(result.transitions) transitions, depth \(result.depth)"
        let verdict = result.failure == nil && !result.truncated ? "ok  " : "FAIL"
        let seconds = tenths(processorSeconds() - began)
        Terminal.say("\(verdict)  \(scenario.name): \(numbers), \(seconds) s of CPU\(bound)")
        if result.truncated || result.failure != nil { failed += 1 }
        guard let failure = result.failure else { continue }
        for line in story(of: failure, in: scenario) { Terminal.say(line) }
    }
    if all, failed == 0, !witnesses.missing.isEmpty {
        failed += 1
        Terminal.say("FAIL  never reached: \(witnesses.missing.map { "\($0)" }.joined(separator: ", "))")
    } else if all {
        let reached = Witness.allCases.count - witnesses.missing.count
        Terminal.say("reached \(reached) of \(Witness.allCases.count) entries of the catalogue")
    }
    Terminal.say("\(scenarios.count - min(failed, scenarios.count)) passed, \(failed) failed")
    return failed == 0 ? ExitCode.well : ExitCode.failed
}

private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

private func tenths(_ seconds: Double) -> String {
    let count = UInt64(max(0, min(seconds, 1e9)) * 10)
    return "\(count / 10).\(count % 10)"
}
