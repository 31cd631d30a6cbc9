// From arguments, environment and file to one resolved configuration, or to everything that is wrong with them.

import Codecs

/// What a configuration is read from. All of it is handed in, so that none of it depends on the machine.
public struct ConfigurationInput {
    /// What follows the command's word.
    public var arguments: [Bytes]
    public var environment: [(name: Bytes, value: Bytes)]
    public var readFile: (Bytes) -> Result<Bytes, FileProblem>
    /// Whether the log goes to a terminal.
    public var isTerminal: Bool

    public init(
        arguments: [Bytes], environment: [(name: Bytes, value: Bytes)],
        readFile: @escaping (Bytes) -> Result<Bytes, FileProblem>, isTerminal: Bool
    ) {
        self.arguments = arguments
        self.environment = environment
        self.readFile = readFile
        self.isTerminal = isTerminal
    }
}

/// Why a file could not be read, in the system's words.
public struct FileProblem: Error, Equatable, Sendable {
    public var words: String

    public init(words: String) {
        self.words = words
    }
}

public enum ParseOutcome: Equatable, Sendable {
    case run(ResolvedConfiguration)
    case help(all: Bool)
    case version
    case invalid([Problem], warnings: [Problem])
}

/// Reads everything, and reports all problems at once.
public func parseConfiguration(_ input: ConfigurationInput) -> ParseOutcome {
    parse(input, table: optionTable).outcome
}

/// What `check` does beside reading the configuration.
public struct CheckChoices: Equatable, Sendable {
    public var json = false
    public var offline = false
    public var runTask = false
}

/// The same with the flags of `check`, which do not change what comes out of the others.
public func parseCheck(_ input: ConfigurationInput) -> (outcome: ParseOutcome, choices: CheckChoices) {
    let parsed = parse(input, table: optionTable + checkOptions)
    func isOn(_ name: OptionName) -> Bool { parsed.flags.last(name)?.value == .toggle(true) }
    return (parsed.outcome, CheckChoices(json: isOn(.json), offline: isOn(.offline), runTask: isOn(.runTask)))
}

private func parse(_ input: ConfigurationInput, table: [Option]) -> (outcome: ParseOutcome, flags: FlagValues) {
    var diagnosis = Diagnosis()
    let arguments = ArgumentReader(input.arguments, table: table, into: &diagnosis)
    let flags = FlagValues(arguments.occurrences, into: &diagnosis)
    switch arguments.action {
    case .some(.version): return (.version, flags)
    case .some(let action): return (.help(all: action == .helpAll), flags)
    case .none: break
    }
    let file = readConfigFile(flags, input, into: &diagnosis)
    var resolver = Resolver(input: input, flags: flags, file: file, diagnosis: diagnosis)
    return (resolver.resolve(), flags)
}

private func readConfigFile(
    _ flags: FlagValues, _ input: ConfigurationInput, into diagnosis: inout Diagnosis
) -> ConfigFile {
    guard let given = flags.last(.configFile) else { return .none }
    guard case .text(let path) = given.value else { return .unreadable }
    diagnosis.file = path
    switch input.readFile(path) {
    case .success(let content): return ConfigFile(content, into: &diagnosis)
    case .failure(let problem):
        diagnosis.error(.flag(given.spelled), "\(Words.shown(path)) cannot be read: \(problem.words)")
        return .unreadable
    }
}

/// What the flags say, read by kind.
struct FlagValues {
    struct Given {
        var option: Option
        var spelled: String
        /// Nil: it was wrong, which is reported already.
        var value: Value?
    }

    private(set) var all: [Given] = []

    init(_ occurrences: [FlagOccurrence], into diagnosis: inout Diagnosis) {
        for occurrence in occurrences {
            if !occurrence.option.kind.isRepeatable, last(occurrence.option.name) != nil {
                diagnosis.warn(.flag(occurrence.spelled), "is given more than once; the last one counts")
            }
            let value = FlagValues.value(of: occurrence, into: &diagnosis)
            all.append(Given(option: occurrence.option, spelled: occurrence.spelled, value: value))
        }
    }

    /// The one that counts of an option that can be given once.
    func last(_ name: OptionName) -> Given? {
        all.last { $0.option.name == name }
    }

    private static func value(of given: FlagOccurrence, into diagnosis: inout Diagnosis) -> Value? {
        let place = Problem.Place.flag(given.spelled)
        do {
            if case .toggle(let isInverted) = given.option.kind {
                guard let text = given.value else { return .toggle(!isInverted) }
                let value = try Value.read(given.spelling(text), as: given.option.kind)
                return .toggle((value == .toggle(true)) != isInverted)
            }
            if given.option.kind == .environment {
                return .environment([try EnvironmentNames.read(flag: given.value ?? [], spelled: given.spelled)])
            }
            let value = try Value.read(given.value ?? [], as: given.option.kind)
            if let words = value.doubt(as: given.option.kind) { diagnosis.warn(place, words) }
            return value
        } catch {
            diagnosis.error(place, error.words)
            return nil
        }
    }
}

extension FlagOccurrence {
    /// On a command line 1 and 0 serve as well.
    fileprivate func spelling(_ value: Bytes) -> Bytes {
        if value.equals("1") { return Bytes(text: "true") }
        return value.equals("0") ? Bytes(text: "false") : value
    }
}
