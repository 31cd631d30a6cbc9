// The output of a container, to the log: its end, or all of it. The daemon counts lines and not bytes, so for its end
// the output is read twice: once to learn how long it is, and once to tell the end of it. None of it is kept.
//
// What is followed is read again when its stream has ended, behind what was told already, until nothing new comes: a
// daemon may end the stream with its container although it has not said all, if whoever listens is slow.

import Codecs
import Effects

final class DockerOutput {
    /// Of the output, so much is told; and it is looked for in so many lines.
    static let most = 1 << 20
    static let lines = 16_384
    private static let pause = Span.milliseconds(10)

    private let make: (@escaping (DockerTransfer.Outcome) -> Void) -> DockerTransfer?
    private let begin: (DockerTransfer) -> Void
    private let loop: Loop
    /// Nobody could take more of it now.
    private let isBehind: () -> Bool
    private let emit: (UnsafeBufferPointer<UInt8>) -> Void
    private let done: (DockerTransfer.Outcome) -> Void
    private var transfer: DockerTransfer?
    private var timer: LoopTimer?
    private var total = 0
    private var skip: Int?
    private let all: Bool
    /// Of what is followed: in all, and since it was last asked for.
    private var told = 0
    private var fresh = 0

    init(
        loop: Loop, all: Bool, isBehind: @escaping () -> Bool,
        make: @escaping (@escaping (DockerTransfer.Outcome) -> Void) -> DockerTransfer?,
        begin: @escaping (DockerTransfer) -> Void, emit: @escaping (UnsafeBufferPointer<UInt8>) -> Void,
        done: @escaping (DockerTransfer.Outcome) -> Void
    ) {
        self.loop = loop
        self.isBehind = isBehind
        self.make = make
        self.begin = begin
        self.emit = emit
        self.done = done
        self.all = all
        skip = all ? 0 : nil
    }

    /// False where libcurl has no memory.
    func start() -> Bool {
        guard let transfer = make({ [weak self] in self?.ended($0) }) else { return false }
        self.transfer = transfer
        var frames = DockerFrames()
        transfer.take = { [weak self] bytes in
            guard let self else { return .stop }
            if skip != nil, isBehind() {
                goOnSoon()
                return .pause
            }
            frames.push(bytes) { self.take($0) }
            return .took
        }
        begin(transfer)
        return true
    }

    private func goOnSoon() {
        let timer = timer ?? loop.timer { [weak self] in self?.transfer?.resume() }
        timer.due = Clock.now().after(Self.pause)
        self.timer = timer
    }

    func abandon() {
        transfer?.abandon()
    }

    private func take(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let left = skip else {
            total += bytes.count
            return
        }
        skip = max(0, left - bytes.count)
        guard left < bytes.count else { return }
        told += bytes.count - left
        fresh += bytes.count - left
        emit(UnsafeBufferPointer(rebasing: bytes[left...]))
    }

    private func ended(_ outcome: DockerTransfer.Outcome) {
        if let timer { loop.drop(timer) }
        timer = nil
        guard case .answered(200..<300, _) = outcome else { return done(outcome) }
        if all {
            guard fresh > 0 else { return done(outcome) }
            skip = told
        } else {
            guard skip == nil, total > 0 else { return done(outcome) }
            skip = max(0, total - Self.most)
        }
        fresh = 0
        if !start() { done(.failed(.lost(Detail("no memory")))) }
    }
}
