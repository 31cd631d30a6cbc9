// `run`: from the command line to a daemon.

import Codecs
import Configuration
import Glibc
import Interpreter
import WorkerModel

func runWorker(_ arguments: [Bytes]) -> Int32 {
    let input = HostSystem.input(arguments: arguments)
    switch parseConfiguration(input) {
    case .help(let all):
        let commands = Command.shown.map { CommandSummary(name: $0.rawValue, line: $0.summary) }
        Terminal.say(renderHelp(all: all, commands: commands).droppingLastLineEnd)
        return ExitCode.well
    case .version:
        for line in Version.lines { Terminal.say(line) }
        return ExitCode.well
    case .invalid(let problems, let warnings): return complain(problems, warnings)
    case .run(let configuration): return run(configuration, input)
    }
}

/// All problems of a configuration at once.
func complain(_ problems: [Problem], _ warnings: [Problem]) -> Int32 {
    for warning in warnings { Terminal.complain("warning: \(warning.rendered)") }
    for problem in problems { Terminal.complain("error: \(problem.rendered)") }
    Terminal.complain("oz-agent-worker: the configuration can't be used; --help tells of the flags")
    return ExitCode.usage
}

private func run(_ configuration: ResolvedConfiguration, _ input: ConfigurationInput) -> Int32 {
    let state: KeptState
    do throws(StateDirectory.Problem) {
        state = try KeptState(configuration, input.environment)
    } catch {
        Terminal.complain("oz-agent-worker: \(error.words)")
        return ExitCode.unavailable
    }
    do {
        var assembly = try Assembly.make(configuration, input.environment) {
            state.instanceID
        }
        assembly.options.state = state.directory
        assembly.options.settings.journals = state.directory?.takesJournal ?? false
        switch configuration.durability {
        case .process: assembly.options.durability = .process
        case .power: assembly.options.durability = .power
        }
        assembly.options.warnings = configuration.warnings.map(\.rendered) + state.warnings
        // The lock goes with the value.
        return withExtendedLifetime(state.directory) { runDaemon(assembly.options) }
    } catch {
        Terminal.complain("oz-agent-worker: \(error.words)")
        return error.exitCode
    }
}

extension String {
    var droppingLastLineEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}
