// What an execution on the host still owes after its final word: teardown, and giving everything back.
//
//   haunted     -> tearingDown | releasing      (a process that was not seen dead; nothing is touched before it is)
//   settling    -> tearingDown | releasing      (answers are due that tell what there is, and where)
//   tearingDown -> releasing                    (it may haunt, too)
//   tearingDown -> settling                     (of an earlier life, which had not heard where the workspace lies)
//   releasing   -> done, which is derived: all holdings are gone
//
// Nothing here can change the verdict, and nothing here holds a slot.

import Codecs
import Effects

public struct DirectTidying: Hashable, Codable, Sendable {
    public enum Phase: Hashable, Codable, Sendable {
        case haunted(Supervised)
        case settling(DirectStep.PendingRename?)
        case tearingDown(Supervised, killAt: Instant?)
        case releasing
    }

    public let key: ExecutionKey
    public private(set) var place: DirectPlace
    public private(set) var phase: Phase
    public let secrets: [SecretRange]
    /// It is not run again.
    private var isTornDown = false
    /// The name that an earlier life was about to give the workspace; asked for once its teardown is over.
    private var unsettledName: Bytes?

    init(_ step: DirectStep, _ direct: DirectSettings, _ turn: inout Turn) {
        key = step.key
        place = step.place
        secrets = step.secrets
        phase = .releasing
        if let process = step.haunting {
            phase = .haunted(process)
        } else {
            phase = .settling(step.rename)
            advance(direct, &turn)
        }
    }

    /// Goes on where an earlier life was.
    init(_ run: Inheritance.Run, _ direct: DirectSettings, _ turn: inout Turn) {
        key = run.key
        place = DirectPlace(run, direct, &turn)
        secrets = []
        phase = .settling(nil)
        guard let (name, role) = run.process else {
            isTornDown = run.end(of: .teardown) != nil
            phase = .settling(place.renameAgain(run, &turn))
            advance(direct, &turn)
            return
        }
        unsettledName = place.intendedName(run)
        var process = Supervised(adopting: name, role, key, &turn)
        switch role {
        case .teardown: phase = .tearingDown(process, killAt: turn.at.after(turn.timing.teardown))
        // Its end was not seen in time.
        case .setup, .agent, .dispatch, .cancel:
            process.kill(&turn)
            phase = .haunted(process)
        }
    }

    public var isDone: Bool {
        switch phase {
        case .releasing: place.isGone
        case .haunted, .settling, .tearingDown: false
        }
    }

    public var isHaunting: Bool {
        switch phase {
        case .haunted: true
        case .tearingDown(let process, _): process.isHaunting
        case .settling, .releasing: false
        }
    }

    public var deadline: Instant? {
        switch phase {
        case .haunted(let process): process.deadline
        case .tearingDown(let process, let killAt): earlier(process.deadline, killAt)
        case .settling: nil
        case .releasing: place.deadline
        }
    }

    /// The process under way, if there is one.
    public var process: Supervised? {
        switch phase {
        case .haunted(let process), .tearingDown(let process, _): process
        case .settling, .releasing: nil
        }
    }

    mutating func take(_ event: FilesEvent, _ direct: DirectSettings, _ turn: inout Turn) {
        switch phase {
        case .settling(let rename?) where event.id == rename.id:
            place.take(event, of: rename, key, &turn)
            phase = .settling(nil)
        case .haunted, .settling, .tearingDown, .releasing: takeForPlace(event, &turn)
        }
        advance(direct, &turn)
    }

    mutating func take(_ event: ProcessEvent, _ direct: DirectSettings, _ turn: inout Turn) {
        switch phase {
        case .haunted(var process):
            guard process.take(event, &turn) else { return turn.late() }
            phase = .haunted(process)
        case .tearingDown(var process, let killAt):
            guard process.take(event, &turn) else { return turn.late() }
            phase = .tearingDown(process, killAt: killAt)
        case .settling, .releasing: return turn.late()
        }
        advance(direct, &turn)
    }

