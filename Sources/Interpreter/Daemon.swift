// The daemon: settings become a worker, a loop and one executor per destination. It stamps what happened, lets the
// core decide, and hands each request to the executor of its destination, in order.

import CLibcurl
import Codecs
import Effects
import Recording
import WorkerModel

/// The host does not give what every life needs.
struct NoMeans: Error {
    let words: String

    var explained: String { "the host does not give what the worker needs: \(words)" }
}

final class Daemon: LoopCore {
    private struct Asked {
        var requests: [Request]
        let wall: WallTime
    }

    /// The exit code of `NoMeans`.
    static let noMeans: Int32 = 71
    /// After so many inputs there is something to give back.
    private static let inputsUntilTidy = 1_000
    private static let spareMost = 64

    private let loop: Loop
    private let log: Log
    private let vault: Vault
    private let socket: SocketExecutor
    private let processes: ProcessExecutor
    private let files: FilesExecutor
    /// Only where tasks run in containers.
    private let docker: DockerExecutor?
    private let signals: Signals
    private let counters = Counters()
    private let journal: Journal
    private let recorder: Recorder?
    private var entropy: Entropy
    private var core: Core
    /// What was asked for in this turn, input by input.
    private var asked: [Asked] = []
    /// What is being carried out, up to where that was done, and how many requests from there on may be done.
    private var current: [Asked] = []
    private var place = 0
    private var offset = 0
    private var mayBeDone = 0
    /// Emptied lists, to be filled again.
    private var spare: [[Request]] = []
    /// Made once, since every input hands it over.
    private var performing: () -> Void = {}
    private var inputsSinceTidy = 0
    private var isWarm = false

    init(
        _ options: DaemonOptions, log: Log, vault: Vault, surroundings: ProcessSurroundings
    ) throws(NoMeans) {
        guard curl_global_init(Int(CURL_GLOBAL_NOTHING)) == CURLE_OK else { throw NoMeans(words: "no libcurl") }
        guard let loop = Loop() else { throw NoMeans(words: "no descriptors to poll with") }
        guard var entropy = Entropy() else { throw NoMeans(words: "no random numbers") }
        let dialling = SocketExecutor.Options(
            key: options.key, environment: DialEnvironment { options.variable($0) }, userAgent: options.userAgent,
            keepsDocuments: options.settings.backend.passesTasksOn)
        guard let socket = SocketExecutor(loop: loop, vault: vault, options: dialling) else {
            throw NoMeans(words: "no memory for libcurl")
        }
        let path = options.variable("PATH") ?? []
        guard let files = FilesExecutor(loop: loop, vault: vault, searchPath: path) else {
            throw NoMeans(words: "no descriptor for file work")
        }
        let processes = ProcessExecutor(loop: loop, vault: vault, log: log, surroundings: surroundings)
        guard
            let signals = Signals(loop: loop, childrenChanged: { [unowned processes] in processes.childrenChanged() })
        else { throw NoMeans(words: "no descriptor for signals") }
        docker = try Daemon.docker(options, loop, vault, log)
        self.loop = loop
        self.log = log
        self.vault = vault
        self.socket = socket
        self.processes = processes
        self.files = files
        self.signals = signals
        let life = entropy.draw()
        self.entropy = entropy
        journal = Journal(options.state, life: life, outlasts: options.durability, loop: loop, log: log)
        recorder = options.recording.flatMap {
            Recorder($0, options.settings, life: life, loop: loop, log: log)
        }
        core = Core(settings: options.settings)
        processes.noticed = { [recorder] id, pid in recorder?.noticed(.process(id, pid: pid)) }
        processes.isOthersChild = { [docker] in docker?.isChild($0) ?? false }
        processes.strangerEnded = { [docker] in _ = docker?.reap($0) }
        journal.nothingHolds = { [unowned self] in performSoon() }
        performing = { [unowned self] in perform() }
        signals.countsWanted = { [unowned self] in tellCounts(.info) }
    }

    private static func docker(
        _ options: DaemonOptions, _ loop: Loop, _ vault: Vault, _ log: Log
    ) throws(NoMeans) -> DockerExecutor? {
        guard case .docker = options.settings.backend else { return nil }
        guard let docker = DockerExecutor(loop: loop, vault: vault, log: log, variables: options.environment) else {
            throw NoMeans(words: "no memory for libcurl")
        }
        return docker
    }

    func run() -> Int32 {
        loop.core = self
        log.attach(to: loop)
        loop.deliver(.began(journal.inherited))
        journal.begin()
        let code = loop.run()
        recorder?.finish()
        journal.finish()
        tellCounts(.debug)
        reportLeftovers(code)
        processes.killEverything()
        docker?.close()
        socket.close()
        signals.close()
        return code
    }

    // MARK: The core

    var nextDeadline: Instant? { core.nextDeadline() }

    /// What comes of it is done once the inputs of this turn are reduced, since their notes go before.
    func reduce(_ event: Event) {
        let input = Input(at: Clock.now(), wall: Clock.wall(), entropy: entropy.draw(), event: event)
        recorder?.prepare(core.worker)
        var requests = spare.popLast() ?? []
        core.take(input, into: &requests)
        recorder?.took(input, requests)
        if requests.isEmpty {
            spare.append(requests)
        } else {
            if asked.isEmpty || journal.holds { performSoon() }
            asked.append(Asked(requests: requests, wall: input.wall))
        }
        tidy(event)
        if !isWarm { warmUp(event) }
    }

    private func performSoon() {
        loop.atTurnEnd(performing)
    }

