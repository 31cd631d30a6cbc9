// The executor of calls to the Docker daemon. Each call that answers gets exactly one final event.

import CLibcurl
import CLinux
import Codecs
import Effects
import Glibc

final class DockerExecutor {
    private enum Work {
        case transfer(DockerTransfer)
        case copy(DockerCopy)
        case output(DockerOutput)
        case helper(CredentialHelper)

        func abandon() {
            switch self {
            case .transfer(let transfer): transfer.abandon()
            case .copy(let copy): copy.abandon()
            case .output(let output): output.abandon()
            case .helper(let helper): helper.abandon()
            }
        }
    }

    private let loop: Loop
    private let vault: Vault
    private let log: Log?
    private let multi: CurlMulti
    private let configuration: DockerConfiguration
    private let helperEnvironment: [Bytes]
    private let wording: Wording
    private let answers: DockerAnswers
    private var work: [EffectID: Work] = [:]
    private var abandoned: Set<EffectID> = []
    private var helpers: [pid_t: CredentialHelper] = [:]
    private var address: DockerAddress?
    private var version: Bytes?

    /// Nil where libcurl has no memory.
    init?(loop: Loop, vault: Vault, log: Log?, variables: [(name: Bytes, value: Bytes)]) {
        guard let multi = CurlMulti(loop: loop) else { return nil }
        self.loop = loop
        self.vault = vault
        self.log = log
        self.multi = multi
        configuration = DockerConfiguration { name in variables.first { $0.name.equals(name) }?.value }
        helperEnvironment = ProcessSurroundings(variables).worker.map(\.entry)
        wording = Wording(masked: { vault.masked($0) })
        answers = DockerAnswers(wording: wording)
    }

    /// What has no final event yet.
    var unfinished: Int { work.count }

    func execute(_ id: EffectID, _ call: DockerCall) {
        switch call {
        case .abandon(let other):
            guard work[other] != nil else { return }
            abandoned.insert(other)
            // Not from inside whatever is under way.
            loop.again { [weak self] in self?.work[other]?.abandon() }
        case .reach: reach(id)
        case .pull(let image, let platform, let withCredentials): pull(id, image, platform, withCredentials)
        case .copy(let from, let to, let path): copy(id, from, to, path)
        case .tellOutput(let name, let key, let secrets, let level):
            tellOutput(id, DockerRequests.output(name, lines: DockerOutput.lines), false, key, secrets, level)
        case .followOutput(let name, let key, let secrets):
            tellOutput(id, DockerRequests.follow(name), true, key, secrets, .info)
        case .createContainer(let name, let platform, let body):
            guard let document = rendered(body) else { return loop.deliver(.interpreter(.contractBroken(id))) }
            ask(id, call, DockerRequests.createContainer(name, platform: platform, body: document))
        case .inspectImage(let image): ask(id, call, DockerRequests.inspectImage(image))
        case .createVolume(let name, let labels): ask(id, call, DockerRequests.createVolume(name, labels: labels))
        case .inspectVolume(let name): ask(id, call, DockerRequests.inspectVolume(name))
        case .removeVolume(let name): ask(id, call, DockerRequests.removeVolume(name))
        case .inspectContainer(let name): ask(id, call, DockerRequests.inspectContainer(name))
        case .startContainer(let name): ask(id, call, DockerRequests.start(name))
        case .awaitEnd(let name): ask(id, call, DockerRequests.awaitEnd(name))
        case .stopContainer(let name, let span): ask(id, call, DockerRequests.stop(name, within: span))
        case .killContainer(let name): ask(id, call, DockerRequests.kill(name))
        case .removeContainer(let name): ask(id, call, DockerRequests.removeContainer(name))
        case .listContainers(let labels): ask(id, call, DockerRequests.list("/containers/json", labels: labels))
        case .listVolumes(let labels): ask(id, call, DockerRequests.list("/volumes", labels: labels))
        }
    }

    /// At the end of a life: nobody hears of what is under way any more.
    func close() {
        for helper in helpers.values { helper.kill() }
    }

