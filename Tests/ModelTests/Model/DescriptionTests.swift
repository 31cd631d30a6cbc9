// A state is described twice: by Codable, which the compiler writes, and by `visit`, which is written by hand. What
// one of them sees the other must see, or a snapshot and its digest drift apart unnoticed.

import Codecs
import Effects
import Simulation
import Testing

@testable import WorkerModel

struct DescriptionTests {
    @Test func everyLeafCountsInTheDigest() throws {
        var check = LeafCheck()
        for (number, scenario) in Walks.rich.enumerated() {
            check.begin()
            let violation = try Walks.walk(scenario, steps: 3_000, seed: UInt64(number) + 1) { try check.look(at: $0) }
            #expect(violation == nil, "\(scenario.name)")
        }
        #expect(check.states > 2_000)
        #expect(check.perturbed > 1_000)
        #expect(check.unnoticed.isEmpty)
        #expect(check.changedOnTheWay == 0)
    }

    /// The check itself can fail: what no digest covers is found as such.
    @Test func theCheckFindsWhatNoDigestCovers() throws {
        var check = LeafCheck()
        check.exempt = []
        _ = try Walks.walk(Walks.rich[0], steps: 5, seed: 1) { try check.look(at: $0) }
        #expect(check.unnoticed.contains { $0.hasPrefix("fixed.") })
    }
}

/// Perturbs each kind of leaf a few times, in states of different walks.
private struct LeafCheck {
    /// Settings never change in a life, and neither does the copy of them that the running backend holds; no digest
    /// covers them.
    var exempt =
        ["fixed."]
        + ["starting._0.phase.passed", "running", "draining", "stopping", "closing"].flatMap { life in
            ["direct", "command"].map { "life.\(life)._0.\($0)._0." }
        }
    private(set) var states = 0
    private var known: Set<UInt64> = []
    private(set) var perturbed = 0
    private(set) var changedOnTheWay = 0
    private(set) var unnoticed: Set<String> = []
    /// How often each path, its indices left out, was looked at.
    private var looks: [String: Int] = [:]
    /// Values seen at a path, to put them elsewhere: other cases of an enum have no leaf that could be perturbed.
    private var seen: [String: [JSON]] = [:]

    private static let looksEach = 3
    private static let formsEach = 8

    private var root = JSON.null
    private var worker: Worker?

    /// Another scenario, with other settings: its states do not mix with those before.
    mutating func begin() {
        seen = [:]
    }

    mutating func look(at stop: Walks.Stop) throws {
        guard known.insert(stop.worker.fingerprint(at: stop.now)).inserted else { return }
        states += 1
        root = try encodeState(stop.worker)
        worker = stop.worker
        if states.isMultiple(of: 16) {
            let back = try decodeState(Worker.self, from: JSON.parse(root.encoded()))
            if back != stop.worker || back.digest != stop.worker.digest { changedOnTheWay += 1 }
        }
        descend(root, [], "")
    }

    private mutating func descend(_ value: JSON, _ path: JSONPath, _ place: String) {
        if exempt.contains(where: { place.hasPrefix($0) }) { return }
        switch value {
        case .object(let members):
            exchange(value, path, place)
            for (index, member) in members.enumerated() {
                let inner = place + member.name.text + "."
                let tree = root
                tryOut(inner + " absent") { tree.replacing(path) { _ in .object(LeafCheck.without(members, index)) } }
                descend(member.value, path + [index], inner)
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() { descend(element, path + [index], place + "*.") }
        case .null, .bool, .number, .string, .secret, .verbatim:
            let tree = root
            tryOut(place + " leaf") { tree.perturbed(at: path) }
        }
    }

    /// Puts what was seen at this place before into this state.
    private mutating func exchange(_ value: JSON, _ path: JSONPath, _ place: String) {
        let forms = seen[place] ?? []
        let tree = root
        for (number, form) in forms.enumerated() where form != value {
            tryOut(place + " form \(number)") { tree.replacing(path) { _ in form } }
        }
        if forms.count < LeafCheck.formsEach, !forms.contains(value) { seen[place] = forms + [value] }
    }

    private static func without(_ members: [JSONMember], _ index: Int) -> [JSONMember] {
        var rest = members
        rest.remove(at: index)
        return rest
    }

    private mutating func tryOut(_ what: String, _ change: () -> JSON?) {
        let count = looks[what] ?? 0
        guard count < LeafCheck.looksEach, let worker else { return }
        looks[what] = count + 1
        guard let other = change(), let decoded = try? decodeState(Worker.self, from: other) else { return }
        guard decoded != worker else { return }
        perturbed += 1
        if decoded.digest == worker.digest { unnoticed.insert(what) }
    }
}
