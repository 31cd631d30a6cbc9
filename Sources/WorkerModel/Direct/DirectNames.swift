// Names of things on the host, chosen before they are asked for.

import Codecs
import Effects

enum DirectNames {
    private static let nameMax = 255

    /// Usable as one path component.
    static func isUsable(_ task: TaskID) -> Bool {
        let name = task.bytes
        if name.isEmpty || name.count > nameMax { return false }
        if name == Bytes(text: ".") || name == Bytes(text: "..") { return false }
        return !name.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
    }

    /// The task's id; where that is taken, with the end of the execution's id; then with a number.
    static func workspace(_ key: ExecutionKey, attempt: Int, root: Bytes) -> Bytes {
        let suffix: Bytes
        switch (attempt, key.execution) {
        case (0, _): suffix = []
        case (1, let execution?): suffix = Bytes(text: "-") + tail(execution)
        default: suffix = Bytes(text: "-\(attempt &+ 1)")
        }
        return root + Bytes(text: "/") + key.task.bytes.prefix(nameMax &- suffix.count) + suffix
    }

    /// Where an ended execution's workspace lies until it is removed, so that its name is free at once.
    static func aside(root: Bytes, chance: UInt64) -> Bytes {
        root + Bytes(text: "/.oz-ended-") + hex(chance)
    }

    static func scratch(in directory: Bytes, chance: UInt64) -> Bytes {
        directory + Bytes(text: "/oz-git-") + hex(chance)
    }

    static func environmentFile(in directory: Bytes, chance: UInt64) -> Bytes {
        directory + Bytes(text: "/oz-env-") + hex(chance)
    }

    private static func tail(_ execution: ExecutionID) -> Bytes {
        execution.bytes.suffix(8).map { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                byte
            default: UInt8(ascii: "-")
            }
        }
    }

    private static func hex(_ value: UInt64) -> Bytes {
        let digits = Bytes(text: "0123456789abcdef")
        return (0..<16).map { digits[Int((value >> UInt64(60 &- 4 &* $0)) & 15)] }
    }
}
