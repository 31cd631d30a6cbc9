// Requests, submissions, misbehaviour and flags, as they are read.

import Codecs
import Testing

@testable import ControlPlane

private func call(_ method: String, _ target: String, _ fields: [HTTPField] = []) throws(ApiFault) -> ApiCall {
    try ApiCall.read(
        HTTPRequest(method: netBytes(method), target: netBytes(target), fields: HTTPFields(fields)))
}

private let names = FreshNames(task: netBytes("T"), execution: netBytes("E"))

private func submission(_ body: String) throws(SubmissionFault) -> Submission {
    try Submission.read(netBytes(body), fresh: names, now: UnixTime(seconds: 0))
}

private func data(_ body: String) throws -> JSON? {
    try JSON.parse(submission(body).message)["data"]
}

@Suite("Control plane API") struct ControlPlaneApiTests {
    @Test("addresses and methods")
    func routes() throws {
        #expect(try call("GET", "/") == .help)
        #expect(try call("HEAD", "/") == .help)
        #expect(try call("POST", "/tasks") == .submit)
        #expect(try call("GET", "/tasks?state=claimed&limit=2") == .tasks(state: netBytes("claimed"), limit: 2))
        #expect(try call("GET", "/tasks/a%2Fb") == .task(netBytes("a/b"), until: nil, seconds: 60))
        #expect(try call("GET", "/tasks/a?wait=final&timeout=999") == .task(netBytes("a"), until: .final, seconds: 60))
        #expect(try call("GET", "/tasks/a/?wait=claimed") == .task(netBytes("a"), until: .claimed, seconds: 60))
        #expect(try call("POST", "/tasks/a/cancel") == .cancel(task: netBytes("a")))
        let again = ApiCall.repeatAssignment(task: netBytes("a"), execution: netBytes("e"))
        #expect(try call("POST", "/tasks/a/repeat?execution_id=e") == again)
        #expect(try call("GET", "/events?since=7&wait=1") == .events(since: 7, waits: true, seconds: 60))
        #expect(try call("GET", "/events?wait=0") == .events(since: 0, waits: false, seconds: 60))
        #expect(try call("GET", "/violations") == .violations)
        #expect(try call("GET", "/workers") == .workers)
        #expect(try call("POST", "/misbehave") == .misbehave)
        #expect(try call("GET", "/echo") == .echo)
        #expect(throws: ApiFault.methodNotAllowed("GET")) { try call("POST", "/echo") }
        let socket = "/api/v1/selfhosted/worker/ws"
        #expect(try call("GET", socket + "?worker_id=w%201") == .worker(id: netBytes("w 1")))
        #expect(throws: ApiFault.noWorkerID) { try call("GET", socket) }
        #expect(throws: ApiFault.notFound) { try call("GET", "/nothing") }
        #expect(throws: ApiFault.notFound) { try call("POST", "/tasks/a/explode") }
        #expect(throws: ApiFault.methodNotAllowed("POST")) { try call("GET", "/misbehave") }
        #expect(throws: ApiFault.methodNotAllowed("GET")) { try call("DELETE", "/tasks") }
        #expect(throws: ApiFault.badQuery("since")) { try call("GET", "/events?since=x") }
        #expect(throws: ApiFault.badQuery("wait")) { try call("GET", "/tasks/a?wait=never") }
    }

    @Test("web pages do not drive workers")
    func browsers() {
        let origin = [HTTPField("Origin", netBytes("http://evil.example"))]
        #expect(throws: ApiFault.fromBrowser) { try call("POST", "/tasks", origin) }
    }

