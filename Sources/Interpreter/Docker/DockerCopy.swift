// The file system of one container into a directory of another: the daemon's own stream of the one is its stream for
// the other. A bounded piece of it is held here; whoever is ahead waits.

import Codecs
import Effects
import Glibc

final class DockerCopy {
    private static let most = 1 << 20

    private let loop: Loop
    private let done: (DockerFailure?) -> Void
    private var source: DockerTransfer?
    private var target: DockerTransfer?
    private var held = Bytes()
    private var head = 0
    private var sourceEnd: DockerTransfer.Outcome?
    private var sourceWaits = false
    private var targetWaits = false
    private var isOver = false

    init(loop: Loop, done: @escaping (DockerFailure?) -> Void) {
        self.loop = loop
        self.done = done
    }

    /// False where libcurl has no memory.
    func start(
        _ make: (@escaping (DockerTransfer.Outcome) -> Void) -> DockerTransfer?,
        begin: (DockerTransfer, DockerRequest) -> Void, export: DockerRequest, upload: DockerRequest
    ) -> Bool {
        guard let source = make({ [weak self] in self?.sourceEnded($0) }),
            let target = make({ [weak self] in self?.targetEnded($0) })
        else { return false }
        self.source = source
        self.target = target
        source.take = { [weak self] in self?.take($0) ?? .stop }
        target.give = { [weak self] room in
            // Nil means: not now.
            guard let self else { return -1 }
            return give(room)
        }
        begin(source, export)
        begin(target, upload)
        return true
    }

    func abandon() {
        finish(.abandoned)
    }

    // MARK: The stream

    private var waiting: Int { held.count - head }

    private func take(_ bytes: UnsafeBufferPointer<UInt8>) -> DockerTransfer.Reply {
        guard waiting == 0 || waiting + bytes.count <= Self.most else {
            sourceWaits = true
            return .pause
        }
        if head > 0 {
            held.removeFirst(head)
            head = 0
        }
        held.append(contentsOf: bytes)
        wakeTarget()
        return .took
    }

    private func give(_ room: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        guard waiting > 0 else {
            switch sourceEnd {
            case .answered(200..<300, _): return 0
            case .answered, .failed: return -1
            case nil:
                targetWaits = true
                return nil
            }
        }
        let count = min(waiting, room.count)
        held.withUnsafeBufferPointer { bytes in
            _ = room.update(fromContentsOf: bytes[head..<(head + count)])
        }
        head += count
        if head == held.count {
            held.removeAll(keepingCapacity: true)
            head = 0
        }
        wakeSource()
        return count
    }

    /// Not from inside libcurl.
    private func wakeSource() {
        guard sourceWaits, waiting <= Self.most / 2 else { return }
        sourceWaits = false
        loop.again { [weak self] in self?.source?.resume() }
    }

    private func wakeTarget() {
        guard targetWaits else { return }
        targetWaits = false
        loop.again { [weak self] in self?.target?.resume() }
    }

    // MARK: The ends

    private func sourceEnded(_ outcome: DockerTransfer.Outcome) {
        sourceEnd = outcome
        switch outcome {
        case .answered(200..<300, _): wakeTarget()
        case .answered(let status, _): finish(.refused(status: status, Detail("the files could not be read")))
        case .failed(let failure): finish(failure)
        }
    }

    private func targetEnded(_ outcome: DockerTransfer.Outcome) {
        switch outcome {
        case .answered(200..<300, _):
            // Nobody says that all is there before all was sent.
            if case .answered? = sourceEnd, waiting == 0 { return finish(nil) }
            finish(.lost(Detail("the files were taken before all were sent")))
        case .answered(let status, let body):
            let words = (try? JSON.parse(body))?["message"]?.asString ?? body
            finish(.refused(status: status, Detail(Bytes(words.prefix(Wording.longest)))))
        case .failed(let failure): finish(failure)
        }
    }

    private func finish(_ failure: DockerFailure?) {
        guard !isOver else { return }
        isOver = true
        source?.abandon()
        target?.abandon()
        source = nil
        target = nil
        done(failure)
    }
}
