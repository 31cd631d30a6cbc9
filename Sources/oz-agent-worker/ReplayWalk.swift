// Walks through the files of a recording, segment by segment, and gathers what there is to say about them.

import Codecs
import Effects
import Recording
import WorkerModel

final class ReplayWalk {
    struct Step {
        let number: UInt64
        let input: Input
        let agrees: Bool
        /// It lies within --from and --to.
        let isInside: Bool
    }

    private(set) var replayer = Replayer()
    /// Who was recorded, a sentence for each life.
    private(set) var headings: [String] = []
    /// Sentences for people: what was read, what is missing, what is damaged.
    private(set) var notes: [String] = []
    /// 0 while nothing was wrong with a file.
    private(set) var code: Int32 = 0
    private(set) var first: Input?
    /// Hears of every state that the walk starts from.
    var startsFrom: (Worker) -> Void = { _ in }
    var noticed: (Aside) -> Void = { _ in }

    private let files: [ReplayFile]
    private let from: ReplayOptions.Bound?
    private let to: ReplayOptions.Bound?
    private var isOver = false
    private var last: Input?

    init(_ files: [ReplayFile], _ options: ReplayOptions) {
        self.files = files
        from = options.from
        to = options.to
    }

    init(_ files: [ReplayFile]) {
        self.files = files
        from = nil
        to = nil
    }

    /// Until the body says that it has seen enough, or the end.
    func run(_ body: (Step) -> Bool) {
        for (index, file) in files.enumerated() where !isOver {
            if index > 0, file.header.life != files[index - 1].header.life { endOfLife() }
            if index == 0 || file.header.life != files[index - 1].header.life { introduce(file, index) }
            switch file.content() {
            case .failure(let failure):
                code = ReplayCode.noInput
                notes.append("\(file.name): can't be read (error \(failure.number))")
            case .success(let content): content.withUnsafeBytes { walk(file, $0, body) }
            }
        }
        if !isOver { endOfLife() }
    }

    /// Whether more than one life is told.
    var lives: Int { Set(files.map(\.header.life)).count }

    private func introduce(_ file: ReplayFile, _ index: Int) {
        let header = file.header
        let began = RFC3339.write(UnixTime(nanoseconds: header.wall.nanoseconds)).text
        headings.append(
            "worker \(header.settings.workerID.text) with the \(header.settings.backendName.text) backend, "
                + "version \(header.build.words), on \(header.host.system.text), began \(began)")
        let segments = files[index...].prefix { $0.header.life == header.life }
        if segments.count > 1 {
            notes.append("\(segments.count) segments, the oldest of them \(file.name)")
        }
        if header.segment > 0 { notes.append("what happened before input \(header.first) is not in these files") }
    }

    private func walk(_ file: ReplayFile, _ bytes: UnsafeRawBufferPointer, _ body: (Step) -> Bool) {
        do throws(RecordingProblem) {
            let opening = try replayer.open(bytes)
            greet(opening, file)
            while !isOver, let move = try replayer.next() {
                switch move {
                case .aside(let aside): noticed(aside)
                case .step(let number, let input, let agrees):
                    if first == nil { first = input }
                    last = input
                    if let to, isBeyond(to, number, input) {
                        isOver = true
                        return
                    }
                    let isInside = from.map { !isBefore($0, number, input) } ?? true
                    if !body(Step(number: number, input: input, agrees: agrees, isInside: isInside)) { isOver = true }
                }
            }
        } catch {
            told(error, file)
        }
    }

    private func greet(_ opening: Replayer.Opening, _ file: ReplayFile) {
        switch opening {
        case .fresh: break
        case .continued(stateAgrees: true): return
        case .continued(stateAgrees: false):
            code = ReplayCode.differs
            notes.append("\(file.name): the state that it opens with is not the one that the segment before led to:")
            if let worker = replayer.worker, let recorded = replayer.snapshot?.worker {
                notes += differences(recorded, worker, atMost: 10).map { "  \($0)" }
            }
            return
        case .afterGap(let first, let last): notes.append("inputs \(first) to \(last) are missing before \(file.name)")
        }
        if let worker = replayer.worker { startsFrom(worker) }
    }

    private func told(_ problem: RecordingProblem, _ file: ReplayFile) {
        switch problem.cause {
        case .cutOff: break
        case .notARecording, .newerFormat, .damaged, .notUnderstood: code = ReplayCode.damaged
        }
        notes.append("\(file.name): \(problem.words); read up to input \(replayer.count)")
    }

    private func endOfLife() {
        guard let worker = replayer.worker, let last, let began = replayer.header?.at else { return }
        let length = last.at.since(began).words
        if let exit = worker.exitCode {
            notes.append("the worker ended with exit code \(exit), \(length) after its beginning")
        } else {
            notes.append("the recording ends \(length) after the worker's beginning, and the worker had not ended")
        }
    }

    // MARK: - Bounds

    private func isBefore(_ bound: ReplayOptions.Bound, _ number: UInt64, _ input: Input) -> Bool {
        switch bound {
        case .input(let wanted): number < wanted
        case .wall(let wanted): input.wall.nanoseconds < wanted
        case .since(let span): input.at.since(first?.at ?? input.at) < span
        }
    }

    private func isBeyond(_ bound: ReplayOptions.Bound, _ number: UInt64, _ input: Input) -> Bool {
        switch bound {
        case .input(let wanted): number > wanted
        case .wall(let wanted): input.wall.nanoseconds > wanted
        case .since(let span): input.at.since(first?.at ?? input.at) > span
        }
    }
}

extension UnixTime {
    init(nanoseconds: Int64) {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let isBefore = rest < 0
        self.init(
            seconds: isBefore ? seconds - 1 : seconds,
            nanoseconds: UInt32(truncatingIfNeeded: isBefore ? rest + 1_000_000_000 : rest))
    }
}
