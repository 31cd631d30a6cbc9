// What was counted in this life: the core's measures. The exporters come later, and are fed from here.

import Effects

final class Counters {
    private(set) var claimed = 0
    private(set) var rejected = 0
    private(set) var ended = 0
    private(set) var cleanupsFailed = 0
    private(set) var dialsFailed = 0
    private(set) var connectionsLost = 0
    private(set) var isConnected = false
    private(set) var lateCompletions = 0
    private(set) var contractsBroken = 0
    private(set) var slowTurns = 0

    func take(_ measure: Measure) {
        switch measure {
        case .taskClaimed: claimed += 1
        case .taskRejected: rejected += 1
        case .taskEnded: ended += 1
        case .cleanupFailed: cleanupsFailed += 1
        case .reconnect(let dialFailed):
            if dialFailed { dialsFailed += 1 } else { connectionsLost += 1 }
        case .connected(let connected): isConnected = connected
        case .lateCompletion: lateCompletions += 1
        case .contractBroken: contractsBroken += 1
        }
    }

    func slowTurn() {
        slowTurns += 1
    }
}
