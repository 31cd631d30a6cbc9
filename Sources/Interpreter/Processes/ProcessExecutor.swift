// The executor of process calls: starts commands under supervisors, passes signals on, brings their output to the log,
// and tells what becomes of them. Each start gets exactly one final event.
//
//   queued (at most four starts a turn) -> under a supervisor -> told final -> the supervisor is ready again, or gone
//
// There is one reaper in the process, `childrenChanged`. A supervisor that ends without a last word leaves orphans;
// they are found among the worker's own children, killed, and only then is the process told as ended.

import CLinux
import Codecs
import Effects
import Glibc
import SupervisorImage

final class ProcessExecutor {
    static let startsPerTurn = 4
    private static let attempts = 8
    static let reapedPerTurn = 256
    /// Ended processes whose last output is read at once, for each turn.
    private static let drainsPerTurn = 8
    /// After so much time without an end of a task nobody needs more supervisors than a few.
    private static let surplusPause = Span.seconds(10)
    static let firstHuntPause: UInt64 = 50
    static let longestHuntPause: UInt64 = 2_000

    let loop: Loop
    private let vault: Vault
    private let log: Log
    private let surroundings: ProcessSurroundings
    let pool: SupervisorPool
    private lazy var outputs = OutputQueue(loop: loop) { [weak self] in self?.read($0) ?? .drained }
    private var queue: [(id: EffectID, launch: Launch)] = []
    /// What could not be asked for yet.
    var adoptions: [(id: EffectID, adoption: Adoption)] = []
    /// Of those that are over: they keep what they know until the journal has it.
    var kept: [ProcessName: SupervisedProcess] = [:]
    private var isStarting = false
    private var isTidying = false
    private(set) var processes: [EffectID: SupervisedProcess] = [:]
    var byPid: [pid_t: EffectID] = [:]
    /// Supervisors that have said their last word or were dismissed, until they are reaped.
    var leaving: Set<pid_t> = []
    /// Those that still have descriptors to be closed, once there is time.
    private var left: [SupervisorChannel] = []
    private var changed: [EffectID] = []
    private var surplusTimer: LoopTimer?
    var huntTimer: LoopTimer?
    private(set) var adoptionTimer: LoopTimer?
    var huntPause = firstHuntPause

    /// Children of other executors: never taken for orphans.
    var isOthersChild: (pid_t) -> Bool = { _ in false }
    /// An ended child that is none of ours: another executor's, or an orphan.
    var strangerEnded: (oz_reaped) -> Void = { _ in }

    /// Hears of the process that a start came to.
    var noticed: ((EffectID, pid_t) -> Void)?

    init(loop: Loop, vault: Vault, log: Log, surroundings: ProcessSurroundings, ready: Int = 4) {
        self.loop = loop
        self.vault = vault
        self.log = log
        self.surroundings = surroundings
        pool = SupervisorPool(keeping: ready)
        surplusTimer = loop.timer { [weak self] in self?.dismissSurplus() }
        huntTimer = loop.timer { [weak self] in self?.hunt() }
        adoptionTimer = loop.timer { [weak self] in self?.adoptAgain() }
    }

    /// Makes some supervisors ready. Fails where the kernel lets no program run out of memory.
    func warmUp() throws(NoSupervisor) {
        _ = oz_set_child_subreaper(1)
        try pool.prepare()
        tidySoon()
    }

    /// What has no final event yet.
    var unfinished: Int { max(processes.count, byPid.count) + queue.count + adoptions.count }
    /// Supervisors that said their last word or were dismissed.
    var unreaped: Int { leaving.count }
    var supervisorsReady: Int { pool.pids.count }

    func execute(_ id: EffectID, _ call: ProcessCall) {
        switch call {
        case .start(let launch):
            queue.append((id, launch))
            startSoon()
        case .adopt(let adoption): adopt(id, adoption)
        case .dismiss(let name): dismiss(name)
        case .signal(let process, .terminate):
            command(process, [OZ_COMMAND_TERMINATE, UInt8(SIGTERM)], SIGTERM)
        case .kill(let process):
            command(process, [OZ_COMMAND_KILL], SIGKILL)
        case .release(let process):
            // One that has lost its supervisor by now has lost its descendants as well.
            processes[process]?.command([OZ_COMMAND_RELEASE])
            if let process = processes[process], process.channel.hasControl { flush(process) }
        case .abandonOutput(let process):
            guard let process = processes[process] else { return }
            process.outputAbandoned = true
            tellSoon(process)
        }
    }

    // MARK: Starting

    private func startSoon() {
        guard !isStarting else { return }
        isStarting = true
        loop.whenQuiet { [weak self] in self?.startSome() }
    }

    private func startSome() {
        isStarting = false
        let some = queue.prefix(Self.startsPerTurn)
        queue.removeFirst(some.count)
        for (id, launch) in some { start(id, launch) }
        // A new supervisor would only be in the way of the command that just begins, so there have to be few for it.
        if !queue.isEmpty { startSoon() } else if pool.isLow { tidySoon() }
    }

