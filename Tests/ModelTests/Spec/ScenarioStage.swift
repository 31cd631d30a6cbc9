// Runs a golden scenario: a worker, a clock, a vault, and the names by which a scenario calls the requests.

import Codecs
import Effects

@testable import WorkerModel

/// What is wrong with a line of a scenario.
struct ScenarioProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

struct ScenarioStage {
    var settings = ScenarioStage.defaults
    /// Command lines and environments are shown.
    var showsCommands = false
    /// A ping that goes out while time passes has its pong at once.
    var answersPings = false
    /// Every wait is as long, or as short, as chance can make it; names are then the same, too.
    var chance: UInt64?
    private var worker: Worker?
    /// What the next life would be told.
    private var journal = Inheritance()
    private var now = Instant(nanoseconds: 5_000_000_000_000)
    private var inputs: UInt64 = 0
    private(set) var names = ScenarioNames()
    private var vault: [SecretRef: Bytes] = [:]
    private var nextSecret: UInt64 = 1
    /// What the last input asked for.
    private(set) var asked: [Request] = []

    static var defaults: Settings {
        let direct = DirectSettings(workspaceRoot: Bytes(text: "/w"), temporaryDirectory: Bytes(text: "/t"))
        var settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: Bytes(text: "wss://x"),
            backend: .direct(direct))
        // Only where a scenario is about that.
        settings.timing.sweepEvery = .zero
        return settings
    }

    /// Runs the whole scenario; what each `when` asked for.
    static func run(_ scenario: GoldenScenario) throws -> [[String]] {
        var stage = ScenarioStage()
        var outcome: [[String]] = []
        for line in scenario.lines {
            switch line {
            case .comment: break
            case .given(let text):
                if try !stage.configure(text), try !stage.prepare(text) { _ = try stage.perform(text) }
            case .when(let text, _):
                let lines = try stage.perform(text)
                outcome.append(lines.isEmpty ? ["nothing"] : lines)
            }
        }
        return outcome
    }

    /// One input, or time; what the worker asked for.
    mutating func perform(_ text: String) throws -> [String] {
        if text.hasSuffix(" pass") || text.hasSuffix(" passes") {
            guard let word = text.split(separator: " ").first, let span = ScenarioWords.span(word) else {
                throw ScenarioProblem("no length of time: \(text)")
            }
            return pass(span)
        }
        // A daemon says things, too, so it goes before what the server says.
        if let event = try ScenarioDocker.event(text, names) { return feed(.docker(event)) }
        if let event = try told(text) { return feed(event) }
        let event = try ScenarioWords.event(text, names)
        let words = names.shown(event)
        guard words == text else { throw ScenarioProblem("\(text): written otherwise, as \(words)") }
        return feed(event)
    }

    /// A dial was asked for: the courses begin where that was not told before.
    var isConnected: Bool { names.dial.sequence > 0 }

    // MARK: - Inputs

    mutating func feed(_ event: Event) -> [String] {
        var current = worker ?? Worker(settings: settings)
        inputs += 1
        let entropy = chance ?? inputs &* 0x1234_5678_9ABC_DEF1
        asked = []
        current.take(Input(at: now, wall: WallTime(nanoseconds: 0), entropy: entropy, event: event), into: &asked)
        worker = current
        names.learn(asked)
        for request in asked {
            if case .journal(let call) = request.effect { journal.take(call) }
        }
        var lines: [String] = []
        for request in asked { lines += shown(request) }
        return lines
    }

    /// The loop sleeps from deadline to deadline; what each of them asked for stands behind its moment.
    mutating func pass(_ span: Span) -> [String] {
        let began = now
        let end = now.after(span)
        var lines: [String] = []
        while let deadline = worker?.nextDeadline(), deadline <= end {
            now = max(now, deadline)
            let some = feed(.tick)
            if !some.isEmpty { lines.append("after \(describe(now.since(began))):") }
            lines += some + answers()
            if worker?.nextDeadline() == deadline { break }
        }
        now = end
        return lines
    }

    private mutating func answers() -> [String] {
        var lines: [String] = []
        for request in asked where answersPings {
            guard case .socket(.ping(let dial, let number)) = request.effect else { continue }
            lines += feed(.socket(.ponged(dial, number: number)))
        }
        return lines
    }

    /// What the server says, and what a file holds, in the words of the wire.
    private mutating func told(_ text: String) throws -> Event? {
        if text == "began" { return .began(.nothing) }
        if text == "the worker dies and is started again" {
            worker = nil
            names.forgetRequests()
            return .began(journal)
        }
        if let rest = text.behind("the server says ") { return received(Bytes(text: rest)) }
        if let mark = text.firstRange(of: " says "), let dial = names[String(text[..<mark.lowerBound])] {
            return received(Bytes(text: String(text[mark.upperBound...])), on: dial)
        }
        if let rest = text.behind("the server cancels ") {
            return received(Bytes(text: #"{"type":"task_cancellation","data":{"task_id":"\#(rest)"}}"#))
        }
        if let rest = text.behind("the server assigns ") { return received(try ScenarioWords.assignment(rest)) }
        if let rest = text.behind("the environment file holds ") {
            guard case .string(let content)? = try? JSON.parse(Bytes(text: rest)) else {
                throw ScenarioProblem("no JSON string: \(rest)")
            }
            return try environmentRead(Dotenv.parse(content))
        }
        return nil
    }

    private mutating func received(_ bytes: Bytes, on dial: EffectID? = nil) -> Event {
        let (message, secrets) = decodeMessage(bytes, nextSecret: &nextSecret, keepDocument: settings.keepsDocument)
        for secret in secrets { vault[secret.ref] = secret.bytes }
        return .socket(.received(dial ?? names.dial, message))
    }

    private mutating func environmentRead(_ file: Dotenv) throws -> Event {
        guard let id = names.reading else { throw ScenarioProblem("nobody reads the environment file") }
        let first = nextSecret
        var variables: [EnvironmentVariable] = []
        for entry in file.entries {
            vault[SecretRef(number: nextSecret)] = entry.value
            variables.append(EnvironmentVariable(name: entry.name, value: .secret(SecretRef(number: nextSecret))))
            nextSecret += 1
        }
        let range = variables.isEmpty ? SecretRange.none : SecretRange(first: first, count: nextSecret - first)
        return .files(
            .environmentRead(id, variables, secrets: range, malformed: file.malformed, omitted: file.omitted))
    }

    // MARK: - Requests

    private mutating func shown(_ request: Request) -> [String] {
        let name = names.known[request.id]
        switch request.effect {
        case .socket(.send(_, let message)):
            return [names.shortened("\(name ?? "?"): \(encodeMessage(message).text)")]
        case .process(.start(let launch)): return shown(launch, name ?? "?")
        case .log(let record): return [names.shortened(shown(record))]
        case .docker(.createContainer(let container, _, let body)):
            var text = Bytes()
            body.encode(into: &text) { ref in Bytes(text: "<\(vault[ref]?.text ?? "secret \(ref.number)")>") }
            let words = "\(name ?? "?"): docker createContainer \(container.text)"
            return [names.shortened(showsCommands ? "\(words) \(text.text)" : words)]
        case .docker(.createVolume(let volume, _)):
            return [names.shortened("\(name ?? "?"): docker createVolume \(volume.text)")]
        case .socket, .process, .files, .docker, .journal, .measure, .forgetSecrets, .exit:
            let words = names.shortened(names.shown(request.effect))
            return [name.map { "\($0): \(words)" } ?? words]
        }
    }

    private func shown(_ record: LogRecord) -> String {
        let context = LogContext(worker: settings.workerID, backend: settings.backendName)
        let line = LogLine(
            wall: WallTime(nanoseconds: 0), level: record.level, event: record.saying.name, key: record.key,
            fields: record.saying.fields(context), message: Bytes(text: record.saying.words(context)))
        let console = line.console(colour: false).text
        return "log " + console.dropFirst(console.prefix { $0 != " " }.count + 1).dropLast()
    }

    private mutating func shown(_ launch: Launch, _ name: String) -> [String] {
        let directory = launch.directory.text
        var lines = ["\(name): start the \(launch.role) of \(describe(launch.key)) in \(directory)"]
        if showsCommands {
            let words = launch.arguments.map { quoted($0) }.joined(separator: " ")
            let executable = launch.executable.text
            lines.append("  runs \(executable == words.prefix { $0 != " " } ? "" : executable + " as ")\(words)")
            lines.append("  from the \(launch.base) environment and")
            lines += launch.environment.map { "  \($0.name.text)=\(rendered($0.value))" }
            if let input = launch.input {
                var text = Bytes()
                input.encode(into: &text) { vault[$0] }
                lines.append("  reads \(text.text)")
            }
        }
        for index in lines.indices { lines[index] = names.shortened(lines[index]) }
        return lines
    }

    private func quoted(_ text: Text) -> String {
        let words = rendered(text)
        return words.isEmpty || words.contains(" ") ? "'\(words)'" : words
    }

    /// What lies in the vault stands in angle brackets.
    private func rendered(_ text: Text) -> String {
        switch text {
        case .literal(let bytes): bytes.text
        case .secret(let ref): "<\(vault[ref]?.text ?? "secret \(ref.number)")>"
        case .joined(let parts): parts.map { rendered($0) }.joined()
        }
    }
}

extension String {
    func behind(_ mark: String) -> String? {
        hasPrefix(mark) ? String(dropFirst(mark.count)) : nil
    }

    func firstRange(of mark: String) -> Range<Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(mark) { return at..<index(at, offsetBy: mark.count) }
            at = index(after: at)
        }
        return nil
    }
}

extension Settings {
    fileprivate var keepsDocument: Bool {
        switch backend {
        case .direct, .docker: false
        case .command: true
        }
    }

    fileprivate var backendName: Bytes {
        switch backend {
        case .direct: Bytes(text: "direct")
        case .command: Bytes(text: "command")
        case .docker: Bytes(text: "docker")
        }
    }
}
