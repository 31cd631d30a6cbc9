// Names on the daemon, chosen before they are asked for, and what is read out of an image's name.

import Codecs
import Effects

enum DockerNames {
    private static let taskMax = 40

    /// Ours alone: chance tells one execution's from any other's, on whatever worker.
    static func container(_ key: ExecutionKey, chance: UInt64) -> Bytes {
        own("oz-task-", key, chance)
    }

    /// The volume of a sidecar that the task may write to.
    static func volume(_ key: ExecutionKey, _ index: Int, chance: UInt64) -> Bytes {
        own("oz-volume-", key, chance) + Bytes(text: "-") + Bytes(decimal: index)
    }

    private static func own(_ prefix: StaticString, _ key: ExecutionKey, _ chance: UInt64) -> Bytes {
        var name = Bytes(text: prefix)
        name += Labels.sanitised(key.task.bytes).prefix(taskMax)
        name.append(UInt8(ascii: "-"))
        if let execution = key.execution {
            name += Labels.sanitised(execution.bytes).suffix(8)
            name.append(UInt8(ascii: "-"))
        }
        name += Bytes((0..<8).map { UInt8(truncatingIfNeeded: chance >> UInt64(56 &- 8 &* $0)) }).hex
        return name
    }

    /// Shared by all tasks and workers that use this very image.
    static func sidecar(_ image: Bytes, _ facts: DockerImage) -> Bytes {
        let reference = ImageReference(image)
        let known = facts.digests.first { ImageReference($0).familiar == reference.familiar } ?? facts.digests.first
        let digest = known.flatMap { ImageReference($0).digest } ?? facts.id
        let hex = digest.lastIndex(of: UInt8(ascii: ":")).map { digest[($0 &+ 1)...] } ?? digest[...]
        var name = Bytes(text: "oz-sidecar-")
        name += mapped(reference.familiar)
        name.append(UInt8(ascii: "-"))
        return name + hex.prefix(12)
    }

    /// Made once the volume was filled; there is nothing in it.
    static func marker(of volume: Bytes) -> Bytes { volume + Bytes(text: ".ready") }

    /// Of what volume it would be the marker.
    static func marked(by name: Bytes) -> Bytes? {
        let ending = Bytes(text: ".ready")
        return name.count > ending.count && name.suffix(ending.count).elementsEqual(ending)
            ? Bytes(name.dropLast(ending.count)) : nil
    }

    /// Made of the sidecar's image, and never started: its file system is what is copied. There can be one of this
    /// name, so whoever makes it is the one who fills the volume.
    static func source(of volume: Bytes) -> Bytes { volume + Bytes(text: ".fill") }

    /// Never started either: the volume is filled through it.
    static func target(of volume: Bytes) -> Bytes { volume + Bytes(text: ".target") }

    /// No other execution has it, on whatever worker.
    static func isDrawn(_ name: Bytes) -> Bool { !name.hasPrefix("oz-sidecar-") }

    /// Of the container that a task runs in.
    static func isOfTask(_ name: Bytes) -> Bool { name.hasPrefix("oz-task-") }

    private static func mapped(_ name: Bytes) -> Bytes {
        name.map { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                byte
            default: UInt8(ascii: "-")
            }
        }
    }
}
