// What an event means for the lanes.

import Codecs
import Effects
import WorkerModel

extension Chronicle {
    mutating func hear(_ event: Event, _ requests: [Request], _ state: Worker, _ when: When) {
        switch event {
        case .began: tellOfWorker(when, .note, event.sentence)
        case .tick: break
        case .socket(let event): hear(event, requests, state, when)
        case .process(let event): hear(event, when)
        case .files(let event): hear(event, when)
        case .docker(let event): hear(event, when)
        case .operator(.stopRequested(let signal)):
            tellOfWorker(when, .stop, "signal \(signal) asked the worker to stop")
        case .interpreter(.contractBroken(let id)):
            if id.slot == 0 {
                tellOfWorker(when, .trouble, event.sentence)
            } else {
                tell(run(in: id.slot), when, .trouble, "an internal error: \(event.sentence)")
            }
        // What is logged of these says it all.
        case .interpreter: break
        }
    }

    // MARK: - The connection

    private mutating func hear(_ event: SocketEvent, _ requests: [Request], _ state: Worker, _ when: When) {
        switch event {
        case .opened(let id): tellOfConnection(when, .connection, "connection \(id.label) is open")
        case .received(_, let message): hear(message, requests, state, when)
        case .written(let id):
            guard let letter = letters.removeValue(forKey: id.sequence) else { return }
            tell(letter.key.flatMap { run(of: $0) }, when, .said, letter.handedOver)
        case .notWritten(let id):
            guard let letter = letters.removeValue(forKey: id.sequence) else { return }
            tell(letter.key.flatMap { run(of: $0) }, when, .trouble, "\(letter.name) was not handed over")
        case .refused, .closed, .ponged, .heard: break
        }
    }

    /// The ends of dials and connections are told by what is logged of them; where nothing is, by themselves.
    mutating func end(_ event: SocketEvent, _ requests: [Request], _ when: When) {
        switch event {
        case .refused, .closed:
            let isTold = requests.contains { request in
                if case .log(let record) = request.effect { return record.saying.isOfConnection }
                return false
            }
            if !isTold { tellOfConnection(when, .connection, event.sentence) }
        case .opened, .received, .ponged, .heard, .written, .notWritten: break
        }
    }

    private mutating func hear(
        _ message: IncomingMessage, _ requests: [Request], _ state: Worker, _ when: When
    ) {
        switch message {
        case .assignment(let assignment): assigned(assignment, state, requests, when)
        case .unreadableAssignment(let key, _): tell(add(key, 0, 0, when), when, .received, "assigned, unreadably")
        // What is logged of these says it all.
        case .cancellation, .unknown, .unreadable, .heartbeat: break
        }
    }

    private mutating func assigned(
        _ assignment: Assignment, _ state: Worker, _ requests: [Request], _ when: When
    ) {
        let key = assignment.key
        guard isWanted(key.task) else { return }
        if let slot = freshSlot(key, state), let task = state.roster[slot] {
            let index = add(key, slot, task.serial, when, facts: assignment.facts)
            tell(index, when, .received, "assigned", assignment.facts)
            return
        }
        let isRejected = requests.contains { request in
            guard case .log(let record) = request.effect, case .taskRejected = record.saying else { return false }
            return record.key == key
        }
        if isRejected {
            tell(add(key, 0, 0, when, facts: assignment.facts), when, .received, "assigned", assignment.facts)
        } else {
            tell(run(of: key), when, .received, "assigned again")
        }
    }

    // MARK: - Processes and files

    private mutating func hear(_ event: ProcessEvent, _ when: When) {
        let sequence = event.id.sequence
        let name = commands[sequence]?.words ?? "command"
        let index = run(in: event.id.slot)
        switch event {
        case .started:
            let pid = pids[sequence].map { " (pid \($0))" } ?? ""
            tell(index, when, .command, "started: the \(name)\(pid)")
        case .startFailed(_, let failure):
            tell(index, when, .trouble, "the \(name) did not start: \(failure.words)")
        case .notFound: tell(index, when, .trouble, "nobody answers for the \(name) any more")
        case .exited(_, let end): tell(index, when, .command, "the \(name) \(end.words)")
        case .cleared: tell(index, when, .command, "nothing of the \(name) lives any more")
        case .finished(_, let end):
            tell(index, when, .command, "the \(name) is over: it \(end.words), and its output is complete")
            commands[sequence] = nil
            pids[sequence] = nil
        }
    }

    private mutating func hear(_ event: FilesEvent, _ when: When) {
        guard let call = files.removeValue(forKey: event.id.sequence) else { return }
        let index = run(in: event.id.slot)
        // Of an execution that is not told.
        if index == nil, event.id.slot != 0 { return }
        switch event {
        case .done: told(index, when, .step, call.isDone)
        case .exists: told(index, when, .note, "something of that name is there already")
        case .failed(_, let failure): told(index, when, .trouble, "could not \(call.sentence): \(failure.words)")
        case .found(_, let path): told(index, when, .step, "found the agent at \(path.text)")
        case .environmentRead(_, let variables, _, _, _):
            told(index, when, .step, "read \(counted(variables.count, "variable")) from the environment file")
        }
    }

    private mutating func hear(_ event: DockerEvent, _ when: When) {
        let index = run(in: event.id.slot)
        // Of an execution that is not told.
        if index == nil, event.id.slot != 0 { return }
        switch event {
        case .failed(_, .abandoned): break
        case .failed: told(index, when, .trouble, event.sentence)
        case .done, .exists, .reached, .image, .volume, .container, .ended, .listed:
            told(index, when, .step, event.sentence)
        }
    }

    /// Of a run, or of the worker's own start.
    private mutating func told(_ index: Int?, _ when: When, _ kind: Moment.Kind, _ words: String) {
        if index != nil { return tell(index, when, kind, words) }
        tellOfWorker(when, kind, words)
    }
}

extension OutgoingMessage {
    /// Whom it is about.
    var key: ExecutionKey? {
        switch self {
        case .claimed(let task, _), .rejected(let task, _): ExecutionKey(task: task, execution: nil)
        case .completed(let key, _), .cancelled(let key, _), .failed(let key, _, _, _): key
        }
    }

    var name: String {
        switch self {
        case .claimed: "the claim"
        case .rejected: "the rejection"
        case .completed, .cancelled, .failed: "the final word"
        }
    }

    var handedOver: String { "\(name) was handed over to the network" }
}
