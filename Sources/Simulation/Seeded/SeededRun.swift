// A long life by chance: thousands of tasks over simulated weeks. Each chapter is a wild time, in which invariants are
// checked as it goes, and then a calm one: the faults stop, and everything has to come to rest, with every verdict
// heard and nothing left behind. The worker, its memory and its back-off live on from chapter to chapter.

import Codecs
import Effects
import WorkerModel

public struct SeededRun: Sendable {
    public struct Options: Sendable {
        public var seed: UInt64
        public var tasks: Int
        public var faults: Set<Fault>
        /// Whether the worker may be killed in the middle of its work.
        public var crashes: Bool
        public var settings: [Settings]

        public init(seed: UInt64, tasks: Int, faults: Set<Fault>, crashes: Bool, settings: [Settings]) {
            self.seed = seed
            self.tasks = tasks
            self.faults = faults
            self.crashes = crashes
            self.settings = settings
        }
    }

    /// What was found, and from where it can be repeated.
    public struct Failure: Sendable {
        public let violation: Violation
        /// The world as the chapter began.
        public let start: World
        public let moves: [Happening]
        /// Where the calm time of the chapter began.
        public let restFrom: Int?
    }

    public struct Ends: Sendable {
        public internal(set) var completed = 0
        public internal(set) var failed = 0
        public internal(set) var cancelled = 0
        public internal(set) var rejected = 0
    }

    public private(set) var tasks = 0
    public private(set) var chapters = 0
    public private(set) var moves = 0
    /// Inputs that the reducer took.
    public private(set) var steps = 0
    public private(set) var lives = 1
    public private(set) var faults = 0
    public private(set) var simulated = Span.zero
    /// How executions ended, as the server heard it.
    public private(set) var ends = Ends()
    public private(set) var failure: Failure?

    private let options: Options
    private var dice: Dice
    private var world: World
    private var settings: Settings
    /// What was done since the chapter began.
    private var done: [Happening] = []
    private var start: World

    public init?(_ options: Options) {
        guard let settings = options.settings.first else { return nil }
        self.options = options
        self.settings = settings
        dice = Dice(seed: options.seed)
        world = World(Scenario("before the first chapter", settings, []))
        world.lookEvery = SeededRun.lookEvery
        start = world
    }

    /// Inputs between two looks at everything.
    private static let lookEvery = 1_000

    public mutating func run() {
        while tasks < options.tasks, failure == nil {
            let count = min(1 + dice.below(48), options.tasks - tasks)
            let chapter = Chapter(
                number: chapters, tasks: count, of: settings, faults: options.faults, crashes: options.crashes, &dice)
            let began = world.now
            world.turnPage(chapter.scenario)
            start = world
            done = []
            wildTime(chapter)
            if failure == nil { calmTime() }
            if failure == nil { quietTime() }
            takeStock()
            tasks += count
            chapters += 1
            simulated = Span(nanoseconds: simulated.nanoseconds &+ world.now.since(began).nanoseconds)
            changeSettings()
        }
    }

    private mutating func takeStock() {
        for entry in world.server.ledger {
            switch entry.finalWord {
            case .completed: ends.completed += 1
            case .failed: ends.failed += 1
            case .cancelled: ends.cancelled += 1
            case .claimed, .rejected: break
            case nil: ends.rejected += entry.rejected ? 1 : 0
            }
        }
    }

    /// Now and then the operator starts it with other settings; the old life ends in good order.
    private mutating func changeSettings() {
        guard options.settings.count > 1, dice.hits(oneIn: 8), failure == nil else { return }
        settings = options.settings[dice.below(options.settings.count)]
        // Another world, but time goes on.
        let now = world.now
        world = World(Scenario("between two chapters", settings, []))
        world.now = now
        world.lookEvery = SeededRun.lookEvery
        lives += 1
    }

    private mutating func wildTime(_ chapter: Chapter) {
        var afterwards = 20 + dice.below(100)
        while failure == nil {
            guard let move = pick(world.weighable(), chapter.weights) else { return }
            let dies = world.crashesLeft > 0 && !world.isDead && dice.hits(oneIn: 64)
            make(Happening(move, diesAfter: dies ? dice.below(16) : nil))
            if world.server.nextAssignment >= chapter.scenario.assignments.count {
                afterwards -= 1
                if afterwards <= 0, world.exited == nil, !world.isDead { return }
            }
        }
    }

    private mutating func calmTime() {
        let from = done.count
        world.calmDown()
        var left = 200_000
        while failure == nil {
            guard let move = world.calmMove() else {
                if let violation = world.violatedAtRest() { fail(violation, from) }
                return
            }
            make(Happening(move), from)
            left -= 1
            if left == 0 { fail(Violation("ComesToRest", "without faults the worker does not come to rest"), from) }
        }
    }

    /// Minutes or hours in which nothing is wanted: time goes on, and the connection is kept.
    private mutating func quietTime() {
        let from = done.count
        var left = dice.below(240)
        while left > 0, failure == nil, world.exited == nil {
            let move = world.promptMoves(faults: false).firstInGoodOrder ?? .wait
            if move == .wait { left -= 1 }
            make(Happening(move), from)
        }
    }

    private mutating func make(_ happening: Happening, _ restFrom: Int? = nil) {
        done.append(happening)
        moves += 1
        if happening.move == .startAgain { lives += 1 }
        let faultsLeft = world.faultsLeft
        let violation = world.make(happening)
        if restFrom == nil { faults += faultsLeft - world.faultsLeft }
        steps += world.lastInputs.count
        if let violation { fail(violation, restFrom) }
    }

    private mutating func fail(_ violation: Violation, _ restFrom: Int?) {
        failure = Failure(violation: violation, start: start, moves: done, restFrom: restFrom)
    }

    /// One of what may happen, by how likely it is.
    private mutating func pick(_ list: [(move: Move, isFault: Bool)], _ weights: MoveWeights) -> Move? {
        var sum = 0
        for index in list.indices { sum += weights.weight(list[index].move, isFault: list[index].isFault) }
        // Where nothing has a weight, what there is must do.
        guard sum > 0 else { return list.first?.move }
        var left = dice.below(sum)
        for index in list.indices {
            left -= weights.weight(list[index].move, isFault: list[index].isFault)
            if left < 0 { return list[index].move }
        }
        return nil
    }
}

extension World {
    /// All that was settled is forgotten, and the server has something new to say. Only at rest.
    mutating func turnPage(_ next: Scenario) {
        scenario = next
        server = ServerModel(next)
        network.claimsTaken = []
        processes.turnPage()
        runtime = RuntimeModel()
        files.sweep()
        docker.turnPage()
        signalsLeft = next.signals
        faultsLeft = next.faults
        sleepsLeft = next.sleeps
        crashesLeft = next.crashes
        livesLeft = next.lives &- 1
        signalledAt = nil
        journal.turnPage()
        if exited != nil || isDead { startAgain() }
    }
}
