// One step under way: what came in with the event, and what goes out.
//
// Machines write their requests here in order. The ids come from one counter of the worker's state, so a request has
// the same name in production, in a replay and in the simulation.

import Codecs
import Effects

public struct Turn {
    public let at: Instant
    public let wall: WallTime
    private let fixed: Fixed<Settings>
    /// Whose turn it is: requests are minted for this slot.
    public var slot: UInt32 = 0
    /// And the journal's notes are about this run.
    var run: UInt64 = 0
    public private(set) var requests: [Request]
    public private(set) var sequence: UInt64
    /// Shared volumes that a task is about to use.
    private(set) var used: [Bytes] = []
    private var entropy: UInt64

    init(_ input: Input, settings: Fixed<Settings>, sequence: UInt64, requests: [Request]) {
        at = input.at
        wall = input.wall
        entropy = input.entropy
        fixed = settings
        self.sequence = sequence
        self.requests = requests
    }

    @inline(__always)
    var settings: Settings { fixed.value }
    @inline(__always)
    var timing: Timing { settings.timing }
    @inline(__always)
    var limits: Limits { settings.limits }

    /// What an earlier life counted is not counted again.
    mutating func count(above highest: UInt64) { sequence = max(sequence, highest) }

    /// Mints a name without asking for anything.
    mutating func mint() -> EffectID {
        sequence &+= 1
        return EffectID(slot: slot, sequence: sequence)
    }

    @discardableResult
    mutating func ask(_ effect: Effect) -> EffectID {
        let id = mint()
        requests.append(Request(id: id, effect: effect))
        return id
    }

    /// Asks under a name that was minted before.
    mutating func ask(_ effect: Effect, as id: EffectID) {
        requests.append(Request(id: id, effect: effect))
    }

    mutating func log(_ level: LogLevel, _ saying: Saying, _ key: ExecutionKey? = nil) {
        ask(.log(LogRecord(level, saying, key)))
    }

    mutating func measure(_ measure: Measure) {
        ask(.measure(measure))
    }

    mutating func note(_ note: JournalNote) {
        self.note(note, of: run)
    }

    mutating func note(_ note: JournalNote, of run: UInt64) {
        ask(.journal(JournalCall(run: run, note)))
    }

    /// A name that no command of any life has: by chance, and apart from all others of this life by the request's id.
    mutating func name(of process: EffectID) -> ProcessName {
        ProcessName(number: Turn.mix(draw() &+ process.sequence &* 0x9E37_79B9_7F4A_7C15))
    }

    mutating func use(_ volume: Bytes) {
        used.append(volume)
    }

    mutating func forget(_ secrets: SecretRange) {
        if !secrets.isEmpty { ask(.forgetSecrets(secrets)) }
    }

    /// The next piece of this input's chance; the same input gives the same pieces.
    mutating func draw() -> UInt64 {
        entropy = entropy &+ 0x9E37_79B9_7F4A_7C15
        return Turn.mix(entropy)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A stale completion: it acquired nothing, so it changes nothing, but it is counted.
    mutating func late() {
        measure(.lateCompletion)
    }
}
