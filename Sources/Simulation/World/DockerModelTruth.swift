// What the Docker daemon's model is to the rest of the world: lives and deaths, and its part of a fingerprint.

import Codecs
import Effects

extension DockerModel.Container {
    var facts: DockerContainer {
        DockerContainer(
            id: id, state: state, exitCode: code, outOfMemory: outOfMemory, instance: instance, task: task,
            execution: execution)
    }
}

extension DockerModel {
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
        volumes.removeAll { $0.name.hasPrefix("oz-volume-") }
        givenUp = []
        troubled = []
        isUp = true
    }

    /// Ours, and not given up.
    var left: [Bytes] {
        containers.filter { $0.instance == instance && !givenUp.contains($0.name) && !$0.isOrphan }.map(\.name)
            + volumes.filter { $0.name.hasPrefix("oz-volume-") && !givenUp.contains($0.name) }.map(\.name)
    }

    /// A stranger finishes what he fills, or dies over it.
    mutating func strangerFinishes() {
        stranger = .none
        containers.removeAll { $0.id.equals("stranger") }
        for index in volumes.indices where volumes[index].name == DockerModel.sharedVolume {
            volumes[index].content = .full
        }
        var marker = Volume(name: DockerModel.sharedVolume + Bytes(text: ".ready"), isLabelled: true)
        marker.content = .empty
        volumes.append(marker)
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
