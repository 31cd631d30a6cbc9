// What is known of one run that is not over.
//
//   open -> decided | handedOver | settled
//   decided, handedOver -> settled        (the server has heard what there was to say)
//   settled, and nothing is left that it owns, and nothing is to be taken back: over

import Codecs

extension Inheritance {
    public struct Run: Hashable, Codable, Sendable {
        public enum Kind: Hashable, Codable, Sendable {
            case claimed(at: Instant)
            /// To be taken back; it was handed over by an earlier run.
            case recalled
        }

        public enum Course: Hashable, Codable, Sendable {
            /// With what its end will mean, where it was being ended.
            case open(ending: Verdict?)
            /// To be said until it is heard.
            case decided(OutgoingMessage)
            case handedOver
            /// Nothing more is to be said.
            case settled
        }

        /// Taking it back from whoever runs it.
        public enum Recall: Hashable, Codable, Sendable {
            case owed
            case ended(succeeded: Bool)
        }

        public struct Belonging: Hashable, Codable, Sendable {
            public enum Stage: Hashable, Codable, Sendable {
                /// It may exist.
                case intended
                case acquired
                /// A command, of which only the supervisor may be left.
                case ended(ProcessEnd)
            }

            public let possession: Possession
            public fileprivate(set) var stage: Stage

            /// It was asked for under a name that others may have given, and nobody knows the answer.
            public var mayBeForeign: Bool {
                switch (possession, stage) {
                case (.workspace, .intended): true
                case (.workspace, _), (.directory, _), (.file, _), (.process, _), (.container, _), (.volume, _): false
                }
            }
        }

        public struct End: Hashable, Codable, Sendable {
            public let role: ProcessRole
            public let end: ProcessEnd
        }

        public let number: UInt64
        public let key: ExecutionKey
        public let kind: Kind
        public private(set) var claimWasHeard = false
        public private(set) var startedAt: Instant?
        public private(set) var course = Course.open(ending: nil)
        public private(set) var belongings: [Belonging] = []
        /// How its commands ended, the latest last.
        public private(set) var ends: [End] = []
        /// Nil where it was never begun.
        public private(set) var recall: Recall?

        static let mostBelongings = 32
        static let mostEnds = 8

        public init(number: UInt64, key: ExecutionKey, kind: Kind) {
            self.number = number
            self.key = key
            self.kind = kind
        }

        /// As it was written.
        init(
            number: UInt64, key: ExecutionKey, kind: Kind, claimWasHeard: Bool, startedAt: Instant?, course: Course,
            belongings: [Belonging], ends: [End], recall: Recall?
        ) {
            self.init(number: number, key: key, kind: kind)
            self.claimWasHeard = claimWasHeard
            self.startedAt = startedAt
            self.course = course
            self.belongings = belongings
            self.ends = ends
            self.recall = recall
        }

        /// How the latest command of that kind ended.
        public func end(of role: ProcessRole) -> ProcessEnd? { ends.last { $0.role == role }?.end }

        /// Nothing was decided of it yet.
        public var isOpen: Bool {
            switch course {
            case .open: true
            case .decided, .handedOver, .settled: false
            }
        }

        var isOver: Bool {
            guard belongings.isEmpty, recall != .owed else { return false }
            switch course {
            case .open, .decided: return false
            // Its claim is the last that is said of it.
            case .handedOver: return claimWasHeard
            case .settled: return true
            }
        }

        mutating func take(_ note: JournalNote) {
            switch note {
            case .claimed, .recalled, .volumeUsed: break
            case .claimHeard: claimWasHeard = true
            case .started(let at): startedAt = startedAt ?? at
            case .ending(let verdict): if course == .open(ending: nil) { course = .open(ending: verdict) }
            case .intended(let possession): own(possession, .intended)
            case .acquired(let possession): own(possession, .acquired)
            case .ended(let name, let role, let end): ended(name, role, end)
            case .released(let possession): belongings.removeAll { $0.possession == possession }
            case .recallBegan: recall = .owed
            case .recallEnded(let succeeded): recall = .ended(succeeded: succeeded)
            case .verdictDecided(let word): if case .open = course, word.finalKey != nil { course = .decided(word) }
            case .handedOver: if case .open = course { course = .handedOver }
            case .verdictHeard, .verdictWithdrawn, .forgotten: course = .settled
            }
        }

        private mutating func own(_ possession: Possession, _ stage: Belonging.Stage) {
            if let index = belongings.firstIndex(where: { $0.possession == possession }) {
                if belongings[index].stage == .intended { belongings[index].stage = stage }
            } else if belongings.count < Run.mostBelongings {
                belongings.append(Belonging(possession: possession, stage: stage))
            }
        }

        private mutating func ended(_ name: ProcessName, _ role: ProcessRole, _ end: ProcessEnd) {
            if ends.count >= Run.mostEnds { ends.removeFirst() }
            ends.append(End(role: role, end: end))
            let process = Possession.process(name, role)
            for index in belongings.indices where belongings[index].possession == process {
                belongings[index].stage = .ended(end)
            }
        }
    }
}
