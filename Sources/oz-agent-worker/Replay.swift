// `replay`: takes a recording through the reducers again, and says whether the same came out; or shows the state at
// one input, the story of one task, or the whole session as a page.

import Codecs
import Effects
import Glibc
import Recording

enum ReplayCode {
    /// Every input led to the requests that were recorded, as far as the files can be read.
    static let verified: Int32 = 0
    /// Something else came out, or what was asked for is not there.
    static let differs: Int32 = 1
    static let usage: Int32 = 2
    /// A file is no recording, or is damaged.
    static let damaged: Int32 = 65
    /// A file can't be opened.
    static let noInput: Int32 = 66
    /// The page can't be written.
    static let notWritten: Int32 = 73
}

func runReplay(_ arguments: [Bytes]) -> Int32 {
    let options: ReplayOptions
    do throws(ReplayUsage) {
        options = try ReplayOptions(arguments)
    } catch {
        if let words = error.words { Terminal.complain("oz-agent-worker replay: \(words)") }
        let isAsked = error.words == nil
        for line in ReplayOptions.help { isAsked ? Terminal.say(line) : Terminal.complain(line) }
        return isAsked ? ReplayCode.verified : ReplayCode.usage
    }
    let segments: [ReplayFile]
    do throws(ReplayFileProblem) {
        segments = try ReplayFile.find(options.files, alone: options.isAlone)
    } catch {
        Terminal.complain("oz-agent-worker replay: \(error.words)")
        return error.code
    }
    switch options.mode {
    case .verify: return verify(segments, options)
    case .at(let number, let asJSON): return showState(segments, number, asJSON: asJSON)
    case .task(let task): return tellStory(segments, TaskID(task), options)
    case .timeline(let path): return writeTimeline(segments, path, options)
    }
}

// MARK: - Verifying

private func verify(_ segments: [ReplayFile], _ options: ReplayOptions) -> Int32 {
    var verification = Verification(options)
    let began = processorNanoseconds()
    let walk = ReplayWalk(segments, options)
    walk.run { step in verification.look(at: step, walk.replayer) }
    let spent = processorNanoseconds() &- began
    for line in walk.headings + walk.notes { Terminal.say(line) }
    return verification.conclude(walk, spent)
}

private struct Verification {
    private let options: ReplayOptions
    private var compared = 0
    private var difference: Difference?
    /// What another build asks for may hold something else, and still be the same kinds.
    private var milder: Difference?

    init(_ options: ReplayOptions) {
        self.options = options
    }

    /// False ends the walk.
    mutating func look(at step: ReplayWalk.Step, _ replayer: @autoclosure () -> Replayer) -> Bool {
        guard step.isInside else { return true }
        if step.agrees {
            compared += 1
            return true
        }
        let replayer = replayer()
        let found = Difference(step.number, step.input, replayer)
        if found.hasSameKinds, !isSameBuild(replayer), !options.isStrict {
            if milder == nil { milder = found }
            compared += 1
            return true
        }
        difference = found
        return false
    }

    private func isSameBuild(_ replayer: Replayer) -> Bool { replayer.header?.build == Version.build }

    func conclude(_ walk: ReplayWalk, _ spent: UInt64) -> Int32 {
        let isSame = isSameBuild(walk.replayer)
        if let milder, difference == nil {
            Terminal.say(
                "the kinds of all requests are the same, but from input \(milder.number) on they hold other things:")
            for line in milder.lines() { Terminal.say(line) }
        }
        if let difference {
            Terminal.say("DIFFERS at input \(difference.number), after \(compared) that agree")
            for line in difference.lines() { Terminal.say(line) }
            if !isSame { Terminal.say("it was recorded by another build, so this is a finding, not a failure") }
            return isSame || options.isStrict ? ReplayCode.differs : walk.code
        }
        guard compared > 0 || walk.code == ReplayCode.verified else { return walk.code }
        let rate = spent > 0 ? UInt64(compared) &* 1_000_000_000 / spent : 0
        let milliseconds = spent / 1_000_000
        let cost =
            "\(milliseconds) ms of CPU" + (milliseconds > 20 ? ", \(rate / 1_000) thousand inputs a second" : "")
        Terminal.say("verified \(compared) inputs: each led to what was recorded (\(cost))")
        if !isSame, let build = walk.replayer.header?.build {
            Terminal.say("it was recorded by another build, \(build.words); this one is \(Version.build.words)")
        }
        return walk.code
    }
}

func processorNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
