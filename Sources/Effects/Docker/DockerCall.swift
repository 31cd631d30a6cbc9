// The Docker daemon, as calls. Every one but `abandon` has exactly one final answer. Names are chosen before asking,
// so that a lost answer leaves nothing unknown.

import Codecs

public enum DockerCall: Hashable, Codable, Sendable {
    /// Finds the daemon and agrees on a version with it. Answer: `reached` or `failed`.
    case reach
    /// Answer: `done` or `failed`.
    case pull(image: Bytes, platform: Bytes, withCredentials: Bool)
    /// Answer: `image` or `failed`.
    case inspectImage(Bytes)
    /// One that is there already is as good. Answer: `done` or `failed`.
    case createVolume(Bytes, labels: JSON)
    /// Answer: `volume` or `failed`.
    case inspectVolume(Bytes)
    /// What is not there is removed. Answer: `done` or `failed`.
    case removeVolume(Bytes)
    /// Answer: `done`, `exists` or `failed`.
    case createContainer(Bytes, platform: Bytes?, body: JSON)
    /// Answer: `container` or `failed`.
    case inspectContainer(Bytes)
    /// One that runs already is as good. Answer: `done` or `failed`.
    case startContainer(Bytes)
    /// Answers when it runs no more, however long that takes: `ended` or `failed`.
    case awaitEnd(Bytes)
    /// SIGTERM, and SIGKILL after that time; answers when it has ended. One that does not run has ended. `done` or
    /// `failed`.
    case stopContainer(Bytes, within: Span)
    /// The same with SIGKILL. Answer: `done` or `failed`.
    case killContainer(Bytes)
    /// With its anonymous volumes, killed where it runs. What is not there is removed. Answer: `done` or `failed`.
    case removeContainer(Bytes)
    /// Streams the whole file system of one container into a directory of another. Answer: `done` or `failed`.
    case copy(from: Bytes, to: Bytes, path: Bytes)
    /// Brings the end of its output to the log, if the log takes that level. Answer: `done` or `failed`.
    case tellOutput(Bytes, ExecutionKey, secrets: SecretRange, LogLevel)
    /// Brings its output to the log as it comes, from the beginning until it ends. Answer: `done` or `failed`.
    case followOutput(Bytes, ExecutionKey, secrets: SecretRange)
    /// All containers with these labels. Answer: `listed` or `failed`.
    case listContainers(labels: [Bytes])
    /// All volumes with these labels. Answer: `listed` or `failed`.
    case listVolumes(labels: [Bytes])
    /// Nobody waits for this call any more: it ends soon, as `abandoned`. Done when asked.
    case abandon(EffectID)

    public var answers: Bool {
        switch self {
        case .reach, .pull, .inspectImage, .createVolume, .inspectVolume, .removeVolume, .createContainer,
            .inspectContainer, .startContainer, .awaitEnd, .stopContainer, .killContainer, .removeContainer, .copy,
            .tellOutput, .followOutput, .listContainers, .listVolumes:
            true
        case .abandon: false
        }
    }
}
