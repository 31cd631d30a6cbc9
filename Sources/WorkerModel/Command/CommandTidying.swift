// What an execution may still owe after its end: a process that was not seen dead, and taking back what was handed
// over. Mostly nothing; then it is done at once.
//
// An execution that was handed over long ago and is cancelled now comes back to the roster as one of these. It holds
// no slot, and it says nothing to the server.

import Codecs
import Effects

public struct CommandTidying: Hashable, Codable, Sendable {
    public let key: ExecutionKey
    public let secrets: [SecretRange]
    /// A dispatch command whose death was not seen in time.
    public private(set) var haunted: Supervised?
    public private(set) var recall: CommandRecall?
    /// Once the cancel command under way is over.
    private var mustRecallAgain = false
    /// The journal says that it must be taken back.
    private var isOwed: Bool

    init(_ key: ExecutionKey, secrets: [SecretRange], haunted: Supervised?, _ recall: CommandRecall?) {
        self.key = key
        self.secrets = secrets
        self.haunted = haunted
        self.recall = recall
        isOwed = recall != nil
    }

    /// Goes on where an earlier life was.
    init(_ run: Inheritance.Run, _ command: CommandSettings, _ turn: inout Turn) {
        key = run.key
        secrets = []
        let processes = run.processes
        if let dispatch = processes.first(where: { $0.role == .dispatch }) {
            var process = Supervised(adopting: dispatch.name, .dispatch, key, &turn)
            process.kill(&turn)
            haunted = process
        }
        // What was handed over stays so, whatever its command left behind.
        let wasHandedOver = run.course == .handedOver
        let wasNeverBegun = haunted != nil && !wasHandedOver || run.kind == .recalled && run.recall == nil
        if let cancel = processes.first(where: { $0.role == .cancel }) {
            recall = CommandRecall(adopting: cancel.name, key, &turn)
        } else if wasNeverBegun || run.recall == .owed {
            recall = CommandRecall(key, secrets: [], command, &turn)
        }
        isOwed = recall != nil || run.recall == .owed
        conclude(&turn)
    }

    public var isDone: Bool { haunted == nil && (recall?.succeeded != nil || recall == nil) }

    public var isHaunting: Bool { haunted != nil || recall?.isHaunting == true }

    /// The cancel command is under way: a newer execution of the task waits, or it could be hit, too.
    public var isRecalling: Bool {
        guard let recall else { return false }
        return recall.succeeded == nil && !recall.isHaunting
    }

    public var deadline: Instant? { earlier(haunted?.deadline, recall?.deadline) }

    mutating func take(_ event: ProcessEvent, _ command: CommandSettings, _ turn: inout Turn) {
        if haunted?.take(event, &turn) == true {
            layToRest(&turn)
        } else if recall?.take(event, &turn) != true {
            turn.late()
        }
        recallAgain(command, &turn)
        conclude(&turn)
    }

    mutating func tick(_ command: CommandSettings, _ turn: inout Turn) {
        haunted?.tick(key, &turn)
        recall?.tick(command, &turn)
        recallAgain(command, &turn)
        conclude(&turn)
    }

    mutating func broke(_ id: EffectID, _ command: CommandSettings, _ turn: inout Turn) {
        if haunted?.id == id {
            haunted?.broke(&turn)
            layToRest(&turn)
        } else if recall?.broke(id, &turn) != true {
            turn.late()
        }
        recallAgain(command, &turn)
        conclude(&turn)
    }

    private mutating func layToRest(_ turn: inout Turn) {
        guard let outcome = haunted?.outcome else { return }
        turn.log(.info, .deathConfirmed, key)
        haunted = nil
        // Told to end, and yet it ended well: it may have handed the task over after the cancel command looked.
        if recall != nil, outcome == .ended(.exit(0)) { mustRecallAgain = true }
    }

    private mutating func recallAgain(_ command: CommandSettings, _ turn: inout Turn) {
        guard mustRecallAgain, recall?.succeeded != nil else { return }
        mustRecallAgain = false
        recall = CommandRecall(key, secrets: secrets, command, &turn)
    }

    /// While a death is awaited the cancel command may have to run again, and the next life has to know.
    private mutating func conclude(_ turn: inout Turn) {
        guard isOwed, isDone else { return }
        isOwed = false
        turn.note(.recallEnded(succeeded: recall?.succeeded ?? false))
    }
}

extension CommandTidying: Visited {
    public func visit(_ visitor: inout Visitor) {
        key.visit(&visitor)
        visitor.list(secrets)
        visitor.optional(haunted)
        visitor.optional(recall)
        visitor.flag(mustRecallAgain)
        visitor.flag(isOwed)
    }
}
