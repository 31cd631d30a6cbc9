// Where a replay differs from what was recorded: both sides in words.
//
// A recording keeps of each request its kind and a digest. So the recorded side is told by its kinds, the replayed one
// in full, and the first request that is not the same is pointed out.

import Codecs
import Effects
import WorkerModel

public struct Difference: Hashable, Sendable {
    public let number: UInt64
    public let input: Input
    public let recorded: [RecordedRequest]
    public let replayed: [RecordedRequest]
    public let requests: [Request]

    public init(_ number: UInt64, _ input: Input, _ replayer: Replayer) {
        self.number = number
        self.input = input
        recorded = replayer.recorded ?? []
        replayed = replayer.replayed
        requests = replayer.requests
    }

    /// The same kinds in the same order: it differs in what they hold.
    public var hasSameKinds: Bool { recorded.map(\.kind) == replayed.map(\.kind) }

    /// The place of the first request that is not the same, counted from 0.
    public var place: Int {
        zip(recorded, replayed).enumerated().first { $1.0 != $1.1 }?.offset ?? min(recorded.count, replayed.count)
    }

    public func lines() -> [String] {
        var lines = ["input \(number): \(input.sentence)", "  recorded: \(counted(recorded.count, "request"))"]
        for (index, request) in recorded.enumerated() {
            lines.append("  \(mark(index)) \(index + 1). \(request.kind.words)")
        }
        lines.append("  replayed: \(counted(replayed.count, "request"))")
        for (index, request) in requests.enumerated() {
            lines.append("  \(mark(index)) \(index + 1). \(describe(request.effect))")
        }
        lines.append("  " + summary)
        return lines
    }

    private func mark(_ index: Int) -> String { index == place ? "->" : "  " }

    private var summary: String {
        let ordinal = "request \(place + 1)"
        if place >= recorded.count { return "\(ordinal) was not asked for when this was recorded" }
        if place >= replayed.count { return "\(ordinal) is not asked for by this build" }
        if recorded[place].kind == replayed[place].kind {
            return "\(ordinal) is of the same kind, but holds something else"
        }
        return "\(ordinal) is of another kind"
    }
}

/// What differs between a state as it was recorded and as it was replayed, leaf by leaf.
public func differences(_ recorded: Worker, _ replayed: Worker, atMost limit: Int) -> [String] {
    guard let before = try? encodeState(recorded), let after = try? encodeState(replayed) else { return [] }
    var lines: [String] = []
    compare(before, after, "", limit, &lines)
    return lines
}

private func compare(_ recorded: JSON?, _ replayed: JSON?, _ path: String, _ limit: Int, _ lines: inout [String]) {
    guard recorded != replayed, lines.count < limit else { return }
    switch (recorded, replayed) {
    case (.object(let one)?, .object(let other)?):
        var names = one.map(\.name)
        for member in other where !names.contains(member.name) { names.append(member.name) }
        for name in names {
            let left = one.first { $0.name == name }?.value
            let right = other.first { $0.name == name }?.value
            compare(left, right, path.isEmpty ? name.text : "\(path).\(name.text)", limit, &lines)
        }
    case (.array(let one)?, .array(let other)?):
        for index in 0..<max(one.count, other.count) {
            let left = one.indices.contains(index) ? one[index] : nil
            let right = other.indices.contains(index) ? other[index] : nil
            compare(left, right, "\(path).\(index)", limit, &lines)
        }
    case (_, _): lines.append("\(path): recorded \(shown(recorded)), replayed \(shown(replayed))")
    }
}

private func shown(_ value: JSON?) -> String {
    guard let value else { return "nothing" }
    let text = value.encoded()
    return text.count > 80 ? text.prefix(80).text + "..." : text.text
}
