// Whose it is: what everything created outside the process carries where it can carry labels.
//
// Several workers may share a worker id, so ownership goes by the instance. Values are sanitised to what labels may
// be, which can make two ids look alike; the hashes tell them apart.

import Codecs
import Effects

public struct Label: Hashable, Codable, Sendable {
    public let name: Bytes
    public let value: Bytes
}

public enum Labels {
    private static let valueMax = 63

    public static func of(_ key: ExecutionKey, _ settings: Settings) -> [Label] {
        ofInstance(settings) + pair("task", key.task.bytes) + pair("execution", execution(key))
    }

    /// Of what belongs to no execution.
    public static func ofInstance(_ settings: Settings) -> [Label] {
        pair("worker", settings.workerID) + pair("instance", settings.instanceID)
    }

    /// The value of `oz-execution-hash`.
    public static func executionHash(_ key: ExecutionKey) -> Bytes { hash(execution(key)) }

    /// Where an execution has no id, its task's stands in for it.
    private static func execution(_ key: ExecutionKey) -> Bytes { key.execution?.bytes ?? key.task.bytes }

    private static func pair(_ what: String, _ id: Bytes) -> [Label] {
        [
            Label(name: Bytes(text: "oz-\(what)-id"), value: sanitised(id)),
            Label(name: Bytes(text: "oz-\(what)-hash"), value: hash(id)),
        ]
    }

    /// The first 8 bytes of SHA-256, in hex.
    public static func hash(_ id: Bytes) -> Bytes {
        Bytes(SHA256.digest(id).prefix(8)).hex
    }

    /// Lower case; other characters to `-`; `-_.` kept inside; 63 at most; never empty.
    public static func sanitised(_ id: Bytes) -> Bytes {
        let mapped = id.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "."):
                byte
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
            default: UInt8(ascii: "-")
            }
        }
        let trimmed = trim(mapped)
        let short = trim(Bytes(trimmed.prefix(valueMax)))
        return short.isEmpty ? Bytes(text: "unknown") : short
    }

    private static func trim(_ value: Bytes) -> Bytes {
        func isEdge(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        }
        guard let first = value.firstIndex(where: { !isEdge($0) }),
            let last = value.lastIndex(where: { !isEdge($0) })
        else { return [] }
        return Bytes(value[first...last])
    }
}
