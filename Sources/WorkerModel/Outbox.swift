// What was said and may not have been heard: the delivery table of the protocol.
//
//   queued -> sending -> written -> heard (and forgotten)
//
// A connection that is lost takes every letter to where the table says: claims that were never written are dropped
// with their execution, claims and final words that were written but not heard are queued again, rejections and
// repeated claims are dropped. Order is kept, and no letter goes out twice on one connection: whatever is sent leaves
// `queued`, and only a loss brings it back. So what was sent stands in front in the order of its ids, and what is
// queued stands behind it: what is asked with every input is answered by a look at the ends, or by halving.

import Codecs
import Effects

public struct Outbox: Hashable, Codable, Sendable {
    public struct Letter: Hashable, Codable, Sendable {
        public enum Kind: UInt8, Hashable, Codable, Sendable {
            case claim, finalWord
            /// A rejection or a repeated claim: worth one try.
            case courtesy
            /// A claim after which nothing else will be said of its run, since it was handed over.
            case lastClaim
        }

        public enum Progress: Hashable, Codable, Sendable {
            case queued
            case sending(EffectID)
            /// Handed over completely; the id of its sending orders it against pings.
            case written(EffectID)
        }

        /// The run that it is about; 0 for a courtesy.
        public let run: UInt64
        public let key: ExecutionKey
        public internal(set) var kind: Kind
        public let message: OutgoingMessage
        public internal(set) var progress: Progress
        /// It was handed over on an earlier connection, and may have been heard there.
        public internal(set) var maybeHeard: Bool
        /// A newer execution of its task was assigned: once it may have been heard, it is not said again.
        public internal(set) var superseded: Bool

        var isQueued: Bool {
            switch progress {
            case .queued: true
            case .sending, .written: false
            }
        }

        var isLastWord: Bool {
            switch kind {
            case .finalWord, .lastClaim: true
            case .claim, .courtesy: false
            }
        }

        /// Handed over completely at least once.
        var mayHaveBeenHeard: Bool {
            switch progress {
            case .written: true
            case .queued, .sending: maybeHeard
            }
        }

        /// On this connection, and ahead of that ping.
        func wasHandedOver(before ping: UInt64) -> Bool {
            switch progress {
            case .sending(let id), .written(let id): id.sequence < ping
            case .queued: false
            }
        }
    }

    public private(set) var letters: [Letter] = []

    /// What a lost connection meant for claims.
    struct Loss {
        /// Claims that were never written.
        var forgotten: [Letter] = []
        /// What was not said again, because a newer execution took the place of its own.
        var withdrawn: [Letter] = []
    }

    // Walks go by index and look at the letters where they lie: a copy of one costs more than the question.

    var hasQueued: Bool {
        guard let last = letters.indices.last else { return false }
        return letters[last].isQueued
    }

    /// The last that is said of a run, as far as it is not known to be heard.
    public var lastWords: Int {
        var count = 0
        for index in letters.indices where letters[index].isLastWord { count &+= 1 }
        return count
    }

    /// From the back, because letters are written in order: where one is under way it is found at once.
    var hasSending: Bool {
        for index in letters.indices.reversed() {
            switch letters[index].progress {
            case .sending: return true
            case .queued, .written: break
            }
        }
        return false
    }

    /// Something was handed over that no pong has covered yet, and that is worth asking about.
    var hasUnproven: Bool {
        guard let first = letters.indices.first else { return false }
        return !letters[first].isQueued
    }

    /// A final word about that execution waits for its sending.
    func queues(finalWordOf key: ExecutionKey) -> Bool {
        for index in letters.indices where letters[index].kind == .finalWord && letters[index].key == key {
            return letters[index].isQueued
        }
        return false
    }

    /// What an earlier life said may have been heard.
    mutating func post(
        _ kind: Letter.Kind, run: UInt64, _ key: ExecutionKey, _ message: OutgoingMessage, maybeHeard: Bool = false
    ) {
        letters.append(
            Letter(
                run: run, key: key, kind: kind, message: message, progress: .queued, maybeHeard: maybeHeard,
                superseded: false))
    }

