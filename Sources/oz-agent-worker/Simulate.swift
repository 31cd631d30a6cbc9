// `simulate`: long lives by chance, from the shipped binary. A seed is all that is needed to repeat a run.

import Codecs
import Glibc
import Recording
import Simulation
import WorkerModel

private struct SimulateOptions {
    var seeds: [UInt64] = []
    var tasks = 10_000
    var faults = Set(Fault.allCases)
    var crashes = true
    var settings = SeededSettings.direct + SeededSettings.command + SeededSettings.docker

    static let usage = """
        usage: oz-agent-worker simulate [--seed N|TEXT]... [--tasks N] [--faults all|none|NAME,NAME...]
               [--backend direct|command|docker]
        faults: \(Fault.simulated.map { "\($0)" }.joined(separator: ", ")), crash
        """
}

extension Fault {
    /// Broken hands make the world itself inconsistent, which only the explorer's own scenarios allow for.
    fileprivate static var simulated: [Fault] { allCases.filter { $0 != .brokenContract } }
}

func runSimulate(_ arguments: [Bytes]) -> Int32 {
    var options = SimulateOptions()
    var index = 0
    while index < arguments.count {
        let word = arguments[index].text
        let next = index + 1 < arguments.count ? arguments[index + 1] : nil
        guard word != "--help", let next, take(word, next, &options) else {
            Terminal.complain(SimulateOptions.usage)
            return word == "--help" ? ExitCode.well : ExitCode.usage
        }
        index += 2
    }
    if options.seeds.isEmpty { options.seeds = [UInt64(truncatingIfNeeded: time(nil))] }
    options.faults.remove(.brokenContract)
    var failed = 0
    for seed in options.seeds where !simulate(seed, options) { failed += 1 }
    Terminal.say("\(options.seeds.count - failed) passed, \(failed) failed")
    return failed == 0 ? ExitCode.well : ExitCode.failed
}

private func take(_ word: String, _ value: Bytes, _ options: inout SimulateOptions) -> Bool {
    switch word {
    case "--seed":
        // Any text is a seed: the name of a commit, say.
        options.seeds.append(UInt64(value.text) ?? SHA256.digest(value).prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
        return true
    case "--tasks":
        guard let tasks = Int(value.text), tasks > 0 else { return false }
        options.tasks = tasks
        return true
    case "--faults":
        let names = value.text == "none" ? [] : value.parts(separatedBy: UInt8(ascii: ",")).map(\.text)
        if names == ["all"] { return true }
        let known = Fault.simulated.filter { names.contains("\($0)") }
        options.crashes = names.contains("crash")
        options.faults = Set(known)
        return known.count + (options.crashes ? 1 : 0) == names.count
    case "--backend":
        switch value.text {
        case "direct": options.settings = SeededSettings.direct
        case "command": options.settings = SeededSettings.command
        case "docker": options.settings = SeededSettings.docker
        default: return false
        }
        return true
    default: return false
    }
}

private func simulate(_ seed: UInt64, _ options: SimulateOptions) -> Bool {
    let choice = SeededRun.Options(
        seed: seed, tasks: options.tasks, faults: options.faults, crashes: options.crashes, settings: options.settings)
    guard var run = SeededRun(choice) else { return false }
    let began = processorSeconds()
    run.run()
    let seconds = max(processorSeconds() - began, 0.001)
    let days = run.simulated.nanoseconds / 86_400_000_000_000
    let rate = UInt64(Double(run.steps) / seconds)
    Terminal.say(
        "\(run.failure == nil ? "ok  " : "FAIL")  seed \(seed): \(run.tasks) tasks in \(run.chapters) chapters, "
            + "\(run.lives) lives, \(days) simulated days, \(run.faults) faults, \(run.steps) steps, "
            + "\(tenths(seconds)) s of CPU, \(rate) steps a second")
    let ends = run.ends
    Terminal.say(
        "      \(ends.completed) completed, \(ends.failed) failed, \(ends.cancelled) cancelled, "
            + "\(ends.rejected) rejected")
    guard let failure = run.failure else { return true }
    Terminal.say("      chapter \(run.chapters) broke \(failure.violation.invariant); making the story short")
    let shrunk = Shrinker.shrink(failure)
    if !shrunk.isFromTheBeginning {
        Terminal.say("      it needs what happened before this chapter, so the story begins there")
    }
    Terminal.say("      \(failure.moves.count) moves became \(shrunk.moves.count):")
    for line in story(of: shrunk) { Terminal.say(line) }
    record(shrunk, seed)
    Terminal.say("      repeat it with: oz-agent-worker simulate --seed \(seed) --tasks \(options.tasks)")
    return false
}

/// A recording of each life of the story, beside which no daemon is needed to look into it.
private func record(_ shrunk: Shrunk, _ seed: UInt64) {
    let lives = shrunk.lives
    for (number, life) in lives.enumerated() {
        let path = Bytes(text: "simulate-\(seed)" + (lives.count == 1 ? "" : "-life-\(number + 1)") + ".recording")
        let name = SHA256.digest(Bytes(text: "\(seed)-\(number)")).prefix(8)
        let recording = MemoryRecording(
            of: life.inputs, from: life.worker, by: Version.build, life: Bytes(name).hex)
        if let problem = recording.problem {
            Terminal.say("      \(path.text): not recorded to its end: \(problem)")
        }
        guard writeWhole(recording.bytes, to: path) else {
            Terminal.say("      \(path.text): can't be written")
            continue
        }
        Terminal.say("      look into it with: oz-agent-worker replay \(path.text) --timeline story.html")
    }
}