    private func start(_ id: EffectID, _ launch: Launch) {
        do {
            let record = try StartRecord.make(launch, surroundings) { vault.value($0) }
            let input = try launch.input.map { document in try StandardInput(document) { vault.value($0) } }
            let words = launch.name == nil ? nil : try HandedWords(vault.handOver(launch.secrets))
            // A ready supervisor may have died in the meantime; a new one has not.
            for attempt in 1...Self.attempts {
                let channel = try pool.take()
                if try start(id, launch, record, input, words, channel, isLast: attempt == Self.attempts) { return }
            }
        } catch let problem as StartProblem {
            switch problem {
            case .secretGone: loop.deliver(.interpreter(.contractBroken(id)))
            case .failure(let failure): loop.deliver(.process(.startFailed(id, failure)))
            }
        } catch let problem as NoSupervisor {
            loop.deliver(.process(.startFailed(id, .host(errno: problem.errno))))
        } catch {
            loop.deliver(.interpreter(.contractBroken(id)))
        }
    }

    /// False where the supervisor does not listen, and nothing was started.
    private func start(
        _ id: EffectID, _ launch: Launch, _ record: Bytes, _ input: StandardInput?, _ words: HandedWords?,
        _ channel: SupervisorChannel, isLast: Bool
    ) throws(NoSupervisor) -> Bool {
        let outputEnd: Int32
        do {
            outputEnd = try channel.openOutput()
        } catch {
            leave(channel)
            throw error
        }
        let process = SupervisedProcess(
            id: id, launch: launch, record: record, input: input, channel: channel, outputEnd: outputEnd, words: words)
        let listens = process.flush()
        guard listens || !process.isUntouched || isLast else {
            leave(channel)
            return false
        }
        processes[id] = process
        byPid[channel.pid] = id
        guard listens else {
            lose(process)
            return true
        }
        if !watch(channel, process.hasOutgoing ? [.read, .write] : .read) || !watchOutput(process) { lose(process) }
        return true
    }

    private func watchOutput(_ process: SupervisedProcess) -> Bool {
        loop.watch(process.channel.output, .read) { [weak self, weak process] _ in
            if let process { self?.outputs.add(process) }
        }
    }

    /// One that an earlier life has started is now one of ours.
    func begin(_ process: SupervisedProcess) {
        processes[process.id] = process
        byPid[process.channel.pid] = process.id
        if !watch(process.channel, .read) { lose(process) }
    }

    /// A supervisor's socket is watched once for all of its tasks.
    private func watch(_ channel: SupervisorChannel, _ interest: Loop.Interest) -> Bool {
        if channel.isWatched {
            loop.change(channel.control, interest)
            return true
        }
        channel.isWatched = loop.watch(channel.control, interest) { [weak self, weak channel] in
            if let channel { self?.controlReady(channel, $0) }
        }
        return channel.isWatched
    }

    func tidySoon() {
        guard !isTidying else { return }
        isTidying = true
        loop.whenQuiet { [weak self] in self?.tidy() }
    }

    /// Closes what is not needed any more, and makes a supervisor if there are too few.
    private func tidy() {
        isTidying = false
        for channel in left { channel.closeSpentOutput() }
        left.removeAll(keepingCapacity: left.capacity <= 64)
        // Starts come first; they ask for this again.
        guard queue.isEmpty, let made = pool.refill() else { return }
        _ = watch(made, .read)
        tidySoon()
    }

    // MARK: The supervisors' side

    private func command(_ id: EffectID, _ bytes: Bytes, _ signal: Int32) {
        if let index = queue.firstIndex(where: { $0.id == id }) {
            // Not started yet: it ends as if it had been hit at its first instruction.
            queue.remove(at: index)
            return loop.deliver(.process(.finished(id, .signal(signal))))
        }
        guard let process = processes[id] else { return }
        guard process.channel.hasControl else {
            if process.needsHunt { hunt() }
            return
        }
        process.command(bytes)
        flush(process)
    }

    private func flush(_ process: SupervisedProcess) {
        guard process.flush() else { return listen(process) }
        loop.change(process.channel.control, process.hasOutgoing ? [.read, .write] : .read)
    }

    private func controlReady(_ channel: SupervisorChannel, _ ready: Loop.Interest) {
        guard let id = byPid[channel.pid], let process = processes[id] else {
            // An idle one has nothing to say, and one that waits to be dismissed has said all: so it has ended.
            _ = pool.forget(channel.pid)
            return leave(channel)
        }
        if ready.contains(.write), process.hasOutgoing { flush(process) }
        if ready.contains(.read), process.channel.hasControl { listen(process) }
    }