    /// The run was handed over, so its claim is the last that is said of it.
    mutating func claimIsLast(of run: UInt64) {
        for index in letters.indices where letters[index].run == run && letters[index].kind == .claim {
            letters[index].kind = .lastClaim
        }
    }

    /// Courtesies and repeated final words have no reserved room. False: dropped.
    mutating func postUnreserved(
        _ kind: Letter.Kind, _ key: ExecutionKey, _ message: OutgoingMessage, _ turn: inout Turn
    ) -> Bool {
        var unreserved = 0
        for index in letters.indices where letters[index].run == 0 { unreserved &+= 1 }
        guard unreserved < turn.limits.courtesies else {
            turn.log(.warn, .courtesyDropped, key)
            return false
        }
        post(kind, run: 0, key, message)
        return true
    }

    /// Sends everything queued, in order.
    mutating func send(over connection: EffectID, _ turn: inout Turn) {
        for index in firstQueued..<letters.count {
            let id = turn.ask(.socket(.send(connection: connection, letters[index].message)))
            letters[index].progress = .sending(id)
        }
    }

    /// The run whose claim was written just now, if it was one.
    mutating func written(_ id: EffectID) -> Letter? {
        let index = firstSent(from: id.sequence)
        guard index < letters.count, case .sending(id) = letters[index].progress else { return nil }
        letters[index].progress = .written(id)
        return letters[index]
    }

    /// A pong proves everything that was handed over before its ping. Letters in the order they were written.
    mutating func heard(before ping: UInt64) -> [Letter] {
        let count = firstSent(from: ping)
        let heard = Array(letters[..<count])
        letters.removeFirst(count)
        return heard
    }

    private var firstQueued: Int { firstSent(from: .max) }

    /// The index of the first letter whose sending has that number or a later one; queued ones come last of all.
    private func firstSent(from number: UInt64) -> Int {
        var low = 0
        var high = letters.count
        while low < high {
            let middle = low &+ (high &- low) / 2
            if letters[middle].wasHandedOver(before: number) { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    mutating func lost() -> Loss {
        var loss = Loss()
        let withdrawnRuns = letters.filter { $0.kind == .finalWord && $0.superseded && $0.mayHaveBeenHeard }
        loss.withdrawn = withdrawnRuns
        let forgotten = letters.filter { $0.kind == .claim && !$0.mayHaveBeenHeard }
        loss.forgotten = forgotten
        letters = letters.compactMap { letter in
            if letter.kind == .courtesy { return nil }
            // A final word that is not said again takes its claim with it, and a claim that was never written takes
            // every word about its run with it: both take repeated ones along.
            if withdrawnRuns.contains(where: { $0.key == letter.key && ($0.run == letter.run || letter.run == 0) }) {
                return nil
            }
            if forgotten.contains(where: { $0.run == letter.run || (letter.run == 0 && $0.key == letter.key) }) {
                return nil
            }
            var kept = letter
            kept.maybeHeard = letter.mayHaveBeenHeard
            kept.progress = .queued
            return kept
        }
        return loss
    }

    /// A newer execution of the task was assigned: what may have been heard of older ones is never said again.
    mutating func supersede(olderThan run: UInt64, of task: TaskID) {
        for index in letters.indices where letters[index].run < run && letters[index].key.task == task {
            letters[index].superseded = true
        }
    }
}

extension Outbox: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.list(letters)
    }
}

extension Outbox.Letter: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.serial(run)
        key.visit(&visitor)
        visitor.tag(kind.rawValue)
        message.visit(&visitor)
        visitor.flag(maybeHeard)
        visitor.flag(superseded)
        switch progress {
        case .queued: visitor.tag(0)
        case .sending(let id):
            visitor.tag(1)
            visitor.id(id)
        case .written(let id):
            visitor.tag(2)
            visitor.id(id)
        }
    }
}
