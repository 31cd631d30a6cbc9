// A command under its supervisor, from the moment it has one: what was asked of it, what is known of it, and what of
// that was told.
//
// Knowledge only grows: started, exited, gone (no descendant left), and beside it the end of the output. What is told
// is the furthest step that is known when a turn ends, so steps that came together are told as one.

import CLinux
import Codecs
import Effects
import Glibc
import SupervisorImage

final class SupervisedProcess {
    /// More than a supervisor says in its life.
    private static let readSize = 128
    private static let withheld = Bytes(text: "(not shown: the secrets of this task are not known any more)")

    private enum Step: Int {
        case nothing, started, exited, cleared
    }

    let id: EffectID
    let role: ProcessRole
    let key: ExecutionKey
    let channel: SupervisorChannel

    /// The supervisor ended without a last word.
    private(set) var isLost = false
    var isReaped = false
    /// Nobody waits for the rest of the output.
    var outputAbandoned = false
    /// In the queue of outputs to be read.
    var isQueued = false
    /// The command's own process, until somebody was told.
    var command: pid_t?

    private let ranges: [SecretRange]
    /// Made when there is output to be masked: most of what is printed comes late, and some agents print nothing.
    private var masker: Masker?
    private var maskerVersion: UInt64 = 0
    private var isWithheld = false
    private var framer = LineFramer()

    /// Goes with the first byte of the start record.
    private var input: StandardInput?
    private var outgoing: Bytes
    private var sent = 0
    private var incoming = Bytes()
    private var known = Step.nothing
    private var told = Step.nothing
    private var failure: StartFailure?
    private var refused = false
    private var end: ProcessEnd?

    init(id: EffectID, launch: Launch, record: Bytes, input: StandardInput?, channel: SupervisorChannel) {
        self.id = id
        role = launch.role
        key = launch.key
        self.channel = channel
        ranges = launch.secrets
        self.input = input
        outgoing = record
    }

    // MARK: Commands

    var hasOutgoing: Bool { sent < outgoing.count }
    /// The start record is not through yet.
    var isUntouched: Bool { sent == 0 }

    func command(_ bytes: Bytes) {
        // Whoever repeats a command that could not be sent yet has said nothing new.
        guard channel.hasControl, outgoing.count &- sent < 8 << 20 else { return }
        outgoing.append(contentsOf: bytes)
    }

    /// Sends what it can. False where the supervisor does not listen any more.
    func flush() -> Bool {
        while hasOutgoing {
            let count = outgoing.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return oz_send_with_fd(channel.control, rest.baseAddress, rest.count, input?.descriptor ?? -1)
            }
            if count == -Int(EAGAIN) { return true }
            guard count > 0 else { return false }
            sent &+= count
            input = nil
        }
        // The record holds secrets: not kept a moment longer than needed.
        outgoing = []
        sent = 0
        return true
    }

    // MARK: What the supervisor says

    /// Reads all that it has said. False once it will say no more.
    func listen() -> Bool {
        while true {
            let room = Self.readSize
            let count = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { piece -> Int in
                let count = oz_receive(channel.control, piece.baseAddress, room)
                if count > 0 { incoming.append(contentsOf: piece.prefix(count)) }
                return count
            }
            if count == -Int(EAGAIN) { return true }
            if count <= 0 { return false }
            takeRecords()
            // What is not here yet, the end too, is told by another wake-up.
            if count < room { return true }
        }
    }

    private func takeRecords() {
        let size = 16
        while incoming.count >= size {
            let (a, b) = incoming.withUnsafeBytes {
                (
                    $0.loadUnaligned(fromByteOffset: 4, as: Int32.self),
                    $0.loadUnaligned(fromByteOffset: 8, as: Int64.self)
                )
            }
            take(kind: incoming[0], a, b)
            incoming.removeFirst(size)
        }
    }

    private func take(kind: UInt8, _ a: Int32, _ b: Int64) {
        switch kind {
        case OZ_RECORD_STARTED:
            command = a
            advance(to: .started)
        case OZ_RECORD_FAILED: fail(a, stage: b)
        case OZ_RECORD_EXITED:
            let status = Int32(truncatingIfNeeded: b)
            end = a == OZ_CLD_EXITED ? .exit(status) : .signal(status)
            advance(to: .exited)
        case OZ_RECORD_GONE: advance(to: .cleared)
        default: break
        }
    }

    private func fail(_ number: Int32, stage: Int64) {
        switch Int32(truncatingIfNeeded: stage) {
        case OZ_STAGE_DIRECTORY: failure = .directory(errno: number)
        case OZ_STAGE_EXEC: failure = number == E2BIG ? .tooLarge : .exec(errno: number)
        case OZ_STAGE_RECORD where number == EINVAL: refused = true
        default: failure = .host(errno: number)
        }
    }

    private func advance(to step: Step) {
        if step.rawValue > known.rawValue { known = step }
    }

    private var hasLastWord: Bool { known == .cleared || failure != nil || refused }

    /// The supervisor is not there any more, or not to be talked to.
    func lose() {
        if !hasLastWord { isLost = true }
    }

    /// No descendant lives any more.
    var isOver: Bool { known == .cleared }

    /// All descendants of a lost supervisor are dead.
    func clear() {
        advance(to: .cleared)
    }

    /// Whether the descendants have to be found by others.
    var needsHunt: Bool { isLost && isReaped && known != .cleared }

    /// What there is to tell, once for each step; `final` where it was the last.
    func news() -> (event: Event, final: Bool)? {
        if refused { return (.interpreter(.contractBroken(id)), true) }
        if let failure { return (.process(.startFailed(id, failure)), true) }
        guard known.rawValue > told.rawValue || known == .cleared else { return nil }
        let end = end ?? .unseen
        switch known {
        case .nothing: return nil
        case .started:
            told = .started
            return (.process(.started(id)), false)
        case .exited:
            told = .exited
            return (.process(.exited(id, end)), false)
        case .cleared:
            if !channel.hasOutput || outputAbandoned { return (.process(.finished(id, end)), true) }
            guard told != .cleared else { return nil }
            told = .cleared
            return (.process(.cleared(id, end)), false)
        }
    }

    // MARK: Output

    func take(_ bytes: UnsafeBufferPointer<UInt8>, _ vault: Vault, _ emit: (LineFramer.Line) -> Void) {
        if let masker = currentMasker(vault) { return framer.push(bytes, masker, emit) }
        if !isWithheld { emit(LineFramer.Line(bytes: Self.withheld, goesOn: false)) }
        isWithheld = true
    }

    func finishOutput(_ emit: (LineFramer.Line) -> Void) {
        if let masker { framer.finish(masker, emit) }
    }

    /// Nil where nobody can say any more what has to be hidden.
    private func currentMasker(_ vault: Vault) -> Masker? {
        if masker == nil || vault.permanentVersion != maskerVersion, vault.holds(ranges) {
            masker = vault.masker(for: ranges)
            maskerVersion = vault.permanentVersion
        }
        return masker
    }
}
