// A dial without a WebSocket: name, proxy, TCP and TLS, and what was seen on the way. The plan is the daemon's.

import CLibcurl
import Check
import Codecs
import Effects

final class PlainDial {
    enum Purpose {
        /// Whether it can be reached.
        case reach
        /// The certificate, whoever issued it. Nothing is sent over such a connection.
        case lookAtCertificate
        /// The server's clock, by a request for nothing.
        case askTime
    }

    private let room: SocketRoom
    private var plan: DialPlan
    private let purpose: Purpose
    private let done: (DialRecord) -> Void
    private var record: DialRecord
    private var easy: CurlEasy?
    /// One for each attempt; handles speak to theirs until they are cleaned up.
    private var observations: [CurlObservation] = []
    private var timer: LoopTimer?
    private let began = Clock.now()

    init(
        room: SocketRoom, plan: DialPlan, route: ProxyRoute, for purpose: Purpose,
        done: @escaping (DialRecord) -> Void
    ) {
        self.room = room
        self.plan = plan
        self.purpose = purpose
        self.done = done
        record = DialRecord(url: plan.url, route: route, trust: plan.trust.described)
    }

    func start(within limit: Span) {
        let timer = room.loop.timer { [weak self] in self?.finish(.timedOut) }
        timer.due = began.after(limit)
        self.timer = timer
        attempt()
    }

    private func attempt() {
        guard let easy = CurlEasy() else { return finish(.connect(Detail("libcurl has no memory left"))) }
        self.easy = easy
        let observation = CurlObservation()
        observations.append(observation)
        plan.configure(easy)
        observation.watch(easy)
        prepare(easy)
        if !room.multi.add(easy, done: { [weak self] in self?.ended($0) }) {
            finish(.connect(plan.loss("libcurl refused the dial", easy.fault ?? CURLE_OK, easy)))
        }
    }

    private func prepare(_ easy: CurlEasy) {
        switch purpose {
        case .reach: break
        case .lookAtCertificate:
            easy.set(CURLOPT_SSL_VERIFYPEER, 0)
            easy.set(CURLOPT_SSL_VERIFYHOST, 0)
        case .askTime:
            easy.set(CURLOPT_CONNECT_ONLY, 0)
            easy.set(CURLOPT_NOBODY, 1)
            let me = Unmanaged.passUnretained(self).toOpaque()
            easy.note(oz_curl_set_pointer(easy.handle, CURLOPT_HEADERDATA, me))
            easy.note(
                oz_curl_set_data_function(easy.handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                    guard let bytes, let context else { return size &* count }
                    let line = Bytes(UnsafeRawBufferPointer(start: bytes, count: size &* count))
                    Unmanaged<PlainDial>.fromOpaque(context).takeUnretainedValue().take(header: line)
                    return size &* count
                })
        }
    }

    private func take(header line: Bytes) {
        guard line.prefix(5).lowercasedASCII.equals("date:") else { return }
        record.serverTime = HTTPDate.parse(Bytes(line.dropFirst(5)).trimmed())
        record.ownTime = Clock.wall().unix
    }

    private func ended(_ code: CURLcode) {
        guard let easy else { return }
        if purpose != .lookAtCertificate, let better = plan.withBundle(after: code) {
            room.multi.remove(easy)
            plan = better
            return attempt()
        }
        record.isConnected = code == CURLE_OK
        finish(code == CURLE_OK ? nil : plan.failure(code, easy))
    }

    private func finish(_ failure: DialFailure?) {
        guard let timer else { return }
        room.loop.drop(timer)
        self.timer = nil
        record.failure = failure
        record.tookToConnect = Clock.now().since(began)
        if let easy {
            observations.last?.tell(&record, easy)
            room.multi.remove(easy)
        }
        easy = nil
        done(record)
    }
}

extension WallTime {
    var unix: UnixTime { UnixTime(seconds: nanoseconds / 1_000_000_000) }
}
