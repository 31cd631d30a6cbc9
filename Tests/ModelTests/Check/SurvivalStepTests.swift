// What `check` says of agents that are to outlive their worker.

import Check
import Codecs
import Testing

private func bytes(_ text: String) -> Bytes { Bytes(text: text) }

@Suite("Check: survival") struct SurvivalStepTests {
    private static func step(_ dwelling: Dwelling, _ finding: StateRecord.Finding = .usable) throws -> CheckStep {
        let record = StateRecord(path: bytes("/s"), origin: .configuration, finding: finding)
        return try #require(CheckSection.state(record, dwelling).steps.first { $0.name == "survival" })
    }

    @Test(
        "Only KillMode=process and none leave agents alone",
        arguments: [
            ("process", CheckStep.Verdict.fine), ("none", .fine), ("control-group", .doubtful), ("mixed", .doubtful),
        ])
    func services(mode: String, verdict: CheckStep.Verdict) throws {
        let step = try Self.step(Dwelling(.service(unit: "oz.service", killMode: mode), isWorkers: true))
        #expect(step.verdict == verdict)
        #expect(step.words.contains("oz.service") && step.words.contains("KillMode=\(mode)"))
        #expect((step.advice != nil) == (verdict == .doubtful))
    }

    @Test("A unit that can't be read, and a first process, are doubtful; the rest is well")
    func others() throws {
        let unread = try Self.step(Dwelling(.service(unit: "oz.service", killMode: nil), isWorkers: false))
        #expect(unread.verdict == .doubtful && unread.words.hasPrefix("the check is in oz.service"))
        let first = try Self.step(Dwelling(.firstProcess, isWorkers: true))
        #expect(first.verdict == .doubtful && first.words.contains("process 1"))
        #expect(try Self.step(Dwelling(.container, isWorkers: true)).verdict == .fine)
        #expect(try Self.step(Dwelling(.plain, isWorkers: false)).verdict == .fine)
    }

    @Test("Where nothing is kept, nothing else counts")
    func nothingKept() throws {
        for finding in [StateRecord.Finding.unusable("no"), .remote] {
            #expect(try Self.step(Dwelling(.plain, isWorkers: true), finding).verdict == .skipped)
        }
        let record = StateRecord(path: bytes("/s"), origin: .system, finding: .usable)
        #expect(CheckSection.state(record, nil).steps.map(\.name) == ["state_dir", "instance_id"])
    }

    @Test(
        "The unit is the last part of systemd's own control group",
        arguments: [
            ("0::/system.slice/oz-agent-worker.service\n", "oz-agent-worker.service"),
            ("0::/system.slice/oz.service/payload\n", nil), ("0::/user.slice/user-0.slice/session-1.scope\n", nil),
            ("0::/\n", nil), ("", nil), ("nonsense\n1:cpu:/a.service\n", nil),
            ("4:cpu:/x\n1:name=systemd:/system.slice/a:b.service\n0::/system.slice/a:b.service\n", "a:b.service"),
        ])
    func units(groups: String, unit: String?) {
        #expect(Dwelling.unit(inControlGroups: bytes(groups)) == unit)
    }

    @Test("The last KillMode counts, an empty one takes it back, and without one it is systemd's default")
    func killModes() {
        #expect(Dwelling.killMode(in: []) == "control-group")
        let parts = [bytes("[Service]\nKillMode=mixed\n"), bytes("KillMode = process \n")]
        #expect(Dwelling.killMode(in: parts) == "process")
        #expect(Dwelling.killMode(in: [bytes("KillMode=process"), bytes("KillMode=\n")]) == "control-group")
        #expect(Dwelling.killMode(in: [bytes("#KillMode=process\nKillModeX=none\n")]) == "control-group")
    }
}
