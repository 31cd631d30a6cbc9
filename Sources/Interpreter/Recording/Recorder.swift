// Writes down what enters the reducer, and what came out, while the worker runs.
//
// Here, on the loop, lines only gather in memory. Whatever touches the disk is done by a thread of the recorder's own,
// so a disk that is slow or hangs costs nobody anything. Where it fails, or falls too far behind, the recording ends
// with one line of the log, and the work goes on.

import Codecs
import Effects
import Glibc
import Recording
import WorkerModel

/// Where a recording goes, and how much of it is kept.
public struct RecordingOptions: Sendable {
    public var path: Bytes
    /// All segments together, in bytes.
    public var limit: Int
    public var build: Build

    public init(path: Bytes, limit: Int, build: Build) {
        self.path = path
        self.limit = limit
        self.build = build
    }
}

final class Recorder {
    /// Lines are handed over in pieces of this size, or sooner.
    private static let piece = 64 << 10
    /// What was not handed over after this long is lost with a process that is killed.
    private static let staleAfter = Span.seconds(1)
    /// How long the end of the process waits for the disk.
    private static let patience = Span.seconds(2)
    private static let segments = 8

    private let thread: RecorderThread
    private let log: Log
    private let loop: Loop
    private let segmentMax: Int
    private var writer: RecordingWriter
    private var lines = Bytes()
    private var inSegment = Int.max
    private var stale: LoopTimer?
    private var willFlush = false
    private(set) var isStopped = false

    /// What happened to it in this life.
    var fields: [LogField] {
        [LogField("recorded", .number(Int(clamping: writer.count))), LogField("recording_stopped", .flag(isStopped))]
    }

    /// Nil where there is no thread to write with.
    init?(_ options: RecordingOptions, _ settings: Settings, life: UInt64, loop: Loop, log: Log) {
        guard let thread = RecorderThread(RecordingFile(path: options.path, limit: options.limit)) else { return nil }
        self.thread = thread
        self.loop = loop
        self.log = log
        segmentMax = options.limit / Self.segments
        var name = Bytes()
        withUnsafeBytes(of: life.bigEndian) { name = Bytes($0) }
        writer = RecordingWriter(
            RecordingHeader(
                build: options.build, life: name.hex, at: Clock.now(), wall: Clock.wall(), host: .here,
                settings: settings))
        stale = loop.timer { [weak self] in self?.flush() }
        loop.watch(thread.wakeUp, .read) { [weak self] _ in self?.hear() }
        let fields = [LogField("path", .text(options.path)), LogField("limit", .number(options.limit))]
        log.notice(.info, "recording.started", "recording what the worker does", fields: fields)
    }

    // MARK: - What the daemon tells

    /// Before an input is reduced: where a segment is full, the next one opens with the state of now.
    func prepare(_ worker: Worker) {
        guard !isStopped, inSegment >= segmentMax else { return }
        flush()
        inSegment = 0
        guard thread.add(.segment(writer.open(), worker)) else { return stop(.behind) }
    }

    func took(_ input: Input, _ requests: [Request]) {
        guard !isStopped else { return }
        let before = lines.count
        do throws(StateCodingError) {
            try writer.took(input, requests, into: &lines)
        } catch {
            return stop(.notEncoded(error.words))
        }
        gathered(before)
        for index in requests.indices where Self.isFinal(requests[index].effect) { return flushSoon() }
    }

    func noticed(_ aside: Aside) {
        guard !isStopped else { return }
        let before = lines.count
        // It is for people only.
        try? writer.noted(aside, into: &lines)
        gathered(before)
    }

    /// The end of the life: waits a while for what is left to be written.
    func finish() {
        flush()
        _ = thread.add(.end)
        loop.unwatch(thread.wakeUp)
        if let stale { loop.drop(stale) }
        guard !isStopped else { return }
        guard let state = thread.wait(for: Self.patience) else {
            return log.notice(.warn, "recording.unfinished", "the recording's last lines were not written in time")
        }
        if let failure = state.failure { tell(failure) }
    }

    // MARK: - Handing over

    private func gathered(_ before: Int) {
        inSegment &+= lines.count &- before
        if lines.count >= Self.piece { return flush() }
        if stale?.due == nil { stale?.due = Clock.now().after(Self.staleAfter) }
    }

    /// A final word, or the end: what led to it must not get lost.
    private static func isFinal(_ effect: Effect) -> Bool {
        switch effect {
        case .socket(.send(_, let message)):
            switch message {
            case .completed, .cancelled, .failed: true
            case .claimed, .rejected: false
            }
        case .exit: true
        case .socket, .process, .files, .docker, .journal, .log, .measure, .forgetSecrets: false
        }
    }

    /// One hand-over for all that a turn brings.
    private func flushSoon() {
        guard !willFlush else { return }
        willFlush = true
        loop.atTurnEnd { [weak self] in
            self?.willFlush = false
            self?.flush()
        }
    }

    private func flush() {
        stale?.due = nil
        guard !lines.isEmpty, !isStopped else { return }
        var piece = Bytes()
        piece.reserveCapacity(min(lines.capacity, Self.piece &+ Self.piece / 4))
        swap(&piece, &lines)
        if !thread.add(.lines(piece)) { stop(.behind) }
    }

    // MARK: - The end of it

    private func hear() {
        if let failure = thread.take().failure { stop(failure) }
    }

    private func stop(_ failure: RecordingFailure) {
        guard !isStopped else { return }
        isStopped = true
        lines = Bytes()
        stale?.due = nil
        thread.abandon()
        tell(failure)
    }

    private func tell(_ failure: RecordingFailure) {
        isStopped = true
        let words = "recording has stopped: \(failure.words); tasks are not affected"
        let fields = [LogField("inputs", .number(Int(clamping: writer.count)))]
        log.notice(.error, "recording.stopped", words, fields: fields)
    }
}

/// Why a recording ended before its worker.
enum RecordingFailure: Error, Equatable, Sendable {
    case system(Int32)
    case notAFile
    /// Something else lies there, which is not to be overwritten.
    case foreign(Bytes)
    /// Another process records there.
    case inUse
    /// The disk takes less than there is to write.
    case behind
    /// The state alone is more than may be kept.
    case tooLarge
    case notEncoded(String)

    var words: String {
        switch self {
        case .system(let number): FileFailure.system(errno: number).words
        case .notAFile: "the path is not that of a plain file"
        case .foreign(let path): "\(path.text) is something else than a recording, and is left alone"
        case .inUse: "another worker records there"
        case .behind: "the disk is too slow for it"
        case .tooLarge: "the worker's state alone is larger than the limit allows"
        case .notEncoded(let what): "an input could not be written down (\(what))"
        }
    }
}

extension HostFacts {
    /// This host, without its names and addresses.
    static var here: HostFacts {
        var names = utsname()
        var system: [String] = []
        if uname(&names) == 0 {
            system = [text(of: &names.sysname), text(of: &names.release), text(of: &names.machine)]
        }
        var files = rlimit()
        _ = getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &files)
        let pages = UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES))))
        let size = UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
        return HostFacts(
            system: Bytes(text: system.joined(separator: " ")), processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
            memory: pages.multipliedReportingOverflow(by: size).partialValue, openFiles: UInt64(files.rlim_cur))
    }

    private static func text<Field>(of field: inout Field) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
