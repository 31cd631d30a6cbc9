// One HTTP exchange with the daemon, by libcurl. The answer's body goes to a taker piece by piece; where the status
// says that something went wrong, it is gathered instead, as the daemon's words.

import CLibcurl
import Codecs
import Effects
import Glibc

struct DockerRequest {
    enum Method {
        case get, post, put, delete

        fileprivate var name: StaticString {
            switch self {
            case .get: "GET"
            case .post: "POST"
            case .put: "PUT"
            case .delete: "DELETE"
            }
        }
    }

    let method: Method
    /// With its query, behind the version.
    let path: Bytes
    var body: Bytes?
    var headers: [Bytes] = []
    /// From beginning to end.
    var timeout: Span?
    /// Without a byte.
    var silence: Span?
    /// Before the version is agreed on.
    var isUnversioned = false

    init(_ method: Method, _ path: Bytes, within timeout: Span? = .seconds(60)) {
        self.method = method
        self.path = path
        self.timeout = timeout
    }
}

final class DockerTransfer {
    enum Outcome {
        case answered(status: Int, body: Bytes)
        case failed(DockerFailure)
    }

    /// What a taker says to a piece.
    enum Reply {
        case took
        /// Not now: the same piece comes again after `resume`.
        case pause
        case stop
    }

    private static let wordsMost = 64 << 10
    static let bodyMost = 8 << 20
    private static let connectMost = 5_000

    private let multi: CurlMulti
    private let easy: CurlEasy
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var body = Bytes()
    private var isTooLong = false
    private let wording: Wording
    private let place: Bytes
    private let done: (Outcome) -> Void
    private var isOver = false
    /// Where set, the body of a good answer goes here and is not gathered.
    var take: ((UnsafeBufferPointer<UInt8>) -> Reply)?
    /// Where set, it gives what is to be sent: a count, nil for not now, and 0 at the end. Negative: break it off.
    var give: ((UnsafeMutableBufferPointer<UInt8>) -> Int?)?

    /// Nil where libcurl has no memory.
    init?(multi: CurlMulti, place: Bytes, wording: Wording, done: @escaping (Outcome) -> Void) {
        guard let easy = CurlEasy() else { return nil }
        self.multi = multi
        self.easy = easy
        self.place = place
        self.wording = wording
        self.done = done
    }

    deinit {
        oz_curl_list_free(headers)
    }

    // MARK: Starting

