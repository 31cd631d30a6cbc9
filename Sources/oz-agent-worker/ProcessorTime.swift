// What the processor did for this process, in words for reports.

import Glibc

func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func tenths(_ seconds: Double) -> String {
    let count = UInt64(max(0, min(seconds, 1e9)) * 10)
    return "\(count / 10).\(count % 10)"
}
