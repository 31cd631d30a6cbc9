// One handle of libcurl. The class of an option's argument is chosen by Swift's overloads.

import CLibcurl
import Codecs
import Glibc

final class CurlEasy {
    let handle: UnsafeMutableRawPointer
    /// The first option that libcurl did not take. A handle with one is not used: a proxy or a trust store that is
    /// silently missing would be worse than no connection.
    private(set) var fault: CURLcode?
    /// libcurl writes here while the handle lives, so it must not move.
    private let errors: UnsafeMutablePointer<CChar>

    /// Nil where libcurl has no memory.
    init?() {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
        errors = .allocate(capacity: Int(CURL_ERROR_SIZE) + 1)
        errors.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE) + 1)
        note(oz_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errors))
        set(CURLOPT_NOSIGNAL, 1)
    }

    deinit {
        curl_easy_cleanup(handle)
        errors.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) {
        note(oz_curl_set_number(handle, option, value))
    }

    func set(_ option: CURLoption, _ value: Bytes?) {
        guard let value else { return note(oz_curl_set_text(handle, option, nil)) }
        // A text with a NUL would be another text.
        guard !value.contains(0) else { return note(CURLE_BAD_FUNCTION_ARGUMENT) }
        (value + [0]).withUnsafeBytes { raw in
            note(oz_curl_set_text(handle, option, raw.baseAddress?.assumingMemoryBound(to: CChar.self)))
        }
    }

    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return oz_curl_get_number(handle, info, &value) == CURLE_OK ? value : 0
    }

    func text(_ info: CURLINFO) -> Bytes? {
        var value: UnsafePointer<CChar>?
        guard oz_curl_get_text(handle, info, &value) == CURLE_OK, let value else { return nil }
        return Bytes(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    }

    /// The descriptor of a connection made with CONNECT_ONLY.
    var activeSocket: Int32? {
        var socket: curl_socket_t = -1
        guard oz_curl_get_active_socket(handle, &socket) == CURLE_OK, socket >= 0 else { return nil }
        return socket
    }

    /// What libcurl wrote about the last failure; empty when it had nothing to say.
    var errorText: Bytes {
        Bytes(UnsafeRawBufferPointer(start: errors, count: strnlen(errors, Int(CURL_ERROR_SIZE))))
    }

    func forgetErrorText() {
        errors[0] = 0
    }

    /// What an option set by other means came to.
    func note(_ code: CURLcode) {
        if fault == nil, code != CURLE_OK { fault = code }
    }
}

extension CURLcode {
    /// libcurl's words for a code.
    var words: Bytes {
        guard let text = curl_easy_strerror(self) else { return [] }
        return Bytes(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
}
