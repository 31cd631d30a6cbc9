// The HTTP API: each request answered from the ledger, at once or when what it waits for has happened.

import CLinux
import Codecs

extension ControlPlane {
    /// Answers what was fed, in order, as long as no answer has to wait.
    func serve(_ peer: Peer) {
        while peers[peer.id] != nil, peer.speech == .http, peer.waiting == nil, !peer.isBehind {
            do {
                guard let request = try peer.codec.next() else {
                    if peer.codec.takeContinue() {
                        var interim = Bytes()
                        HTTPResponseWriter.appendContinue(to: &interim)
                        peer.send(interim)
                    }
                    return
                }
                answer(request, peer)
            } catch {
                respond(Self.fault(error.status, error.words), to: nil, peer)
            }
        }
    }

    /// What lies in the codec since an answer had to wait.
    func serveBuffered(_ peer: Peer) {
        guard peer.speech == .http, peer.waiting == nil, peer.codec.bufferedCount > 0, peer.stalledUntil == nil else {
            return
        }
        serve(peer)
    }

    private func answer(_ request: HTTPRequest, _ peer: Peer) {
        let call: ApiCall
        do {
            call = try ApiCall.read(request)
        } catch {
            var response = Self.fault(error.status, error.words)
            if case .methodNotAllowed(let method) = error {
                response.fields.append(HTTPField("Allow", Bytes(text: method)))
            }
            respond(response, to: request, peer)
            return
        }
        switch call {
        case .worker(let id): wantsToWork(peer, request, id)
        case .echo: beginEcho(peer, request)
        case .help:
            let type = HTTPField("Content-Type", Bytes(text: "text/plain; charset=utf-8"))
            let help = HTTPResponse(status: 200, fields: [type], body: Bytes(text: ApiCall.helpText))
            respond(help, to: request, peer)
        case .submit: respond(submission(request), to: request, peer)
        case .cancel(let task): respond(cancellation(task), to: request, peer)
        case .repeatAssignment(let task, let execution): respond(repetition(task, execution), to: request, peer)
        case .tasks(let state, let limit):
            respond(Self.json(200, ledger.report(state: state, limit: limit)), to: request, peer)
        case .task(let task, let until, let seconds):
            guard let until else {
                respond(report(task), to: request, peer)
                return
            }
            wait(peer, request, .task(task, until), seconds: seconds)
        case .events(let since, let waits, let seconds):
            wait(peer, request, .events(since: since), seconds: waits ? seconds : 0)
        case .violations: respond(Self.json(200, ledger.violationReport), to: request, peer)
        case .workers: respond(Self.json(200, ledger.workerReport), to: request, peer)
        case .misbehave: respond(misbehave(request.body), to: request, peer)
        }
    }

    // MARK: Waiting

    private func wait(_ peer: Peer, _ request: HTTPRequest, _ reason: Peer.Waiting.Reason, seconds: Int) {
        let until = now.steady + Int64(seconds) * Self.second
        peer.waiting = Peer.Waiting(request: request, reason: reason, until: until)
        answerWaiting(peer)
    }

    /// Answers a waiting request if what it waits for is there, or its time is up.
    func answerWaiting(_ peer: Peer) {
        guard let waiting = peer.waiting else { return }
        let isLate = now.steady >= waiting.until
        switch waiting.reason {
        case .task(let task, let until):
            guard isLate || hasHappened(until, task) else { return }
        case .events(let since):
            guard isLate || ledger.journal.last > since else { return }
        case .handshake(let worker):
            guard now.steady >= moods.stalledUntil else { return }
            peer.waiting = nil
            handshake(peer, waiting.request, worker)
            return
        }
        giveUpWaiting(peer)
    }

    /// Answers with what there is.
    func giveUpWaiting(_ peer: Peer) {
        guard let waiting = peer.waiting else { return }
        peer.waiting = nil
        switch waiting.reason {
        case .task(let task, let until):
            var response = report(task)
            if response.status == 200, !hasHappened(until, task) { response.status = 202 }
            respond(response, to: waiting.request, peer)
        case .events(let since):
            respond(Self.json(200, ledger.report(since: since)), to: waiting.request, peer)
        case .handshake:
            respond(Self.fault(503, "the control plane ends"), to: waiting.request, peer)
        }
        peer.lastActive = now.steady
    }

    /// A task that is not known is not waited for either.
    private func hasHappened(_ until: ApiCall.Until, _ task: Bytes) -> Bool {
        guard let latest = ledger.executions(of: task).last else { return true }
        switch until {
        case .claimed: return latest.claimCount > 0 || latest.state.isFinal
        case .final: return latest.state.isFinal
        }
    }

    // MARK: Answers

    private func report(_ task: Bytes) -> HTTPResponse {
        guard let report = ledger.report(task: task) else { return Self.fault(404, "this task is not known") }
        return Self.json(200, report)
    }

    private func submission(_ request: HTTPRequest) -> HTTPResponse {
        do throws(SubmissionFault) {
            let submission = try Submission.read(request.body, fresh: Self.freshNames(), now: now.wall)
            let isKnown = ledger.isKnown(submission)
            dispatch(try ledger.submit(submission, at: now))
            let report = JSON.object([
                JSONMember("task_id", .string(submission.task)),
                JSONMember("execution_id", submission.execution.map(JSON.string) ?? .null),
                JSONMember("known", .bool(isKnown)),
            ])
            return Self.json(isKnown ? 200 : 201, report)
        } catch {
            return Self.fault(error.status, error.words)
        }
    }

    private func cancellation(_ task: Bytes) -> HTTPResponse {
        guard !ledger.executions(of: task).isEmpty else { return Self.fault(404, "this task is not known") }
        let sendings = ledger.cancel(task, at: now)
        dispatch(sendings)
        return Self.json(200, Self.sent(task, sendings))
    }

    private func repetition(_ task: Bytes, _ execution: Bytes?) -> HTTPResponse {
        let all = ledger.executions(of: task)
        guard let chosen = execution == nil ? all.last : all.last(where: { $0.execution == execution }) else {
            return Self.fault(404, "this task or execution is not known")
        }
        let sendings = ledger.repeatAssignment(chosen.number, at: now)
        guard !sendings.isEmpty else { return Self.fault(503, "no worker that could get it is connected") }
        dispatch(sendings)
        return Self.json(200, Self.sent(task, sendings))
    }

    private static func sent(_ task: Bytes, _ sendings: [Sending]) -> JSON {
        .object([
            JSONMember("task_id", .string(task)),
            JSONMember("sent_to", .array(sendings.map { .number($0.connection) })),
        ])
    }

    static func json(_ status: Int, _ value: JSON) -> HTTPResponse {
        let type = HTTPField("Content-Type", Bytes(text: "application/json"))
        return HTTPResponse(status: status, fields: [type], body: value.encoded() + [0x0A])
    }

    static func fault(_ status: Int, _ words: String) -> HTTPResponse {
        json(status, .object([JSONMember("error", .string(words))]))
    }

    /// Without a request the answer is to something that could not be read: the connection ends with it.
    func respond(_ response: HTTPResponse, to request: HTTPRequest?, _ peer: Peer) {
        let keepsAlive = request?.keepsAlive ?? false
        var output = Bytes()
        HTTPResponseWriter.append(
            response, toHead: request?.isHead ?? false, keepsAlive: keepsAlive, to: &output)
        peer.send(output)
        if !keepsAlive { end(peer) }
    }
}
