// Names of things on the host, chosen before they are asked for.

import Codecs
import Effects

enum DirectNames {
    private static let nameMax = 255

    /// Usable as one path component.
    static func isUsable(_ task: TaskID) -> Bool {
        let name = task.bytes
        if name.isEmpty || name.count > nameMax { return false }
        if name.equals(".") || name.equals("..") { return false }
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
        var path = root
        path.reserveCapacity(root.count &+ 1 &+ key.task.bytes.count &+ suffix.count)
        path.append(UInt8(ascii: "/"))
        path += key.task.bytes.prefix(nameMax &- suffix.count)
        path += suffix
        return path
    }

    /// Where an ended execution's workspace lies until it is removed, so that its name is free at once.
    static func aside(root: Bytes, chance: UInt64) -> Bytes {
        name(root, "/.oz-ended-", chance)
    }

    static func scratch(in directory: Bytes, chance: UInt64) -> Bytes {
        name(directory, "/oz-git-", chance)
    }

    static func environmentFile(in directory: Bytes, chance: UInt64) -> Bytes {
        name(directory, "/oz-env-", chance)
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

    /// 16 hexadecimal digits at its end.
    private static func name(_ directory: Bytes, _ prefix: StaticString, _ chance: UInt64) -> Bytes {
        var path = directory
        path.reserveCapacity(directory.count &+ prefix.utf8CodeUnitCount &+ 16)
        path.append(text: prefix)
        for place in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: chance >> UInt64(60 &- 4 &* place)) & 15
            path.append(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &- 10 &+ digit)
        }
        return path
    }
}
