// What is said about the Docker daemon, and about tasks in containers.

import Codecs

public enum DockerSaying: Hashable, Codable, Sendable {
    case daemonFound(DockerDaemon)
    case daemonRemark(DockerRemark)
    case daemonAwaited(DockerFailure)
    case leftoverRemoved(DockerLitter)
    case leftoverStays(DockerLitter, DockerFailure)
    case leftoverSeen(DockerLitter)
    case sweepBrokenOff(DockerFailure)
    case pullStarted(Bytes)
    case pullRetried(Bytes, DockerFailure, after: Span)
    case localImageUsed(Bytes, DockerFailure)
    case pulledAnonymously(Bytes)
    case fillStarted(volume: Bytes)
    case fillAwaited(volume: Bytes)
    case fillRepeated(volume: Bytes, DockerFailure)
    case fillLockBroken(volume: Bytes)
    case containerStarted(Bytes)
    case containerAdopted(Bytes)
    case waitBroken(DockerFailure)
    case containerKept(Bytes)
    case dockerRemovalFailed(Bytes, DockerFailure, givenUp: Bool)
    case outputUnread(DockerFailure)
}

extension DockerSaying {
    var name: StaticString {
        switch self {
        case .daemonFound: "docker.found"
        case .daemonRemark: "docker.remark"
        case .daemonAwaited: "docker.awaited"
        case .leftoverRemoved: "docker.leftover_removed"
        case .leftoverStays: "docker.leftover_stays"
        case .leftoverSeen: "docker.leftover_seen"
        case .sweepBrokenOff: "docker.sweep_broken_off"
        case .pullStarted: "task.pull_started"
        case .pullRetried: "task.pull_retried"
        case .localImageUsed: "task.local_image_used"
        case .pulledAnonymously: "task.pulled_anonymously"
        case .fillStarted: "task.sidecar_fill_started"
        case .fillAwaited: "task.sidecar_fill_awaited"
        case .fillRepeated: "task.sidecar_fill_repeated"
        case .fillLockBroken: "task.sidecar_lock_broken"
        case .containerStarted: "task.container_started"
        case .containerAdopted: "task.container_adopted"
        case .waitBroken: "task.wait_broken"
        case .containerKept: "cleanup.container_kept"
        case .dockerRemovalFailed: "cleanup.docker_removal_failed"
        case .outputUnread: "task.output_unread"
        }
    }

    var fields: [LogField] {
        switch self {
        case .daemonFound(let daemon):
            return [
                LogField("version", .text(daemon.version)), LogField("api", .text(daemon.api ?? [])),
                LogField("platform", .text(daemon.platform)), LogField("address", .text(daemon.place)),
            ]
        case .pullStarted(let image), .localImageUsed(let image, _), .pulledAnonymously(let image):
            return [LogField("image", .text(image))]
        case .pullRetried(let image, _, let after):
            return [LogField("image", .text(image)), LogField("retry_in_ms", after)]
        case .fillStarted(let volume), .fillAwaited(let volume), .fillRepeated(let volume, _),
            .fillLockBroken(let volume):
            return [LogField("volume", .text(volume))]
        case .containerStarted(let name), .containerAdopted(let name), .containerKept(let name):
            return [LogField("container", .text(name))]
        case .leftoverRemoved(let litter), .leftoverStays(let litter, _), .leftoverSeen(let litter):
            return [LogField("name", .text(litter.name))]
        case .dockerRemovalFailed(let name, _, let givenUp):
            return [LogField("name", .text(name)), LogField("given_up", .flag(givenUp))]
        case .daemonRemark, .daemonAwaited, .waitBroken, .outputUnread, .sweepBrokenOff: return []
        }
    }

    var words: String {
        switch self {
        case .daemonFound(let daemon): "found the Docker daemon \(daemon.version.text) at \(daemon.place.text)"
        case .daemonRemark(let remark): remark.words
        case .daemonAwaited(let failure): "waiting for the Docker daemon: \(failure.words)"
        case .leftoverRemoved(let litter): "removed \(litter.words)"
        case .leftoverStays(let litter, let failure): "could not remove \(litter.words): \(failure.words)"
        case .leftoverSeen(let litter): "would remove \(litter.words)"
        case .sweepBrokenOff(let failure):
            "could not look for what is left on the Docker daemon: \(failure.words)"
        case .pullStarted(let image): "pulling the image \(image.text)"
        case .pullRetried(let image, let failure, let after):
            "pulling the image \(image.text) again in \(after.words): \(failure.words)"
        case .localImageUsed(let image, let failure):
            "the image \(image.text) could not be pulled; the one that is here already is used: \(failure.words)"
        case .pulledAnonymously(let image):
            "the registry refused the credentials for the image \(image.text); trying without any"
        case .fillStarted(let volume): "filling the volume \(volume.text)"
        case .fillAwaited(let volume): "waiting for somebody else who fills the volume \(volume.text)"
        case .fillRepeated(let volume, let failure):
            "filling the volume \(volume.text) again, since it broke off: \(failure.words)"
        case .fillLockBroken(let volume):
            "whoever was filling the volume \(volume.text) has not finished in time; doing it in their place"
        case .containerStarted(let name): "started the container \(name.text)"
        case .containerAdopted(let name):
            "going on with the container \(name.text), which an earlier life of the worker made"
        case .waitBroken(let failure): "looking at the container again: \(failure.words)"
        case .containerKept(let name): "kept the container \(name.text)"
        case .dockerRemovalFailed(let name, let failure, let givenUp):
            "could not remove \(name.text) from the Docker daemon: \(failure.words); "
                + (givenUp ? "tried again within the hour" : "trying again")
        case .outputUnread(let failure): "the container's output could not be read: \(failure.words)"
        }
    }
}
