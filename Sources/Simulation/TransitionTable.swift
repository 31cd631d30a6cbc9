// The transitions of a whole exploration, and the page that is written of them.

public struct TransitionTable: Sendable {
    private var seen: Set<Transition> = []

    public init() {}

    public var isEmpty: Bool { seen.isEmpty }
    public var count: Int { seen.count }

    mutating func add(_ transitions: [Transition]) {
        for transition in transitions { seen.insert(transition) }
    }

    public mutating func formUnion(_ other: TransitionTable) {
        seen.formUnion(other.seen)
    }

    /// The same page for the same transitions, whatever the order in which they were seen.
    public var page: String {
        var lines = TransitionTable.head
        for machine in Machine.allCases {
            let own = seen.filter { $0.machine == machine }.sorted { $0.order < $1.order }
            guard !own.isEmpty else { continue }
            lines += ["", "## \(machine): \(machine.words)", "", "| phase | event | next |", "| --- | --- | --- |"]
            var index = 0
            while index < own.count {
                let first = own[index]
                var next: [String] = []
                while index < own.count, own[index].from == first.from, own[index].event == first.event {
                    next.append(own[index].to.words)
                    index += 1
                }
                lines.append("| \(first.from.words) | \(first.event) | \(next.joined(separator: ", ")) |")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let head = [
        "# Transitions",
        "",
        "What the explorer saw, machine by machine, over all scenarios: in which phase which kind of event led where.",
        "`(none)` is before a machine came to be, and after it is gone. `oz-agent-worker explore --write-transitions`",
        "writes this page, and `make test` fails where it is not what the explorer sees. A line that disappears means",
        "that nothing reaches it any more; a line that appears is a way that nobody has looked at yet.",
    ]
}

extension Transition {
    fileprivate var order: UInt32 {
        UInt32(machine.rawValue) << 24 | UInt32(from.rawValue) << 16 | UInt32(event.rawValue) << 8
            | UInt32(to.rawValue)
    }
}

extension PhaseName {
    fileprivate var words: String { self == .none ? "(none)" : "\(self)" }
}
