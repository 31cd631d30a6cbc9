// What `replay` shows of a recording: the state at one input, the story of one task, the session as a page.

import Codecs
import Effects
import Glibc
import Recording
import WorkerModel

// MARK: - The state

func showState(_ files: [ReplayFile], _ number: UInt64, asJSON: Bool) -> Int32 {
    let walk = ReplayWalk(files)
    var found: Input?
    walk.run { step in
        guard step.number >= number else { return true }
        if step.number == number { found = step.input }
        return false
    }
    guard let found, let worker = walk.replayer.worker else {
        for note in walk.notes { Terminal.complain(note) }
        Terminal.complain("oz-agent-worker replay: input \(number) is not in this recording")
        return walk.code == 0 ? ReplayCode.differs : walk.code
    }
    if asJSON {
        guard let state = try? encodeState(worker) else { return ReplayCode.damaged }
        Terminal.say(state.encoded().text)
        return ReplayCode.verified
    }
    let time = RFC3339.write(UnixTime(nanoseconds: found.wall.nanoseconds)).text
    Terminal.say("input \(number), \(time): \(shown(found.sentence))")
    for request in walk.replayer.requests { Terminal.say("  -> \(shown(request.sentence))") }
    Terminal.say("")
    for line in standing(worker, at: found.at) { Terminal.say(shown(line)) }
    return ReplayCode.verified
}

/// What stands in a recording came from outside once: none of it moves the cursor.
private func shown(_ line: String) -> String {
    var safe = Bytes()
    LogText.plain(Bytes(text: line), into: &safe)
    return safe.text
}

// MARK: - One task

func tellStory(_ files: [ReplayFile], _ task: TaskID, _ options: ReplayOptions) -> Int32 {
    var told = 0
    var known: [TaskID] = []
    var code: Int32 = 0
    for life in Lives(files).all {
        let walk = ReplayWalk(life, options)
        var chronicle = Chronicle(only: task)
        walk.startsFrom = { chronicle.begin(from: $0) }
        walk.noticed = { chronicle.note($0) }
        walk.run { step in
            if case .socket(.received(_, .assignment(let assignment))) = step.input.event {
                if known.count < 1_000, !known.contains(assignment.key.task) { known.append(assignment.key.task) }
            }
            guard let worker = walk.replayer.worker else { return true }
            chronicle.take(step.number, step.input, walk.replayer.requests, worker, isTold: step.isInside)
            return true
        }
        if code == 0 { code = walk.code }
        for story in TaskStory.all(of: task, in: chronicle) {
            if told > 0 { Terminal.say("") }
            told += 1
            for line in lines(of: story) { Terminal.say(shown(line)) }
        }
        for note in walk.notes where walk.code != 0 { Terminal.complain(note) }
    }
    if told > 0 { return code }
    let near = DidYouMean.closest(to: task.bytes, among: known.map(\.bytes)).map { "; did you mean \($0.text)?" } ?? ""
    Terminal.complain("oz-agent-worker replay: task \(shown(task.bytes.text)) is not in this recording\(shown(near))")
    let some = known.prefix(8).map { shown($0.bytes.text) }.joined(separator: ", ")
    if near.isEmpty, !some.isEmpty {
        Terminal.complain(
            "oz-agent-worker replay: it has \(known.count) tasks: \(some)\(known.count > 8 ? ", ..." : "")")
    }
    return code == 0 ? ReplayCode.differs : code
}

private func lines(of story: TaskStory) -> [String] {
    var lines = [story.heading]
    if !story.run.facts.isEmpty { lines.append("  \(story.run.facts)") }
    if !story.phases.isEmpty { lines.append("  \(story.phases.joined(separator: "; "))") }
    lines.append("")
    var day = ""
    for line in story.lines {
        let time = RFC3339.write(UnixTime(nanoseconds: line.when.wall.nanoseconds)).text
        if time.prefix(10) != day {
            day = String(time.prefix(10))
            lines.append("  \(day), UTC")
        }
        let clock = line.goesOn ? "" : String(time.dropFirst(11).dropLast())
        let since = line.goesOn ? "" : "+\(exact(line.since))"
        let number = line.goesOn ? "" : "\(line.when.number)"
        let columns = "  \(padded(clock, 12))  \(padded(since, 12, right: true))  \(padded(number, 8, right: true))  "
        lines.append(columns + (line.isAside ? "~ " : "  ") + line.words)
    }
    return lines
}

/// "3.041s", "1h02m03.000s": to the millisecond.
private func exact(_ span: Span) -> String {
    let milliseconds = span.nanoseconds / 1_000_000
    let (hours, minutes) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60)
    let seconds = "\(milliseconds / 1_000 % 60).\(zeros(milliseconds % 1_000, 3))s"
    if hours > 0 { return "\(hours)h\(zeros(minutes, 2))m\(milliseconds % 60_000 < 10_000 ? "0" : "")\(seconds)" }
    return minutes > 0 ? "\(minutes)m\(milliseconds % 60_000 < 10_000 ? "0" : "")\(seconds)" : seconds
}

private func zeros(_ number: UInt64, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

private func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return right ? space + text : text + space
}

/// The files of each life by itself.
struct Lives {
    private(set) var all: [[ReplayFile]] = []

    init(_ files: [ReplayFile]) {
        for file in files {
            if let last = all.last?.last, last.header.life == file.header.life {
                all[all.count - 1].append(file)
            } else {
                all.append([file])
            }
        }
    }
}

// MARK: - The page

/// More than this nobody looks at, and a browser would be slow with it.
private let runsMax = 5_000

func writeTimeline(_ files: [ReplayFile], _ path: Bytes, _ options: ReplayOptions) -> Int32 {
    let lives = Lives(files).all
    guard lives.count == 1, let life = lives.first, let header = life.first?.header else {
        Terminal.complain(
            "oz-agent-worker replay: these are recordings of \(lives.count) lives of a worker; name those of one")
        return ReplayCode.usage
    }
    let walk = ReplayWalk(life, options)
    var chronicle = Chronicle(runsMax: runsMax)
    var window: (from: Instant, to: Instant)?
    var difference: UInt64?
    walk.startsFrom = { chronicle.begin(from: $0) }
    walk.noticed = { chronicle.note($0) }
    walk.run { step in
        if step.isInside { window = (window?.from ?? step.input.at, step.input.at) }
        if !step.agrees, difference == nil { difference = step.number }
        guard let worker = walk.replayer.worker else { return true }
        chronicle.take(step.number, step.input, walk.replayer.requests, worker)
        return true
    }
    guard let window, let timeline = Timeline(chronicle, header, from: window.from, to: window.to) else {
        for note in walk.notes { Terminal.complain(note) }
        Terminal.complain("oz-agent-worker replay: there is no input to show")
        return walk.code == 0 ? ReplayCode.differs : walk.code
    }
    var notes = walk.notes
    if let difference {
        notes.append("this build asks for something else from input \(difference) on; the page shows what it asks for")
    }
    if chronicle.leftOut > 0 {
        notes.append(
            "\(chronicle.leftOut) executions beyond the first \(runsMax) are left out; --from and --to choose")
    }
    let page = TimelinePage.page(with: timeline.document(notes: notes))
    guard writeWhole(page, to: path) else {
        Terminal.complain(
            "oz-agent-worker replay: \(Terminal.shown(path)) can't be written: \(String(cString: strerror(errno)))")
        return ReplayCode.notWritten
    }
    for note in notes { Terminal.say(note) }
    Terminal.say("wrote \(Terminal.shown(path)): open it in a browser")
    return walk.code
}
