// Reads the inputs of a scenario: events in the words of `describe`, lengths of time, and assignments in short.

import Codecs
import Effects

enum ScenarioWords {
    static func event(_ text: String, _ names: ScenarioNames) throws -> Event {
        var words = ScenarioLine(text, names)
        let event: Event
        switch try words.next() {
        case "tick": event = .tick
        case "socket": event = .socket(try socket(&words))
        case "files": event = .files(try files(&words))
        case "process": event = .process(try process(&words))
        case "operator":
            guard try words.next() == "stopRequested" else { throw words.problem }
            event = .operator(.stopRequested(signal: try words.number("signal")))
        case "interpreter":
            guard try words.next() == "contractBroken" else { throw words.problem }
            event = .interpreter(.contractBroken(try words.id()))
        default: throw words.problem
        }
        guard words.isAtEnd else { throw words.problem }
        return event
    }

    private static func socket(_ words: inout ScenarioLine) throws -> SocketEvent {
        switch try words.next() {
        case "opened": return .opened(try words.id())
        case "heard": return .heard(try words.id())
        case "written": return .written(try words.id())
        case "notWritten": return .notWritten(try words.id())
        case "ponged": return .ponged(try words.id(), number: try words.pingNumber())
        case "refused": return .refused(try words.id(), try dialFailure(&words))
        case "closed": return .closed(try words.id(), try connectionEnd(&words))
        default: throw words.problem
        }
    }

    private static func dialFailure(_ words: inout ScenarioLine) throws -> DialFailure {
        switch try words.next() {
        case "timedOut": return .timedOut
        case "abandoned": return .abandoned
        case "name": return .name(try words.detail())
        case "proxy": return .proxy(try words.detail())
        case "connect": return .connect(try words.detail())
        case "tls": return .tls(try words.detail())
        case "handshake": return .handshake(try words.detail())
        case "key": return .key(try words.detail())
        case "status":
            let status: Int = try words.number()
            return .status(status, retryAfter: try words.option("retryAfter").map { try words.span($0) })
        default: throw words.problem
        }
    }

    private static func connectionEnd(_ words: inout ScenarioLine) throws -> ConnectionEnd {
        switch try words.next() {
        case "closedByUs": return .closedByUs
        case "abandoned": return .abandoned
        case "lost": return .lost(try words.detail())
        case "closedByPeer": return .closedByPeer(code: words.option("code").flatMap { UInt16($0) })
        case "violation": return .violation(code: try words.number("code"), try words.detail())
        default: throw words.problem
        }
    }

    private static func files(_ words: inout ScenarioLine) throws -> FilesEvent {
        switch try words.next() {
        case "done": return .done(try words.id())
        case "exists": return .exists(try words.id())
        case "found": return .found(try words.id(), path: Bytes(text: words.option("path") ?? ""))
        case "failed":
            let id = try words.id()
            switch try words.next() {
            case "system": return .failed(id, .system(errno: try words.number("errno")))
            case "notADirectory": return .failed(id, .notADirectory)
            case "notExecutable": return .failed(id, .notExecutable)
            case "notFound": return .failed(id, .notFound)
            case "tooLarge": return .failed(id, .tooLarge)
            default: throw words.problem
            }
        default: throw words.problem
        }
    }

    private static func process(_ words: inout ScenarioLine) throws -> ProcessEvent {
        switch try words.next() {
        case "started": return .started(try words.id())
        case "exited": return .exited(try words.id(), try end(&words))
        case "cleared": return .cleared(try words.id(), try end(&words))
        case "finished": return .finished(try words.id(), try end(&words))
        case "notFound": return .notFound(try words.id())
        case "startFailed":
            let id = try words.id()
            switch try words.next() {
            case "exec": return .startFailed(id, .exec(errno: try words.number("errno")))
            case "directory": return .startFailed(id, .directory(errno: try words.number("errno")))
            case "host": return .startFailed(id, .host(errno: try words.number("errno")))
            case "tooLarge": return .startFailed(id, .tooLarge)
            default: throw words.problem
            }
        default: throw words.problem
        }
    }

