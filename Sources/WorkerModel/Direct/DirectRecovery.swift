// How the direct backend goes on with what an earlier life left.
//
// An agent that ran is taken over, and judged by how it ends. Nothing else can be started for the execution, since its
// secrets died with the worker: a setup command is ended, and whatever had not come so far is interrupted. What is
// there is given back as ever.

import Codecs
import Effects

extension DirectStep {
    /// One without a verdict.
    init(_ run: Inheritance.Run, executable: Bytes, _ direct: DirectSettings, _ turn: inout Turn) {
        let place = DirectPlace(run, direct, &turn)
        self.init(run.key, place, executable: executable, stopping: run.stopping)
        guard let (name, role) = run.process else {
            let judgement = run.judgement ?? Judgement(.failed(.internal(.interrupted)))
            if let rename = place.renameAgain(run, &turn) {
                phase = .settingAside(rename, until: turn.at.after(turn.timing.setAside), judgement)
            } else {
                conclude(judgement, &turn)
            }
            return
        }
        turn.log(.info, .taskAdopted(role), key)
        var process = Supervised(adopting: name, role, key, &turn)
        if role != .agent, stopping == nil { begin(stopping: .interruption, &turn) }
        if stopping != nil { process.terminate(&turn) }
        phase = role == .agent ? .running(process) : .interrupted(process)
    }
}

extension DirectPlace {
    init(_ run: Inheritance.Run, _ direct: DirectSettings, _ turn: inout Turn) {
        let files = run.files
        if let scratch = run.directories.last {
            let ground = Ground.shared(
                directory: direct.targetDirectory ?? scratch.possession.path, scratch: Holding(inherited: scratch))
            self.init(ground, environmentFile: files.last.map { Holding(inherited: $0) })
            for file in files.dropLast() { turn.note(.released(file.possession)) }
            return
        }
        let known = run.workspaces.filter { $0.stage == .acquired }
        // Under the one name and then under the other: ours was renamed, and is not under the first any more.
        for before in known.dropLast() { turn.note(.released(before.possession)) }
        guard let workspace = known.last ?? run.workspaces.last else {
            // What it lay in is kept or given back already, and only the file was left.
            self.init(.own(Holding(.workspace([]))), environmentFile: files.last.map { Holding(inherited: $0) })
            for file in files.dropLast() { turn.note(.released(file.possession)) }
            return
        }
        // It lies in the workspace and goes with it, unless that is kept.
        let keeps = !turn.settings.cleanup && workspace.stage == .acquired
        self.init(
            .own(Holding(inherited: workspace)),
            environmentFile: keeps ? files.last.map { Holding(inherited: $0) } : nil)
        for file in keeps ? files.dropLast() : files[...] { turn.note(.released(file.possession)) }
    }

    /// Where an earlier life was about to rename the workspace, and did not hear what came of it.
    func renameAgain(_ run: Inheritance.Run, _ turn: inout Turn) -> DirectStep.PendingRename? {
        intendedName(run).map { renameAgain(to: $0, &turn) }
    }

    /// The name that an earlier life was about to give it.
    func intendedName(_ run: Inheritance.Run) -> Bytes? {
        guard let workspace, workspace.isHeld, let next = run.workspaces.last, next.stage == .intended else {
            return nil
        }
        return next.possession.path
    }

    func renameAgain(to: Bytes, _ turn: inout Turn) -> DirectStep.PendingRename {
        let id = turn.ask(.files(.rename(from: directory, to: to)))
        return DirectStep.PendingRename(id: id, to: to, isRepeated: true)
    }
}

extension Inheritance.Run {
    var workspaces: [Belonging] {
        belongings.filter { if case .workspace = $0.possession { true } else { false } }
    }

    fileprivate var directories: [Belonging] {
        belongings.filter { if case .directory = $0.possession { true } else { false } }
    }

    fileprivate var files: [Belonging] {
        belongings.filter { if case .file = $0.possession { true } else { false } }
    }

    /// The commands that may run, or be about to.
    var processes: [(name: ProcessName, role: ProcessRole)] {
        belongings.compactMap { belonging in
            guard case .process(let name, let role) = belonging.possession else { return nil }
            switch belonging.stage {
            case .intended, .acquired: return (name, role)
            case .ended: return nil
            }
        }
    }

    /// There is one at most while there is no verdict.
    var process: (name: ProcessName, role: ProcessRole)? { processes.last }

    /// What its end will mean, where it was being ended.
    var ending: Verdict? {
        switch course {
        case .open(let verdict): verdict
        case .decided, .handedOver, .settled: nil
        }
    }

    var stopping: StopCause? {
        switch ending {
        case .cancelled: .cancellation
        case .failed(.gracefulShutdown): .workerStop
        case .failed(.taskTimeout): .timeout
        case .failed(.internal(.interrupted)): .interruption
        case .failed, .completed, .dispatched, nil: nil
        }
    }

    /// What its commands have said already; nil where that decides nothing.
    fileprivate var judgement: Judgement? {
        let agent = end(of: .agent)
        if let ending { return Judgement(ending, exitCode: ending == .completed ? nil : agent?.code) }
        if let agent {
            if agent == .exit(0) { return Judgement(.completed) }
            return Judgement(.failed(.agentInvocation(.ended(agent))), exitCode: agent.code)
        }
        guard let setup = end(of: .setup), setup != .exit(0) else { return nil }
        return Judgement(.failed(.setupCommand(.ended(setup))))
    }
}