    // MARK: Calls

    private func ask(_ id: EffectID, _ call: DockerCall, _ request: DockerRequest) {
        run(id, request) { [answers] outcome in
            switch outcome {
            case .answered(let status, let body): answers.event(id, call, status: status, body: body)
            case .failed(let failure): .failed(id, failure)
            }
        }
    }

    private func run(
        _ id: EffectID, _ request: DockerRequest,
        _ take: ((UnsafeBufferPointer<UInt8>) -> DockerTransfer.Reply)? = nil,
        _ event: @escaping (DockerTransfer.Outcome) -> DockerEvent
    ) {
        guard let transfer = transfer({ [weak self] in self?.tell(id, event($0)) }) else { return noMemory(id) }
        transfer.take = take
        work[id] = .transfer(transfer)
        begin(transfer, request)
    }

    private func transfer(_ done: @escaping (DockerTransfer.Outcome) -> Void) -> DockerTransfer? {
        DockerTransfer(multi: multi, place: address?.place ?? [], wording: wording, done: done)
    }

    private func begin(_ transfer: DockerTransfer, _ request: DockerRequest) {
        guard let address else { return }
        transfer.start(request, address, version: version)
    }

    private func noMemory(_ id: EffectID) {
        tell(id, .failed(id, .lost(Detail("libcurl has no memory left"))))
    }

    private func tell(_ id: EffectID, _ event: DockerEvent) {
        work[id] = nil
        let wasAbandoned = abandoned.remove(id) != nil
        // What was abandoned acquired nothing, whatever came in the last moment.
        loop.deliver(.docker(wasAbandoned ? .failed(id, .abandoned) : event))
    }

    private func rendered(_ body: JSON) -> Bytes? {
        var isWhole = true
        var document = Bytes()
        body.encode(into: &document) { [vault] ref in
            let value = vault.value(ref)
            if value == nil { isWhole = false }
            return value
        }
        return isWhole ? document : nil
    }

    // MARK: Reaching

    private func reach(_ id: EffectID) {
        let found: DockerAddress
        do {
            found = try DockerAddress.find(configuration)
        } catch {
            return loop.deliver(.docker(.failed(id, .address(error.detail))))
        }
        address = found
        version = nil
        let wanted = configuration.variable("DOCKER_API_VERSION").flatMap { $0.isEmpty ? nil : $0 }
        run(id, DockerRequests.reach) { [weak self, answers] outcome in
            switch outcome {
            case .failed(let failure): return .failed(id, failure)
            case .answered(200, let body):
                let remarks = self?.remarks ?? []
                guard let daemon = answers.daemon(body, found, wanted: wanted, remarks: remarks) else {
                    return .failed(id, .unreadable(Detail("it is no Docker daemon's")))
                }
                self?.version = daemon.api
                return .reached(id, daemon)
            // One that is only coming up says so.
            case .answered(503, let body): return .failed(id, .notReached(answers.message(body)))
            case .answered(let status, let body):
                return .failed(id, .refused(status: status, answers.message(body)))
            }
        }
    }

    private var remarks: [DockerRemark] {
        do {
            _ = try configuration.file()
            return []
        } catch {
            return [.configuration(wording.detail("", Wording.errno(error.errno)))]
        }
    }

    // MARK: Pulls

    private func pull(_ id: EffectID, _ image: Bytes, _ platform: Bytes, _ withCredentials: Bool) {
        guard withCredentials else { return pull(id, image, platform, header: nil) }
        let environment = configuration.variable("DOCKER_AUTH_CONFIG").flatMap { try? JSON.parse($0) }
        let file = (try? configuration.file()) ?? nil
        switch DockerCredentials.source(image, environment: environment, file: file) {
        case .none: pull(id, image, platform, header: nil)
        case .known(let header): pull(id, image, platform, header: header)
        case .helper(let name, let server): askHelper(id, name, server, image, platform)
        }
    }

