// What is given before a scenario begins: the operator's settings, and courses that need no telling.

import Codecs
import Effects

@testable import WorkerModel

extension ScenarioStage {
    /// True where the text is a setting.
    mutating func configure(_ text: String) throws -> Bool {
        if configureWorker(text) || configureLimits(text) { return true }
        return try configureBackend(text)
    }

    private mutating func configureWorker(_ text: String) -> Bool {
        if text == "commands are shown" {
            showsCommands = true
        } else if text == "pings are answered" {
            answersPings = true
        } else if text == "every wait is the longest" {
            chance = ScenarioStage.chanceOfMost
        } else if text == "every wait is the shortest" {
            chance = ScenarioStage.chanceOfLeast
        } else if text == "what is left behind is looked for" {
            settings.timing.sweepEvery = Timing().sweepEvery
        } else if text == "cleanup off" {
            settings.cleanup = false
        } else if let rest = text.behind("drain timeout "), let span = ScenarioWords.span(rest) {
            settings.drainTimeout = span
        } else if let rest = text.behind("task timeout "), let span = ScenarioWords.span(rest) {
            settings.taskTimeout = span
        } else if let rest = text.behind("server root ") {
            settings.serverRootURL = Bytes(text: rest)
        } else {
            return false
        }
        return true
    }

    private mutating func configureLimits(_ text: String) -> Bool {
        if let number = text.behind("capacity ").flatMap({ Int($0) }) {
            settings.capacity = number
        } else if let number = text.behind("room for tasks ").flatMap({ Int($0) }) {
            settings.limits.tasks = number
        } else if let number = text.behind("final words remembered ").flatMap({ Int($0) }) {
            settings.limits.remembered = number
        } else if let number = text.behind("courtesies kept ").flatMap({ Int($0) }) {
            settings.limits.courtesies = number
        } else if let number = text.behind("workspace names tried ").flatMap({ Int($0) }) {
            settings.limits.workspaceNames = number
        } else if let number = text.behind("handed over kept ").flatMap({ Int($0) }) {
            settings.limits.handedOver = number
        } else if let number = text.behind("cancelled at once ").flatMap({ Int($0) }) {
            settings.limits.cancelledAtOnce = number
        } else if let number = text.behind("unknown types named ").flatMap({ Int($0) }) {
            settings.limits.unknownTypes = number
        } else {
            return false
        }
        return true
    }

    private mutating func configureBackend(_ text: String) throws -> Bool {
        if let rest = text.behind("dispatch command ") {
            settings.backend = .command(
                CommandSettings(dispatchCommand: Bytes(text: rest), directory: Bytes(text: "/home")))
            return true
        }
        if text == "docker" {
            settings.backend = .docker(DockerSettings())
            return true
        }
        switch settings.backend {
        case .docker(let docker): return try configure(docker, text)
        case .direct(let direct): return try configure(direct, text)
        case .command(let command): return try configure(command, text)
        }
    }

    private mutating func configure(_ given: CommandSettings, _ text: String) throws -> Bool {
        var command = given
        if let rest = text.behind("cancel command ") {
            command.cancelCommand = Bytes(text: rest)
        } else if let rest = text.behind("dispatch timeout "), let span = ScenarioWords.span(rest) {
            command.dispatchTimeout = span
        } else if let rest = text.behind("environment ") {
            command.environment.append(try variable(rest))
        } else {
            return false
        }
        settings.backend = .command(command)
        return true
    }

    private mutating func configure(_ given: DockerSettings, _ text: String) throws -> Bool {
        var docker = given
        if let rest = text.behind("volume ") {
            docker.volumes.append(Bytes(text: rest))
        } else if text == "output is followed" {
            docker.followsOutput = true
        } else if let rest = text.behind("environment ") {
            docker.environment.append(try variable(rest))
        } else {
            return false
        }
        settings.backend = .docker(docker)
        return true
    }

    private func variable(_ text: String) throws -> EnvironmentVariable {
        let parts = text.split(separator: "=", maxSplits: 1).map { Bytes(text: String($0)) }
        guard parts.count == 2 else { throw ScenarioProblem("no variable: \(text)") }
        return EnvironmentVariable(name: parts[0], value: .literal(parts[1]))
    }

    private mutating func configure(_ given: DirectSettings, _ text: String) throws -> Bool {
        var direct = given
        if let rest = text.behind("setup command ") {
            direct.setupCommand = Bytes(text: rest)
        } else if let rest = text.behind("teardown command ") {
            direct.teardownCommand = Bytes(text: rest)
        } else if let rest = text.behind("target directory ") {
            direct.targetDirectory = Bytes(text: rest)
        } else if let rest = text.behind("oz path ") {
            direct.ozPath = Bytes(text: rest)
        } else if let rest = text.behind("environment ") {
            direct.environment.append(try variable(rest))
        } else {
            return false
        }
        settings.backend = .direct(direct)
        return true
    }