    private static func end(_ words: inout ScenarioLine) throws -> ProcessEnd {
        switch try words.next() {
        case "exit": return .exit(try words.number())
        case "signal": return .signal(try words.number())
        case "unseen": return .unseen
        default: throw words.problem
        }
    }

    // MARK: - In short

    /// `250ms`, `10s`, `1m30s`, `2h`.
    static func span(_ text: some StringProtocol) -> Span? {
        var rest = text[...]
        var milliseconds: UInt64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest[digits.endIndex...].prefix { $0.isLetter }
            guard let number = UInt64(String(digits)), let factor = units[String(unit)] else { return nil }
            milliseconds += number * factor
            rest = rest[unit.endIndex...]
        }
        return .milliseconds(milliseconds)
    }

    private static let units: [String: UInt64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000]

    /// `a/1`, or `a/` for one without an execution; `with {...}` lays members over those of `data`.
    static func assignment(_ text: String) throws -> Bytes {
        let key = text.prefix { $0 != " " }
        let parts = key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw ScenarioProblem("no execution: \(text)") }
        let task = JSON.string(Bytes(text: String(parts[0])))
        var data = [JSONMember("task_id", task), JSONMember("task", .object([JSONMember("id", task)]))]
        if !parts[1].isEmpty { data.insert(JSONMember("execution_id", .string(Bytes(text: String(parts[1])))), at: 1) }
        let rest = text.dropFirst(key.count)
        if rest.hasPrefix(" with ") {
            guard case .object(let more)? = try? JSON.parse(Bytes(text: String(rest.dropFirst(6)))) else {
                throw ScenarioProblem("no JSON object: \(rest)")
            }
            for member in more {
                data.removeAll { $0.name == member.name }
                data.append(member)
            }
        } else if !rest.isEmpty {
            throw ScenarioProblem("what is this: \(rest)")
        }
        let type = JSON.string(Bytes(text: "task_assignment"))
        return JSON.object([JSONMember("type", type), JSONMember("data", .object(data))]).encoded()
    }
}

/// The words of one line, taken from the left.
struct ScenarioLine {
    private let text: String
    private let names: ScenarioNames
    private var words: [String]

    init(_ text: String, _ names: ScenarioNames) {
        self.text = text
        self.names = names
        words = ScenarioLine.split(text)
    }

    /// Quoted words stay whole.
    private static func split(_ text: String) -> [String] {
        var words = [""]
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character == " ", !isQuoted { words.append("") } else { words[words.count - 1].append(character) }
        }
        return words
    }

    var isAtEnd: Bool { words.isEmpty }
    var problem: ScenarioProblem { ScenarioProblem("no such input: \(text)") }

    mutating func next() throws -> String {
        guard !words.isEmpty else { throw problem }
        return words.removeFirst()
    }

    mutating func id() throws -> EffectID {
        let name = try next()
        guard let id = names[name] else { throw ScenarioProblem("nothing is called \(name): \(text)") }
        return id
    }

    /// `name=value`, if it is there.
    mutating func option(_ name: String) -> String? {
        guard let place = words.firstIndex(where: { $0.hasPrefix(name + "=") }) else { return nil }
        return String(words.remove(at: place).dropFirst(name.count + 1))
    }

    mutating func number<Number: FixedWidthInteger>(_ name: String? = nil) throws -> Number {
        let word = try name.map { option($0) } ?? next()
        guard let word, let number = Number(word) else { throw problem }
        return number
    }

    mutating func pingNumber() throws -> UInt64 {
        guard let word = option("number") else { throw problem }
        guard let number = names[word]?.sequence ?? UInt64(word) else { throw problem }
        return number
    }

    mutating func detail() throws -> Detail {
        let word = try next()
        guard word.hasPrefix("\"") else { return Detail(Bytes(text: word)) }
        guard case .string(let content)? = try? JSON.parse(Bytes(text: word)) else { throw problem }
        return Detail(content)
    }

    func span(_ word: String) throws -> Span {
        guard let span = ScenarioWords.span(word) else { throw problem }
        return span
    }
}
