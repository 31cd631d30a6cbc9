// `check`: the configuration as `run` reads it, the backend as a start tries it, the network hop by hop, and where it
// is asked for, two canary tasks.

import Check
import Codecs
import Configuration
import Glibc
import Interpreter
import WorkerModel

func runCheck(_ arguments: [Bytes]) -> Int32 {
    let input = HostSystem.input(arguments: arguments)
    let (outcome, choices) = parseCheck(input)
    switch outcome {
    case .help(let all):
        let codes = CheckResult.allCases.map { (code: $0.exitCode, words: $0.words) }
        Terminal.say(renderCheckHelp(all: all, exitCodes: codes).droppingLastLineEnd)
        return ExitCode.well
    case .version:
        for line in Version.lines { Terminal.say(line) }
        return ExitCode.well
    case .invalid(let problems, let warnings):
        guard choices.json else { return complain(problems, warnings) }
        let found = CheckedConfiguration(
            warnings: warnings.map(\.rendered), problems: problems.map(\.rendered))
        return CheckPrinter(json: true, environment: input.environment).end(found)
    case .run(let configuration):
        return CheckCommand(configuration, input, choices).run()
    }
}

private final class CheckCommand {
    private let configuration: ResolvedConfiguration
    private let input: ConfigurationInput
    private let choices: CheckChoices
    private let printer: CheckPrinter

    init(_ configuration: ResolvedConfiguration, _ input: ConfigurationInput, _ choices: CheckChoices) {
        self.configuration = configuration
        self.input = input
        self.choices = choices
        printer = CheckPrinter(json: choices.json, environment: input.environment)
    }

    func run() -> Int32 {
        var found = CheckedConfiguration(configuration)
        guard let url = try? URLParts(parsing: configuration.webSocketURL) else {
            found.problems.append(NoAssembly.badURL.words)
            if !choices.json { Terminal.complain("error: \(NoAssembly.badURL.words)") }
            return printer.end(found)
        }
        printer.begin(found)
        let isUsable = checkBackend()
        checkState()
        if !choices.offline { checkNetwork(url) }
        return printer.end(found, signal: choices.runTask ? runTasks(isUsable: isUsable) : nil)
    }

    // MARK: The backend

    private func checkBackend() -> Bool {
        do {
            // No instance of its own: nothing is made that would carry its name.
            let assembly = try Assembly.make(configuration, input.environment) { Bytes(text: "check") }
            guard let record = probeStart(assembly.options) else {
                return printer.show(.backend(notBuilt: "the host gives no descriptors for the check"))
            }
            return printer.show(.backend(record))
        } catch {
            return printer.show(.backend(notBuilt: error.words))
        }
    }

    private func checkState() {
        let place = KeptState.place(configuration, input.environment)
        let record = probeState(path: place.path, origin: place.origin, givenID: configuration.instanceID)
        let runsHere: Bool
        switch configuration.backend {
        case .direct, .command: runsHere = true
        case .docker, .kubernetes: runsHere = false
        }
        let dwelling = runsHere ? DwellingProbe.look(worker: record.holder, input.environment) : nil
        _ = printer.show(.state(record, dwelling))
    }

    // MARK: The network

    private func checkNetwork(_ url: URLParts) {
        let worker = configuration.workerID + Bytes(text: "-check-") + Self.nonce()
        var request = NetworkProbeRequest(
            controlPlane: url.settingQuery(Bytes(text: "worker_id"), worker), key: DialKey(configuration.apiKey),
            userAgent: Assembly.userAgent, environment: input.environment, hosts: [])
        let surroundings = agentSurroundings
        let urls = AgentHosts.urls(
            serverRoot: configuration.serverRootURL, sessionSharing: configuration.sessionSharingServerURL,
            webSocket: url)
        let environment = agentEnvironment
        request.hosts = urls.compactMap { try? URLParts(parsing: $0) }.map {
            NetworkProbeRequest.Host(url: $0, environment: environment)
        }
        guard let found = probeNetwork(request) else {
            let words = "the host gives no descriptors or memory for the check"
            let step = CheckStep("url", .failed(.unavailable), words)
            _ = printer.show(CheckSection(.controlPlane, steps: [step]))
            return
        }
        _ = printer.show(.controlPlane(found.controlPlane))
        _ = printer.show(.hosts(found.hosts, surroundings))
    }

