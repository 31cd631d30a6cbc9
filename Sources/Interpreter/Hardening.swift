// What the process does to itself before it does anything else, and what of it its children must not inherit.

import CLinux
import Glibc

enum Hardening {
    /// The signals that the loop hears of by descriptor.
    static let heard: [Int32] = [SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1]
    /// How much better than its agents the worker stands when memory runs out.
    private static let oomAdvantage: Int32 = 100

    /// Before any thread is made: threads inherit what is blocked.
    static func blockSignals() -> Bool {
        _ = oz_signal_ignore(SIGPIPE)
        return oz_signals_block(heard, heard.count) == 0
    }

    /// Takes what it can get, and says what agents are to have instead.
    static func raiseLimits(_ surroundings: inout ProcessSurroundings) {
        var soft: UInt64 = 0
        var hard: UInt64 = 0
        if oz_nofile_get(&soft, &hard) == 0 {
            surroundings.openFiles = (UInt32(clamping: soft), UInt32(clamping: hard))
            if soft < hard { _ = oz_nofile_set(hard, hard) }
        }
        var score: Int32 = 0
        if oz_oom_score_get(&score) == 0 {
            // Only the privileged may lower theirs; everybody may raise that of their children.
            let isLower = oz_oom_score_set(max(-1_000, score - oomAdvantage)) == 0
            surroundings.oomScore = isLower ? score : min(1_000, score + oomAdvantage)
        }
    }

    /// The memory holds secrets: no core files, and nobody of the same user reads it. From here on the process's own
    /// files in /proc are root's, so whoever needs one opens it before.
    static func seal() {
        _ = oz_set_dumpable(0)
    }
}