    @Test("the short form of a task")
    func shortForm() throws {
        let body = "{\"prompt\":\"do\",\"title\":\"T1\",\"env_vars\":{\"A\":\"b\"},\"worker_id\":\"w\"}"
        let made = try submission(body)
        #expect(made.task == netBytes("T"))
        #expect(made.execution == netBytes("E"))
        #expect(made.worker == netBytes("w"))
        let data = try data(body)
        #expect(data?["task"]?["task_definition"]?["prompt"]?.asString == netBytes("do"))
        #expect(data?["task"]?["id"]?.asString == netBytes("T"))
        #expect(data?["env_vars"]?["A"]?.asString == netBytes("b"))
        #expect(data?["worker_id"] == nil)
        #expect(data?["prompt"] == nil)
        #expect(throws: SubmissionFault.unknownField(netBytes("promt"))) {
            try submission("{\"prompt\":\"a\",\"promt\":1}")
        }
        #expect(throws: SubmissionFault.noPrompt) { try submission("{}") }
        #expect(throws: SubmissionFault.notAnObject) { try submission("[]") }
        #expect(throws: SubmissionFault.wrongType("task_id")) { try submission("{\"prompt\":\"a\",\"task_id\":1}") }
    }

    @Test("the complete form stays as it is, but for what is missing")
    func completeForm() throws {
        let inner =
            "\"task_id\":\"x\",\"execution_id\":null,\"future\":[1.50],\"task\":{\"title\":\"q\"},\"env_vars\":5"
        let made = try submission("{\(inner)}")
        #expect(made.execution == nil)
        #expect(made.title == netBytes("q"))
        let wanted =
            "{\"type\":\"task_assignment\",\"data\":{\"task_id\":\"x\",\"execution_id\":null,\"future\":[1.50],"
            + "\"task\":{\"id\":\"x\",\"title\":\"q\"},\"env_vars\":5}}"
        #expect(made.message == netBytes(wanted))
        #expect(try submission("{\"type\":\"task_assignment\",\"data\":{\(inner)}}") == made)
        #expect(throws: SubmissionFault.otherType) { try submission("{\"type\":\"x\",\"data\":{}}") }
    }

    @Test("misbehaviour")
    func misdeeds() throws {
        func misdeed(_ body: String) throws(MisdeedFault) -> Misdeed {
            try MisdeedRequest.read(netBytes(body)).misdeed
        }
        #expect(try misdeed("{\"do\":\"drop\"}") == .drop)
        #expect(try misdeed("{\"do\":\"stall\",\"seconds\":3}") == .stall(seconds: 3))
        #expect(try misdeed("{\"do\":\"reset_after_stop_reading\"}") == .stopReading(resetAfter: 5))
        let refusal = Misdeed.refuse(status: 503, retryAfter: 5, times: 2)
        #expect(try misdeed("{\"do\":\"refuse\",\"status\":503,\"retry_after\":5,\"times\":2}") == refusal)
        #expect(try misdeed("{\"do\":\"accept_and_close\",\"times\":4}") == .acceptAndClose(code: 1008, times: 4))
        #expect(try misdeed("{\"do\":\"send_binary\",\"base64\":\"/w==\"}") == .sendBinary([0xFF]))
        #expect(throws: MisdeedFault.unknown(netBytes("dance"))) { try misdeed("{\"do\":\"dance\"}") }
        #expect(throws: MisdeedFault.missing("seconds")) { try misdeed("{\"do\":\"stall\"}") }
        #expect(throws: MisdeedFault.bad("seconds")) { try misdeed("{\"do\":\"stall\",\"seconds\":-1}") }
        #expect(throws: MisdeedFault.bad("status")) { try misdeed("{\"do\":\"refuse\",\"status\":101}") }
        let aimed = try MisdeedRequest.read(netBytes("{\"do\":\"drop\",\"connection\":17,\"worker_id\":\"w\"}"))
        #expect(aimed.target == Target(connection: 17, worker: netBytes("w")))
    }

    @Test("moods come as often as asked, refusals first")
    func moods() {
        var moods = Moods()
        moods.acceptAndClose(code: 1008, times: 1)
        moods.refuse(status: 503, retryAfter: nil, times: 2)
        let met = (0..<4).map { _ in moods.next() }
        let refused = HandshakeMood.refuse(status: 503, retryAfter: nil)
        #expect(met == [refused, refused, .acceptAndClose(code: 1008), .good])
    }

    @Test("flags")
    func flags() throws {
        func parse(_ words: String...) throws(OptionFault) -> ParsedOptions { try .parse(words.map(netBytes)) }
        #expect(try parse() == ParsedOptions())
        let parsed = try parse("--listen=127.0.0.1:0", "--api-key", "k=v", "--no-queue", "--ping-every=5")
        #expect(parsed.options.listen == netBytes("127.0.0.1:0"))
        #expect(parsed.options.apiKey == netBytes("k=v"))
        #expect(!parsed.options.queues)
        #expect(parsed.options.pingEvery == 5)
        #expect(try parse("-h").wantsHelp)
        #expect(throws: OptionFault.unknown(netBytes("--lisen"))) { try parse("--lisen=x") }
        #expect(throws: OptionFault.unknown(netBytes("x"))) { try parse("x") }
        #expect(throws: OptionFault.valueMissing(netBytes("--listen"))) { try parse("--listen") }
        #expect(throws: OptionFault.noValueWanted(netBytes("--no-queue"))) { try parse("--no-queue=1") }
        #expect(throws: OptionFault.badValue(netBytes("--ping-every"))) { try parse("--ping-every", "0") }
    }

    @Test("addresses to listen on")
    func listenAddresses() {
        func read(_ text: String) -> ListenAddress? { ListenAddress(netBytes(text)) }
        #expect(read("127.0.0.1:80")?.bytes == netBytes("127.0.0.1:80"))
        #expect(read("localhost:0")?.bytes == netBytes("127.0.0.1:0"))
        #expect(read("[::1]:9")?.bytes == netBytes("[::1]:9"))
        #expect(read("[2001:db8::1]:9")?.bytes == netBytes("[2001:db8:0:0:0:0:0:1]:9"))
        #expect(["127.0.0.1:1", "127.8.8.8:1", "[::1]:1"].allSatisfy { read($0)?.isLoopback == true })
        #expect(["0.0.0.0:1", "10.0.0.1:1", "[::]:1", "[::2]:1"].allSatisfy { read($0)?.isLoopback == false })
        for bad in ["", ":1", "h:1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1", "::1:80"] {
            #expect(read(bad) == nil, "\(bad)")
        }
    }
}
