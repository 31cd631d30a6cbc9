// The network between worker and server: one connection at most, frames in order, and a truth about what was lost
// that the worker cannot see.

import Codecs
import Effects

public struct NetworkModel: Sendable {
    enum ToServer: Sendable {
        case message(OutgoingMessage)
        case ping(UInt64)
    }

    enum ToWorker: Sendable {
        case message(IncomingMessage)
        case pong(UInt64)
    }

    struct Write: Sendable {
        let id: EffectID
        let message: OutgoingMessage
    }

    enum State: UInt8, Sendable {
        case dialling, open, closing, abandoned
    }

    struct Link: Sendable {
        let id: EffectID
        var state: State
        var wasOpen = false
        /// Offered, not taken by the transport. Pings queue here, too, so that order holds.
        var writes: [Pending] = []
        var toServer: [ToServer] = []
        var toWorker: [ToWorker] = []

        /// All was taken from the worker, and no ping of its waits for a pong.
        var lacksNothing: Bool {
            state == .open && writes.isEmpty && toWorker.isEmpty
                && !toServer.contains { if case .ping = $0 { true } else { false } }
        }
    }

    enum Pending: Sendable {
        case write(Write)
        case ping(UInt64)
    }

    var link: Link?
    /// Executions whose claim was taken by the transport, ever.
    var claimsTaken: [TaskID] = []

    mutating func take(_ call: SocketCall, _ id: EffectID) -> Violation? {
        switch call {
        case .dial:
            guard link == nil else { return Violation("QuietReconnect", "a second connection beside the first") }
            link = Link(id: id, state: .dialling)
        case .send(let connection, let message):
            guard link?.id == connection, link?.state == .open else {
                return Violation("QuietReconnect", "a message for a connection that is not open")
            }
            link?.writes.append(.write(Write(id: id, message: message)))
        case .ping(let connection, let number):
            guard link?.id == connection, link?.state == .open else {
                return Violation("QuietReconnect", "a ping for a connection that is not open")
            }
            link?.writes.append(.ping(number))
            settlePings()
        case .close(let connection, _):
            guard link?.id == connection, link?.state == .open else {
                return Violation("QuietReconnect", "a close for a connection that is not open")
            }
            link?.state = .closing
        case .abandon(let connection):
            guard link?.id == connection else {
                return Violation("QuietReconnect", "an unknown connection was abandoned")
            }
            link?.state = .abandoned
        }
        return nil
    }

    /// Pings have no completion: they follow what was taken before them at once.
    mutating func settlePings() {
        while case .ping(let number)? = link?.writes.first {
            link?.writes.removeFirst()
            link?.toServer.append(.ping(number))
        }
    }

    /// The ends of all sends, then of the connection.
    mutating func end(_ last: SocketEvent) -> [SocketEvent] {
        var events: [SocketEvent] = []
        for pending in link?.writes ?? [] {
            if case .write(let write) = pending { events.append(.notWritten(write.id)) }
        }
        link = nil
        return events + [last]
    }

    func awaits(_ id: EffectID) -> Bool {
        guard let link else { return false }
        if link.id == id { return true }
        return link.writes.contains { pending in
            switch pending {
            case .write(let write): write.id == id
            case .ping: false
            }
        }
    }
}

extension NetworkModel: Visited {
    public func visit(_ visitor: inout Visitor) {
        visitor.optional(link)
        visitor.number(claimsTaken.count)
        for task in claimsTaken { visitor.bytes(task.bytes) }
    }
}

extension NetworkModel.Link: Visited {
    func visit(_ visitor: inout Visitor) {
        visitor.id(id)
        visitor.tag(state.rawValue)
        visitor.flag(wasOpen)
        visitor.number(writes.count)
        for pending in writes {
            switch pending {
            case .write(let write):
                visitor.tag(0)
                visitor.id(write.id)
                write.message.visit(&visitor)
            case .ping(let number):
                visitor.tag(1)
                visitor.serial(number)
            }
        }
        visitor.number(toServer.count)
        for frame in toServer {
            switch frame {
            case .message(let message):
                visitor.tag(0)
                message.visit(&visitor)
            case .ping(let number):
                visitor.tag(1)
                visitor.serial(number)
            }
        }
        visitor.number(toWorker.count)
        for frame in toWorker {
            switch frame {
            case .message(let message):
                visitor.tag(0)
                message.visit(&visitor)
            case .pong(let number):
                visitor.tag(1)
                visitor.serial(number)
            }
        }
    }
}

extension IncomingMessage: Visited {
    /// Scripts name a message by its kind and its key.
    public func visit(_ visitor: inout Visitor) {
        switch self {
        case .assignment(let assignment):
            visitor.tag(0)
            assignment.key.visit(&visitor)
            visitor.flag(assignment.hooksRequired)
        case .unreadableAssignment(let key, _):
            visitor.tag(1)
            key.visit(&visitor)
        case .cancellation(let task):
            visitor.tag(2)
            visitor.bytes(task.bytes)
        case .heartbeat: visitor.tag(3)
        case .unknown(let type):
            visitor.tag(4)
            visitor.bytes(type)
        case .unreadable: visitor.tag(5)
        }
    }
}
