// `gc`: what it asks of a daemon, and what it makes of the answers.

import Codecs
import Effects
import Testing

@testable import WorkerModel

@Suite struct CollectingTests {
    private static let volume = "oz-sidecar-tool-1"

    private static let week: Int64 = 604_800_000_000_000

    /// What the journal tells: an execution that owns these, and volumes that were used a week ago.
    private func inheritance(owned: [String], idle: [String]) -> Inheritance {
        let key = ExecutionKey(task: TaskID(Bytes(text: "a")), execution: nil)
        let start = JournalCall(run: 1, .claimed(key, at: Instant(nanoseconds: 0)))
        let owns = owned.map { name -> JournalCall in
            let possession =
                name.hasPrefix("oz-task-") ? Possession.container(Bytes(text: name)) : .volume(Bytes(text: name))
            return JournalCall(run: 1, .acquired(possession))
        }
        let used = idle.map { JournalCall(run: 0, .volumeUsed(Bytes(text: $0), WallTime(nanoseconds: 0))) }
        return Inheritance(([start] + owns + used).map { .noted($0) })
    }

    /// Runs it to its end against a daemon of that content.
    private func collect(
        onlyLooks: Bool = false, owned: [String] = [], idle: [String] = [], users: [DockerListed] = [],
        refusing: String? = nil
    ) -> (calls: [DockerCall], said: [String], core: Collecting, ends: Instant) {
        var settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: [], backend: .docker(DockerSettings()))
        settings.timing.sweepEvery = .zero
        var core = Collecting(settings, onlyLooks: onlyLooks)
        var calls: [DockerCall] = []
        var said: [String] = []
        var now = Instant(nanoseconds: 1)
        var events: [Event] = [.began(inheritance(owned: owned, idle: idle))]
        var hasParted = false
        while true {
            if events.isEmpty {
                guard let deadline = core.deadline else { break }
                now = deadline
                hasParted = true
                events = [.tick]
            }
            var requests: [Request] = []
            core.take(
                Input(at: now, wall: WallTime(nanoseconds: Self.week), entropy: 0, event: events.removeFirst()),
                into: &requests)
            for request in requests {
                switch request.effect {
                case .docker(let call):
                    calls.append(call)
                    events.append(.docker(answer(call, request.id, hasParted: hasParted, users, refusing)))
                case .log(let record): said.append(String(describing: record.saying.name))
                case .socket, .process, .files, .journal, .measure, .forgetSecrets, .exit:
                    Issue.record("gc asked for something else")
                }
            }
        }
        return (calls, said, core, now)
    }

    private func answer(
        _ call: DockerCall, _ id: EffectID, hasParted: Bool, _ users: [DockerListed], _ refused: String?
    ) -> DockerEvent {
        switch call {
        case .reach:
            return .reached(
                id,
                DockerDaemon(
                    platform: Bytes(text: "linux/amd64"), version: [], api: Bytes(text: "1.41"), place: [], remarks: []
                ))
        case .listContainers(let labels):
            return .listed(id, labels.isEmpty ? users : [entry("oz-task-a"), entry("oz-task-b")])
        case .listVolumes:
            let shared = [entry(Self.volume, execution: nil), entry(Self.volume + ".ready", execution: nil)]
            return .listed(id, [entry("oz-volume-a")] + (hasParted ? [shared[0]] : shared))
        case .removeContainer(let name), .removeVolume(let name):
            if refused == name.text { return .failed(id, .refused(status: 409, Detail("in use"))) }
            return .done(id)
        case .pull, .inspectImage, .createVolume, .inspectVolume, .createContainer, .inspectContainer,
            .startContainer, .awaitEnd, .stopContainer, .killContainer, .copy, .tellOutput, .followOutput, .abandon:
            Issue.record("gc made something: \(call)")
            return .done(id)
        }
    }

    private func entry(_ name: String, execution: String? = "e", has volumes: [String] = []) -> DockerListed {
        DockerListed(
            id: Bytes(text: name), name: Bytes(text: name), instance: Labels.hash(Bytes(text: "i")),
            execution: execution.map { Bytes(text: $0) }, volumes: volumes.map { Bytes(text: $0) })
    }

    private func removed(_ calls: [DockerCall]) -> [String] {
        calls.compactMap { call in
            if case .removeContainer(let name) = call { return name.text }
            if case .removeVolume(let name) = call { return name.text }
            return nil
        }
    }

    @Test func whatARecordNamesStays() {
        let all = collect()
        #expect(removed(all.calls) == ["oz-task-a", "oz-task-b", "oz-volume-a"])
        #expect(all.core.found == 3 && all.core.phase == .over(code: 0))
        let some = collect(owned: ["oz-task-b", "oz-volume-a"])
        #expect(removed(some.calls) == ["oz-task-a"])
    }

    @Test func aVolumeThatIsIdleGoesAfterItsMarkerAndAWait() {
        let found = collect(owned: ["oz-task-a", "oz-task-b", "oz-volume-a"], idle: [Self.volume])
        #expect(removed(found.calls) == [Self.volume + ".ready", Self.volume])
        #expect(found.ends >= Instant(nanoseconds: 0).after(Timing().parting))
    }

    @Test func aVolumeThatWasUsedSinceStays() {
        var records = [JournalRecord.volumeUsed(Bytes(text: Self.volume), WallTime(nanoseconds: 0))]
        records.append(.volumeUsed(Bytes(text: Self.volume), WallTime(nanoseconds: 1)))
        // The last use counts, and what a compaction writes says the same.
        let sum = Inheritance(records)
        #expect(Inheritance(sum.records) == sum)
        #expect(sum.volumes.map(\.at) == [WallTime(nanoseconds: 1)])
    }

    @Test func aVolumeThatAContainerHasStays() {
        let found = collect(
            owned: ["oz-task-a", "oz-task-b", "oz-volume-a"], idle: [Self.volume],
            users: [entry("c", has: [Self.volume])])
        #expect(removed(found.calls).isEmpty && found.core.found == 0)
    }

    @Test func lookingRemovesNothingAndNamesTheSame() {
        let looked = collect(onlyLooks: true, idle: [Self.volume])
        #expect(removed(looked.calls).isEmpty)
        #expect(looked.said.filter { $0 == "docker.leftover_seen" }.count == 4 && looked.core.found == 4)
    }

    @Test func whatStaysMakesItAFailure() {
        let found = collect(refusing: "oz-task-a")
        #expect(found.core.phase == .over(code: 1) && found.core.found == 2)
    }

    private static let context = LogContext(worker: Bytes(text: "w"), backend: Bytes(text: "docker"))

    /// A `gc` that has reached the daemon and waits for the list of its containers.
    private func listing() -> (core: Collecting, list: EffectID?) {
        var core = Collecting(
            Settings(
                workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: [],
                backend: .docker(DockerSettings())),
            onlyLooks: false)
        let daemon = DockerDaemon(
            platform: Bytes(text: "linux/amd64"), version: [], api: Bytes(text: "1.41"), place: [], remarks: [])
        let reach = asked(&core, .began(Inheritance([])), at: 0).calls.last
        let list = reach.flatMap { asked(&core, .docker(.reached($0, daemon)), at: 0).calls.last }
        return (core, list)
    }

    private func asked(
        _ core: inout Collecting, _ event: Event, at seconds: UInt64
    ) -> (calls: [EffectID], said: [String]) {
        var requests: [Request] = []
        let input = Input(
            at: Instant(nanoseconds: 1 + seconds * 1_000_000_000), wall: WallTime(nanoseconds: 0), entropy: 0,
            event: event)
        core.take(input, into: &requests)
        var calls: [EffectID] = []
        var said: [String] = []
        for request in requests {
            switch request.effect {
            case .docker: calls.append(request.id)
            case .log(let record): said.append(record.saying.words(Self.context))
            case .socket, .process, .files, .journal, .measure, .forgetSecrets, .exit: break
            }
        }
        return (calls, said)
    }

    @Test func aDaemonThatIsAwayIsTriedForFiveSeconds() throws {
        var core = Collecting(
            Settings(
                workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: [],
                backend: .docker(DockerSettings())),
            onlyLooks: false)
        let reach = try #require(asked(&core, .began(Inheritance([])), at: 0).calls.last)
        let away = DockerEvent.failed(reach, .notReached(Detail("down")))
        var sooner = core
        _ = asked(&sooner, .docker(away), at: 4)
        #expect(sooner.deadline != nil)
        _ = asked(&core, .docker(away), at: 5)
        #expect(core.phase == .over(code: 69))
    }

    @Test func whatIsNotListedIsNotSwept() throws {
        var (core, list) = listing()
        let failed = DockerEvent.failed(try #require(list), .refused(status: 500, Detail("no")))
        _ = asked(&core, .docker(failed), at: 0)
        #expect(core.phase == .over(code: 1))
        // An answer that the hands owe is none of the daemon's.
        (core, list) = listing()
        let said = asked(&core, .interpreter(.contractBroken(try #require(list))), at: 0).said
        #expect(core.phase == .over(code: 1))
        #expect(said.contains { $0.hasSuffix("(an internal error)") })
    }
}
