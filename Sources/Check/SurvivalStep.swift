// Whether agents survive the death of the worker where it runs: what a state directory can't help against.

import Codecs

/// Where a worker runs, or would.
public struct Dwelling: Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        /// It is process 1, and all others of its container end with it.
        case firstProcess
        /// A service of systemd, with its KillMode as its unit has it; nil where that can't be read.
        case service(unit: String, killMode: String?)
        /// A container with another first process.
        case container
        case plain
    }

    public var kind: Kind
    /// It is that of a worker that runs, and not the check's own.
    public var isWorkers: Bool

    public init(_ kind: Kind, isWorkers: Bool) {
        self.kind = kind
        self.isWorkers = isWorkers
    }

    /// The unit in a line of /proc/<pid>/cgroup: what the last part of the path names, where that is a service.
    public static func unit(inControlGroups text: Bytes) -> String? {
        for line in text.split(separator: 0x0a) {
            let fields = line.split(separator: 0x3a, maxSplits: 2, omittingEmptySubsequences: false)
            // The one of the second version, or systemd's own of the first.
            guard fields.count == 3, fields[1].isEmpty || Bytes(fields[1]).equals("name=systemd") else { continue }
            guard let last = fields[2].split(separator: 0x2f).last else { continue }
            let name = Bytes(last)
            if name.hasSuffix(".service") { return name.text }
        }
        return nil
    }

    /// What these parts of a unit say of KillMode, the later ones over the earlier; systemd's default where none does.
    public static func killMode(in parts: [Bytes]) -> String {
        var mode = Bytes(text: "control-group")
        for part in parts {
            for line in part.split(separator: 0x0a) {
                let sides = line.split(separator: 0x3d, maxSplits: 1, omittingEmptySubsequences: false)
                guard sides.count == 2, Bytes(sides[0]).trimmed().equals("KillMode") else { continue }
                let value = Bytes(sides[1]).trimmed()
                mode = value.isEmpty ? Bytes(text: "control-group") : value
            }
        }
        return mode.text
    }
}

extension Dwelling {
    /// `keepsJournal`: there is a state directory that takes one.
    func step(keepsJournal: Bool) -> CheckStep {
        guard keepsJournal else {
            return CheckStep("survival", .skipped, "agents end with the worker, which keeps nothing for its next life")
        }
        switch kind {
        case .firstProcess:
            return CheckStep(
                "survival", .doubtful, "\(subject) is process 1 here: when it dies, the container ends, and all in it",
                advice: "start it under an init (docker run --init), where agents are to outlive it")
        case .service(let unit, nil):
            return CheckStep(
                "survival", .doubtful, "\(subject) is in \(unit), whose KillMode could not be read",
                advice: "see that the unit has KillMode=process: with any other, systemd ends the agents")
        case .service(let unit, let mode?) where mode == "process" || mode == "none":
            return CheckStep("survival", .fine, "\(subject) is in \(unit), and KillMode=\(mode) leaves agents alone")
        case .service(let unit, let mode?):
            return CheckStep(
                "survival", .doubtful,
                "\(subject) is in \(unit), and with KillMode=\(mode) systemd ends the agents when the worker dies",
                advice: "set KillMode=process in the unit")
        case .container:
            return CheckStep(
                "survival", .fine, "agents outlive the worker, and not the first process of this container")
        case .plain:
            return CheckStep(
                "survival", .fine, "agents outlive the worker; in a service of systemd only with KillMode=process")
        }
    }

    private var subject: String { isWorkers ? "the worker that runs" : "the check" }
}
