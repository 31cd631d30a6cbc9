// One accepted connection: its descriptor, what it still has to send, and which protocol it speaks.

import CLinux
import Codecs
import Glibc

final class Peer {
    enum Speech {
        /// HTTP/1.1, perhaps with a request that waits for something to happen.
        case http
        /// A WebSocket with a worker.
        case worker
        /// A WebSocket that gets back what it sends.
        case echo
        /// All was said. What still comes in is thrown away until the other side ends, too.
        case ending
    }

    /// A request whose answer must wait.
    struct Waiting {
        enum Reason {
            case task(Bytes, ApiCall.Until)
            case events(since: Int)
            case handshake(worker: Bytes)
        }

        var request: HTTPRequest
        var reason: Reason
        var until: Int64
    }

    static let outputMax = 64 * 1_048_576
    /// Larger than what a worker takes, so that it can be shown a message that is too long.
    static let bodyMax = 24 * 1_048_576

    let id: Int
    let descriptor: Int32
    let address: Bytes
    var speech = Speech.http
    var codec = HTTPServerCodec(limits: HTTPLimits(bodyMax: bodyMax))
    var reader = WebSocketReader(role: .server)
    var waiting: Waiting?
    /// The answers are all written: then half-close, and end.
    var endsAfterOutput = false
    /// Our close frame is out, theirs is waited for.
    var isClosing = false
    var outputEnded = false
    var inputEnded = false
    var lastActive: Int64
    /// Past this time it is cut off, whatever it does.
    var cutOffAt: Int64?
    /// Registered with epoll for these; nil when not registered at all.
    var interest: UInt32?

    // Misbehaviour in force.
    var stalledUntil: Int64?
    var stopsReading = false
    var resetAt: Int64?
    var withholdsPongs = false
    var nextPing: Int64?

    private var output: Bytes = []
    private var written = 0

    init(id: Int, descriptor: Int32, now: Int64) {
        self.id = id
        self.descriptor = descriptor
        address = Sockets.peer(descriptor)
        lastActive = now
    }

    var pending: Int { output.count - written }

    func send(_ bytes: Bytes) {
        output.append(contentsOf: bytes)
    }

    func send(_ opcode: WebSocketOpcode, _ payload: Bytes) {
        WebSocketWriter.append(opcode, payload: payload, mask: nil, to: &output)
    }

    /// Writes what it can. False when the connection is broken.
    func flush() -> Bool {
        while pending > 0 {
            let result = output.withUnsafeBytes { all in
                oz_send(descriptor, all.baseAddress?.advanced(by: written), all.count - written)
            }
            if result < 0 {
                if written > 1_048_576 { dropWritten() }
                return result == -Int(EAGAIN)
            }
            written += result
        }
        dropWritten()
        return true
    }

    private func dropWritten() {
        if pending > 0 {
            output.removeFirst(written)
        } else if output.capacity > 262_144 {
            output = []
        } else {
            output.removeAll(keepingCapacity: true)
        }
        written = 0
    }

    /// What epoll should tell of now.
    var wantedInterest: UInt32? {
        if stalledUntil != nil { return nil }
        var interest: UInt32 = 0
        if !stopsReading, !inputEnded, !isFlooded { interest |= OZ_EPOLL_IN }
        if pending > 0 { interest |= OZ_EPOLL_OUT }
        return interest
    }

    /// It asks faster than it takes the answers, or asks on while an answer has to wait.
    var isFlooded: Bool {
        switch speech {
        case .http: codec.bufferedCount > 65_536 && waiting != nil || isBehind
        case .echo: isBehind
        case .worker, .ending: false
        }
    }

    /// So many answers lie here untaken that no more are made.
    var isBehind: Bool { pending > 4 * 1_048_576 }
}
