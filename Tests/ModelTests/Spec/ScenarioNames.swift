// How a scenario calls requests: by what they are for and the order in which they came. Their real numbers move with
// every line that is logged.

import Codecs
import Effects

struct ScenarioNames {
    private(set) var known: [EffectID: String] = [:]
    private var ids: [String: EffectID] = [:]
    private var counts: [String: Int] = [:]
    private var chances: [String: Int] = [:]
    /// Runs by their execution, and commands by their request, since both numbers say nothing.
    private var runs: [UInt64: String] = [:]
    private var commands: [UInt64: String] = [:]
    /// The last ones.
    private(set) var dial = EffectID(slot: 0, sequence: 0)
    private(set) var reading: EffectID?

    subscript(name: String) -> EffectID? { ids[name] }

    /// Those of a life that is over; another one numbers them anew.
    mutating func forgetRequests() {
        known = [:]
        ids = [:]
    }

    mutating func learn(_ requests: [Request]) {
        for request in requests {
            if case .journal(let call) = request.effect { learn(call) }
            guard let kind = kind(request) else { continue }
            let number = (counts[kind] ?? 0) + 1
            counts[kind] = number
            known[request.id] = "\(kind)#\(number)"
            ids["\(kind)#\(number)"] = request.id
            if case .process(.start(let launch)) = request.effect, let name = launch.name {
                commands[name.number] = "\(kind)#\(number)"
            }
            if case .socket(.dial) = request.effect { dial = request.id }
            if case .files(.readEnvironment) = request.effect { reading = request.id }
        }
    }

    private mutating func learn(_ call: JournalCall) {
        switch call.note {
        case .claimed(let key, _), .recalled(let key):
            runs[call.run] = "\(key.task.bytes.text)/\(key.execution?.bytes.text ?? "")"
        case .claimHeard, .started, .ending, .intended, .acquired, .ended, .released, .recallBegan, .recallEnded,
            .verdictDecided, .handedOver, .verdictHeard, .verdictWithdrawn, .forgotten, .volumeUsed:
            break
        }
    }

    private func kind(_ request: Request) -> String? {
        switch request.effect {
        case .socket(.dial): return "dial"
        case .socket(.ping): return "ping"
        case .socket(.send(_, let message)):
            switch message {
            case .claimed: return "claim"
            case .rejected: return "rejection"
            case .completed, .cancelled, .failed: return "word"
            }
        case .process(.start(let launch)): return "\(launch.role)"
        case .process(.adopt(let adoption)): return "\(adoption.role)"
        case .files: return request.id.slot == 0 ? "check" : "file"
        case .docker(let call): return call.answers ? "docker" : nil
        case .socket(.close), .socket(.abandon), .process, .journal, .log, .measure, .forgetSecrets, .exit: return nil
        }
    }

    // MARK: - Words

    mutating func shown(_ effect: Effect) -> String {
        guard case .journal(let call) = effect else { return shortened(described(effect)) }
        return shortened("journal \(runs[call.run] ?? "?") \(described(call.note))")
    }

    func shown(_ event: Event) -> String {
        described(event)
    }

    /// A ping's number is its name.
    private func described(_ value: some Encodable) -> String {
        let known = known
        var words = describe(value) { slot, sequence in
            guard let slot = UInt32(exactly: slot) else { return nil }
            return known[EffectID(slot: slot, sequence: sequence)]
        }
        for (name, label) in commands.sorted(by: { $0.value < $1.value }) {
            words = words.replacing("\(name)", with: label)
        }
        guard let mark = words.firstRange(of: " number=") else { return words }
        let number = UInt64(words[mark.upperBound...])
        guard let number, let name = known[EffectID(slot: 0, sequence: number)], name.hasPrefix("ping") else {
            return words
        }
        return words[..<mark.upperBound] + name
    }

    /// The other way: `~1` in a scenario's own words.
    func whole(_ word: String) -> String {
        let parts = word.split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return word }
        let number = Int(parts[1].prefix { $0.isNumber })
        guard let digits = chances.first(where: { $0.value == number })?.key else { return word }
        return parts[0] + digits + parts[1].drop { $0.isNumber }
    }

    /// Names drawn by chance: sixteen hexadecimal digits behind a dash become `~1`, `~2` and so on.
    mutating func shortened(_ line: String) -> String {
        var output = ""
        var rest = line[...]
        while let dash = rest.firstIndex(of: "-") {
            let digits = rest[rest.index(after: dash)...].prefix { $0.isHexDigit && !$0.isUppercase }
            output += rest[...dash]
            rest = rest[rest.index(after: dash)...]
            guard digits.count == 16 else { continue }
            let number = chances[String(digits)] ?? chances.count + 1
            chances[String(digits)] = number
            output += "~\(number)"
            rest = rest[digits.endIndex...]
        }
        return output + rest
    }
}
