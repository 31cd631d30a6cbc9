// A fingerprint knows neither absolute time nor how many requests there were before.

import Codecs
import Effects
import Simulation
import Testing

@testable import WorkerModel

struct FingerprintTests {
    @Test func namesAndTimesDoNotCount() throws {
        var known: Set<UInt64> = []
        var shapes: Set<[String]> = []
        var names: Set<String> = []
        var digests = 0
        var fresh: [String] = []
        var wrong: [String] = []
        for (number, scenario) in Walks.rich.enumerated() {
            _ = try Walks.walk(scenario, steps: 3_000, seed: UInt64(number) + 77) { stop in
                guard known.insert(stop.worker.fingerprint(at: stop.now)).inserted else { return }
                let tree = try encodeState(stop.worker)
                // States of one shape differ in numbers only; one of them is enough.
                var shape: [String] = []
                collectNames(tree, &shape)
                guard shapes.insert(shape).inserted else { return }
                names.formUnion(shape)
                let other = shifted(tree, tree, [])
                // Who has just been started knows no time and has asked for nothing: there is nothing to shift.
                guard other != tree else {
                    fresh = shape
                    return
                }
                let moved = try decodeState(Worker.self, from: other)
                let later = stop.now.after(shift)
                if moved.fingerprint(at: later) != stop.worker.fingerprint(at: stop.now) {
                    wrong.append(scenario.name)
                }
                if moved.digest != stop.worker.digest { digests += 1 }
            }
        }
        #expect(wrong.isEmpty)
        #expect(shapes.count > 400)
        if !fresh.isEmpty { shapes.remove(fresh) }
        #expect(digests == shapes.count)
        #expect(FingerprintTests.phases.subtracting(names).isEmpty)
    }

    /// What must have been among the states.
    private static let phases: Set<String> = [
        "starting", "running", "draining", "stopping", "closing", "stopped", "dialling", "open", "waiting", "shut",
        "queued", "sending", "written", "claimed", "reported", "makingGround", "makingEnvironmentFile", "settingUp",
        "readingEnvironment", "settingAside", "haunted", "settling", "tearingDown", "releasing", "alive",
        "terminating",
        "killing", "clearing", "haunting", "asked", "held", "relinquishing", "retrying", "gone", "dispatching",
        "breakingOff", "recalling", "killed", "pausing",
    ]

    private func collectNames(_ value: JSON, _ names: inout [String]) {
        switch value {
        case .object(let members):
            for member in members where member.name.text != "fixed" {
                names.append(member.name.text)
                collectNames(member.value, &names)
            }
        case .array(let elements):
            for element in elements { collectNames(element, &names) }
        case .null, .bool, .number, .string, .secret, .verbatim: break
        }
    }

    @Test func timeRelativeToNowCounts() throws {
        var noticed = 0
        for (number, scenario) in Walks.rich.enumerated() {
            _ = Walks.walk(scenario, steps: 60, seed: UInt64(number) + 5) { stop in
                guard stop.worker.nextDeadline() != nil else { return }
                let later = stop.now.after(.milliseconds(1))
                #expect(stop.worker.fingerprint(at: later) != stop.worker.fingerprint(at: stop.now))
                noticed += 1
            }
        }
        #expect(noticed > 300)
    }

    private let shift = Span.seconds(86_400 * 3)

    /// The same tree, three days later, with other names for all requests, in the same order.
    private func shifted(_ value: JSON, _ tree: JSON, _ path: JSONPath) -> JSON {
        switch value {
        case .array(let elements):
            return .array(elements.enumerated().map { shifted($1, tree, path + [$0]) })
        case .object(let members):
            return .object(
                members.enumerated().map { JSONMember(name: $1.name, value: shifted($1.value, tree, path + [$0])) })
        case .number(let text):
            let place = tree.words(for: path)
            guard let number = UInt64(decimal: text) else { return value }
            if isInstant(place) { return .number(Bytes(decimal: number &+ shift.nanoseconds)) }
            if isSerial(place), number > 0 { return .number(Bytes(decimal: number &* 3 &+ 1_000)) }
            return value
        case .null, .bool, .string, .secret, .verbatim: return value
        }
    }

    private func isInstant(_ place: String) -> Bool {
        place.hasSuffix(".nanoseconds") && !place.hasPrefix("fixed.") && !place.contains("taskTimeout")
            && !place.contains("dispatchTimeout") && !place.contains("stopContainer")
            && !place.contains("fillingTooLong")
    }

    private func isSerial(_ place: String) -> Bool {
        ["sequence", "serial", "run", "ping.number"].contains { place == $0 || place.hasSuffix("." + $0) }
    }
}