    // MARK: - Courses

    /// True where the text is a course of its own.
    mutating func prepare(_ text: String) throws -> Bool {
        // What the Docker daemon says is an input, whatever it ends with.
        if text.hasPrefix("docker#") { return false }
        if text == "started" {
            start()
        } else if text == "the worker died and is connected again" {
            _ = try perform("the worker dies and is started again")
            goOn()
            _ = feed(.socket(.opened(names.dial)))
        } else if text == "connected" {
            connect()
        } else if text == "everything is heard" {
            hearEverything()
        } else if let key = text.before(" claimed") {
            try claim(key)
        } else if let key = text.before(" dispatching") {
            try claim(key)
            if let id = launchedID { _ = feed(.process(.started(id))) }
        } else if let key = text.before(" handed over") {
            try claim(key)
            endLaunched()
        } else if let key = text.before(" running") {
            try claim(key)
            if case .docker = settings.backend { contain() } else { _ = run() }
        } else if let key = text.before(" pulled") {
            try claim(key)
            answerDocker { .done($0) }
            answerDocker { .image($0, ScenarioDocker.image("linux/amd64")) }
        } else if let key = text.before(" done") {
            try claim(key)
            if let agent = run() { _ = feed(.process(.finished(agent, .exit(0)))) }
            answerFile { .done($0) }
            answerFile { .done($0) }
            hearEverything()
        } else {
            return false
        }
        return true
    }

    private mutating func start() {
        _ = feed(.began(.nothing))
        goOn()
    }

    /// Through the checks of the start.
    private mutating func goOn() {
        if case .command = settings.backend { return }
        if case .docker = settings.backend { return reachDocker() }
        answerFile { .found($0, path: Bytes(text: "/usr/bin/oz")) }
        answerFile { .done($0) }
    }

    private mutating func reachDocker() {
        answerDocker { .reached($0, ScenarioDocker.daemon("linux/amd64", "1.41")) }
        answerDocker { .listed($0, []) }
        answerDocker { .listed($0, []) }
    }

    /// From its claim to a running container.
    private mutating func contain() {
        answerDocker { .done($0) }
        answerDocker { .image($0, ScenarioDocker.image("linux/amd64")) }
        answerDocker { .done($0) }
        answerDocker { .done($0) }
    }

    private mutating func answerDocker(_ answer: (EffectID) -> DockerEvent) {
        guard let id = asked.first(where: { if case .docker = $0.effect { true } else { false } })?.id else { return }
        _ = feed(.docker(answer(id)))
    }

    private mutating func connect() {
        start()
        _ = feed(.socket(.opened(names.dial)))
    }

    private mutating func claim(_ key: String) throws {
        if !isConnected { connect() }
        _ = try perform("the server assigns \(key)")
        for request in asked {
            if case .socket(.send(_, .claimed)) = request.effect { _ = feed(.socket(.written(request.id))) }
        }
    }

    /// Up to a running agent, through setup where there is one; the agent.
    private mutating func run() -> EffectID? {
        answerFile { .done($0) }
        answerFile { .done($0) }
        if launchedSetup {
            endLaunched()
            answerFile { .environmentRead($0, [], secrets: .none, malformed: []) }
        }
        guard let agent = launchedID else { return nil }
        _ = feed(.process(.started(agent)))
        return agent
    }

    private mutating func hearEverything() {
        for _ in 0..<4 {
            _ = pass(.milliseconds(250))
            for request in asked {
                guard case .socket(.ping(let dial, let number)) = request.effect else { continue }
                _ = feed(.socket(.ponged(dial, number: number)))
            }
        }
    }

    private mutating func answerFile(_ answer: (EffectID) -> FilesEvent) {
        guard let id = asked.first(where: { if case .files = $0.effect { true } else { false } })?.id else { return }
        _ = feed(.files(answer(id)))
    }

    private var launchedID: EffectID? {
        asked.first { if case .process(.start) = $0.effect { true } else { false } }?.id
    }

    private var launchedSetup: Bool {
        asked.contains { if case .process(.start(let launch)) = $0.effect { launch.role == .setup } else { false } }
    }

    private mutating func endLaunched() {
        guard let id = launchedID else { return }
        _ = feed(.process(.started(id)))
        _ = feed(.process(.finished(id, .exit(0))))
    }

    // MARK: - Chance

    /// Entropy whose first draw is all ones, and all zeros: `Turn.draw` turned round.
    private static let chanceOfMost: UInt64 = 0x3162_8AF6_7B21_31AB
    private static let chanceOfLeast: UInt64 = 0x61C8_8646_80B5_83EB
}

extension String {
    fileprivate func before(_ mark: String) -> String? {
        hasSuffix(mark) ? String(dropLast(mark.count)) : nil
    }
}