    func start(_ request: DockerRequest, _ address: DockerAddress, version: Bytes?) {
        configure(address)
        var path = request.path
        if let version, !request.isUnversioned { path = Bytes(text: "/v") + version + path }
        easy.set(CURLOPT_URL, address.url(path))
        easy.set(CURLOPT_CUSTOMREQUEST, Bytes(text: request.method.name))
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, Self.connectMost)
        if let timeout = request.timeout { easy.set(CURLOPT_TIMEOUT_MS, milliseconds(timeout)) }
        if let silence = request.silence {
            easy.set(CURLOPT_LOW_SPEED_LIMIT, 1)
            easy.set(CURLOPT_LOW_SPEED_TIME, milliseconds(silence) / 1_000)
        }
        // What changes something is never repeated by libcurl on another connection, unseen by us.
        if request.method != .get {
            easy.set(CURLOPT_FRESH_CONNECT, 1)
            easy.set(CURLOPT_FORBID_REUSE, 1)
        }
        listen(sends: request.body, streams: give != nil)
        add(headers: request.headers)
        let isAdded = multi.add(easy) { [weak self] in self?.ended($0) }
        if !isAdded { finish(.failed(.address(wording.detail("libcurl refused the call", easy.fault?.words ?? [])))) }
    }

    private func milliseconds(_ span: Span) -> Int { Int(clamping: span.nanoseconds / 1_000_000) }

    private func configure(_ address: DockerAddress) {
        // The daemon is never behind the proxy of the host.
        easy.set(CURLOPT_PROXY, [])
        easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        easy.set(CURLOPT_BUFFERSIZE, 256 << 10)
        switch address.way {
        case .socket(let path): easy.set(CURLOPT_UNIX_SOCKET_PATH, path)
        case .tcp(_, nil): keepAlive()
        case .tcp(_, let tls?):
            keepAlive()
            if let authority = tls.authority { easy.set(CURLOPT_CAINFO, authority) }
            easy.set(CURLOPT_SSLCERT, tls.certificate)
            easy.set(CURLOPT_SSLKEY, tls.key)
            if !tls.verifies {
                easy.set(CURLOPT_SSL_VERIFYPEER, 0)
                easy.set(CURLOPT_SSL_VERIFYHOST, 0)
            }
        }
    }

    /// A wait for a container's end says nothing for hours. Without this nobody would notice that the line has died,
    /// and what stands between would forget it.
    private func keepAlive() {
        easy.set(CURLOPT_TCP_KEEPALIVE, 1)
        easy.set(CURLOPT_TCP_KEEPIDLE, 30)
        easy.set(CURLOPT_TCP_KEEPINTVL, 10)
    }

    private func add(headers lines: [Bytes]) {
        // No "Expect: 100-continue", which would cost a second.
        for line in lines + [Bytes(text: "Expect:")] {
            let longer = (line + [0]).withUnsafeBytes { raw in
                raw.baseAddress.flatMap { oz_curl_list_append(headers, $0.assumingMemoryBound(to: CChar.self)) }
            }
            headers = longer
        }
        easy.note(oz_curl_set_list(easy.handle, CURLOPT_HTTPHEADER, headers))
    }

    private func listen(sends body: Bytes?, streams: Bool) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        easy.note(oz_curl_set_pointer(easy.handle, CURLOPT_WRITEDATA, me))
        easy.note(
            oz_curl_set_data_function(easy.handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                return Unmanaged<DockerTransfer>.fromOpaque(context).takeUnretainedValue()
                    .received(UnsafeRawBufferPointer(start: bytes, count: size &* count))
            })
        if streams {
            easy.set(CURLOPT_UPLOAD, 1)
            easy.set(CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10)
            easy.note(oz_curl_set_pointer(easy.handle, CURLOPT_READDATA, me))
            easy.note(
                oz_curl_set_data_function(easy.handle, CURLOPT_READFUNCTION) { bytes, size, count, context in
                    guard let bytes, let context else { return oz_curl_read_abort() }
                    return Unmanaged<DockerTransfer>.fromOpaque(context).takeUnretainedValue()
                        .wanted(UnsafeMutableRawBufferPointer(start: bytes, count: size &* count))
                })
        } else if let body {
            body.withUnsafeBytes {
                easy.note(
                    oz_curl_set_body(easy.handle, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count))
            }
        }
    }

    // MARK: On the way

    /// Goes on after a pause.
    func resume() {
        if !isOver { curl_easy_pause(easy.handle, 0) }
    }

    /// Breaks it off; `done` is called with `abandoned`.
    func abandon() {
        finish(.failed(.abandoned))
    }

    private var status: Int { easy.number(CURLINFO_RESPONSE_CODE) }

    private func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        let isGood = 200..<300 ~= status
        if isGood, let take {
            switch take(bytes.bindMemory(to: UInt8.self)) {
            case .took: return bytes.count
            case .pause: return oz_curl_write_pause()
            case .stop: return 0
            }
        }
        let most = isGood ? Self.bodyMost : Self.wordsMost
        if body.count + bytes.count > most {
            isTooLong = isGood
            return isGood ? 0 : bytes.count
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    private func wanted(_ room: UnsafeMutableRawBufferPointer) -> Int {
        guard let give, let count = give(room.bindMemory(to: UInt8.self)) else { return oz_curl_read_pause() }
        return count < 0 ? oz_curl_read_abort() : count
    }

    private func ended(_ code: CURLcode) {
        // An answer that came before all was sent is the daemon's word all the same.
        if code == CURLE_OK || (status >= 400 && code != CURLE_OPERATION_TIMEDOUT) {
            return finish(.answered(status: status, body: body))
        }
        finish(.failed(failure(code)))
    }

    private func finish(_ outcome: Outcome) {
        guard !isOver else { return }
        isOver = true
        multi.remove(easy)
        take = nil
        give = nil
        done(outcome)
    }

    // MARK: What went wrong

    private func failure(_ code: CURLcode) -> DockerFailure {
        let said = easy.errorText.isEmpty ? code.words : easy.errorText
        let number = Int32(truncatingIfNeeded: easy.number(CURLINFO_OS_ERRNO))
        switch code {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST:
            let cause = number == 0 ? said : Wording.errno(number)
            return .notReached(wording.detail(place, cause + advice(number)))
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CIPHER, CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            return .address(wording.detail("no secure connection to the Docker daemon", said))
        case CURLE_WRITE_ERROR where isTooLong: return .unreadable(Detail("it is too long"))
        // An enumeration of libcurl's, not ours: what remains is about a connection that stood.
        default: return .lost(wording.detail(place, said))
        }
    }

    private func advice(_ number: Int32) -> Bytes {
        switch number {
        case EACCES, EPERM: Bytes(text: "; may the worker's user use it? Its group is often called docker")
        case ENOENT, ECONNREFUSED: Bytes(text: "; is the daemon running?")
        default: []
        }
    }
}