    /// All that was asked for, in order; the notes of it are written first, in one go. A note behind a dismissal is
    /// written behind it: if it were not, a death between the two would leave a supervisor that nobody knows of.
    /// Where notes have to outlast a power cut, what is behind them waits, and behind it all that comes meanwhile.
    private func perform() {
        while true {
            if current.isEmpty { swap(&current, &asked) }
            if current.isEmpty { return }
            while place < current.count {
                guard offset < current[place].requests.count else {
                    (place, offset) = (place + 1, 0)
                    continue
                }
                if mayBeDone == 0 { mayBeDone = note() }
                if journal.holds, !endsNow { return }
                let here = offset
                offset += 1
                mayBeDone -= 1
                // Written already; and more than half are of this kind.
                if case .journal = current[place].requests[here].effect { continue }
                execute(current[place].requests[here], current[place].wall)
            }
            for index in current.indices where spare.count < Self.spareMost {
                current[index].requests.removeAll(keepingCapacity: true)
                spare.append(current[index].requests)
            }
            current.removeAll(keepingCapacity: true)
            place = 0
        }
    }

    /// Whoever wants the end at once gets it, whatever the disk does.
    private var endsNow: Bool {
        (current + asked).contains { $0.requests.contains { if case .exit = $0.effect { true } else { false } } }
    }

    /// Writes the notes from here to the next dismissal; how many requests that are.
    private func note() -> Int {
        var count = 0
        defer { journal.flush() }
        for batch in place..<current.count {
            for index in (batch == place ? offset : 0)..<current[batch].requests.count {
                count += 1
                // Only what is looked for is taken out of its place.
                switch current[batch].requests[index].effect {
                case .journal(let call): journal.take(call)
                case .process(.dismiss): return count
                case .socket, .process, .files, .docker, .log, .measure, .forgetSecrets, .exit: break
                }
            }
        }
        return count
    }

    /// Supervisors are made once the first dial is behind us, so that they do not hold it up.
    private func warmUp(_ event: Event) {
        guard case .socket = event else { return }
        isWarm = true
        // Containers need none.
        if docker != nil { return }
        do throws(NoSupervisor) {
            try processes.warmUp()
        } catch {
            let words = "no supervisor for processes: \(Wording.errno(error.errno).text)"
            log.notice(.error, "daemon.no_means", NoMeans(words: words).explained)
            loop.stop(code: Self.noMeans)
        }
    }

    /// What a busy time left behind goes back to the system in a quiet one: at a tick, which comes by itself.
    private func tidy(_ event: Event) {
        inputsSinceTidy += 1
        guard case .tick = event, inputsSinceTidy > Self.inputsUntilTidy else { return }
        inputsSinceTidy = 0
        oz_curl_release_memory()
    }

    private func execute(_ request: Request, _ wall: WallTime) {
        switch request.effect {
        case .socket(let call): socket.execute(request.id, call)
        case .process(.start(var launch)):
            // What the next life could not know of must not outlive this one.
            if !journal.isWritable { launch.name = nil }
            processes.execute(request.id, .start(launch))
        case .process(let call): processes.execute(request.id, call)
        case .files(let call): files.execute(request.id, call)
        case .docker(let call):
            guard let docker else { return loop.deliver(.interpreter(.contractBroken(request.id))) }
            docker.execute(request.id, call)
        case .journal: break
        case .log(let record): log.write(record, wall: wall)
        case .measure(let measure): counters.take(measure)
        case .forgetSecrets(let range): vault.forget(range)
        case .exit(let code): loop.stop(code: code)
        }
    }

    // MARK: The second door: what the hands say of themselves

    func turnWasSlow(_ report: TurnReport) {
        counters.slowTurn()
        let fields = [
            LogField("took_ms", report.took), LogField("descriptors", .number(report.descriptors)),
            LogField("inputs", .number(report.inputs)), LogField("slices", .number(report.slices)),
            LogField("ticked", .flag(report.ticked)),
        ]
        log.notice(.debug, "loop.slow_turn", "a turn of the loop took long", fields: fields)
    }

    private var counts: Counts {
        var counts = Counts()
        counts.tasks = core.worker.roster.tasks.count
        counts.letters = core.worker.connection.outbox.letters.count
        counts.sockets = socket.unfinished
        counts.processes = processes.unfinished
        counts.files = files.unfinished
        counts.dockerCalls = docker?.unfinished ?? 0
        counts.unreaped = processes.unreaped
        counts.journalOpen = journal.open
        counts.journalNotes = journal.entries
        counts.journalWrites = journal.writes
        counts.journalSyncs = journal.syncs
        counts.journalRenewals = journal.renewals
        counts.secrets = vault.count
        counts.vaultBytes = vault.bytesKept
        counts.descriptors = loop.watched
        counts.timers = loop.timerCount
        counts.supervisorsReady = processes.supervisorsReady
        return counts
    }

    private func tellCounts(_ level: LogLevel) {
        let words = "what this life holds, and what happened in it"
        log.notice(level, "daemon.counts", words, fields: counts.fields + counters.fields + (recorder?.fields ?? []))
    }

    /// What was held for requests and tasks is gone at the end of a life. Where a signal or the bound of a stop cut
    /// that end short, what is left is told as such; otherwise something was forgotten.
    private func reportLeftovers(_ code: Int32) {
        let counts = counts
        let leaks = counts.leaks
        guard !leaks.isEmpty else { return }
        let wasCutShort = code > 128 || counts.tasks > 0
        guard wasCutShort else {
            return log.notice(.error, "daemon.leak", "something was still held at the end", fields: leaks)
        }
        log.notice(.warn, "worker.left_undone", counts.leftUndone, fields: leaks)
    }
}
