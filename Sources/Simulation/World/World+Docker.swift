// The Docker daemon in the world: what may happen there next, what comes of it, and what must hold of it.

import Codecs
import Effects
import WorkerModel

extension World {
    // MARK: - Moves

    /// What a healthy daemon does before long, each with its faulty twins.
    func addPromptDockerMoves(to list: inout MoveList) {
        if !docker.isUp { list.add(.daemonReturns) }
        for index in docker.pending.indices where docker.canAnswer(index) {
            list.add(.docker(index, .answers))
            for (move, fault) in docker.faults(of: index) { list.add(.docker(index, move), fault) }
        }
    }

    /// What it does in its own time, or not at all.
    func addSlowDockerMoves(to list: inout MoveList) {
        for index in docker.pending.indices where !docker.canAnswer(index) {
            for (move, fault) in docker.faults(of: index) { list.add(.docker(index, move), fault) }
        }
        for index in docker.containers.indices {
            guard docker.containers[index].isTask, !docker.containers[index].isOrphan else { continue }
            let state = docker.containers[index].state
            if state == .running, docker.isUp || docker.keepsAlive {
                list.add(.container(index, .ends))
                list.add(.container(index, .endsBadly), .agentFails)
                list.add(.container(index, .runsOutOfMemory), .agentFails)
            }
            if state != .created, docker.isUp {
                list.add(.container(index, .vanishes), .containerVanishes)
            }
        }
        if docker.isUp, begun { list.add(.daemonDies, .daemonDies) }
        if docker.stranger == .fills {
            list.add(.strangerFinishes)
            list.add(.strangerLeaves)
        }
    }

    // MARK: - What comes of it

    mutating func makeDocker(_ move: Move) -> Violation? {
        switch move {
        case .docker(let index, let way):
            guard docker.pending.indices.contains(index) else { return nil }
            let key = way == .answers && docker.isUp ? nil : worker.roster[docker.pending[index].id.slot]?.key
            let starts = docker.pending[index].call.starts
            let before = starts ? docker.tasksRunning : []
            let event = docker.answer(index, way, key)
            if starts {
                for key in docker.tasksRunning where !before.contains(key) { processes.agentStarts.append(key) }
            }
            return feed(.docker(event))
        case .container(let index, let move):
            guard docker.containers.indices.contains(index) else { return nil }
            let key = docker.containers[index].key
            switch move {
            case .ends: docker.end(index, code: docker.containers[index].wasToldToEnd ? 143 : 0)
            case .endsBadly: docker.end(index, code: 3)
            case .runsOutOfMemory: docker.end(index, code: 137, outOfMemory: true)
            case .vanishes: docker.containers.remove(at: index)
            }
            if move != .ends, !docker.troubled.contains(key) { docker.troubled.append(key) }
            return nil
        case .daemonDies:
            for entry in server.ledger where !docker.troubled.contains(entry.key) { docker.troubled.append(entry.key) }
            let events = docker.die()
            for event in events.dropLast() {
                if let violation = feed(.docker(event), whole: false) { return violation }
            }
            return events.last.flatMap { feed(.docker($0)) }
        case .daemonReturns:
            docker.isUp = true
            return nil
        case .strangerFinishes:
            docker.strangerFinishes()
            return nil
        case .strangerLeaves:
            docker.stranger = .hasLeft
            return nil
        case .begin, .assign, .cancel, .sayNonsense, .acceptDial, .refuseDial, .endAbandoned, .acceptWrite,
            .deliverToServer, .deliverToWorker, .drop, .answerClose, .answerFile, .process, .signal, .breakContract,
            .answerAdoption, .sleep, .startAgain, .wait:
            return nil
        }
    }

    // MARK: - What must hold

