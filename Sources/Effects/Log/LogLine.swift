// One line of the log, in the form for people and in the form for machines.
//
// Whatever a message or a field holds, it stays within its line and within its place: control characters, marks that
// turn the direction of text, and bytes that are no UTF-8 are written out. The message comes last in the form for
// people, since it may be somebody else's words (an agent's output), and nothing that it says can then pass for a
// field.

import Codecs

public struct LogLine: Sendable {
    public static let longestMessage = 20 << 10
    public static let longestField = 4 << 10

    public let wall: WallTime
    public let level: LogLevel
    public let event: StaticName
    public let key: ExecutionKey?
    public let fields: [LogField]
    public let message: Bytes

    public init(
        wall: WallTime, level: LogLevel, event: StaticString, key: ExecutionKey?, fields: [LogField], message: Bytes
    ) {
        self.wall = wall
        self.level = level
        self.event = StaticName(event)
        self.key = key
        self.fields = fields
        self.message = message
    }

    /// `2026-01-31T12:34:56.789Z INFO  task.claimed task=t execution=e claimed the task`
    public func console(colour: Bool) -> Bytes {
        var output = time
        output.reserveCapacity(message.count &+ 160)
        output.append(0x20)
        if colour { output.append(text: level.colour) }
        output.append(text: level.label)
        if colour { output.append(text: "\u{1b}[0m") }
        output.append(0x20)
        output.append(text: event.text)
        if let key {
            output.append(text: " task=")
            LogText.value(key.task.bytes, into: &output)
            if let execution = key.execution {
                output.append(text: " execution=")
                LogText.value(execution.bytes, into: &output)
            }
        }
        for field in fields {
            output.append(0x20)
            output.append(text: field.name.text)
            output.append(0x3d)
            switch field.value {
            case .text(let bytes): LogText.value(LogText.cut(bytes, at: Self.longestField), into: &output)
            case .number(let number): output.append(decimal: number)
            case .numbers(let numbers): LogText.list(numbers, into: &output)
            case .flag(let flag): output.append(text: flag ? "true" : "false")
            }
        }
        output.append(0x20)
        LogText.plain(LogText.cut(message, at: Self.longestMessage), into: &output)
        output.append(0x0a)
        return output
    }

    /// One JSON object: time, level, event, task_id, execution_id, message, then the fields.
    public func json() -> Bytes {
        var output = Bytes(text: "{\"time\":\"")
        output.reserveCapacity(message.count &+ 240)
        output.append(contentsOf: time)
        output.append(text: "\",\"level\":\"")
        output.append(text: level.word)
        output.append(text: "\",\"event\":\"")
        output.append(text: event.text)
        output.append(0x22)
        if let key {
            output.append(text: ",\"task_id\":")
            LogText.json(key.task.bytes, into: &output)
            if let execution = key.execution {
                output.append(text: ",\"execution_id\":")
                LogText.json(execution.bytes, into: &output)
            }
        }
        output.append(text: ",\"message\":")
        LogText.json(LogText.cut(message, at: Self.longestMessage), into: &output)
        for field in fields {
            output.append(text: ",\"")
            output.append(text: field.name.text)
            output.append(text: "\":")
            switch field.value {
            case .text(let bytes): LogText.json(LogText.cut(bytes, at: Self.longestField), into: &output)
            case .number(let number): output.append(decimal: number)
            case .numbers(let numbers):
                output.append(0x5b)
                LogText.list(numbers, into: &output)
                output.append(0x5d)
            case .flag(let flag): output.append(text: flag ? "true" : "false")
            }
        }
        output.append(text: "}\n")
        return output
    }

    private var time: Bytes {
        let (seconds, rest) = wall.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let part = rest < 0 ? rest &+ 1_000_000_000 : rest
        return RFC3339.write(
            UnixTime(seconds: rest < 0 ? seconds &- 1 : seconds, nanoseconds: UInt32(truncatingIfNeeded: part)))
    }
}

extension LogLevel {
    public var name: String { "\(word)" }

    fileprivate var word: StaticString {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warn: "warn"
        case .error: "error"
        }
    }

    fileprivate var label: StaticString {
        switch self {
        case .debug: "DEBUG"
        case .info: "INFO "
        case .warn: "WARN "
        case .error: "ERROR"
        }
    }

    fileprivate var colour: StaticString {
        switch self {
        case .debug: "\u{1b}[2m"
        case .info: "\u{1b}[32m"
        case .warn: "\u{1b}[33m"
        case .error: "\u{1b}[31m"
        }
    }
}
