// What may happen next, as it is gathered.

/// Moves in the order in which they were found, each with whether it is a fault.
struct MoveList {
    private(set) var moves: [(move: Move, isFault: Bool)] = []
    /// Other faults are left out.
    private let allowed: FaultSet

    init(allowing allowed: FaultSet) {
        self.allowed = allowed
        // Mostly enough: what may happen is asked at every step of a long run.
        moves.reserveCapacity(48)
    }

    mutating func add(_ move: Move, _ fault: Fault? = nil) {
        if let fault, !allowed.contains(fault) { return }
        moves.append((move, fault != nil))
    }

    /// The first of those that are no faults.
    var firstInGoodOrder: Move? { moves.first { !$0.isFault }?.move }
}
