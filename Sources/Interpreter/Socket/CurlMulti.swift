// libcurl's many transfers in our loop: its sockets are watched there, its one timer is a timer there.

import CLibcurl
import Effects

final class CurlMulti {
    private let loop: Loop
    private let handle: UnsafeMutableRawPointer
    private var timer: LoopTimer?
    /// What to do when a transfer is done, by its handle.
    private var waiting = Few<UnsafeMutableRawPointer, (CURLcode) -> Void>()
    private var isCollecting = false

    /// Nil where libcurl has no memory.
    init?(loop: Loop) {
        guard let handle = curl_multi_init() else { return nil }
        self.loop = loop
        self.handle = handle
        let me = Unmanaged.passUnretained(self).toOpaque()
        let forSockets = oz_curl_multi_set_socket_function(
            handle,
            { _, socket, what, context, _ in
                guard let context else { return -1 }
                Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().watch(socket, what)
                return 0
            }, me)
        let forTimer = oz_curl_multi_set_timer_function(
            handle,
            { _, milliseconds, context in
                guard let context else { return -1 }
                Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().arm(milliseconds)
                return 0
            }, me)
        guard forSockets == CURLM_OK, forTimer == CURLM_OK else {
            curl_multi_cleanup(handle)
            return nil
        }
        timer = loop.timer { [unowned self] in act(CURL_SOCKET_TIMEOUT, 0) }
    }

    deinit {
        if let timer { loop.drop(timer) }
        // libcurl may still call back while it cleans up.
        _ = oz_curl_multi_set_socket_function(handle, nil, nil)
        _ = oz_curl_multi_set_timer_function(handle, nil, nil)
        curl_multi_cleanup(handle)
    }

    /// Starts a transfer; what came of it is told in a later turn. False where libcurl refused it.
    func add(_ easy: CurlEasy, done: @escaping (CURLcode) -> Void) -> Bool {
        guard easy.fault == nil, curl_multi_add_handle(handle, easy.handle) == CURLM_OK else { return false }
        waiting[easy.handle] = done
        return true
    }

    /// Ends a transfer; a connection of CONNECT_ONLY is closed by it.
    func remove(_ easy: CurlEasy) {
        waiting[easy.handle] = nil
        curl_multi_remove_handle(handle, easy.handle)
    }

    private func watch(_ socket: Int32, _ what: Int32) {
        if what == CURL_POLL_REMOVE { return loop.unwatch(socket) }
        var interest: Loop.Interest = []
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { interest.insert(.read) }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { interest.insert(.write) }
        // Anew each time: libcurl may have closed a socket and got the same number again.
        loop.watch(socket, interest, rank: .socket) { [unowned self] ready in
            var mask: Int32 = 0
            if ready.contains(.read) { mask |= CURL_CSELECT_IN }
            if ready.contains(.write) { mask |= CURL_CSELECT_OUT }
            act(socket, mask)
        }
    }

    private func arm(_ milliseconds: Int) {
        guard milliseconds > 0 else {
            timer?.due = milliseconds == 0 ? Clock.now() : nil
            return
        }
        // One more, since libcurl forgets a timer that fires before its own clock says so.
        timer?.due = Clock.now().after(.milliseconds(UInt64(milliseconds) &+ 1))
    }

    private func act(_ socket: Int32, _ mask: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(handle, socket, mask, &running)
        collect()
    }

    private func collect() {
        // What is called here may act on libcurl again.
        guard !isCollecting else { return }
        isCollecting = true
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let result = oz_curl_message_result(message)
            let done = waiting[easy]
            waiting[easy] = nil
            done?(result)
        }
        isCollecting = false
    }
}
