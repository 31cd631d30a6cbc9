// `gc`: what this instance has on the Docker daemon and nothing needs is removed, or only told.

import Codecs
import Configuration
import Effects
import Interpreter
import WorkerModel

private let dryRun = Bytes(text: "--dry-run")

func runCollect(_ arguments: [Bytes]) -> Int32 {
    let input = HostSystem.input(arguments: arguments.filter { $0 != dryRun })
    switch parseConfiguration(input) {
    case .help:
        for line in collectHelp { Terminal.say(line) }
        return ExitCode.well
    case .version:
        for line in Version.lines { Terminal.say(line) }
        return ExitCode.well
    case .invalid(let problems, let warnings): return complain(problems, warnings)
    case .run(let configuration): return collect(configuration, input, onlyLooks: arguments.contains(dryRun))
    }
}

private let collectHelp = [
    "Usage: oz-agent-worker gc [--dry-run] [the worker's own flags]",
    "",
    "Removes from the Docker daemon what carries this worker's instance id and nothing needs: containers and volumes",
    "of tasks that are no more, and shared volumes of sidecars that nothing has used for a week. A worker that runs",
    "does the same by itself, soon after its start and every hour; so while one has the state directory, this",
    "refuses.",
    "",
    "  --dry-run  say what would be removed, and why, and remove nothing",
    "",
    "It reads flags, file and environment as the worker does. Exits with 0, with 1 where something could not be",
    "removed or looked at, with 2 where the configuration can't be used, and with 69 where there is no daemon or no",
    "state directory.",
]

private func collect(_ configuration: ResolvedConfiguration, _ input: ConfigurationInput, onlyLooks: Bool) -> Int32 {
    guard case .docker = configuration.backend else {
        Terminal.say(
            "the \(configuration.backend.name.rawValue) backend leaves nothing that would have to be collected")
        return ExitCode.well
    }
    guard configuration.cleanup || onlyLooks else {
        Terminal.complain("oz-agent-worker: cleanup is off, so nothing is removed; --dry-run says what would be")
        return ExitCode.failed
    }
    let options: DaemonOptions
    let state: KeptState
    do {
        state = try KeptState(configuration, input.environment, needed: true)
        options = try Assembly.make(configuration, input.environment) { state.instanceID }.options
    } catch let problem as StateDirectory.Problem {
        Terminal.complain("oz-agent-worker: \(problem.words)")
        if case .taken = problem {
            Terminal.complain("oz-agent-worker: that worker looks after what it left by itself, every hour")
        }
        return ExitCode.unavailable
    } catch let problem as NoAssembly {
        Terminal.complain("oz-agent-worker: \(problem.words)")
        return problem.exitCode
    } catch {
        return ExitCode.broken
    }
    for warning in state.warnings { Terminal.complain("warning: \(warning)") }
    guard let inheritance = state.directory?.inheritance() else {
        Terminal.complain(
            "oz-agent-worker: the journal can't be read, so nobody knows what a next life would go on with")
        return ExitCode.unavailable
    }
    let context = LogContext(worker: configuration.workerID, backend: Bytes(text: "docker"))
    let outcome = collectGarbage(options, Collecting(options.settings, onlyLooks: onlyLooks), inheritance) { record in
        let words = record.saying.words(context)
        switch record.level {
        case .error, .warn: Terminal.complain(words)
        case .info, .debug: Terminal.say(words)
        }
    }
    guard let outcome else {
        Terminal.complain("oz-agent-worker: the host gives no descriptors or memory for it")
        return ExitCode.broken
    }
    if outcome.code != ExitCode.unavailable {
        Terminal.say(onlyLooks ? "\(outcome.found) would be removed" : "\(outcome.found) removed")
    }
    return outcome.code
}
