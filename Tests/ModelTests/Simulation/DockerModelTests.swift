// The Docker daemon of the world: what it does is what a real one does, and what may happen there is offered.

import Codecs
import Effects
import Testing

@testable import Simulation
@testable import WorkerModel

struct DockerModelTests {
    private let container = Bytes(text: "oz-task-a")

    private func daemon(stranger: Bool = false, litter: Bool = false) -> DockerModel {
        DockerModel(instance: Bytes(text: "ours"), keepsAlive: true, stranger: stranger, litter: litter)
    }

    private func making() throws -> DockerCall {
        let body = try JSON.parse(Bytes(text: #"{"Labels":{"oz-instance-hash":"ours"}}"#))
        return .createContainer(container, platform: nil, body: body)
    }

    /// With a container that runs.
    private func running() throws -> DockerModel {
        var daemon = daemon()
        for (number, call) in [try making(), .startContainer(container)].enumerated() {
            #expect(daemon.take(call, id(UInt64(number))) == nil)
            #expect(daemon.answer(0, .answers, nil) == .done(id(UInt64(number))))
        }
        #expect(daemon.container(container)?.state == .running)
        return daemon
    }

    @Test func aStrangersContainerGoesOnlyByItsId() {
        var daemon = daemon(stranger: true)
        let name = DockerModel.sharedVolume + Bytes(text: ".fill")
        #expect(daemon.take(.removeContainer(name), id(1))?.invariant == "NothingForeignRemoved")
        #expect(daemon.take(.removeContainer(Bytes(text: "stranger")), id(2)) == nil)
    }

    @Test func anOrderWhoseAnswerIsLostMayHaveBeenCarriedOut() throws {
        for (way, isDone) in [(DockerMove.losesAnswer, true), (.loses, false)] {
            var daemon = daemon()
            _ = daemon.take(try making(), id(1))
            #expect(daemon.answer(0, way, nil) == .failed(id(1), .lost(Detail("reset"))))
            #expect((daemon.container(container) != nil) == isDone)
        }
    }

    @Test func anOrderThatNobodyWaitsForMayStillBeCarriedOut() throws {
        for (way, isDone) in [(DockerMove.losesAnswer, true), (.answers, false)] {
            var daemon = try running()
            _ = daemon.take(.stopContainer(container, within: .zero), id(3))
            _ = daemon.take(.abandon(id(3)), id(4))
            #expect(daemon.faults(of: 0).map(\.0) == [.losesAnswer])
            #expect(daemon.answer(0, way, nil) == .failed(id(3), .abandoned))
            #expect(daemon.container(container)?.state == (isDone ? .ended : .running))
        }
    }

    @Test func whatOthersLeftIsAWorkersToo() {
        var filled = daemon(stranger: true)
        _ = filled.take(.inspectVolume(DockerModel.sharedVolume), id(1))
        #expect(filled.answer(0, .answers, nil) == .volume(id(1), isLabelled: true))
        var littered = daemon(litter: true)
        _ = littered.take(.listVolumes(labels: []), id(1))
        guard case .listed(_, let listed) = littered.answer(0, .answers, nil) else {
            Issue.record("no list")
            return
        }
        let names = [
            "oz-volume-other", "oz-sidecar-theirs", "oz-sidecar-theirs.ready", "oz-sidecar-old",
            "oz-sidecar-old.ready",
        ]
        #expect(listed.map(\.name.text) == names)
    }

    @Test func aNewPageForgetsItsContainers() throws {
        var daemon = try running()
        daemon.turnPage()
        #expect(daemon.containers.isEmpty)
    }

    @Test func howAContainerEndedCounts() throws {
        func digest(code: Int32, outOfMemory: Bool = false) throws -> UInt64 {
            var daemon = try running()
            daemon.end(0, code: code, outOfMemory: outOfMemory)
            var visitor = Visitor()
            daemon.visit(&visitor)
            return visitor.result
        }
        let digests = [try digest(code: 0), try digest(code: 137), try digest(code: 137, outOfMemory: true)]
        #expect(Set(digests).count == 3)
    }

    // MARK: - In the world

    /// A task whose container runs.
    private func stage() -> WorldStage {
        var stage = WorldStage {
            $0.settings.backend = .docker(DockerSettings())
            $0.crashes = 1
            $0.faults = 1
            $0.allowed = [.agentFails]
        }
        stage.connect()
        stage.make(.assign(0))
        stage.goOn { world in world.docker.containers.contains { $0.state == .running } }
        return stage
    }

    @Test func aContainerEndsWellOrBadly() {
        var stage = stage()
        let own = stage.world.moves().filter { if case .container = $0 { true } else { false } }
        #expect(own == [.container(0, .ends), .container(0, .endsBadly), .container(0, .runsOutOfMemory)])
        stage.world.faultsLeft = 0
        let poor = stage.world.moves().filter { if case .container = $0 { true } else { false } }
        #expect(poor == [.container(0, .ends)])
    }

    @Test func theDeadHearNothingOfWhatTheDaemonDoes() throws {
        var stage = stage()
        let name = try #require(stage.world.docker.containers.first?.name)
        _ = stage.world.docker.take(.stopContainer(name, within: .zero), id(900))
        let order = stage.world.docker.pending.count - 1
        stage.world.die()
        #expect(stage.world.moves().contains(.docker(order, .losesAnswer)))
        stage.make(.docker(order, .losesAnswer))
        #expect(stage.world.lastInputs.isEmpty && stage.world.docker.container(name)?.state == .ended)
    }

    /// Without a journal nobody knows what an earlier life left; what this one has is known, or it is left behind.
    @Test func anOwnVolumeIsKnownUnlessAnEarlierLifeMadeIt() {
        var stage = stage()
        let volume = DockerModel.Volume(
            name: Bytes(text: "oz-volume-x"), isLabelled: true, instance: stage.world.docker.instance)
        stage.world.docker.volumes.append(volume)
        #expect(stage.found() == "JournalTellsAll")
        stage.world.server.ledger[0].isOfAnEarlierLife = true
        #expect(stage.found() == nil)
    }
}
