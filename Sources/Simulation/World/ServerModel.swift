// A pure control plane: sends what the script says, hears what arrives, and keeps its own ledger.

import Codecs
import Effects

public struct ServerModel: Sendable {
    public struct Entry: Sendable {
        public let key: ExecutionKey
        var timesAssigned = 0
        var claimed = false
        public var finalWord: OutgoingMessage?
        /// On this connection: how often it was said, and how often it may be: once for each assignment, and once
        /// for what an earlier connection may have lost.
        var finalWordsHere = 0
        var finalWordsAllowed = 0
        public internal(set) var rejected = false
        /// A cancellation reached the worker while this one could still be cancelled.
        public var mustBeCancelled = false
        /// Assigned to an earlier life, whose memory is gone: what it knew of this one nobody knows any more.
        var isOfAnEarlierLife = false
    }

    var nextAssignment = 0
    /// Script lines that were sent.
    var cancelled: [Bool]
    var saidNonsense: [Bool]
    public internal(set) var ledger: [Entry] = []

    /// What the last move marked to be cancelled. No part of the state.
    var markedNow: [Int] = []

    /// How many assignments must be sent before a line that cancels makes sense: up to the first of its task. It
    /// follows from the script, and is no part of the state.
    private let cancellableFrom: [Int]

    init(_ scenario: Scenario) {
        cancelled = scenario.cancellations.map { _ in false }
        cancellableFrom = scenario.cancellations.map { task in
            scenario.assignments.firstIndex { $0.key.task == task }.map { $0 + 1 } ?? .max
        }
        saidNonsense = scenario.nonsense.map { _ in false }
    }

    /// Anew: nobody has claimed it so far, so what was asked before may have been forgotten with its assignment.
    mutating func assigned(_ key: ExecutionKey, anew: Bool) {
        if let index = index(of: key) {
            if anew { ledger[index].mustBeCancelled = false }
            ledger[index].timesAssigned += 1
            ledger[index].finalWordsAllowed += 1
        } else {
            var entry = Entry(key: key)
            entry.timesAssigned = 1
            entry.finalWordsAllowed = 1
            ledger.append(entry)
        }
    }

    /// In place: entries are large, and this is asked for all the time.
    func index(of key: ExecutionKey) -> Int? {
        for index in ledger.indices where ledger[index].key == key { return index }
        return nil
    }

    /// Another execution of its task was assigned, too.
    func knowsAnother(than key: ExecutionKey) -> Bool {
        for index in ledger.indices where ledger[index].key.task == key.task && ledger[index].key != key {
            return true
        }
        return false
    }

    func knows(_ task: TaskID) -> Bool {
        for index in ledger.indices where ledger[index].key.task == task { return true }
        return false
    }

    /// That script line can be sent: its task was assigned, and nobody has cancelled it so far.
    func mayCancel(_ line: Int) -> Bool { !cancelled[line] && nextAssignment >= cancellableFrom[line] }

    mutating func connected() {
        for index in ledger.indices {
            ledger[index].finalWordsHere = 0
            ledger[index].finalWordsAllowed = ledger[index].timesAssigned
        }
    }

    mutating func hears(_ message: OutgoingMessage) -> Violation? {
        switch message {
        case .claimed(let task, _):
            guard knows(task) else {
                return Violation("ClaimBeforeWork", "a claim for a task that was never assigned")
            }
            for index in ledger.indices where ledger[index].key.task == task { ledger[index].claimed = true }
            return nil
        case .rejected(let task, _):
            for index in ledger.indices where ledger[index].key.task == task { ledger[index].rejected = true }
            return nil
        case .completed(let key, _), .cancelled(let key, _), .failed(let key, _, _, _):
            return hearsFinal(key, message)
        }
    }

    private mutating func hearsFinal(_ key: ExecutionKey, _ message: OutgoingMessage) -> Violation? {
        guard let index = index(of: key) else {
            return Violation("OneVerdict", "a final word for an execution that was never assigned")
        }
        guard ledger[index].claimed else {
            return Violation("ClaimBeforeWork", "a final word without a claim")
        }
        if let known = ledger[index].finalWord, known != message, !ledger[index].isOfAnEarlierLife {
            return Violation("OneVerdict", "two different final words for one execution")
        }
        ledger[index].finalWord = message
        ledger[index].finalWordsHere += 1
        if ledger[index].finalWordsHere > ledger[index].finalWordsAllowed {
            return Violation("OneVerdict", "a final word said too often on one connection")
        }
        return nil
    }
}

extension ServerModel: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.number(nextAssignment)
        for sent in cancelled { visitor.flag(sent) }
        for said in saidNonsense { visitor.flag(said) }
        visitor.list(ledger)
    }
}

extension ServerModel.Entry: Visited {
    public func visit(_ visitor: inout Visitor) {
        key.visit(&visitor)
        visitor.number(timesAssigned)
        visitor.flag(claimed)
        visitor.optional(finalWord)
        visitor.number(finalWordsHere)
        visitor.number(finalWordsAllowed)
        visitor.flag(rejected)
        visitor.flag(mustBeCancelled)
        visitor.flag(isOfAnEarlierLife)
    }
}
