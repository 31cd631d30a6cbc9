// The worker's own course: from its start to its end. The phases are in Stopping.swift.

import Effects

extension Worker {
    mutating func stopRequested(_ signal: Int32, _ turn: inout Turn) {
        switch life {
        case .starting(let starting):
            // It goes on without us, and the next life finds it.
            let left = starting.inheritance
            if !left.runs.isEmpty {
                turn.log(.error, .stopIncomplete(unheard: left.unheard, unfinished: left.runs.count &- left.unheard))
            }
            end(code: 0, &turn)
        case .stopped: end(code: 0, &turn)
        case .running(let backend):
            guard turn.settings.drainTimeout > .zero, roster.active > 0 else { return stop(backend, &turn) }
            turn.log(.info, .draining(active: roster.active))
            life = .draining(backend, until: turn.at.after(turn.settings.drainTimeout))
        case .draining(let backend, _): stop(backend, &turn)
        case .stopping, .closing:
            turn.log(.warn, .stopForced)
            end(code: 128 &+ signal, &turn)
        }
    }

    /// Moves on as far as the state allows. Runs at the end of every step.
    mutating func proceed(_ turn: inout Turn) {
        switch life {
        case .starting(let starting): proceed(starting, &turn)
        case .running, .stopped: break
        case .draining(let backend, let until):
            if until <= turn.at || roster.active == 0 { stop(backend, &turn) }
        case .stopping(let backend, let stopping): proceed(backend, stopping, &turn)
        case .closing:
            if connection.isShut { end(code: 0, &turn) }
        }
    }

    private mutating func proceed(_ starting: Starting, _ turn: inout Turn) {
        switch starting.phase {
        case .fresh, .findingAgent, .checkingGround, .preparing: break
        case .failed: end(code: 69, &turn)
        case .passed(let backend):
            life = .running(backend)
            if case .docker = backend { upkeep.begin(starting.inheritance, &turn) }
            recover(starting.inheritance, backend, &turn)
            connection.dial(&turn)
        }
    }

    private mutating func stop(_ backend: Backend, _ turn: inout Turn) {
        turn.log(.info, .stopping(active: roster.active))
        upkeep.leave(&turn)
        life = .stopping(backend, Life.Stopping(until: turn.at.after(turn.timing.stop), heardBy: nil))
        // The latest first, so that one that only waits does not start when the one before it ends.
        let slots = roster.highest > 0 ? Array(1...roster.highest) : []
        let latestFirst = slots.filter { roster[$0]?.isActive == true }
            .sorted { (roster[$0]?.serial ?? 0) > (roster[$1]?.serial ?? 0) }
        for slot in latestFirst { with(slot, backend, &turn) { $0.stop(.workerStop, $1, &$2) } }
        // Whoever waits to dial again dials now: there are last words to say.
        if roster.active > 0 || connection.outbox.lastWords > 0 { connection.dial(&turn) }
        connection.flush(&turn, hurry: true)
        proceed(&turn)
    }

    private mutating func proceed(_ backend: Backend, _ stopping: Life.Stopping, _ turn: inout Turn) {
        var stopping = stopping
        let outOfTime = stopping.until <= turn.at
        if roster.active > 0, !outOfTime { return }
        if stopping.heardBy == nil {
            stopping.heardBy = turn.at.after(turn.timing.lastWords)
            life = .stopping(backend, stopping)
            if connection.outbox.lastWords > 0 { connection.dial(&turn) }
        }
        let unheard = connection.outbox.lastWords
        let spoken = unheard == 0 || (stopping.heardBy.map { $0 <= turn.at } ?? false)
        guard outOfTime || (spoken && roster.isEmpty && upkeep.awaits == nil) else {
            // The deadline for hearing has passed; what remains is bounded by the stop as a whole.
            if let by = stopping.heardBy, by <= turn.at {
                stopping.heardBy = stopping.until
                life = .stopping(backend, stopping)
            }
            return
        }
        if unheard > 0 || !roster.isEmpty {
            turn.log(.error, .stopIncomplete(unheard: unheard, unfinished: roster.tasks.count))
        }
        connection.close(&turn)
        life = .closing(backend)
        if connection.isShut { end(code: 0, &turn) }
    }

    private mutating func end(code: Int32, _ turn: inout Turn) {
        guard exitCode == nil else { return }
        turn.log(.info, .stopped)
        turn.ask(.exit(code: code))
        life = .stopped(code: code)
    }
}
