// A fingerprint knows neither absolute time nor how many requests there were before.

import Codecs
import Effects
import Simulation
import Testing

@testable import WorkerModel

struct FingerprintTests {
    @Test func namesAndTimesDoNotCount() throws {
        var compared = 0
        var digests = 0
        for (number, scenario) in Walks.rich.enumerated() {
            _ = try Walks.walk(scenario, steps: 120, seed: UInt64(number) + 77) { stop in
                let tree = try encodeState(stop.worker)
                let moved = try decodeState(Worker.self, from: shifted(tree, tree, []))
                let later = stop.now.after(shift)
                #expect(moved.fingerprint(at: later) == stop.worker.fingerprint(at: stop.now), "\(scenario.name)")
                compared += 1
                if moved.digest != stop.worker.digest { digests += 1 }
            }
        }
        #expect(compared > 1_500)
        #expect(digests == compared)
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
        place.hasSuffix(".nanoseconds") && !place.hasPrefix("settings.") && !place.contains("taskTimeout")
    }

    private func isSerial(_ place: String) -> Bool {
        ["sequence", "serial", "run", "ping.number"].contains { place == $0 || place.hasSuffix("." + $0) }
    }
}
