// Processes and files in words. They follow a subject: "the agent" + " " + words, "/path: " + words.

import Codecs

extension ProcessEnd {
    /// Follows the name of a command: "ended with exit code 1".
    public var words: String {
        switch self {
        case .exit(126):
            "ended with exit code 126: a program was found but could not be run "
                + "(is it executable, and built for this machine's architecture?)"
        case .exit(127):
            "ended with exit code 127: a program, or a library that it needs, was not found "
                + "(is it installed, and is its C library there?)"
        case .exit(let status): "ended with exit code \(status)"
        case .signal(9):
            "was ended by SIGKILL (exit code 137), which may mean that the host ran out of memory"
        case .signal(let number): "was ended by \(signalName(number)) (exit code \(128 &+ number))"
        case .unseen: "was lost: the process that watched over it ended first, so its result is not known"
        }
    }
}

extension StartFailure {
    /// Follows the name of a command: "could not be started: ...".
    public var words: String {
        "could not be started: " + cause
    }

    private var cause: String {
        switch self {
        case .exec(2): "its program, the program's interpreter or its C library was not found"
        case .exec(7): "its arguments and environment are too large"
        case .exec(8): "its program is a script without a `#!` line, or is not built for this machine"
        case .exec(13): "its program may not be run (permission denied)"
        case .exec(22): "its arguments or environment are not usable (a NUL byte in them?)"
        case .exec(let errno): errnoWords(errno)
        case .directory(let errno): "its working directory could not be entered (\(errnoWords(errno)))"
        case .host(let errno): "the worker's host could not make another process (\(errnoWords(errno)))"
        case .tooLarge: "its arguments and environment are too large"
        }
    }
}

extension FileFailure {
    /// Follows a path and a colon.
    public var words: String {
        switch self {
        case .system(let errno): errnoWords(errno)
        case .notADirectory: "not a directory"
        case .notExecutable: "not an executable file"
        case .notFound: "not found"
        case .tooLarge: "too large"
        }
    }
}

extension CommandProblem {
    /// Follows the name of a command.
    public var words: String {
        switch self {
        case .startFailed(let failure): failure.words
        case .ended(let end): end.words
        case .tookTooLong(let limit): "did not end within \(limit.words) and was killed"
        case .leftUnkillable: "ended well, but left something running that could not be killed"
        }
    }
}

extension WorkspaceProblem {
    public var words: String {
        switch self {
        case .unusableTaskID: "the task's id cannot be used as the name of a directory"
        case .workspace(let failure): "its workspace could not be made (\(failure.words))"
        case .environmentFile(let failure):
            "the file through which its setup hands over variables could not be used (\(failure.words))"
        case .noFreeName: "no free name was left for its workspace"
        }
    }
}

extension BackendProblem {
    public var words: String {
        switch self {
        case .agentMissing(nil, let failure):
            "the agent was not found: `oz` on PATH is \(failure.words); install it or set oz_path"
        case .agentMissing(let path?, let failure):
            "the agent cannot be used: \(path.text): \(failure.words); check oz_path"
        case .targetDirectory(let path, let failure):
            "the target directory cannot be used: \(path.text): \(failure.words)"
        case .workspaceRoot(let path, let failure):
            "the workspace root cannot be used: \(path.text): \(failure.words); "
                + "it must be a directory that the worker can write to, or make"
        case .dockerUnreachable, .dockerTooOld, .dockerPlatform: dockerWords
        }
    }
}

extension Span {
    /// "1h30m", "250ms", "2.5s": as people write it.
    public var words: String {
        let milliseconds = nanoseconds / 1_000_000
        let seconds = milliseconds / 1_000
        if nanoseconds == 0 { return "0s" }
        if milliseconds == 0 { return "less than 1ms" }
        if seconds == 0 { return "\(milliseconds)ms" }
        let tenths = milliseconds % 1_000 / 100
        if seconds < 10 && tenths > 0 { return "\(seconds).\(tenths)s" }
        var text = seconds >= 3_600 ? "\(seconds / 3_600)h" : ""
        if seconds / 60 % 60 > 0 { text += "\(seconds / 60 % 60)m" }
        if seconds % 60 > 0 { text += "\(seconds % 60)s" }
        return text
    }
}
