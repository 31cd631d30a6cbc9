// The hot description of what machines of the Docker backend keep in their state.

import Codecs

extension DockerCall: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .reach: visitor.tag(0)
        case .pull(let image, let platform, let withCredentials):
            visitor.named(1, image)
            visitor.bytes(platform)
            visitor.flag(withCredentials)
        case .inspectImage(let image): visitor.named(2, image)
        case .createVolume(let name, let labels):
            visitor.named(3, name)
            labels.visit(&visitor)
        case .inspectVolume(let name): visitor.named(4, name)
        case .removeVolume(let name): visitor.named(5, name)
        case .createContainer(let name, let platform, let body):
            visitor.named(6, name)
            visitor.optional(platform) { $0.bytes($1) }
            body.visit(&visitor)
        case .inspectContainer(let name): visitor.named(7, name)
        case .startContainer(let name): visitor.named(8, name)
        case .awaitEnd(let name): visitor.named(9, name)
        case .stopContainer(let name, let span):
            visitor.named(10, name)
            visitor.span(span)
        case .killContainer(let name): visitor.named(11, name)
        case .removeContainer(let name): visitor.named(12, name)
        case .copy(let from, let to, let path):
            visitor.named(13, from)
            visitor.bytes(to)
            visitor.bytes(path)
        case .tellOutput(let name, let key, let secrets, let level):
            visitor.named(14, name)
            key.visit(&visitor)
            secrets.visit(&visitor)
            visitor.tag(level.rawValue)
        case .listContainers(let labels): visitor.names(15, labels)
        case .listVolumes(let labels): visitor.names(16, labels)
        case .abandon(let id):
            visitor.tag(17)
            visitor.id(id)
        case .followOutput(let name, let key, let secrets):
            visitor.named(18, name)
            key.visit(&visitor)
            secrets.visit(&visitor)
        }
    }
}

extension Visitor {
    fileprivate mutating func named(_ kind: UInt8, _ name: Bytes) {
        tag(kind)
        bytes(name)
    }

    fileprivate mutating func names(_ kind: UInt8, _ names: [Bytes]) {
        tag(kind)
        number(names.count)
        for name in names { bytes(name) }
    }
}

extension DockerFailure: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .refused(let status, let detail):
            visitor.named(0, detail.bytes)
            visitor.number(status)
        case .pull(let detail): visitor.named(1, detail.bytes)
        case .notReached(let detail): visitor.named(2, detail.bytes)
        case .lost(let detail): visitor.named(3, detail.bytes)
        case .timedOut: visitor.tag(4)
        case .unreadable(let detail): visitor.named(5, detail.bytes)
        case .credentials(let detail): visitor.named(6, detail.bytes)
        case .address(let detail): visitor.named(7, detail.bytes)
        case .abandoned: visitor.tag(8)
        }
    }
}

extension DockerImage: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(id)
        visitor.number(digests.count)
        for digest in digests { visitor.bytes(digest) }
        visitor.bytes(platform)
    }
}

extension ImageProblem: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .pull(let image, let trouble, let failure):
            visitor.named(0, image)
            visitor.tag(trouble.rawValue)
            failure.visit(&visitor)
        case .inspection(let image, let failure):
            visitor.named(1, image)
            failure.visit(&visitor)
        case .platform(let image, let has, let wanted):
            visitor.named(2, image)
            visitor.bytes(has)
            visitor.bytes(wanted)
        }
    }
}

extension SidecarProblem: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .emptyImage: visitor.tag(0)
        case .emptyMountPath: visitor.tag(1)
        case .sameMountPath(let path): visitor.named(2, path)
        case .image(let problem):
            visitor.tag(3)
            problem.visit(&visitor)
        case .volume(let name, let failure):
            visitor.named(4, name)
            failure.visit(&visitor)
        case .filling(let image, let failure):
            visitor.named(5, image)
            failure.visit(&visitor)
        case .fillingTooLong(let image, let span):
            visitor.named(6, image)
            visitor.span(span)
        case .vanished(let name): visitor.named(7, name)
        }
    }
}

extension DockerSaying: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .daemonFound(let daemon):
            visitor.tag(0)
            daemon.visit(&visitor)
        case .daemonRemark(let remark):
            visitor.tag(1)
            remark.visit(&visitor)
        case .daemonAwaited(let failure):
            visitor.tag(2)
            failure.visit(&visitor)
        case .leftoverRemoved(let litter):
            visitor.tag(3)
            litter.visit(&visitor)
        case .leftoverStays(let litter, let failure):
            visitor.tag(4)
            litter.visit(&visitor)
            failure.visit(&visitor)
        case .pullStarted(let image): visitor.named(5, image)
        case .pullRetried(let image, let failure, let span):
            visitor.failed(6, image, failure)
            visitor.span(span)
        case .localImageUsed(let image, let failure): visitor.failed(7, image, failure)
        case .pulledAnonymously(let image): visitor.named(8, image)
        case .fillStarted(let volume): visitor.named(9, volume)
        case .fillAwaited(let volume): visitor.named(10, volume)
        case .fillRepeated(let volume, let failure): visitor.failed(11, volume, failure)
        case .fillLockBroken(let volume): visitor.named(12, volume)
        case .containerStarted(let name): visitor.named(13, name)
        case .waitBroken(let failure):
            visitor.tag(14)
            failure.visit(&visitor)
        case .containerKept(let name): visitor.named(15, name)
        case .dockerRemovalFailed(let name, let failure, let givenUp):
            visitor.failed(16, name, failure)
            visitor.flag(givenUp)
        case .outputUnread(let failure):
            visitor.tag(17)
            failure.visit(&visitor)
        case .leftoverSeen(let litter):
            visitor.tag(18)
            litter.visit(&visitor)
        case .sweepBrokenOff(let failure):
            visitor.tag(19)
            failure.visit(&visitor)
        case .containerAdopted(let name): visitor.named(20, name)
        }
    }
}

extension DockerDaemon: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(platform)
        visitor.bytes(version)
        visitor.optional(api) { $0.bytes($1) }
        visitor.bytes(place)
        visitor.list(remarks)
    }
}

extension DockerRemark: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .contextLoses(let context, let socket):
            visitor.named(0, context)
            visitor.bytes(socket)
        case .unverified: visitor.tag(1)
        case .configuration(let detail): visitor.named(2, detail.bytes)
        }
    }
}

extension Visitor {
    fileprivate mutating func failed(_ kind: UInt8, _ name: Bytes, _ failure: DockerFailure) {
        named(kind, name)
        failure.visit(&self)
    }
}
