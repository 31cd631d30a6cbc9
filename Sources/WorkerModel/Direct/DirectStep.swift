// One execution on the host, from its start until its verdict.
//
//   makingGround          -> makingEnvironmentFile | over      (workspace, or scratch directory beside target_dir)
//   makingEnvironmentFile -> settingUp | readingEnvironment | over
//   settingUp             -> readingEnvironment | over
//   readingEnvironment    -> running | over
//   running               -> settingAside | over
//   interrupted           -> settingAside | over               (a setup command of an earlier life is being ended)
//   settingAside          -> over
//
// Being stopped is orthogonal: it says what the end will mean. In a phase without a process the end comes at once;
// with one it comes by the ladder. What is left to give back goes to `DirectTidying`.

import Codecs
import Effects

public struct DirectStep: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case makingGround(TaskPlan, attempt: Int)
        case makingEnvironmentFile(TaskPlan)
        case settingUp(TaskPlan, Supervised)
        case readingEnvironment(TaskPlan, EffectID)
        case running(Supervised)
        case interrupted(Supervised)
        case settingAside(PendingRename, until: Instant, Judgement)
        case over(Judgement)
    }

    public let key: ExecutionKey
    public internal(set) var place: DirectPlace
    public internal(set) var phase: Phase
    public internal(set) var stopping: StopCause?
    public private(set) var secrets: [SecretRange]
    let executable: Bytes
    /// A process whose death was not seen in time.
    private(set) var haunting: Supervised?
    /// A rename that was asked for and is not waited for any more.
    private(set) var rename: PendingRename?

    public struct PendingRename: Hashable, Codable, Sendable {
        let id: EffectID
        let to: Bytes
        /// An earlier life had asked for it, too.
        var isRepeated = false
    }

    init(_ key: ExecutionKey, _ plan: TaskPlan, executable: Bytes, _ direct: DirectSettings, _ turn: inout Turn) {
        self.key = key
        self.executable = executable
        secrets = [plan.secrets]
        stopping = nil
        haunting = nil
        rename = nil
        if let target = direct.targetDirectory {
            let scratch = DirectNames.scratch(in: direct.temporaryDirectory, chance: turn.draw())
            place = DirectPlace(.shared(directory: target, scratch: Holding(.directory(scratch))))
        } else {
            let path = DirectNames.workspace(key, attempt: 0, root: direct.workspaceRoot)
            place = DirectPlace(.own(Holding(.workspace(path))))
        }
        phase = .makingGround(plan, attempt: 0)
        guard DirectNames.isUsable(key.task) else {
            place.relinquish(key, &turn)
            phase = .over(Judgement(.failed(.workspaceSetup(.unusableTaskID))))
            return
        }
        place.withBase { $0.ask(&turn) }
    }

    /// Of an earlier life, and not begun again yet.
    init(_ key: ExecutionKey, _ place: DirectPlace, executable: Bytes, stopping: StopCause?) {
        self.key = key
        self.place = place
        self.executable = executable
        self.stopping = stopping
        secrets = []
        haunting = nil
        rename = nil
        phase = .over(Judgement(.failed(.internal(.interrupted))))
    }

    public var judgement: Judgement? {
        switch phase {
        case .over(let judgement): judgement
        case .makingGround, .makingEnvironmentFile, .settingUp, .readingEnvironment, .running, .interrupted,
            .settingAside:
            nil
        }
    }

    public var deadline: Instant? {
        switch phase {
        case .settingUp(_, let process), .running(let process), .interrupted(let process): process.deadline
        case .settingAside(_, let until, _): until
        case .makingGround, .makingEnvironmentFile, .readingEnvironment, .over: nil
        }
    }

    /// The process under way, if there is one.
    public var process: Supervised? {
        switch phase {
        case .settingUp(_, let process), .running(let process), .interrupted(let process): process
        case .makingGround, .makingEnvironmentFile, .readingEnvironment, .settingAside, .over: nil
        }
    }

    // MARK: - Events

    mutating func stop(_ cause: StopCause, _ turn: inout Turn) {
        guard stopping == nil else { return }
        switch phase {
        case .settingAside, .over: return
        case .makingGround, .makingEnvironmentFile, .readingEnvironment:
            begin(stopping: cause, &turn)
            conclude(Judgement(stopped(by: cause, turn)), &turn)
        case .settingUp(let plan, var process):
            begin(stopping: cause, &turn)
            process.terminate(&turn)
            phase = .settingUp(plan, process)
        case .running(var process):
            begin(stopping: cause, &turn)
            process.terminate(&turn)
            phase = .running(process)
        case .interrupted(var process):
            begin(stopping: cause, &turn)
            process.terminate(&turn)
            phase = .interrupted(process)
        }
    }

    mutating func begin(stopping cause: StopCause, _ turn: inout Turn) {
        stopping = cause
        turn.note(.ending(stopped(by: cause, turn)))
        turn.log(.info, .taskStopping(cause), key)
    }

    mutating func take(_ event: FilesEvent, _ direct: DirectSettings, _ turn: inout Turn) {
        switch phase {
        case .makingGround(let plan, let attempt): madeGround(event, plan, attempt, direct, &turn)
        case .makingEnvironmentFile(let plan): madeEnvironmentFile(event, plan, direct, &turn)
        case .readingEnvironment(let plan, let id):
            guard event.id == id else { return turn.lateFile(event) }
            readEnvironment(event, plan, direct, &turn)
        case .settingAside(let rename, _, let judgement):
            guard event.id == rename.id else { return turn.lateFile(event) }
            place.take(event, of: rename, key, &turn)
            phase = .over(judgement)
        case .settingUp, .running, .interrupted, .over: turn.lateFile(event)
        }
    }

    mutating func take(_ event: ProcessEvent, _ direct: DirectSettings, _ turn: inout Turn) {
        switch phase {
        case .settingUp(let plan, var process):
            guard process.take(event, &turn) else { return turn.late() }
            phase = .settingUp(plan, process)
        case .running(var process):
            guard process.take(event, &turn) else { return turn.late() }
            phase = .running(process)
        case .interrupted(var process):
            guard process.take(event, &turn) else { return turn.late() }
            phase = .interrupted(process)
        case .makingGround, .makingEnvironmentFile, .readingEnvironment, .settingAside, .over: return turn.late()
        }
        advance(direct, &turn)
    }

    mutating func tick(_ direct: DirectSettings, _ turn: inout Turn) {
        guard let deadline, deadline <= turn.at else { return }
        switch phase {
        case .settingUp(let plan, var process):
            process.tick(key, &turn)
            phase = .settingUp(plan, process)
        case .running(var process):
            process.tick(key, &turn)
            phase = .running(process)
        case .interrupted(var process):
            process.tick(key, &turn)
            phase = .interrupted(process)
        case .settingAside(let pending, _, let judgement):
            rename = pending
            phase = .over(judgement)
        case .makingGround, .makingEnvironmentFile, .readingEnvironment, .over: break
        }
        advance(direct, &turn)
    }

    /// The hands broke their contract for one of our requests.
    mutating func broke(_ id: EffectID, _ direct: DirectSettings, _ turn: inout Turn) {
        let verdict = Judgement(.failed(.internal(.contractBroken)))
        switch phase {
        case .settingUp(let plan, var process) where process.id == id:
            process.broke(&turn)
            phase = .settingUp(plan, process)
            advance(direct, &turn)
        case .running(var process) where process.id == id:
            process.broke(&turn)
            phase = .running(process)
            advance(direct, &turn)
        case .interrupted(var process) where process.id == id:
            process.broke(&turn)
            phase = .interrupted(process)
            advance(direct, &turn)
        case .makingGround where place.base.awaits == id:
            place.withBase { $0.refused(&turn) }
            conclude(verdict, &turn)
        case .makingEnvironmentFile where place.environmentFile?.awaits == id:
            place.environmentFile?.refused(&turn)
            conclude(verdict, &turn)
        case .readingEnvironment(_, let read) where read == id: conclude(verdict, &turn)
        case .settingAside(let asked, _, let judgement) where asked.id == id: phase = .over(judgement)
        case .makingGround, .makingEnvironmentFile, .settingUp, .readingEnvironment, .running, .interrupted,
            .settingAside, .over:
            turn.late()
        }
    }

    // MARK: - On the way

    private mutating func madeGround(
        _ event: FilesEvent, _ plan: TaskPlan, _ attempt: Int, _ direct: DirectSettings, _ turn: inout Turn
    ) {
        guard place.withBase({ $0.take(event, key, &turn) }) else { return turn.lateFile(event) }
        if place.base.isHeld {
            turn.log(.debug, .workspaceMade(place.directory), key)
            let path = DirectNames.environmentFile(in: place.directory, chance: turn.draw())
            place.environmentFile = Holding(.file(path))
            place.environmentFile?.ask(&turn)
            phase = .makingEnvironmentFile(plan)
            return
        }
        guard case .exists = event else {
            return conclude(Judgement(.failed(.workspaceSetup(.workspace(event.failure)))), &turn)
        }
        guard attempt &+ 1 < turn.limits.workspaceNames, case .own = place.ground else {
            return conclude(Judgement(.failed(.workspaceSetup(.noFreeName))), &turn)
        }
        let path = DirectNames.workspace(key, attempt: attempt &+ 1, root: direct.workspaceRoot)
        place = DirectPlace(.own(Holding(.workspace(path))))
        place.withBase { $0.ask(&turn) }
        phase = .makingGround(plan, attempt: attempt &+ 1)
    }

    private mutating func madeEnvironmentFile(
        _ event: FilesEvent, _ plan: TaskPlan, _ direct: DirectSettings, _ turn: inout Turn
    ) {
        guard var file = place.environmentFile, file.take(event, key, &turn) else { return turn.lateFile(event) }
        place.environmentFile = file
        guard file.isHeld else {
            return conclude(Judgement(.failed(.workspaceSetup(.environmentFile(event.failure)))), &turn)
        }
        guard let command = direct.setupCommand else {
            // Nobody wrote to it, so there is nothing to read.
            return startAgent(plan, read: [], secrets: .none, direct, &turn)
        }
        let launch = commands(direct).setup(command, plan, environmentFile: file.path)
        turn.log(.debug, .setupStarted, key)
        phase = .settingUp(plan, Supervised(launch, &turn))
    }

    private mutating func readEnvironment(
        _ event: FilesEvent, _ plan: TaskPlan, _ direct: DirectSettings, _ turn: inout Turn
    ) {
        switch event {
        case .environmentRead(_, let variables, let range, let malformed, let omitted):
            if !malformed.isEmpty { turn.log(.warn, .environmentMalformed(lines: malformed), key) }
            if omitted > 0 { turn.log(.warn, .environmentTruncated(omitted: omitted), key) }
            if !range.isEmpty { secrets.append(range) }
            startAgent(plan, read: variables, secrets: range, direct, &turn)
        case .failed(_, let failure):
            conclude(Judgement(.failed(.workspaceSetup(.environmentFile(failure)))), &turn)
        case .done, .exists, .found: conclude(Judgement(.failed(.internal(.contractBroken))), &turn)
        }
    }

    private mutating func startAgent(
        _ plan: TaskPlan, read: [EnvironmentVariable], secrets range: SecretRange, _ direct: DirectSettings,
        _ turn: inout Turn
    ) {
        let launch = commands(direct).agent(executable, plan, read: read, secrets: range)
        turn.log(.debug, .agentStarted, key)
        phase = .running(Supervised(launch, &turn))
    }

    private func commands(_ direct: DirectSettings) -> DirectCommands {
        DirectCommands(key: key, place: place, settings: direct)
    }

    // MARK: - The end

    /// Looks whether the process under way came to an end, and what follows from it.
    private mutating func advance(_ direct: DirectSettings, _ turn: inout Turn) {
        switch phase {
        case .settingUp(let plan, let process):
            if process.isHaunting { return conclude(unconfirmedSetup(process, turn), &turn) }
            guard let outcome = process.outcome else { return }
            if let stopping { return conclude(Judgement(stopped(by: stopping, turn)), &turn) }
            switch outcome {
            case .ended(.exit(0)):
                guard let file = place.environmentFile else { return }
                phase = .readingEnvironment(plan, turn.ask(.files(.readEnvironment(file.path))))
            case .ended(let end): conclude(Judgement(.failed(.setupCommand(.ended(end)))), &turn)
            case .notStarted(let failure): conclude(Judgement(.failed(.setupCommand(.startFailed(failure)))), &turn)
            case .vanished: conclude(Judgement(.failed(.internal(.interrupted))), &turn)
            case .broken: conclude(Judgement(.failed(.internal(.contractBroken))), &turn)
            }
        case .running(let process):
            if process.isHaunting { return conclude(unconfirmed(process, turn), &turn) }
            guard let outcome = process.outcome else { return }
            conclude(judge(outcome, turn), &turn)
        case .interrupted(let process):
            if process.isHaunting { return conclude(unconfirmed(process, turn), &turn) }
            guard process.outcome != nil else { return }
            conclude(Judgement(stopped(by: stopping ?? .interruption, turn)), &turn)
        case .makingGround, .makingEnvironmentFile, .readingEnvironment, .settingAside, .over: break
        }
    }

    private func judge(_ outcome: Supervised.Outcome, _ turn: Turn) -> Judgement {
        switch outcome {
        case .ended(let end):
            if let stopping { return Judgement(stopped(by: stopping, turn), exitCode: end.code) }
            if end == .exit(0) { return Judgement(.completed) }
            return Judgement(.failed(.agentInvocation(.ended(end))), exitCode: end.code)
        case .notStarted(let failure):
            if let stopping { return Judgement(stopped(by: stopping, turn)) }
            return Judgement(.failed(.agentInvocation(.startFailed(failure))))
        case .vanished:
            return Judgement(stopping.map { stopped(by: $0, turn) } ?? .failed(.internal(.interrupted)))
        case .broken: return Judgement(.failed(.internal(.contractBroken)))
        }
    }

    private func stopped(by cause: StopCause, _ turn: Turn) -> Verdict {
        switch cause {
        case .cancellation: .cancelled
        case .workerStop: .failed(.gracefulShutdown)
        case .timeout: .failed(.taskTimeout(turn.settings.taskTimeout ?? .zero))
        case .interruption: .failed(.internal(.interrupted))
        }
    }

    /// No death was seen in time; the word goes out all the same, and the process stays known. An agent that nobody
    /// asked to end was seen to end, and only what it left behind can't be killed: its own end counts.
    private mutating func unconfirmed(_ process: Supervised, _ turn: Turn) -> Judgement {
        haunting = process
        let judged = judge(.ended(process.end ?? .unseen), turn)
        return Judgement(judged.verdict, exitCode: judged.exitCode, confirmed: false)
    }

    /// The agent is not started beside something that setup left and nobody can kill.
    private mutating func unconfirmedSetup(_ process: Supervised, _ turn: Turn) -> Judgement {
        haunting = process
        if let stopping { return Judgement(stopped(by: stopping, turn), confirmed: false) }
        let end = process.end ?? .unseen
        let problem: CommandProblem = end == .exit(0) ? .leftUnkillable : .ended(end)
        return Judgement(.failed(.setupCommand(problem)), confirmed: false)
    }

    mutating func conclude(_ judgement: Judgement, _ turn: inout Turn) {
        // What is still being made in it would miss it under its new name.
        guard haunting == nil, turn.settings.cleanup, !place.isBeingMade, let workspace = place.workspace,
            workspace.isHeld, case .direct(let direct) = turn.settings.backend
        else {
            phase = .over(judgement)
            return
        }
        let to = DirectNames.aside(root: direct.workspaceRoot, chance: turn.draw())
        // The word is not said yet, and nothing else would tell what it was to be.
        if stopping == nil { turn.note(.ending(judgement.verdict)) }
        place.moving(to: to, &turn)
        let id = turn.ask(.files(.rename(from: workspace.path, to: to)))
        let rename = PendingRename(id: id, to: to)
        phase = .settingAside(rename, until: turn.at.after(turn.timing.setAside), judgement)
    }
}

extension FilesEvent {
    var failure: FileFailure {
        switch self {
        case .failed(_, let failure): failure
        case .done, .exists, .found, .environmentRead: .system(errno: 0)
        }
    }
}

extension Turn {
    /// A stale answer acquired nothing, except that values read too late lie in the vault.
    mutating func lateFile(_ event: FilesEvent) {
        late()
        if case .environmentRead(_, _, let range, _, _) = event { forget(range) }
    }
}
