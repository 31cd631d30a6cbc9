// One run of a credential helper: `docker-credential-NAME get`, with the registry on its standard input and the
// credentials on its standard output. It is a process of its own, so that whatever it asks (a keychain, a cloud) holds
// nobody up.

import CLinux
import Codecs
import Effects
import Glibc

final class CredentialHelper {
    enum Outcome {
        case said(Bytes)
        /// It has none for this registry.
        case nothing
        case failed(Detail)
        case abandoned
    }

    private static let longest = 1 << 20
    private static let patience = Span.seconds(30)

    let pid: pid_t
    private let loop: Loop
    private let name: Bytes
    private var output: Int32
    private var timer: LoopTimer?
    private var said = Bytes()
    private var end: oz_reaped?
    private var isLate = false
    private let done: (Outcome) -> Void

    /// Nil with the errno where it could not be started.
    static func start(
        _ name: Bytes, server: Bytes, environment: [Bytes], loop: Loop, done: @escaping (Outcome) -> Void
    ) throws(FileProblem) -> CredentialHelper {
        guard !name.contains(0x2f), !name.contains(0) else { throw FileProblem(EINVAL) }
        let program = Bytes(text: "docker-credential-") + name
        var pipe: [Int32] = [-1, -1]
        guard oz_pipe(&pipe) >= 0 else { throw FileProblem.last }
        defer { close(pipe[1]) }
        // A file in memory: nobody has to wait until it is read.
        let input = server.withUnsafeBufferPointer { oz_memfd_data("oz-registry", $0.baseAddress, $0.count) }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer {
            if input >= 0 { close(input) }
            if null >= 0 { close(null) }
        }
        let pid =
            input < 0 || null < 0 ? -EMFILE : spawn([program, Bytes(text: "get")], environment, input, pipe[1], null)
        guard pid > 0 else {
            close(pipe[0])
            throw FileProblem(-pid)
        }
        _ = oz_set_nonblocking(pipe[0], 1)
        return CredentialHelper(pid: pid, name: program, output: pipe[0], loop: loop, done: done)
    }

    private init(pid: pid_t, name: Bytes, output: Int32, loop: Loop, done: @escaping (Outcome) -> Void) {
        self.pid = pid
        self.name = name
        self.output = output
        self.loop = loop
        self.done = done
        timer = loop.timer { [weak self] in self?.late() }
        timer?.due = Clock.now().after(Self.patience)
        loop.watch(output, .read) { [weak self] _ in self?.read() }
    }

    private static func spawn(
        _ arguments: [Bytes], _ environment: [Bytes], _ input: Int32, _ output: Int32, _ null: Int32
    ) -> pid_t {
        let words = (arguments.map { $0 + [0] }, environment.filter { !$0.contains(0) }.map { $0 + [0] })
        var pointers: [UnsafeMutablePointer<CChar>?] = []
        for text in words.0 { pointers.append(copy(text)) }
        pointers.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = []
        for text in words.1 { variables.append(copy(text)) }
        variables.append(nil)
        let pid = oz_spawn_helper(pointers, variables, input, output, null)
        for pointer in pointers + variables { free(pointer) }
        return pid
    }

    private static func copy(_ text: Bytes) -> UnsafeMutablePointer<CChar>? {
        text.withUnsafeBytes { raw in raw.baseAddress.flatMap { strdup($0.assumingMemoryBound(to: CChar.self)) } }
    }

    /// Reaped by whoever reaps.
    func ended(_ reaped: oz_reaped) {
        end = reaped
        finishIfOver()
    }

    /// Nobody waits for it any more: it is told as over now, and dies in its own time.
    func abandon() {
        kill()
        guard let timer else { return }
        loop.drop(timer)
        self.timer = nil
        closeOutput()
        done(.abandoned)
    }

    func kill() {
        _ = Glibc.kill(-pid, SIGKILL)
        _ = Glibc.kill(pid, SIGKILL)
    }

    private func late() {
        isLate = true
        kill()
        closeOutput()
        finishIfOver()
    }

    private func read() {
        var piece = Bytes(repeating: 0, count: 4_096)
        let count = piece.withUnsafeMutableBytes { Glibc.read(output, $0.baseAddress, $0.count) }
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0, said.count < Self.longest else {
            closeOutput()
            return finishIfOver()
        }
        said += piece.prefix(count)
    }

    private func closeOutput() {
        guard output >= 0 else { return }
        loop.unwatch(output)
        close(output)
        output = -1
    }

    private func finishIfOver() {
        guard let end, output < 0, let timer else { return }
        loop.drop(timer)
        self.timer = nil
        done(outcome(end))
    }

    private func outcome(_ end: oz_reaped) -> Outcome {
        if isLate { return .failed(Detail(name + Bytes(text: " did not answer in time"))) }
        if end.code == OZ_CLD_EXITED, end.status == 0 { return .said(said) }
        // Its words for "none", which all helpers share.
        let words = said.trimmed().lowercasedASCII
        if words.hasPrefix("credentials not found") { return .nothing }
        return .failed(Detail(name + Bytes(text: " failed")))
    }
}
