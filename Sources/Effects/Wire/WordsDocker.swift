// The Docker backend in words: what the daemon and the registries have against a task.

import Codecs

extension Failure {
    /// Empty for a failure that is not about containers.
    var dockerWords: String {
        switch self {
        case .imagePull(let problem): problem.words
        case .sidecarPrep(let problem): problem.words
        case .containerCreate(let failure): "its container could not be made: \(failure.words)"
        case .containerStart(let failure): "its container could not be started: \(failure.words)"
        case .containerWait: "its container was removed by somebody else, so how it ended is not known"
        case .containerExit(let code): "its container \(ProcessEnd.exit(code).containerWords)"
        case .containerOOM(let code): "its container ran out of memory and was killed (exit code \(code))"
        case .internal, .taskTimeout, .gracefulShutdown, .workspaceSetup, .setupCommand, .agentInvocation,
            .dispatchCommand, .dispatchTimeout:
            ""
        }
    }
}

extension ProcessEnd {
    /// Docker tells of a signal as 128 + its number.
    fileprivate var containerWords: String {
        switch self {
        case .exit(let code) where code > 128 && code < 160: ProcessEnd.signal(code &- 128).words
        case .exit, .signal, .unseen: words
        }
    }
}

extension ImageProblem {
    public var words: String {
        switch self {
        case .pull(let image, .notFound, let failure): "the image \(image.text) was not found: \(failure.words)"
        case .pull(let image, .denied, let failure):
            "the registry does not give the image \(image.text) to this worker: \(failure.words)"
        case .pull(let image, .unreachable, let failure):
            "the image \(image.text) could not be pulled, since its registry can't be reached: \(failure.words)"
        case .pull(let image, .busy, let failure), .pull(let image, .other, let failure):
            "the image \(image.text) could not be pulled: \(failure.words)"
        case .inspection(let image, let failure):
            "the image \(image.text) could not be looked at: \(failure.words)"
        case .platform(let image, let has, let wanted):
            "the image \(image.text) is made for \(has.text), and the Docker daemon runs \(wanted.text)"
        }
    }
}

extension SidecarProblem {
    public var words: String {
        switch self {
        case .emptyImage: "a sidecar of the task names no image"
        case .emptyMountPath: "a sidecar of the task names no place to be mounted at"
        case .sameMountPath(let path): "two sidecars of the task want to be mounted at \(path.text)"
        case .image(let problem): "a sidecar could not be prepared: \(problem.words)"
        case .volume(let name, let failure): "the volume \(name.text) could not be prepared: \(failure.words)"
        case .filling(let image, let failure):
            "the files of the sidecar \(image.text) could not be copied: \(failure.words)"
        case .fillingTooLong(let image, let span):
            "the files of the sidecar \(image.text) could not be copied within \(span.words)"
        case .vanished(let name): "the volume \(name.text) was removed by somebody else while the task was prepared"
        }
    }
}

extension DockerFailure {
    /// Follows a colon.
    public var words: String {
        switch self {
        case .refused(let status, let detail): "Docker answered \(status) (\(detail.text))"
        case .pull(let detail): detail.text
        case .notReached(let detail): "the Docker daemon can't be reached (\(detail.text))"
        case .lost(let detail): "the connection to the Docker daemon broke (\(detail.text))"
        case .timedOut: "the Docker daemon did not answer in time"
        case .unreadable(let detail): "the Docker daemon's answer could not be read (\(detail.text))"
        case .credentials(let detail): "the credentials for its registry could not be got (\(detail.text))"
        case .address(let detail): detail.text
        case .abandoned: "it was given up"
        }
    }
}

extension BackendProblem {
    /// Empty for a problem that is not about Docker.
    var dockerWords: String {
        switch self {
        case .dockerUnreachable(let failure): "the Docker backend can't be used: \(failure.words)"
        case .dockerTooOld(let version):
            "the Docker daemon is too old: it is version \(version.text), and version 20.10 or later is needed"
        case .dockerPlatform(let platform):
            "the Docker daemon runs \(platform.text), and the worker needs linux/amd64 or linux/arm64"
        case .agentMissing, .targetDirectory, .workspaceRoot: ""
        }
    }
}

extension DockerRemark {
    public var words: String {
        switch self {
        case .contextLoses(let context, let socket):
            "DOCKER_CONTEXT names \(context.text), but the socket \(socket.text) is there and goes first; "
                + "to use the context, set DOCKER_HOST to its address"
        case .unverified:
            "the connection to the Docker daemon is encrypted, but nobody looks whose certificate it is; "
                + "set DOCKER_TLS_VERIFY=1"
        case .configuration(let detail):
            "the Docker configuration could not be read, so images are pulled without credentials (\(detail.text))"
        }
    }
}
