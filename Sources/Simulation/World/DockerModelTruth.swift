// What the Docker daemon's model is to the rest of the world: lives and deaths, and its part of a fingerprint.

import Codecs
import Effects

extension DockerModel.Container {
    var listed: DockerListed {
        DockerListed(
            id: id, name: name, instance: instance, execution: execution, isRunning: state == .running,
            volumes: volumes)
    }

    var facts: DockerContainer {
        DockerContainer(
            id: id, state: state, exitCode: code, outOfMemory: outOfMemory, instance: instance, task: task,
            execution: execution)
    }
}

extension DockerModel.Volume {
    /// A task's own, that it writes to.
    func isOwn(of owner: Bytes) -> Bool { name.hasPrefix("oz-volume-") && instance == owner }

    var listed: DockerListed { DockerListed(id: name, name: name, instance: instance, execution: execution) }
}

extension DockerModel {
    /// What another worker of the same id has here, and what ours made long ago: a volume that nothing uses, with its
    /// marker.
    mutating func layLitter() {
        let other = Bytes(text: "other")
        let key = ExecutionKey(task: TaskID(other), execution: nil)
        var container = Container(
            name: Bytes(text: "oz-task-other"), id: other, instance: other, task: other, execution: other, key: key,
            volumes: [])
        container.state = .ended
        containers.append(container)
        volumes.append(
            Volume(name: Bytes(text: "oz-volume-other"), isLabelled: true, instance: other, execution: other))
        for (name, owner) in [("oz-sidecar-theirs", other), ("oz-sidecar-old", instance)] {
            let volume = Bytes(text: name)
            volumes.append(Volume(name: volume, isLabelled: true, instance: owner, content: .full))
            volumes.append(Volume(name: volume + Bytes(text: ".ready"), isLabelled: true, instance: owner))
        }
    }

    /// kill -9 of the daemon. Nothing that was under way is carried out, and everybody hears that the line broke.
    mutating func die() -> [DockerEvent] {
        isUp = false
        let events = pending.map { request -> DockerEvent in
            .failed(request.id, request.isAbandoned ? .abandoned : .lost(Detail("reset")))
        }
        pending = []
        if !keepsAlive { for index in containers.indices { end(index, code: 137) } }
        return events
    }

    /// Nobody knows of its containers but by their labels.
    mutating func orphan() {
        for index in containers.indices where containers[index].instance == instance {
            containers[index].isOrphan = true
        }
    }

    /// What was left does not matter any more, but for what all tasks share.
    mutating func turnPage() {
        containers = []
        volumes.removeAll { $0.isOwn(of: instance) }
        givenUp = []
        troubled = []
        isUp = true
    }

    /// Ours, and not given up.
    var left: [Bytes] {
        containers.filter { $0.instance == instance && !givenUp.contains($0.name) && !$0.isOrphan }.map(\.name)
            + volumes.filter { $0.isOwn(of: instance) && !givenUp.contains($0.name) }.map(\.name)
    }

    /// A stranger finishes what he fills, or dies over it.
    mutating func strangerFinishes() {
        stranger = .none
        containers.removeAll { $0.id.equals("stranger") }
        for index in volumes.indices where volumes[index].name == DockerModel.sharedVolume {
            volumes[index].content = .full
        }
        let marker = DockerModel.sharedVolume + Bytes(text: ".ready")
        volumes.append(Volume(name: marker, isLabelled: true, instance: Bytes(text: "other")))
    }
}

extension DockerCall {
    /// May be carried out for somebody who has died over it.
    var changes: Bool {
        switch self {
        case .createContainer, .startContainer, .stopContainer, .killContainer, .createVolume, .removeContainer,
            .removeVolume:
            true
        case .reach, .pull, .inspectImage, .inspectVolume, .inspectContainer, .awaitEnd, .copy, .tellOutput,
            .followOutput, .listContainers, .listVolumes, .abandon:
            false
        }
    }
}

extension DockerCall {
    /// A container may run after it that did not run before.
    var starts: Bool {
        if case .startContainer = self { true } else { false }
    }
}

extension DockerModel: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.flag(isUp)
        visitor.tag(stranger.rawValue)
        visitor.list(volumes)
        visitor.list(containers)
        visitor.list(pending)
        visitor.list(troubled)
        visitor.number(givenUp.count)
        for name in givenUp { visitor.bytes(name) }
    }
}

extension DockerModel.Volume: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(name)
        visitor.flag(isLabelled)
        visitor.optional(instance) { $0.bytes($1) }
        visitor.optional(execution) { $0.bytes($1) }
        visitor.tag(content.rawValue)
    }
}

extension DockerModel.Container: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(name)
        visitor.bytes(instance)
        visitor.bytes(task)
        visitor.bytes(execution)
        key.visit(&visitor)
        visitor.number(volumes.count)
        for volume in volumes { visitor.bytes(volume) }
        visitor.tag(state.rawValue)
        visitor.number(Int(code))
        visitor.flag(outOfMemory)
        visitor.flag(wasToldToEnd)
        visitor.flag(isOrphan)
    }
}

extension DockerModel.Pending: Visited {
    func visit(_ visitor: inout Visitor) {
        visitor.id(id)
        call.visit(&visitor)
        visitor.flag(isAbandoned)
    }
}
