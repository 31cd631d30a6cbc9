// The log. Two doors: what the core says (`write`), and what the hands themselves have to say (`notice`). What agents
// print comes by a third, `output`, already in lines and masked.
//
// Nothing here waits. Lines gather in a bounded buffer that is written when a turn ends; where the reader hangs, lines
// are dropped and counted, and the count is said once there is room again.

import Codecs
import Effects
import Glibc

final class Log {
    typealias Format = LogOptions.Format
    typealias Options = LogOptions

    private static let retryAfter = Span.milliseconds(100)

    private let options: Options
    private let vault: Vault
    private let sink: LogSink
    private let format: Format
    private let colour: Bool
    private var buffer: LogBuffer
    private var loop: Loop?
    private var retry: LoopTimer?
    private var isScheduled = false
    private var isWatching = false
    private var isBroken = false
    /// All lines that were dropped in this life.
    private(set) var droppedInAll = 0

    init(vault: Vault, options: Options) {
        self.vault = vault
        self.options = options
        sink = LogSink(options.descriptor)
        format = options.format ?? (sink.isTerminal ? .console : .json)
        colour = format == .console && sink.isTerminal && !options.withoutColour
        buffer = LogBuffer(capacity: options.capacity)
    }

    /// From here on lines are written when a turn ends; before, at once.
    func attach(to loop: Loop) {
        self.loop = loop
        retry = loop.timer { [weak self] in self?.flush() }
    }

    func isEnabled(_ level: LogLevel) -> Bool { level >= options.level }

    // MARK: The doors

    /// What the core says.
    func write(_ record: LogRecord, wall: WallTime = Clock.wall()) {
        guard isEnabled(record.level) else { return }
        let message = Bytes(text: record.saying.words(options.context))
        append(
            LogLine(
                wall: wall, level: record.level, event: record.saying.name, key: record.key,
                fields: record.saying.fields(options.context).map(masked), message: vault.masked(message)))
    }

    /// What the hands say: configuration, recorder, exporters, the loop itself.
    func notice(
        _ level: LogLevel, _ event: StaticString, _ message: String, fields: [LogField] = [], key: ExecutionKey? = nil
    ) {
        guard isEnabled(level) else { return }
        append(
            LogLine(
                wall: Clock.wall(), level: level, event: event, key: key, fields: fields.map(masked),
                message: vault.masked(Bytes(text: message))))
    }

    /// A line that a command of a task printed; masked already.
    func output(_ role: ProcessRole, _ key: ExecutionKey, _ line: LineFramer.Line, _ level: LogLevel = .info) {
        guard isEnabled(level) else { return }
        var fields = [LogField("role", words: role.name)]
        // The rest of a line that was too long follows as a line of its own.
        if line.goesOn { fields.append(LogField("continues", .flag(true))) }
        append(
            LogLine(
                wall: Clock.wall(), level: level, event: "task.output", key: key, fields: fields, message: line.bytes))
    }

    private func masked(_ field: LogField) -> LogField {
        guard case .text(let bytes) = field.value else { return field }
        return LogField(field.name.text, .text(vault.masked(bytes)))
    }

    /// Half of its room is taken: who can wait with more, waits.
    var isBehind: Bool { !buffer.hasRoom }

    // MARK: Writing

    private func append(_ line: LogLine) {
        guard !isBroken else {
            droppedInAll &+= 1
            return
        }
        buffer.append(render(line), isUrgent: line.level >= .warn)
        guard let loop else { return flush() }
        guard !isScheduled, !isWatching else { return }
        isScheduled = true
        loop.atTurnEnd { [weak self] in
            self?.isScheduled = false
            self?.flush()
        }
    }

    private func render(_ line: LogLine) -> Bytes {
        switch format {
        case .console: line.console(colour: colour)
        case .json: line.json()
        }
    }

    /// Writes what can be written now, and comes back for the rest.
    private func flush() {
        let outcome = sink.drain(&buffer)
        tellDropped()
        switch outcome {
        case .wrote: stopWatching()
        case .full: watch()
        case .broken: breakOff()
        }
    }

    private func tellDropped() {
        guard buffer.dropped > 0, buffer.hasRoom else { return }
        let count = buffer.takeDropped()
        droppedInAll &+= count
        let line = LogLine(
            wall: Clock.wall(), level: .warn, event: "log.dropped", key: nil,
            fields: [LogField("count", .number(count))],
            message: Bytes(text: "\(count) lines dropped, since the log's reader is too slow"))
        buffer.append(render(line), isUrgent: true)
        // What could not be written any more goes with the next line, or when the sink has room.
        _ = sink.drain(&buffer)
    }

    private func watch() {
        guard let loop, !isWatching else { return }
        isWatching = loop.watch(sink.descriptor, .write) { [weak self] _ in self?.flush() }
        // What epoll does not take (a plain file on a full device) is tried again after a while.
        if !isWatching { retry?.due = Clock.now().after(Self.retryAfter) }
    }

    private func stopWatching() {
        guard isWatching else { return }
        isWatching = false
        loop?.unwatch(sink.descriptor)
    }

    /// Nobody reads any more. The work goes on without a log.
    private func breakOff() {
        stopWatching()
        isBroken = true
        buffer.clear()
    }

    /// At the end of a life: gives the reader that long to take the rest. What it does not take is lost.
    func finish(within span: Span = .milliseconds(500)) {
        let end = Clock.now().after(span)
        stopWatching()
        loop = nil
        while !buffer.isEmpty, !isBroken {
            if sink.drain(&buffer) == .broken { return breakOff() }
            tellDropped()
            let left = end.since(Clock.now()).nanoseconds / 1_000_000
            if left == 0 { return }
            if !buffer.isEmpty { _ = sink.isReady(within: Int32(clamping: min(left, 50))) }
        }
    }
}

extension ProcessRole {
    var name: String {
        switch self {
        case .setup: "setup"
        case .agent: "agent"
        case .teardown: "teardown"
        case .dispatch: "dispatch"
        case .cancel: "cancel"
        }
    }
}
