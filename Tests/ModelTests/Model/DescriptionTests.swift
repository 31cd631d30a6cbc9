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
            let violation = try Walks.walk(scenario, steps: 500, seed: UInt64(number) + 1) { try check.look(at: $0) }
            #expect(violation == nil, "\(scenario.name)")
        }
        #expect(check.states > 7_000)
        #expect(check.perturbed > 1_000)
        #expect(check.unnoticed.isEmpty)
        #expect(check.changedOnTheWay == 0)
    }

    /// The check itself can fail: what no digest covers is found as such.
    @Test func theCheckFindsWhatNoDigestCovers() throws {
        var check = LeafCheck()
        check.exempt = []
        _ = try Walks.walk(Walks.rich[0], steps: 5, seed: 1) { try check.look(at: $0) }
        #expect(check.unnoticed.contains { $0.hasPrefix("settings.") })
    }
}

/// Perturbs each kind of leaf a few times, in states of different walks.
private struct LeafCheck {
    /// Settings never change in a life, and the backend's copy of them does not either; no digest covers them.
    var exempt = ["settings.", "life.running.", "life.draining._0.", "life.stopping._0.", "life.closing."]
    private(set) var states = 0
    private(set) var perturbed = 0
    private(set) var changedOnTheWay = 0
    private(set) var unnoticed: Set<String> = []
    /// How often each path, its indices left out, was looked at.
    private var looks: [String: Int] = [:]
    /// Values seen at a path, to put them elsewhere: other cases of an enum have no leaf that could be perturbed.
    private var seen: [String: [JSON]] = [:]

    private static let looksEach = 3
    private static let formsEach = 8

    mutating func look(at stop: Walks.Stop) throws {
        states += 1
        let tree = try encodeState(stop.worker)
        if states.isMultiple(of: 16) {
            let back = try decodeState(Worker.self, from: JSON.parse(tree.encoded()))
            if back != stop.worker || back.digest != stop.worker.digest { changedOnTheWay += 1 }
        }
        for path in tree.leaves {
            try tryOut(tree, path, stop.worker, kind: "leaf") { tree.perturbed(at: path) }
        }
        try lookAtForms(tree, [], stop.worker)
    }

    /// Members left out, and objects exchanged for others that were seen at the same place.
    private mutating func lookAtForms(_ value: JSON, _ path: JSONPath, _ worker: Worker) throws {
        guard case .object(let members) = value else {
            guard case .array(let elements) = value else { return }
            for (index, element) in elements.enumerated() {
                try lookAtForms(element, path + [index], worker)
            }
            return
        }
        if path.isEmpty { root = value }
        let root = root
        let place = name(root, path)
        if !isExempt(place) {
            var forms = seen[place] ?? []
            for (number, form) in forms.enumerated() where form != value {
                try tryOut(root, path, worker, kind: "form \(number)") { root.replacing(path) { _ in form } }
            }
            if forms.count < LeafCheck.formsEach, !forms.contains(value) { forms.append(value) }
            seen[place] = forms
        }
        for (index, member) in members.enumerated() {
            try tryOut(root, path + [index], worker, kind: "absent") {
                root.replacing(path) { _ in .object(members.enumerated().filter { $0.offset != index }.map(\.element)) }
            }
            try lookAtForms(member.value, path + [index], worker)
        }
    }

    private var root = JSON.null

    private mutating func tryOut(
        _ tree: JSON, _ path: JSONPath, _ worker: Worker, kind: String, _ change: () -> JSON?
    ) throws {
        let place = name(tree, path)
        guard !isExempt(place) else { return }
        let count = looks[kind + place] ?? 0
        guard count < LeafCheck.looksEach else { return }
        guard let other = change(), let decoded = try? decodeState(Worker.self, from: other) else { return }
        looks[kind + place] = count + 1
        guard decoded != worker else { return }
        perturbed += 1
        if decoded.digest == worker.digest { unnoticed.insert("\(place) (\(kind))") }
    }

    private func isExempt(_ place: String) -> Bool {
        exempt.contains { (place + ".").hasPrefix($0) }
    }

    /// The path in words, indices as stars.
    private func name(_ tree: JSON, _ path: JSONPath) -> String {
        tree.words(for: path).split(separator: ".").map { Int($0) == nil ? String($0) : "*" }.joined(separator: ".")
    }
}
