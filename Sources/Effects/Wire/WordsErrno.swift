// The kernel's error numbers and signals in words. Linux's numbers, since that is what the executors report.

/// "permission denied"; "system error 250" for one that is not in the table.
public func errnoWords(_ number: Int32) -> String {
    switch number {
    case 1: "operation not permitted"
    case 2: "no such file or directory"
    case 3: "no such process"
    case 4: "interrupted"
    case 5: "input/output error"
    case 6: "no such device or address"
    case 7: "arguments and environment are too large"
    case 8: "not a program that this machine can run"
    case 9: "bad file descriptor"
    case 10: "no child process"
    case 11: "resource temporarily unavailable"
    case 12: "out of memory"
    case 13: "permission denied"
    case 14: "bad address"
    case 16: "device or resource busy"
    case 17: "already exists"
    case 18: "on another file system"
    case 19: "no such device"
    case 20: "not a directory"
    case 21: "is a directory"
    case 22: "invalid argument"
    case 23: "too many open files on the host"
    case 24: "too many open files"
    case 26: "the file is being written"
    case 27: "file too large"
    case 28: "no space left on the device"
    case 30: "read-only file system"
    case 31: "too many links"
    case 32: "broken pipe"
    default: rareErrnoWords(number)
    }
}

private func rareErrnoWords(_ number: Int32) -> String {
    switch number {
    case 36: "name too long"
    case 38: "not supported by the kernel"
    case 39: "directory not empty"
    case 40: "too many symbolic links"
    case 71: "protocol error"
    case 75: "value too large"
    case 88: "not a socket"
    case 95: "not supported"
    case 97: "address family not supported"
    case 98: "address already in use"
    case 99: "address not available"
    case 100: "network is down"
    case 101: "network unreachable"
    case 103: "connection aborted"
    case 104: "connection reset by the peer"
    case 107: "not connected"
    case 110: "timed out"
    case 111: "connection refused"
    case 112: "host is down"
    case 113: "no route to the host"
    case 116: "stale file handle"
    case 122: "disk quota exceeded"
    case 125: "cancelled"
    default: "system error \(number)"
    }
}

/// "SIGKILL"; "signal 40" for one without a name.
public func signalName(_ number: Int32) -> String {
    let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]
    let index = Int(number) &- 1
    return names.indices.contains(index) ? "SIG" + names[index] : "signal \(number)"
}
