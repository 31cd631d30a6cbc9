// Recovery is the ordinary start: what earlier lives left goes on in this one, in the order in which it came.
//
// All of it is on its way before the first dial, so that final words go out first, and an assignment or a cancellation
// finds what it is about.

import Codecs
import Effects

extension Worker {
    mutating func recover(_ inheritance: Inheritance, _ backend: Backend, _ turn: inout Turn) {
        for word in inheritance.remembered {
            if let key = word.finalKey { memory.remember(key, word, turn.limits) }
        }
        for key in inheritance.elsewhere { handedOver.remember(key, turn.limits) }
        guard !inheritance.runs.isEmpty else { return }
        let unheard = inheritance.unheard
        turn.log(.info, .inherited(tasks: inheritance.runs.count &- unheard, unheard: unheard))
        for run in inheritance.runs {
            speak(of: run, &turn)
            goOn(with: run, backend, &turn)
        }
        heed(connection.lost(&turn), &turn)
    }

    /// What may not have been heard is said again. It was said before, for all that is known.
    private mutating func speak(of run: Inheritance.Run, _ turn: inout Turn) {
        guard case .claimed = run.kind else { return }
        connection.outbox.supersede(olderThan: run.number, of: run.key.task)
        let claim = OutgoingMessage.claimed(run.key.task, worker: turn.settings.workerID)
        switch run.course {
        case .open:
            guard !run.claimWasHeard else { return }
            connection.outbox.post(.claim, run: run.number, run.key, claim, maybeHeard: true)
        case .decided(let word):
            if !run.claimWasHeard {
                connection.outbox.post(.claim, run: run.number, run.key, claim, maybeHeard: true)
            }
            connection.outbox.post(.finalWord, run: run.number, run.key, word, maybeHeard: true)
            memory.remember(run.key, word, turn.limits)
        case .handedOver:
            guard !run.claimWasHeard else { return }
            connection.outbox.post(.lastClaim, run: run.number, run.key, claim, maybeHeard: true)
        case .settled: break
        }
    }

    private mutating func goOn(with run: Inheritance.Run, _ backend: Backend, _ turn: inout Turn) {
        let slot = roster.highest &+ 1
        turn.slot = slot
        turn.run = run.number
        dismissTheEnded(of: run, &turn)
        let task = Task(run, backend, &turn)
        turn.slot = 0
        turn.run = 0
        roster.append(task)
        with(slot, backend, &turn) { $0.resume($1, &$2) }
    }

    /// How these ended is known. Only their supervisors may be left.
    private func dismissTheEnded(of run: Inheritance.Run, _ turn: inout Turn) {
        for belonging in run.belongings {
            guard case .process(let name, _) = belonging.possession, case .ended = belonging.stage else { continue }
            turn.ask(.process(.dismiss(name)))
            turn.note(.released(belonging.possession))
        }
    }
}

extension Inheritance {
    /// Runs of which only the last word is left.
    var unheard: Int { runs.count { $0.isOnlyUnheard } }
}

extension Inheritance.Run {
    fileprivate var isOnlyUnheard: Bool {
        guard belongings.isEmpty, recall != .owed else { return false }
        switch course {
        case .decided, .handedOver: return true
        case .open, .settled: return false
        }
    }
}
