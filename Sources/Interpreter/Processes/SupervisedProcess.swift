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
    /// What was printed between two lives is shown in pieces of this size, as if it came from the pipe.
    private static let keptPiece = 32 << 10
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

    /// It is known to the next life under a name, so its supervisor keeps what it said until it is dismissed.
    let name: ProcessName?
    /// Its descendants were let go of, and its supervisor stays with them.
    private var isReleased = false

    private var ranges: [SecretRange]
    /// The secrets that came with an adoption, which nobody else forgets.
    private(set) var handedOver: SecretRange?
    /// What may be the end of a secret whose beginning was read by an earlier life.
    private var isCut = false
    /// Made when there is output to be masked: most of what is printed comes late, and some agents print nothing.
    private var masker: Masker?
    private var maskerVersion: UInt64 = 0
    private var isWithheld = false
    private var framer = LineFramer()
    /// What was printed between two lives, and how much of it was shown.
    private var kept = Bytes()
    private var keptShown = 0

    /// Both go with the first byte of the start record, and are ours until then: the command's end of the output's
    /// pipe, and its standard input.
    private var outputEnd: Int32
    private var input: StandardInput?
    /// A file with what the next life has to mask.
    private var words: HandedWords?
    /// An adopted one is greeted first: then its descriptors come.
    private(set) var awaitsGreeting = false
    private var outgoing: Bytes
    private var sent = 0
    private var isCommanded = false
    private var incoming = Bytes()
    private var known = Step.nothing
    private var told = Step.nothing
    private var failure: StartFailure?
    private var refused = false
    private var end: ProcessEnd?

    init(
        id: EffectID, launch: Launch, record: Bytes, input: StandardInput?, channel: SupervisorChannel,
        outputEnd: Int32, words: HandedWords? = nil
    ) {
        self.id = id
        role = launch.role
        key = launch.key
        name = launch.name
        self.words = words
        self.channel = channel
        ranges = launch.secrets
        self.outputEnd = outputEnd
        self.input = input
        outgoing = record
    }

    /// One that an earlier life has started.
    init(id: EffectID, adoption: Adoption, channel: SupervisorChannel) {
        self.id = id
        role = adoption.role
        key = adoption.key
        self.channel = channel
        name = adoption.name
        awaitsGreeting = true
        isCut = true
        ranges = []
        outputEnd = -1
        outgoing = []
    }

    deinit {
        handDescriptorsOver()
    }

    // MARK: Commands

    var hasOutgoing: Bool { sent < outgoing.count }
    /// The start record is not through yet.
    var isUntouched: Bool { sent == 0 }

    func command(_ bytes: Bytes) {
        // Whoever repeats a command that could not be sent yet has said nothing new.
        guard channel.hasControl, outgoing.count &- sent < 8 << 20 else { return }
        isCommanded = true
        if bytes.first == OZ_COMMAND_RELEASE { isReleased = true }
        outgoing.append(contentsOf: bytes)
    }

    /// Sends what it can. False where the supervisor does not listen any more.
    func flush() -> Bool {
        while hasOutgoing {
            let count = outgoing.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return send(rest)
            }
            if count == -Int(EAGAIN) { return true }
            guard count > 0 else { return false }
            sent &+= count
            handDescriptorsOver()
        }
        // The record holds secrets: not kept a moment longer than needed.
        outgoing = []
        sent = 0
        return true
    }

    private func send(_ rest: UnsafeRawBufferPointer) -> Int {
        guard outputEnd >= 0, input != nil || words != nil else {
            return oz_send_with_fd(channel.control, rest.baseAddress, rest.count, outputEnd)
        }
        var descriptors = [outputEnd]
        if let input { descriptors.append(input.descriptor) }
        if let words { descriptors += [channel.output, words.descriptor] }
        return oz_send_with_fds(channel.control, rest.baseAddress, rest.count, descriptors, descriptors.count)
    }

    private func handDescriptorsOver() {
        if outputEnd >= 0 { close(outputEnd) }
        outputEnd = -1
        words = nil
        input = nil
    }

    // MARK: What the supervisor says

    /// Reads all that it has said. False once it will say no more.
    func listen(_ vault: Vault, _ log: Log) -> Bool {
        if awaitsGreeting {
            guard takeGreeting(vault, log) else { return false }
            if awaitsGreeting { return true }
        }
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

    /// Whether its supervisor is idle again. A command may lie there unread, and would be taken for something else.
    var leavesIdleSupervisor: Bool {
        known == .cleared && !isLost && !isReaped && channel.hasControl && channel.isChild
            && (name != nil ? !isReleased : !isCommanded)
    }

    /// Whether its supervisor waits to be told that all was taken.
    var isToBeDismissed: Bool { name != nil && known == .cleared && !isLost && channel.hasControl }

    private var hasLastWord: Bool { known == .cleared || failure != nil || refused }

    /// The supervisor is not there any more, or not to be talked to.
    func lose() {
        guard !hasLastWord else { return }
        isLost = true
        // What an earlier life's supervisor left is nobody's whom we could ask; its agent died with it.
        if !channel.isChild {
            isReaped = true
            advance(to: .cleared)
        }
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
        // It left between our asking and its answer, so it had started nothing, or has taken all along.
        if isLost, awaitsGreeting { return (.process(.notFound(id)), true) }
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
            // What was kept is there, so nobody waits long for it.
            if !hasOutput || outputAbandoned && !hasKept { return (.process(.finished(id, end)), true) }
            guard told != .cleared else { return nil }
            told = .cleared
            return (.process(.cleared(id, end)), false)
        }
    }

    // MARK: Adoption

    /// What an earlier life's supervisor has kept. False where it will not have us.
    func takeGreeting(_ vault: Vault, _ log: Log) -> Bool {
        let greeting: Greeting
        switch Greeting.receive(channel.control) {
        case .none: return true
        case .refused: return false
        case .came(let came): greeting = came
        }
        awaitsGreeting = false
        handedOver = greeting.words.flatMap { vault.keep(handedOver: $0) }
        ranges = handedOver.map { [$0] } ?? [SecretRange(first: .max, count: 1)]
        if greeting.lost > 0 {
            let words = "\(greeting.lost) bytes of output were lost while no worker was there"
            log.output(role, key, LineFramer.Line(bytes: Bytes(text: words), goesOn: false))
        }
        kept = greeting.kept
        if let output = greeting.output { channel.take(output: output) }
        return true
    }

    /// The first line may be the rest of one that an earlier life has read in part, and with it begin in the middle of
    /// a secret, which would not be known as one. So it is shown only from where it is certain.
    private func uncut(_ bytes: UnsafeBufferPointer<UInt8>, _ vault: Vault) -> UnsafeBufferPointer<UInt8> {
        isCut = false
        let hidden = ranges.reduce(0) { max($0, vault.tail(of: $1, atStartOf: bytes)) }
        return UnsafeBufferPointer(rebasing: bytes[hidden...])
    }

    // MARK: Output

    var hasKept: Bool { keptShown < kept.count }
    /// Something may come yet.
    var hasOutput: Bool { hasKept || channel.hasOutput }

    /// A bounded piece of it goes to the log. Nil at its end.
    func readOutput(_ vault: Vault, _ log: Log) -> OutputQueue.Left? {
        if hasKept {
            kept.withUnsafeBufferPointer { bytes in
                let piece = bytes[keptShown...].prefix(Self.keptPiece)
                keptShown = piece.endIndex
                take(UnsafeBufferPointer(rebasing: piece), vault) { log.output(role, key, $0) }
            }
            if hasKept { return .more }
            (kept, keptShown) = ([], 0)
            return channel.hasOutput ? .more : nil
        }
        return OutputQueue.withBuffer { buffer in
            let count = Glibc.read(channel.output, buffer.baseAddress, buffer.count)
            if count < 0 { return errno == EINTR ? .more : .drained }
            if count == 0 { return nil }
            take(UnsafeBufferPointer(rebasing: buffer[..<count]), vault) { log.output(role, key, $0) }
            return count == buffer.count || isOver ? .more : .drained
        }
    }

    private func take(_ bytes: UnsafeBufferPointer<UInt8>, _ vault: Vault, _ emit: (LineFramer.Line) -> Void) {
        if let masker = currentMasker(vault) {
            return framer.push(isCut ? uncut(bytes, vault) : bytes, masker, emit)
        }
        if !isWithheld { emit(LineFramer.Line(bytes: Self.withheld, goesOn: false)) }
        isWithheld = true
    }

    /// What is left of a last line that has no end.
    func finishOutput(_ log: Log) {
        if let masker { framer.finish(masker) { log.output(role, key, $0) } }
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
