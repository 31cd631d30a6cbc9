// What the worker does with a message, in the order of the protocol, and what it says when an execution ended.

import Codecs
import Effects

extension Worker {
    mutating func heed(_ news: Connection.News, _ turn: inout Turn) {
        switch news {
        case .nothing: break
        case .received(let message): receive(message, &turn)
        case .claimWritten(let run): claimWritten(run, &turn)
        case .claimsForgotten(let claims):
            for claim in claims { forget(claim, &turn) }
        case .heard(let letters):
            for letter in letters { heed(heard: letter, &turn) }
        }
    }

    private mutating func heed(heard letter: Outbox.Letter, _ turn: inout Turn) {
        switch (letter.kind, letter.progress) {
        case (.claim, .sending):
            turn.note(.claimHeard, of: letter.run)
            // The server has it, whatever became of the answer to its sending.
            claimWritten(letter.run, &turn)
        case (.claim, _), (.lastClaim, _): turn.note(.claimHeard, of: letter.run)
        case (.finalWord, _):
            turn.log(.debug, .finalWordHeard, letter.key)
            // One that was repeated is of no run, and was heard before.
            if letter.run != 0 { turn.note(.verdictHeard, of: letter.run) }
        case (.courtesy, _): break
        }
    }

    private mutating func receive(_ message: IncomingMessage, _ turn: inout Turn) {
        switch message {
        case .assignment(let assignment): assign(assignment, &turn)
        case .unreadableAssignment(let key, let problem):
            turn.log(.warn, .messageUnreadable(problem), key)
            reject(key, .unreadable(problem), .unreadable, &turn)
        case .cancellation(let task): cancel(task, &turn)
        case .heartbeat: break
        case .unknown(let type):
            guard !unknownTypes.contains(type), unknownTypes.count < turn.limits.unknownTypes else { return }
            unknownTypes.append(type)
            turn.log(.warn, .messageTypeUnknown(type))
        case .unreadable(let problem): turn.log(.warn, .messageUnreadable(problem))
        }
    }

    // MARK: - Assignments

    private mutating func assign(_ assignment: Assignment, _ turn: inout Turn) {
        let key = assignment.key
        turn.log(.debug, .taskAssigned, key)
        if roster.slot(ofActive: key) != nil {
            repeatClaim(of: key, .claimRepeated, &turn)
            return drop(assignment, &turn)
        }
        if key.execution != nil, handedOver.contains(key) {
            repeatClaim(of: key, .dispatch(.handedOverAlready), &turn)
            return drop(assignment, &turn)
        }
        if let word = memory.finalWord(of: key) {
            repeatFinalWord(word, key, &turn)
            return drop(assignment, &turn)
        }
        if let rejection = refusal(assignment, turn) {
            let label: RejectionLabel
            switch rejection {
            case .atCapacity: label = .atCapacity
            case .shuttingDown: label = .shuttingDown
            case .unreadable, .lifecycleHooksRequired: label = .unreadable
            }
            reject(key, rejection, label, &turn)
            return drop(assignment, &turn)
        }
        claim(assignment, &turn)
    }

    private func refusal(_ assignment: Assignment, _ turn: Turn) -> Rejection? {
        if !life.admits { return .shuttingDown }
        if assignment.hooksRequired { return .lifecycleHooksRequired }
        let capacity = turn.settings.capacity
        if capacity > 0, roster.active >= capacity { return .atCapacity }
        if roster.count >= turn.limits.tasks { return .atCapacity }
        return nil
    }

    private mutating func claim(_ assignment: Assignment, _ turn: inout Turn) {
        let key = assignment.key
        let task = Task(assignment, &turn)
        roster.admit(task, to: roster.freeSlot())
        connection.outbox.supersede(olderThan: task.serial, of: key.task)
        connection.outbox.post(
            .claim, run: task.serial, key, .claimed(key.task, worker: turn.settings.workerID))
        if case .direct = turn.settings.backend, assignment.shape.vcpus != nil || assignment.shape.memoryGiB != nil {
            turn.log(.debug, .shapesDoNotApply, key)
        }
    }

    private mutating func reject(
        _ key: ExecutionKey, _ rejection: Rejection, _ label: RejectionLabel, _ turn: inout Turn
    ) {
        turn.log(.warn, .taskRejected(rejection), key)
        turn.measure(.taskRejected(label))
        _ = connection.outbox.postUnreserved(.courtesy, key, .rejected(key.task, rejection), &turn)
    }

    private mutating func repeatClaim(of key: ExecutionKey, _ saying: Saying, _ turn: inout Turn) {
        turn.log(.info, saying, key)
        let claim = OutgoingMessage.claimed(key.task, worker: turn.settings.workerID)
        _ = connection.outbox.postUnreserved(.courtesy, key, claim, &turn)
    }

