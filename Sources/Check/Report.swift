// What `check` found, as a value: steps in sections, each with a verdict, and the exit code that follows from them.

import Codecs

/// One thing that was looked at.
public struct CheckStep: Equatable, Sendable {
    public enum Verdict: Equatable, Sendable {
        case fine
        /// It may be meant so; the exit code does not change.
        case doubtful
        case failed(Cause)
        /// Not tried, since something before it failed or it does not apply.
        case skipped
    }

    public enum Cause: Equatable, Sendable {
        case unavailable
        /// The API key was refused.
        case unauthorised
    }

    /// Stable: scripts hang on it.
    public var name: String
    public var verdict: Verdict
    /// What was found, as one line.
    public var words: String
    /// What to do about it.
    public var advice: String?
    /// More lines, such as the last ones of a log.
    public var details: [String]
    /// The same for machines.
    public var facts: [JSONMember]

    public init(
        _ name: String, _ verdict: Verdict, _ words: String, advice: String? = nil, details: [String] = [],
        facts: [JSONMember] = []
    ) {
        self.name = name
        self.verdict = verdict
        self.words = words
        self.advice = advice
        self.details = details
        self.facts = facts
    }
}

extension CheckStep.Verdict {
    public var word: String {
        switch self {
        case .fine: "ok"
        case .doubtful: "warning"
        case .failed: "failed"
        case .skipped: "skipped"
        }
    }

    public var isFailed: Bool {
        if case .failed = self { true } else { false }
    }
}

public enum CheckPart: String, CaseIterable, Sendable {
    case backend
    case state
    case controlPlane = "control_plane"
    case hosts
    case task

    public var title: String {
        switch self {
        case .backend: "Backend"
        case .state: "State"
        case .controlPlane: "Control plane"
        case .hosts: "Hosts that agents need"
        case .task: "Canary tasks"
        }
    }
}

public struct CheckSection: Equatable, Sendable {
    public var part: CheckPart
    /// Said before the steps: what is tried, and what is not.
    public var note: String?
    public var steps: [CheckStep]

    public init(_ part: CheckPart, note: String? = nil, steps: [CheckStep] = []) {
        self.part = part
        self.note = note
        self.steps = steps
    }

    public var hasFailed: Bool { steps.contains { $0.verdict.isFailed } }
}

/// What the configuration came to: values with their origins, or everything that is wrong with it.
public struct CheckedConfiguration: Equatable, Sendable {
    public enum Origin: Equatable, Sendable {
        case flag(String)
        case variable(String)
        case file(String, line: Int, column: Int)
        case fallback
    }

    public enum Content: Equatable, Sendable {
        case one(String)
        /// For people in quotes.
        case text(String, quoted: String)
        case many([String])
        /// There is none; in words: "not set".
        case absent(String)
    }

    public struct Value: Equatable, Sendable {
        public var name: String
        public var content: Content
        public var origins: [Origin]

        public init(_ name: String, _ content: Content, _ origins: [Origin]) {
            self.name = name
            self.content = content
            self.origins = origins
        }
    }

    public var file: String?
    public var values: [Value]
    public var warnings: [String]
    public var problems: [String]

    public init(file: String? = nil, values: [Value] = [], warnings: [String] = [], problems: [String] = []) {
        self.file = file
        self.values = values
        self.warnings = warnings
        self.problems = problems
    }
}

public struct CheckReport: Equatable, Sendable {
    public var version: String
    public var configuration: CheckedConfiguration
    public var sections: [CheckSection]
    /// What ended it before its end, if something did.
    public var signal: Int32?

    public init(
        version: String, configuration: CheckedConfiguration, sections: [CheckSection] = [], signal: Int32? = nil
    ) {
        self.version = version
        self.configuration = configuration
        self.sections = sections
        self.signal = signal
    }

    private var verdicts: [CheckStep.Verdict] { sections.flatMap(\.steps).map(\.verdict) }

    public var failures: Int { verdicts.count { $0.isFailed } }

    public var warnings: Int { verdicts.count { $0 == .doubtful } &+ configuration.warnings.count }

    public var result: CheckResult {
        if !configuration.problems.isEmpty { return .configuration }
        // A refused key comes before what is merely away: no waiting mends it.
        if verdicts.contains(.failed(.unauthorised)) { return .notAuthorised }
        return failures > 0 ? .unavailable : .fine
    }

    public var exitCode: Int32 { signal.map { 128 &+ $0 } ?? result.exitCode }

    public var resultWord: String { signal == nil ? result.rawValue : "interrupted" }
}

public enum CheckResult: String, CaseIterable, Sendable {
    case fine = "ok"
    case configuration
    case unavailable
    case notAuthorised = "not_authorised"

    public var exitCode: Int32 {
        switch self {
        case .fine: 0
        case .configuration: 2
        case .unavailable: 69
        case .notAuthorised: 77
        }
    }

    /// Ends "exit code 69: ...", and stands in the help.
    public var words: String {
        switch self {
        case .fine: "all is well; warnings do not count"
        case .configuration: "the command line or the configuration is wrong"
        case .unavailable: "the backend, the control plane or a host that agents need can't be used"
        case .notAuthorised: "the API key was refused"
        }
    }
}
