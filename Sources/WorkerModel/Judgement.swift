// How an execution ended, as its step decided it: once, and never changed.

import Effects

public struct Judgement: Hashable, Codable, Sendable {
    public let verdict: Verdict
    public let exitCode: Int32?
    /// False where a death was not seen in time.
    public let confirmed: Bool

    init(_ verdict: Verdict, exitCode: Int32? = nil, confirmed: Bool = true) {
        self.verdict = verdict
        self.exitCode = exitCode
        self.confirmed = confirmed
    }

    /// The final word; nil where others say it.
    func word(on key: ExecutionKey) -> OutgoingMessage? {
        switch verdict {
        case .completed: .completed(key, confirmed: confirmed)
        case .cancelled: .cancelled(key, confirmed: confirmed)
        case .failed(let failure): .failed(key, failure, exitCode: exitCode, confirmed: confirmed)
        case .dispatched: nil
        }
    }
}

extension Judgement: Visited {
    public func visit(_ visitor: inout Visitor) {
        verdict.visit(&visitor)
        visitor.optional(exitCode) { $0.number(Int($1)) }
        visitor.flag(confirmed)
    }
}
