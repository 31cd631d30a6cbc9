// The state directory: which one a worker would have here, and what keeps it from having it.

import Codecs

public struct StateRecord: Equatable, Sendable {
    public enum Finding: Equatable, Sendable {
        case usable
        /// A start would make it.
        case absent
        /// By a worker that runs; its process, where that is known.
        case held(by: Bytes?)
        /// It could be locked and keep an id. But a journal there could hang the worker.
        case remote
        /// Why not.
        case unusable(String)
    }

    /// What names it.
    public enum Origin: Equatable, Sendable {
        case configuration
        /// A variable that systemd sets.
        case systemd
        case home
        case system

        fileprivate var words: String {
            switch self {
            case .configuration: "the configuration"
            case .systemd: "$STATE_DIRECTORY"
            case .home: "$XDG_STATE_HOME"
            case .system: "the usual place"
            }
        }
    }

    public var path: Bytes
    public var origin: Origin
    public var finding: Finding
    /// The one that was given.
    public var givenID: Bytes?
    /// The one that lies in it.
    public var keptID: Bytes?

    public init(path: Bytes, origin: Origin, finding: Finding, givenID: Bytes? = nil, keptID: Bytes? = nil) {
        self.path = path
        self.origin = origin
        self.finding = finding
        self.givenID = givenID
        self.keptID = keptID
    }

    var keepsJournal: Bool {
        switch finding {
        case .usable, .absent, .held: true
        case .remote, .unusable: false
        }
    }

    /// The process of the worker that holds it.
    public var holder: Bytes? { if case .held(let process) = finding { process } else { nil } }
}

extension CheckSection {
    /// `dwelling` where the backend's agents could survive their worker at all.
    public static func state(_ record: StateRecord, _ dwelling: Dwelling?) -> CheckSection {
        let survival = dwelling.map { [$0.step(keepsJournal: record.keepsJournal)] } ?? []
        return CheckSection(.state, steps: [record.directory, record.identity] + survival)
    }
}

extension StateRecord {
    fileprivate var directory: CheckStep {
        let facts = [JSONMember("path", .string(path))]
        let shown = "\(path.text) (\(origin.words))"
        switch finding {
        case .usable: return CheckStep("state_dir", .fine, "\(shown) can be written to", facts: facts)
        case .absent:
            return CheckStep("state_dir", .fine, "\(shown) is not there yet; a start makes it", facts: facts)
        case .held(let process):
            let holder = process.map { "the worker that runs as process \($0.text)" } ?? "a worker that runs"
            return CheckStep("state_dir", .fine, "\(shown) is held by \(holder)", facts: facts)
        case .remote:
            return CheckStep(
                "state_dir", .doubtful, "\(shown) lies on no disk of this host, so no journal is kept there",
                advice: "name a directory on a local disk with --state-dir; without one agents end with the worker",
                facts: facts)
        case .unusable(let words):
            return CheckStep(
                "state_dir", .doubtful, "\(words) (\(origin.words))",
                advice: "make it for the user that the worker runs as, or name another one with --state-dir; without "
                    + "one the worker runs, and its agents end with it",
                facts: facts)
        }
    }

    fileprivate var identity: CheckStep {
        if let givenID { return known(givenID, "given") }
        if case .unusable = finding {
            return CheckStep("instance_id", .skipped, "each life makes one of its own, since none can be kept")
        }
        if let keptID { return known(keptID, "kept in the state directory") }
        return CheckStep("instance_id", .fine, "none yet; the first start makes one and keeps it")
    }

    private func known(_ id: Bytes, _ words: String) -> CheckStep {
        CheckStep("instance_id", .fine, "\(id.text), \(words)", facts: [JSONMember("id", .string(id))])
    }
}