    func listen(_ process: SupervisedProcess) {
        guard process.channel.hasControl else { return }
        let wasGreeted = !process.awaitsGreeting
        if !process.listen(vault, log) { lose(process) }
        if !wasGreeted, !process.awaitsGreeting { beginOutput(process) }
        tellSoon(process)
    }

    /// An adopted one has been greeted.
    private func beginOutput(_ process: SupervisedProcess) {
        if process.hasKept { outputs.add(process) }
        if process.channel.hasOutput, !watchOutput(process) { lose(process) }
    }

    /// Nothing more will be said. Without a last word the supervisor is killed, its agent by the kernel with it.
    func lose(_ process: SupervisedProcess) {
        loop.forget(process.channel.control)
        process.channel.closeControl()
        process.lose()
        if process.isLost, !process.isReaped, process.channel.isChild { _ = kill(process.channel.pid, SIGKILL) }
        tellSoon(process)
    }

    func leave(_ channel: SupervisorChannel) {
        if channel.isChild { leaving.insert(channel.pid) }
        if channel.isWatched, channel.hasControl { loop.forget(channel.control) }
        channel.closeControl()
        tidySoon()
    }

    private func dismissSurplus() {
        for channel in pool.takeSurplus() { leave(channel) }
    }

    // MARK: Telling

    func tellSoon(_ process: SupervisedProcess) {
        if changed.isEmpty { loop.atTurnEnd { [weak self] in self?.tell() } }
        changed.append(process.id)
    }

    private func tell() {
        let ids = changed
        changed = []
        var drains = Self.drainsPerTurn
        for id in ids {
            guard let process = processes[id] else { continue }
            if process.needsHunt { hunt() }
            if process.isOver, drains > 0 {
                drains -= 1
                drain(process)
            }
            guard let (event, final) = process.news() else { continue }
            if let pid = process.command {
                process.command = nil
                noticed?(process.id, pid)
            }
            if final { remove(process) }
            loop.deliver(event)
        }
    }

    private func remove(_ process: SupervisedProcess) {
        let channel = process.channel
        endOutput(process)
        channel.retireOutput()
        processes[process.id] = nil
        byPid[channel.pid] = nil
        if let range = process.handedOver { vault.forget(range) }
        if let name = process.name, process.isToBeDismissed { kept[name] = process } else { giveBack(process) }
        // The final word goes out first.
        left.append(channel)
        tidySoon()
    }

    /// Its supervisor serves another, or goes.
    func giveBack(_ process: SupervisedProcess) {
        let channel = process.channel
        if process.leavesIdleSupervisor, pool.takeBack(channel) {
            if pool.hasSurplus { surplusTimer?.due = Clock.now().after(Self.surplusPause) }
        } else {
            if channel.hasControl { loop.forget(channel.control) }
            if !process.isReaped, channel.isChild { leaving.insert(channel.pid) }
            if process.name != nil { channel.closeControl() }
        }
    }

    // MARK: Output

    /// A bounded piece of one process's output.
    private func read(_ process: SupervisedProcess) -> OutputQueue.Left {
        // Its supervisor may serve another by now.
        guard process.hasOutput, processes[process.id] != nil else { return .drained }
        if let left = process.readOutput(vault, log) {
            if process.outputAbandoned, !process.hasKept { tellSoon(process) }
            return left
        }
        endOutput(process)
        process.channel.retireOutput()
        if !process.isOver { process.channel.closeSpentOutput() }
        tellSoon(process)
        return .drained
    }

    /// Nobody writes any more, so what is in the pipe is all; usually that is little, and the end can be told at once.
    private func drain(_ process: SupervisedProcess) {
        for _ in 0..<3 where process.hasOutput {
            if read(process) == .drained { return }
        }
        if process.hasOutput { outputs.add(process) }
    }

    /// Whoever calls it closes the pipe.
    private func endOutput(_ process: SupervisedProcess) {
        process.finishOutput(log)
        guard process.channel.hasOutput else { return }
        // A supervisor that outlives us has this end too, so the kernel would go on telling of it when we close ours.
        if process.name != nil { loop.unwatch(process.channel.output) } else { loop.forget(process.channel.output) }
    }

    // MARK: The end of a life

    /// A forced exit: everything is told to die; nobody waits for it.
    func killEverything() {
        queue = []
        for process in processes.values {
            // A named one would keep what it knows: whoever forces an exit wants nothing left.
            process.command(process.name != nil ? [OZ_COMMAND_KILL, OZ_COMMAND_QUIT] : [OZ_COMMAND_KILL])
            // What can't be told is killed, and the kernel kills its agent with it.
            if !process.channel.hasControl || !process.flush() || process.hasOutgoing {
                _ = process.isReaped || !process.channel.isChild ? 0 : kill(process.channel.pid, SIGKILL)
            }
        }
        dismissReady()
    }

    /// No more starts are to come: the ready supervisors may leave.
    func dismissReady() { leaving.formUnion(pool.dismiss()) }
}
