// Who is who: requests, tasks, executions.

import Codecs

/// Names one request. Minted by the worker from a counter in its state, never twice in one life.
/// Slot 0 is the worker itself; any other slot holds one execution.
public struct EffectID: Hashable, Codable, Sendable {
    public let slot: UInt32
    public let sequence: UInt64

    public init(slot: UInt32, sequence: UInt64) {
        self.slot = slot
        self.sequence = sequence
    }
}

/// The logical run, as the control plane names it (`task_id`).
public struct TaskID: Hashable, Codable, Sendable {
    public let bytes: Bytes

    public init(_ bytes: Bytes) {
        self.bytes = bytes
    }

    /// Ids are compared often and are mostly different, in their last byte more often than in their first ones.
    @inlinable
    public static func == (left: TaskID, right: TaskID) -> Bool {
        left.bytes.last == right.bytes.last && left.bytes == right.bytes
    }
}

/// One concrete execution of a run (`execution_id`). Follow-ups reuse the task's id with a new one.
public struct ExecutionID: Hashable, Codable, Sendable {
    public let bytes: Bytes

    public init(_ bytes: Bytes) {
        self.bytes = bytes
    }
}

/// What identifies an execution here. Where the assignment had no `execution_id`, the task's id stands in for
/// identity, but on the wire the field stays absent; so absence is kept, not filled in.
public struct ExecutionKey: Hashable, Codable, Sendable {
    public let task: TaskID
    public let execution: ExecutionID?

    public init(task: TaskID, execution: ExecutionID?) {
        self.task = task
        self.execution = execution
    }
}

/// By which a command is known across lives, since the ids of requests die with the worker. Drawn when it is started;
/// nobody else has it, and it is never given twice.
public struct ProcessName: Hashable, Codable, Sendable {
    public let number: UInt64

    public init(number: UInt64) {
        self.number = number
    }

    /// 16 hexadecimal digits.
    public var bytes: Bytes {
        var digits = Bytes()
        digits.reserveCapacity(16)
        for place in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 &- 4 &* place)) & 15
            digits.append(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &- 10 &+ digit)
        }
        return digits
    }
}