    /// Asked for something on the daemon.
    func checkDocker(_ call: DockerCall, _ id: EffectID) -> Violation? {
        if id.slot == 0, let violation = checkSweep(call) { return violation }
        switch call {
        case .createContainer(let name, _, _):
            if !journal.names(.container(name)) {
                return Violation("JournalFirst", "a container was asked for before the journal knew of it")
            }
        case .createVolume(let name, _):
            if name.hasPrefix("oz-volume-"), !journal.names(.volume(name)) {
                return Violation("JournalFirst", "a volume was asked for before the journal knew of it")
            }
        case .startContainer(let name):
            guard let key = docker.container(name)?.key else { return nil }
            if !network.claimsTaken.contains(key.task) {
                return Violation("ClaimBeforeWork", "a container was started before the claim was written")
            }
        case .reach, .pull, .inspectImage, .inspectVolume, .removeVolume, .inspectContainer, .awaitEnd,
            .stopContainer, .killContainer, .removeContainer, .copy, .tellOutput, .followOutput, .listContainers,
            .listVolumes, .abandon:
            break
        }
        return nil
    }

    /// What is removed for no execution is this instance's, and no execution's.
    private func checkSweep(_ call: DockerCall) -> Violation? {
        let owner: Bytes?
        let name: Bytes
        let possession: Possession
        switch call {
        case .removeContainer(let id):
            guard let container = docker.container(id) else { return nil }
            owner = container.instance
            name = container.name
            possession = .container(name)
        case .removeVolume(let volumeName):
            guard let volume = docker.volumes.first(where: { $0.name == volumeName }) else { return nil }
            owner = volume.instance
            name = volumeName
            possession = .volume(name)
        case .reach, .pull, .inspectImage, .createVolume, .inspectVolume, .createContainer, .inspectContainer,
            .startContainer, .awaitEnd, .stopContainer, .killContainer, .copy, .tellOutput, .followOutput,
            .listContainers, .listVolumes, .abandon:
            return nil
        }
        if owner != docker.instance {
            return Violation("NothingForeignRemoved", "somebody else's thing was taken for a leftover")
        }
        // What this life has given up removing is tried again by the hour, and known to the next life meanwhile.
        guard journal.names(possession), !docker.givenUp.contains(name) else { return nil }
        return Violation("KnownIsNoLeftover", "what an execution owns was taken for a leftover")
    }

    /// No task runs on files of which some may be missing.
    func neverHalfFilled() -> Violation? {
        for container in docker.containers where container.isTask && container.state == .running {
            for volume in docker.volumes where container.volumes.contains(volume.name) && volume.content != .full {
                return Violation("NeverHalfFilled", "a task runs with a volume that was not filled")
            }
        }
        return nil
    }

    func containersAreDead(_ tasks: [Task]) -> Violation? {
        let letters = worker.connection.outbox.letters
        for container in docker.containers where container.isTask && container.state == .running && !container.isOrphan
        {
            for index in letters.indices where letters[index].kind == .finalWord && letters[index].run != 0 {
                guard letters[index].key == container.key else { continue }
                if tasks.contains(where: { $0.key == container.key && $0.isHaunting }) { continue }
                return Violation("VerdictAfterDeath", "a final word while the execution's container runs")
            }
        }
        return nil
    }

    func dockerJournalTellsAll() -> Violation? {
        guard scenario.settings.cleanup, !contractBroken else { return nil }
        for container in docker.containers where container.instance == docker.instance && !container.isOrphan {
            if journal.names(.container(container.name)) { continue }
            return Violation("JournalTellsAll", "the next life would not know of \(container.name.text)")
        }
        for volume in docker.volumes where volume.isOwn(of: docker.instance) && !hasCrashed {
            if journal.names(.volume(volume.name)) { continue }
            return Violation("JournalTellsAll", "the next life would not know of \(volume.name.text)")
        }
        return nil
    }

    /// At rest or at the end: nothing of ours is there but what cleanup off keeps.
    func nothingLeftOnDaemon() -> Violation? {
        guard !contractBroken else { return nil }
        let kept: (Bytes) -> Bool = { [scenario] name in
            !scenario.settings.cleanup && (name.hasPrefix("oz-task-") || name.hasPrefix("oz-volume-"))
        }
        if let name = docker.left.first(where: { !kept($0) }), !hasCrashed || !name.hasPrefix("oz-volume-") {
            return Violation("NothingLeftBehind", "left on the Docker daemon: \(name.text)")
        }
        if docker.containers.contains(where: { $0.isTask && $0.state == .running && !$0.isOrphan }) {
            return Violation("NothingLeftBehind", "a container runs on")
        }
        return nil
    }

    private var hasCrashed: Bool { server.ledger.contains { $0.isOfAnEarlierLife } }
}