    private static func nonce() -> Bytes { Bytes(StateDirectory.passingID().prefix(8)) }

    /// On the direct backend agents get nothing of the worker's environment but what is configured.
    private var agentEnvironment: [(name: Bytes, value: Bytes)] {
        guard case .direct(let direct) = configuration.backend else { return input.environment }
        return direct.environment.map { ($0.name, $0.value.bytes) }
    }

    private var agentSurroundings: AgentSurroundings {
        guard case .direct(let direct) = configuration.backend else { return AgentSurroundings(place: .elsewhere) }
        let missing = AgentSurroundings.inherited.filter { name in
            let isSet = input.environment.contains { $0.name == Bytes(text: name) && !$0.value.isEmpty }
            return isSet && !direct.environment.contains { $0.name == Bytes(text: name) }
        }
        return AgentSurroundings(
            place: direct.setupCommand == nil ? .here : .hereAfterSetup, missingVariables: missing)
    }

    // MARK: The canary tasks

    /// The signal that interrupted it, if one did.
    private func runTasks(isUsable: Bool) -> Int32? {
        guard isUsable else { return skipTasks("not tried, since the backend can't be used") }
        let backend: CanaryRun.Backend
        switch configuration.backend {
        case .direct(let direct): backend = .direct(direct)
        case .command(let command): backend = .command(command)
        case .docker, .kubernetes:
            return skipTasks(
                "not tried: this version has no canary for the \(configuration.backend.name.rawValue) backend")
        }
        return CanaryRun(configuration, backend, arguments: input.arguments, printer: printer).run()
    }

    private func skipTasks(_ words: String) -> Int32? {
        _ = printer.show(CheckSection(.task, steps: [CheckStep("task", .skipped, words)]))
        return nil
    }
}

extension CheckedConfiguration {
    fileprivate init(_ configuration: ResolvedConfiguration) {
        let file = configuration.file.map { $0.text }
        let secrets = RepeatedSecrets(configuration)
        self.init(
            file: file, values: configuration.values.map { Value($0, file: file ?? "", secrets) },
            warnings: configuration.warnings.map(\.rendered))
    }
}

extension CheckedConfiguration.Value {
    fileprivate init(_ value: ResolvedValue, file: String, _ secrets: RepeatedSecrets) {
        let content: CheckedConfiguration.Content
        switch value.content {
        case .one(let text): content = .one(text)
        case .text(let told):
            let text = secrets.masked(told, of: value.name)
            content = .text(text.text, quoted: ResolvedValue.quoted(text))
        case .many(let texts): content = .many(texts)
        case .absent(let words): content = .absent(words)
        }
        let origins = value.sources.map { source -> CheckedConfiguration.Origin in
            switch source {
            case .flag(let flag): .flag(flag)
            case .variable(let variable): .variable(variable)
            case .file(let mark): .file(file, line: mark.line, column: mark.column)
            case .fallback: .fallback
            }
        }
        self.init(value.name, content, origins)
    }
}

/// What is hidden where it stands, and may be repeated in another value: the key, and in the text of a command what
/// belongs into its environment.
private struct RepeatedSecrets {
    private let anywhere: Masker
    private let inCommands: Masker

    init(_ configuration: ResolvedConfiguration) {
        var values = MaskedValues()
        switch configuration.apiKey {
        case .flag(let key), .environment(let key): values.add(key.bytes)
        case .file(let path): values.add((try? HostSystem.read(path).get()) ?? [])
        }
        anywhere = Masker(values)
        for entry in configuration.backend.environment { values.add(entry.value.bytes) }
        inCommands = Masker(values)
    }

    func masked(_ text: Bytes, of name: String) -> Bytes {
        name.hasSuffix("_command") ? inCommands.masked(text) : anywhere.masked(text)
    }
}