    mutating func tick(_ direct: DirectSettings, _ turn: inout Turn) {
        switch phase {
        case .haunted(var process):
            process.tick(key, &turn)
            phase = .haunted(process)
        case .tearingDown(var process, let killAt):
            if let killAt, killAt <= turn.at {
                turn.log(.warn, .teardownTimedOut, key)
                turn.measure(.cleanupFailed(.teardownCommand))
                process.kill(&turn)
                phase = .tearingDown(process, killAt: nil)
            } else {
                process.tick(key, &turn)
                phase = .tearingDown(process, killAt: killAt)
            }
        case .settling: break
        case .releasing: place.tick(&turn)
        }
        advance(direct, &turn)
    }

    mutating func broke(_ id: EffectID, _ direct: DirectSettings, _ turn: inout Turn) {
        switch phase {
        case .haunted(var process) where process.id == id:
            process.broke(&turn)
            phase = .haunted(process)
            advance(direct, &turn)
        case .tearingDown(var process, _) where process.id == id:
            process.broke(&turn)
            phase = .tearingDown(process, killAt: nil)
            advance(direct, &turn)
        case .settling(let rename?) where rename.id == id:
            phase = .settling(nil)
            advance(direct, &turn)
        case .haunted, .settling, .tearingDown, .releasing:
            takeForPlace(.failed(id, .system(errno: 0)), &turn)
            advance(direct, &turn)
        }
    }

    /// Always when configured and the workspace exists: also after failure, cancellation and with cleanup off.
    private mutating func tearDown(_ direct: DirectSettings, _ turn: inout Turn) {
        guard !isTornDown, let command = direct.teardownCommand, place.base.isHeld else { return release(&turn) }
        let commands = DirectCommands(key: key, place: place, settings: direct)
        let process = Supervised(commands.teardown(command, secrets: secrets), &turn)
        phase = .tearingDown(process, killAt: turn.at.after(turn.timing.teardown))
    }

    private mutating func release(_ turn: inout Turn) {
        phase = .releasing
        place.relinquish(key, &turn)
    }

    private mutating func advance(_ direct: DirectSettings, _ turn: inout Turn) {
        switch phase {
        case .haunted(let process):
            guard process.outcome != nil else { return }
            turn.log(.info, .deathConfirmed, key)
            settle(direct, &turn)
        case .settling(let rename):
            if rename == nil, !place.isBeingMade { tearDown(direct, &turn) }
        case .tearingDown(let process, let killAt):
            guard let outcome = process.outcome else { return }
            // It was to run in an earlier life, and nobody knows that it did, however late that is heard.
            isTornDown = outcome != .vanished
            if isTornDown, killAt != nil { report(outcome, &turn) }
            settle(direct, &turn)
        case .releasing: break
        }
    }

    /// Nothing of it runs any more. Where the workspace lies has to be known before it is given back.
    private mutating func settle(_ direct: DirectSettings, _ turn: inout Turn) {
        phase = .settling(unsettledName.map { place.renameAgain(to: $0, &turn) })
        unsettledName = nil
        advance(direct, &turn)
    }

    private func report(_ outcome: Supervised.Outcome, _ turn: inout Turn) {
        let problem: CommandProblem
        switch outcome {
        case .ended(.exit(0)): return
        case .ended(let end): problem = .ended(end)
        case .notStarted(let failure): problem = .startFailed(failure)
        case .vanished, .broken: problem = .ended(.unseen)
        }
        turn.log(.warn, .teardownFailed(problem), key)
        turn.measure(.cleanupFailed(.teardownCommand))
    }

    private mutating func takeForPlace(_ event: FilesEvent, _ turn: inout Turn) {
        guard place.take(event, key, &turn) else { return turn.lateFile(event) }
    }
}

extension DirectTidying: Visited {
    public func visit(_ visitor: inout Visitor) {
        key.visit(&visitor)
        place.visit(&visitor)
        visitor.list(secrets)
        visitor.flag(isTornDown)
        visitor.optional(unsettledName) { $0.bytes($1) }
        switch phase {
        case .haunted(let process):
            visitor.tag(0)
            process.visit(&visitor)
        case .settling(let rename):
            visitor.tag(1)
            visitor.optional(rename)
        case .tearingDown(let process, let killAt):
            visitor.tag(2)
            process.visit(&visitor)
            visitor.optional(killAt) { $0.instant($1) }
        case .releasing: visitor.tag(3)
        }
    }
}
