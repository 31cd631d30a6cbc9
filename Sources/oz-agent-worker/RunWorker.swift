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
        let commands = Command.allCases.map { CommandSummary(name: $0.rawValue, line: $0.summary) }
        Terminal.say(renderHelp(all: all, commands: commands).droppingLastLineEnd)
        return ExitCode.well
    case .version:
        for line in Version.lines { Terminal.say(line) }
        return ExitCode.well
    case .invalid(let problems, let warnings):
        for warning in warnings { Terminal.complain("warning: \(warning.rendered)") }
        for problem in problems { Terminal.complain("error: \(problem.rendered)") }
        Terminal.complain("oz-agent-worker: the configuration can't be used; --help tells of the flags")
        return ExitCode.usage
    case .run(let configuration): return run(configuration, input)
    }
}

private func run(_ configuration: ResolvedConfiguration, _ input: ConfigurationInput) -> Int32 {
    guard case .direct(let direct) = configuration.backend else {
        Terminal.complain(
            "oz-agent-worker: the \(configuration.backend.name.rawValue) backend is not built yet; "
                + "this version has --backend direct")
        return ExitCode.unavailable
    }
    let identity = Instance.identity(input.environment)
    guard var assembly = Assembly(configuration, direct, instance: identity.id, input.environment) else {
        Terminal.complain("oz-agent-worker: --web-socket-url is not a URL that can be dialled")
        return ExitCode.usage
    }
    assembly.options.warnings = configuration.warnings.map(\.rendered) + [identity.warning].compactMap { $0 }
    return runDaemon(assembly.options)
}

extension String {
    fileprivate var droppingLastLineEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}