    private mutating func repeatFinalWord(_ word: OutgoingMessage, _ key: ExecutionKey, _ turn: inout Turn) {
        turn.log(.info, .finalWordRepeated, key)
        // One that waits for its sending answers this assignment, too.
        if connection.outbox.queues(finalWordOf: key) { return }
        _ = connection.outbox.postUnreserved(.finalWord, key, word, &turn)
    }

    private func drop(_ assignment: Assignment, _ turn: inout Turn) {
        turn.forget(assignment.secrets)
    }

    private mutating func claimWritten(_ run: UInt64, _ turn: inout Turn) {
        // One that is said again after a lost connection is no second claim.
        guard let slot = roster.slot(ofRun: run), let task = roster[slot], task.waitsForClaim else { return }
        turn.log(.info, .taskClaimed, task.key)
        turn.measure(.taskClaimed)
        _ = roster.change(slot) { $0.claimWritten() }
        guard let backend = life.backend else { return }
        if roster.mustWait(task) { return turn.log(.info, .taskWaiting, task.key) }
        with(slot, backend, &turn) { $0.start($1, &$2) }
    }

    private mutating func forget(_ claim: Outbox.Letter, _ turn: inout Turn) {
        memory.forget(claim.key)
        // Also where it was decided in the meantime: the server never heard of it.
        turn.note(.forgotten, of: claim.run)
        guard let slot = roster.slot(ofRun: claim.run) else { return }
        turn.log(.warn, .claimNotWritten, roster[slot]?.key)
        turn.slot = slot
        _ = roster.change(slot) { $0.forget(&turn) }
        turn.slot = 0
        guard let task = roster[slot], task.isGone else { return }
        roster[slot] = nil
        if let backend = life.backend, let next = roster.ready(of: task.key.task) {
            with(next, backend, &turn) { $0.start($1, &$2) }
        }
    }

    // MARK: - Ends

    private mutating func cancel(_ task: TaskID, _ turn: inout Turn) {
        let slots = roster.slots(ofActive: task)
        let elsewhere = handedOver.latest(turn.limits.cancelledAtOnce, of: task)
        guard !slots.isEmpty || !elsewhere.isEmpty, let backend = life.backend else {
            let key = ExecutionKey(task: task, execution: nil)
            return turn.log(.warn, .cancellationUnknown, key)
        }
        // The latest first: an execution that only waits must not start because the one before it ended.
        let latestFirst = slots.sorted { (roster[$0]?.serial ?? 0) > (roster[$1]?.serial ?? 0) }
        for slot in latestFirst {
            turn.log(.info, .cancellationRequested, roster[slot]?.key)
            with(slot, backend, &turn) { $0.stop(.cancellation, $1, &$2) }
        }
        for key in elsewhere { takeBack(key, backend, &turn) }
    }

    /// Cancels what was handed over. Done as often as the server asks, but not twice at once.
    private mutating func takeBack(_ key: ExecutionKey, _ backend: Backend, _ turn: inout Turn) {
        // One that is under way again is taken back by its own step.
        guard case .command(let command) = backend, roster.slot(ofActive: key) == nil else { return }
        turn.log(.info, .cancellationRequested, key)
        if roster.isTakingBack(key) { return turn.log(.info, .dispatch(.cancelUnderWay), key) }
        let slot = roster.freeSlot()
        turn.slot = slot
        let task = Task(takingBack: key, command, &turn)
        turn.slot = 0
        guard let task else { return turn.log(.warn, .dispatch(.cancelMissing), key) }
        roster.admit(task, to: slot)
    }

    mutating func report(_ task: Task, _ judgement: Judgement, _ turn: inout Turn) {
        let label: ResultLabel
        var reason: FailureReason?
        switch judgement.verdict {
        case .completed:
            label = .succeeded
            turn.log(.info, .taskCompleted, task.key)
        case .cancelled:
            label = .cancelled
            turn.log(.info, .taskCancelled, task.key)
        case .failed(let failure):
            label = .failed
            reason = failure.reason
            turn.log(.warn, .taskFailed(failure, exitCode: judgement.exitCode), task.key)
        case .dispatched: label = .dispatched
        }
        guard let word = judgement.word(on: task.key) else { return handOver(task, &turn) }
        turn.measure(.taskEnded(label, reason, after: turn.at.since(task.assignedAt)))
        connection.outbox.post(.finalWord, run: task.serial, task.key, word)
        memory.remember(task.key, word, turn.limits)
    }

    /// Its end is reported by whoever runs it now.
    private mutating func handOver(_ task: Task, _ turn: inout Turn) {
        turn.log(.info, .dispatch(.handedOver), task.key)
        turn.measure(.taskEnded(.dispatched, nil, after: turn.at.since(task.assignedAt)))
        handedOver.remember(task.key, turn.limits)
        connection.outbox.claimIsLast(of: task.serial)
    }
}
