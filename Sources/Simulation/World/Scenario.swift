// What one exploration looks at: who may do what, how often, under which settings. The scenarios themselves are in
// Scenarios.swift, all in one place with their bounds.

import Codecs
import Effects
import WorkerModel

public struct Scenario: Sendable {
    public var name: String
    public var settings: Settings
    /// Sent by the server in this order, each once, at any time while connected.
    public var assignments: [Assignment]
    /// Each may be sent once, at any time while connected.
    public var cancellations: [TaskID] = []
    /// Things that make no sense; each may be sent once.
    public var nonsense: [IncomingMessage] = []
    /// How many signals the operator may send.
    public var signals = 0
    /// How often the machine may sleep.
    public var sleeps = 0
    /// How often the worker may be killed in the middle of its work.
    public var crashes = 0
    /// How often it is started, ends in good order included.
    public var lives = 1
    /// Directories that somebody else made.
    public var foreign: [Bytes] = []
    /// Files are answered within the move that asked, as our hands do it. Scenarios with one task let them be slow.
    public var quickFiles = false
    /// What is on its way between worker and server arrives within the move that sent it.
    public var quickNetwork = false
    /// Containers live on while the Docker daemon is away.
    public var keepsAlive = true
    /// Somebody else fills a volume that the tasks want, too.
    public var stranger = false
    /// The Docker daemon has things of another worker of the same id, and what nobody uses any more.
    public var litter = false
    /// Faults on one path at most.
    public var faults = 2
    /// Kinds of faults that may happen.
    public var allowed = FaultSet(Fault.allCases)
    /// Stops the search; a search that hit it is not exhaustive, and says so.
    public var statesMax = 2_000_000

    public init(_ name: String, _ settings: Settings, _ assignments: [Assignment]) {
        self.name = name
        self.settings = settings
        self.assignments = assignments
    }
}

/// What the environment may do against us.
public enum Fault: UInt8, Hashable, Sendable, CaseIterable {
    case drop, refuse, fileFails, startFails, agentFails, leavesDescendants, lateSuccess, slow, brokenContract
    case dockerRefuses, dockerLoses, registryAway, daemonDies, containerVanishes
}

/// Kinds of faults, a bit for each: at every step of a long run it is asked what may happen.
public struct FaultSet: Hashable, Sendable, ExpressibleByArrayLiteral {
    private var bits: UInt32 = 0

    public init(_ faults: some Sequence<Fault>) {
        for fault in faults { bits |= 1 << UInt32(fault.rawValue) }
    }

    public init(arrayLiteral faults: Fault...) { self.init(faults) }

    public func contains(_ fault: Fault) -> Bool { bits & (1 << UInt32(fault.rawValue)) != 0 }

    mutating func remove(_ fault: Fault) { bits &= ~(1 << UInt32(fault.rawValue)) }
}
