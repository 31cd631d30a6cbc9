// What a daemon's listing tells of, and what of it is to go, with the reason.

import Codecs

public struct DockerListed: Hashable, Codable, Sendable {
    /// Of a container, what no other ever has; of a volume, its name.
    public let id: Bytes
    public let name: Bytes
    /// Its label `oz-instance-hash`.
    public let instance: Bytes?
    /// Its label `oz-execution-hash`; without one it belongs to no execution.
    public let execution: Bytes?
    public let isRunning: Bool
    /// Of a container: the volumes that it has.
    public let volumes: [Bytes]

    public init(
        id: Bytes, name: Bytes, instance: Bytes?, execution: Bytes?, isRunning: Bool = false, volumes: [Bytes] = []
    ) {
        self.id = id
        self.name = name
        self.instance = instance
        self.execution = execution
        self.isRunning = isRunning
        self.volumes = volumes
    }
}

public struct DockerLitter: Hashable, Codable, Sendable {
    public enum Kind: UInt8, Hashable, Codable, Sendable {
        case container, runningContainer
        /// Of a task that wrote to its sidecar.
        case volume
        /// Of a volume that is not there.
        case marker
        /// Of a volume that nothing has used for long, and that volume.
        case idleMarker, idleVolume
    }

    public let kind: Kind
    public let name: Bytes
    public let id: Bytes

    public init(_ kind: Kind, _ name: Bytes, id: Bytes? = nil) {
        self.kind = kind
        self.name = name
        self.id = id ?? name
    }

    var words: String {
        switch kind {
        case .container: "the container \(name.text), which no task of this worker needs"
        case .runningContainer: "the container \(name.text), which was still running for no task of this worker"
        case .volume: "the volume \(name.text), which no task of this worker needs"
        case .marker: "the volume \(name.text), which marks one that is not there"
        case .idleMarker: "the volume \(name.text), which marks one that nothing has used for a week"
        case .idleVolume: "the volume \(name.text), which nothing has used for a week"
        }
    }
}

extension DockerListed: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.bytes(id)
        visitor.bytes(name)
        visitor.optional(instance) { $0.bytes($1) }
        visitor.optional(execution) { $0.bytes($1) }
        visitor.flag(isRunning)
        visitor.number(volumes.count)
        for volume in volumes { visitor.bytes(volume) }
    }
}

extension DockerLitter: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.tag(kind.rawValue)
        visitor.bytes(name)
        visitor.bytes(id)
    }
}
