// How the Docker backend goes on with what an earlier life left.
//
// A container that was about to run is looked at: while it runs it is waited for, one that has ended is judged, and
// what was never started is interrupted, since its secrets died with the worker. What is there is given back as ever.
//
// The output of a container of an earlier life is not told: what would have to be masked in it is not known any more.

import Codecs
import Effects

extension DockerStep {
    /// One without a verdict.
    init(_ run: Inheritance.Run, reached: Bool, _ turn: inout Turn) {
        // Where nobody can reach the daemon, a life that can gives back what is there.
        self.init(
            run.key, reached ? run.containerOfTask : nil, others: reached ? run.helpers : [], stopping: run.stopping)
        guard container.isHeld else {
            let confirmed = reached || run.containerOfTask == nil
            leave(Judgement(run.ending ?? .failed(.internal(.interrupted)), confirmed: confirmed))
            return
        }
        turn.log(.info, .docker(.containerAdopted(container.name)), key)
        goOn(Contained(adopting: container.name, &turn), &turn)
    }
}

extension DockerTidying {
    /// One whose final word was decided.
    init(_ run: Inheritance.Run, reached: Bool, _ turn: inout Turn) {
        let container = DockerHolding(inherited: run.containerOfTask)
        let others = run.helpers.map { DockerHolding(inherited: $0) }
        self.init(run.key, inherited: reached ? [container] + others : [])
        if reached, container.isHeld, run.mayHaunt {
            // Nobody knows how far it was on the way to its end, so it goes the whole of it again.
            var contained = Contained(adopting: container.name, &turn)
            contained.terminate(&turn)
            haunt(contained)
        } else {
            release(&turn)
        }
    }
}

extension Inheritance.Run {
    fileprivate var containerOfTask: Belonging? {
        belongings.last {
            guard case .container(let name) = $0.possession else { return false }
            return DockerNames.isOfTask(name)
        }
    }

    /// What sidecars are filled through, and the volumes of this task alone, in the order in which they go.
    fileprivate var helpers: [Belonging] {
        let containers = belongings.reversed().filter {
            guard case .container(let name) = $0.possession else { return false }
            return !DockerNames.isOfTask(name)
        }
        return containers + belongings.filter { if case .volume = $0.possession { true } else { false } }
    }

    /// Its end was seen, or nobody knows any more whether it was.
    fileprivate var mayHaunt: Bool {
        guard case .decided(let word) = course else { return true }
        switch word {
        case .completed(_, let confirmed), .cancelled(_, let confirmed), .failed(_, _, _, let confirmed):
            return !confirmed
        case .claimed, .rejected: return true
        }
    }
}

extension Inheritance {
    /// What runs know of, and give back themselves.
    var namesOnDaemon: Set<Bytes> {
        var names: Set<Bytes> = []
        for run in runs {
            for belonging in run.belongings { names.insert(belonging.possession.nameOnDaemon) }
        }
        return names
    }
}

extension Possession {
    /// Empty for what is elsewhere.
    var nameOnDaemon: Bytes {
        switch self {
        case .container(let name), .volume(let name): name
        case .workspace, .directory, .file, .process: []
        }
    }
}
