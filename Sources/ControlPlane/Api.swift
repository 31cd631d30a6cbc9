// The HTTP API: which request asks for what. Pure; what is asked for is done elsewhere.

import Codecs

enum ApiCall: Sendable, Equatable {
    enum Until: Sendable, Equatable {
        case claimed, final
    }

    case help
    case worker(id: Bytes)
    case echo
    case submit
    case cancel(task: Bytes)
    case repeatAssignment(task: Bytes, execution: Bytes?)
    case tasks(state: Bytes?, limit: Int)
    case task(Bytes, until: Until?, seconds: Int)
    case events(since: Int, waits: Bool, seconds: Int)
    case violations
    case workers
    case misbehave
}

enum ApiFault: Error, Sendable, Equatable {
    case notFound
    case methodNotAllowed(StaticString)
    case badQuery(String)
    case fromBrowser
    case noWorkerID

    static func == (one: ApiFault, other: ApiFault) -> Bool { one.words == other.words }

    var status: Int {
        switch self {
        case .notFound: 404
        case .methodNotAllowed: 405
        case .badQuery, .noWorkerID: 400
        case .fromBrowser: 403
        }
    }

    var words: String {
        switch self {
        case .notFound: "nothing lives at this address; GET / tells what does"
        case .methodNotAllowed(let method): "the method for this address is \(method)"
        case .badQuery(let name): "the query parameter \(name) cannot be used"
        case .fromBrowser: "requests of web pages are not served"
        case .noWorkerID: "the query parameter worker_id is missing"
        }
    }
}

extension ApiCall {
    static let waitMax = 60

    static func read(_ request: HTTPRequest) throws(ApiFault) -> ApiCall {
        // A page in a browser on this machine must not drive a worker. Browsers say where a request comes from.
        if request.fields.first("origin") != nil { throw .fromBrowser }
        guard let parts = request.pathParts, let query = request.query else { throw .badQuery("(all of it)") }
        let names = parts.last == [] ? parts.dropLast() : parts[...]
        switch names.count {
        case 0:
            try demand("GET", request)
            return .help
        case 1: return try collection(names.first ?? [], request, query)
        case 2 where names.first?.equals("tasks") == true:
            try demand("GET", request)
            return .task(names.last ?? [], until: try until(query), seconds: try seconds(query))
        case 3 where names.first?.equals("tasks") == true:
            return try action(names.last ?? [], on: parts[1], request, query)
        default:
            guard request.rawPath.equals("/api/v1/selfhosted/worker/ws") else { throw .notFound }
            try demand("GET", request)
            guard let worker = query.value("worker_id"), !worker.isEmpty else { throw .noWorkerID }
            return .worker(id: worker)
        }
    }

    private static func collection(
        _ name: Bytes, _ request: HTTPRequest, _ query: [QueryItem]
    ) throws(ApiFault) -> ApiCall {
        if name.equals("tasks") {
            if request.method.equals("POST") { return .submit }
            try demand("GET", request)
            return .tasks(state: query.value("state"), limit: try number("limit", query, or: Int.max))
        }
        if name.equals("misbehave") {
            try demand("POST", request)
            return .misbehave
        }
        let call: ApiCall
        if name.equals("events") {
            let waits = query.value("wait").map { !$0.isEmpty && !$0.equals("0") } ?? false
            call = .events(since: try number("since", query, or: 0), waits: waits, seconds: try seconds(query))
        } else if name.equals("violations") {
            call = .violations
        } else if name.equals("workers") {
            call = .workers
        } else if name.equals("echo") {
            call = .echo
        } else {
            throw .notFound
        }
        try demand("GET", request)
        return call
    }

    private static func action(
        _ name: Bytes, on task: Bytes, _ request: HTTPRequest, _ query: [QueryItem]
    ) throws(ApiFault) -> ApiCall {
        let call: ApiCall
        if name.equals("cancel") {
            call = .cancel(task: task)
        } else if name.equals("repeat") {
            call = .repeatAssignment(task: task, execution: query.value("execution_id"))
        } else {
            throw .notFound
        }
        try demand("POST", request)
        return call
    }

    private static func demand(_ method: StaticString, _ request: HTTPRequest) throws(ApiFault) {
        if request.method.equals(method) { return }
        if request.isHead, Bytes(text: method).equals("GET") { return }
        throw .methodNotAllowed(method)
    }

    private static func until(_ query: [QueryItem]) throws(ApiFault) -> Until? {
        guard let word = query.value("wait") else { return nil }
        if word.equals("final") { return .final }
        if word.equals("claimed") { return .claimed }
        throw .badQuery("wait")
    }

    private static func seconds(_ query: [QueryItem]) throws(ApiFault) -> Int {
        min(try number("timeout", query, or: waitMax), waitMax)
    }

    private static func number(
        _ name: StaticString, _ query: [QueryItem], or standard: Int
    ) throws(ApiFault) -> Int {
        guard let text = query.value(name) else { return standard }
        guard let number = Int(decimal: text), number >= 0 else { throw .badQuery("\(name)") }
        return number
    }

    static let helpText = """
        A control plane for development. It speaks the worker's protocol from the server's side and keeps a ledger.

        WebSocket for workers: /api/v1/selfhosted/worker/ws?worker_id=...
        WebSocket that echoes: /echo

        POST /tasks                   submit a task: {"prompt": "..."} or a complete assignment
        GET  /tasks                   all executions (?state=claimed, ?limit=10)
        GET  /tasks/ID                one task (?wait=claimed or ?wait=final, at most ?timeout=60 seconds)
        POST /tasks/ID/cancel         cancel it
        POST /tasks/ID/repeat         send its assignment once more (?execution_id=...)
        GET  /events?since=0          what happened (?wait=1 waits for something new)
        GET  /violations              what workers did against the protocol
        GET  /workers                 connections, open and past
        POST /misbehave               {"do": "..."}: drop, half_close, stall, stop_reading,
                                      reset_after_stop_reading, no_pongs, close, ping, send_text, send_binary,
                                      send_raw, refuse, accept_and_close, behave

        """
}
