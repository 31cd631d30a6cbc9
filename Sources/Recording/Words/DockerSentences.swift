// The Docker daemon's part of a story: what was asked of it, and what it said.

import Codecs
import Effects

extension DockerCall {
    public var sentence: String {
        switch self {
        case .reach: "reach the Docker daemon"
        case .pull(let image, let platform, let withCredentials):
            "pull \(image.text) for \(platform.text)" + (withCredentials ? "" : ", without credentials")
        case .inspectImage(let image): "look at the image \(image.text)"
        case .createVolume(let name, _): "make the volume \(name.text)"
        case .inspectVolume(let name): "look at the volume \(name.text)"
        case .removeVolume(let name): "remove the volume \(name.text)"
        case .createContainer(let name, _, _): "make the container \(name.text)"
        case .inspectContainer(let name): "look at the container \(name.text)"
        case .startContainer(let name): "start the container \(name.text)"
        case .awaitEnd(let name): "wait for the end of the container \(name.text)"
        case .stopContainer(let name, let span): "stop the container \(name.text) within \(span.words)"
        case .killContainer(let name): "kill the container \(name.text)"
        case .removeContainer(let name): "remove the container \(name.text)"
        case .copy(let from, let to, let path): "copy all files of \(from.text) to \(path.text) of \(to.text)"
        case .tellOutput(let name, _, _, let level): "tell the end of the output of \(name.text) at \(level.name)"
        case .followOutput(let name, _, _): "follow the output of \(name.text)"
        case .listContainers(let labels):
            labels.isEmpty ? "list all containers" : "list the containers of this instance"
        case .listVolumes: "list the volumes of sidecars"
        case .abandon(let id): "give call \(id.label) up"
        }
    }
}

extension DockerEvent {
    public var sentence: String {
        switch self {
        case .done(let id): "Docker call \(id.label) is done"
        case .exists(let id): "Docker call \(id.label): something of that name is there already"
        case .failed(let id, let failure): "Docker call \(id.label) failed: \(failure.words)"
        case .reached(let id, let daemon):
            "Docker call \(id.label) reached \(daemon.version.text) on \(daemon.platform.text) at \(daemon.place.text)"
        case .image(let id, let image): "Docker call \(id.label) found the image \(image.id.text)"
        case .volume(let id, let isLabelled):
            "Docker call \(id.label) found the volume" + (isLabelled ? "" : ", which no worker made")
        case .container(let id, let container): "Docker call \(id.label) found the container \(container.sentence)"
        case .ended(let id, let code): "Docker call \(id.label): the container ended with \(code)"
        case .listed(let id, let names): "Docker call \(id.label) listed \(names.count)"
        }
    }
}

extension DockerContainer {
    fileprivate var sentence: String {
        switch state {
        case .created: "made and not started"
        case .running: "running"
        case .ended: "ended with \(exitCode)" + (outOfMemory ? ", out of memory" : "")
        }
    }
}