    private func pull(_ id: EffectID, _ image: Bytes, _ platform: Bytes, header: Bytes?) {
        var progress = PullProgress()
        let take: (UnsafeBufferPointer<UInt8>) -> DockerTransfer.Reply = {
            progress.push($0)
            return .took
        }
        run(id, DockerRequests.pull(image, platform: platform, header: header), take) { [wording, answers] outcome in
            switch outcome {
            case .failed(let failure): return .failed(id, failure)
            case .answered(200..<300, _):
                progress.finish()
                guard let error = progress.error else { return .done(id) }
                return .failed(id, .pull(wording.detail("", error)))
            case .answered(let status, let body):
                return .failed(id, .refused(status: status, answers.message(body)))
            }
        }
    }

    private func askHelper(_ id: EffectID, _ name: Bytes, _ server: Bytes, _ image: Bytes, _ platform: Bytes) {
        do {
            let helper = try CredentialHelper.start(name, server: server, environment: helperEnvironment, loop: loop) {
                [weak self] in self?.helped(id, $0, server, image, platform)
            }
            helpers[helper.pid] = helper
            work[id] = .helper(helper)
        } catch {
            let words = Bytes(text: "docker-credential-") + name
            tell(id, .failed(id, .credentials(wording.detail(words, Wording.errno(error.errno)))))
        }
    }

    private func helped(
        _ id: EffectID, _ outcome: CredentialHelper.Outcome, _ server: Bytes, _ image: Bytes, _ platform: Bytes
    ) {
        if abandoned.contains(id) { return tell(id, .failed(id, .abandoned)) }
        switch outcome {
        case .nothing: pull(id, image, platform, header: nil)
        case .abandoned: tell(id, .failed(id, .abandoned))
        case .failed(let detail): tell(id, .failed(id, .credentials(detail)))
        case .said(let words):
            guard let header = DockerCredentials.header(server: server, helperSaid: words) else {
                return tell(id, .failed(id, .credentials(Detail("the helper's answer could not be read"))))
            }
            pull(id, image, platform, header: header)
        }
    }

    /// A child of ours that has ended; false where it is nobody's here.
    func reap(_ reaped: oz_reaped) -> Bool {
        guard let helper = helpers.removeValue(forKey: reaped.pid) else { return false }
        helper.ended(reaped)
        return true
    }

    func isChild(_ pid: pid_t) -> Bool { helpers[pid] != nil }

    // MARK: Streams

    private func copy(_ id: EffectID, _ from: Bytes, _ to: Bytes, _ path: Bytes) {
        let copy = DockerCopy(loop: loop) { [weak self] failure in
            self?.tell(id, failure.map { .failed(id, $0) } ?? .done(id))
        }
        work[id] = .copy(copy)
        let isStarted = copy.start(
            { self.transfer($0) }, begin: { self.begin($0, $1) }, export: DockerRequests.export(from),
            upload: DockerRequests.upload(to, path: path))
        if !isStarted { noMemory(id) }
    }

    private func tellOutput(
        _ id: EffectID, _ request: DockerRequest, _ all: Bool, _ key: ExecutionKey, _ secrets: SecretRange,
        _ level: LogLevel
    ) {
        guard let log, log.isEnabled(level) else { return loop.deliver(.docker(.done(id))) }
        let masker = vault.masker(for: [secrets])
        var framer = LineFramer()
        let say: (LineFramer.Line) -> Void = { log.output(.agent, key, $0, level) }
        let output = DockerOutput(
            loop: loop, all: all, isBehind: { log.isBehind },
            make: { [weak self] in self?.transfer($0) },
            begin: { [weak self] in self?.begin($0, request) },
            emit: { framer.push($0, masker, say) },
            done: { [weak self, answers] outcome in
                framer.finish(masker, say)
                switch outcome {
                case .answered(200..<300, _): self?.tell(id, .done(id))
                case .answered(let status, let body):
                    self?.tell(id, .failed(id, .refused(status: status, answers.message(body))))
                case .failed(let failure): self?.tell(id, .failed(id, failure))
                }
            })
        work[id] = .output(output)
        if !output.start() { noMemory(id) }
    }
}
