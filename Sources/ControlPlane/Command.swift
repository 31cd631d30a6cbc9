// The subcommand `control-plane`: flags, signals, the line on standard output.

import CLinux
import Codecs
import Glibc

/// Runs until SIGTERM or SIGINT. The arguments are those after the subcommand's name. The result is the exit status.
public func controlPlaneMain(arguments: [Bytes]) -> Int32 {
    let parsed: ParsedOptions
    do {
        parsed = try ParsedOptions.parse(arguments)
    } catch {
        return failed(error.words + " (--help lists the flags)")
    }
    if parsed.wantsHelp {
        Log.put(Bytes(text: ParsedOptions.help), to: 1)
        return 0
    }
    var options = parsed.options
    if options.apiKey != nil { say("other users of this machine can see --api-key; --api-key-file keeps it private") }
    if let path = parsed.apiKeyFile {
        switch readKey(path) {
        case .success(let key): options.apiKey = key
        case .failure(let fault): return failed("the API key file \(shown(path)): \(fault.words)")
        }
    }
    let signals = [SIGTERM, SIGINT]
    guard oz_signals_block(signals, signals.count) == 0, oz_signal_ignore(SIGPIPE) == 0 else {
        return failed("signals cannot be set up")
    }
    let stop = oz_signalfd(signals, signals.count)
    guard stop >= 0 else { return failed("signals cannot be received") }
    defer { close(stop) }
    do {
        let plane = try ControlPlane(options)
        if plane.isReachableFromElsewhere {
            say("other machines can reach this address, and everyone who does can give your workers tasks")
        }
        let line = Bytes(text: "control plane for development listening on http://") + plane.address + [0x0A]
        Log.put(line, to: 1)
        plane.run(untilReadable: stop)
        return 0
    } catch {
        return failed(error.words)
    }
}

private func say(_ words: String) {
    Log.put(Bytes(text: "control-plane: \(words)\n"), to: 2)
}

private func failed(_ words: String) -> Int32 {
    say(words)
    return 2
}

private struct KeyFault: Error {
    var words: String
}

/// The file's content without white space around it, at most 4 KiB.
private func readKey(_ path: Bytes) -> Result<Bytes, KeyFault> {
    let descriptor = (path + [0]).withUnsafeBufferPointer { bytes in
        bytes.withMemoryRebound(to: CChar.self) { name in
            name.baseAddress.map { open($0, O_RDONLY | O_CLOEXEC) } ?? -1
        }
    }
    guard descriptor >= 0 else { return .failure(KeyFault(words: SocketFault(number: oz_errno()).words)) }
    defer { close(descriptor) }
    var bytes = Bytes(repeating: 0, count: 4_097)
    var count = 0
    while count < bytes.count {
        let more = bytes.withUnsafeMutableBytes {
            read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
        }
        if more < 0 { return .failure(KeyFault(words: SocketFault(number: oz_errno()).words)) }
        if more == 0 { break }
        count += more
    }
    guard count < bytes.count else { return .failure(KeyFault(words: "it is longer than 4 KiB")) }
    let key = bytes[..<count].trimmed()
    return key.isEmpty ? .failure(KeyFault(words: "it is empty")) : .success(key)
}
