// The life of the worker as a whole, and how it comes to its end.
//
//   starting -> running | stopped
//   running  -> draining | stopping
//   draining -> stopping           (no new work; tasks go on, up to the drain time-out or a second signal)
//   stopping -> closing | stopped  (tasks ended by their ladder, final words heard, leftovers tidied: all bounded)
//   closing  -> stopped            (close 1000)
//   stopped
//
// A signal skips what is left of the draining; once there is nothing to skip, the next one ends the process at once.

import Effects

public enum Life: Hashable, Codable, Sendable {
    case starting(Starting)
    case running(Backend)
    case draining(Backend, until: Instant)
    case stopping(Backend, Stopping)
    case closing(Backend)
    case stopped(code: Int32)

    public struct Stopping: Hashable, Codable, Sendable {
        /// The bound of it all.
        let until: Instant
        /// The bound for unheard final words; set when the last task was reported.
        var heardBy: Instant?
    }

    public var backend: Backend? {
        switch self {
        case .running(let backend), .draining(let backend, _), .stopping(let backend, _),
            .closing(let backend):
            backend
        case .starting, .stopped: nil
        }
    }

    public var deadline: Instant? {
        switch self {
        case .draining(_, let until): until
        case .stopping(_, let stopping): earlier(stopping.until, stopping.heardBy)
        case .starting(let starting): starting.deadline
        case .running, .closing, .stopped: nil
        }
    }

    /// New work is welcome.
    public var admits: Bool {
        switch self {
        case .running: true
        case .starting, .draining, .stopping, .closing, .stopped: false
        }
    }

    public var exitCode: Int32? {
        switch self {
        case .stopped(let code): code
        case .starting, .running, .draining, .stopping, .closing: nil
        }
    }
}

extension Life: Visited {
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .starting(let starting):
            visitor.tag(0)
            starting.visit(&visitor)
        case .running(let backend):
            visitor.tag(1)
            backend.visit(&visitor)
        case .draining(let backend, let until):
            visitor.tag(2)
            backend.visit(&visitor)
            visitor.instant(until)
        case .stopping(let backend, let stopping):
            visitor.tag(3)
            backend.visit(&visitor)
            visitor.instant(stopping.until)
            visitor.optional(stopping.heardBy) { $0.instant($1) }
        case .closing(let backend):
            visitor.tag(4)
            backend.visit(&visitor)
        case .stopped(let code):
            visitor.tag(5)
            visitor.number(Int(code))
        }
    }
}
