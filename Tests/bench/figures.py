"""What is measured, what it is compared with, and what we aim at."""

from dataclasses import dataclass


@dataclass
class Figure:
    words: str
    name: str
    unit: str = "ms"
    # At most this multiple of the floor, or at most this much.
    times: float = 0
    most: float = -1
    # With whom it is compared.
    floor: str = "floor"


MIB = 1024  # The rig counts in KiB.

FIGURES = [
    Figure("process start to connected (a libcurl dialer)", "start_ms", times=1.5, floor="dialer"),
    Figure("process start to connected", "start_ms"),
    Figure("idle, ws: resident memory", "idle_rss_kb", "MiB", most=18),
    Figure("idle, ws: proportional memory", "idle_pss_kb", "MiB", most=13),
    Figure("idle, ws: threads", "idle_threads", "", most=2),
    Figure("idle, ws: wake-ups", "idle_wakeups", "", most=0),
    Figure("idle, ws: spare supervisors", "idle_children", ""),
    Figure("idle, ws: their proportional memory", "idle_children_pss_kb", "MiB"),
    Figure("idle, wss: resident memory", "wss_idle_rss_kb", "MiB", most=22),
    Figure("idle, wss: proportional memory", "wss_idle_pss_kb", "MiB", most=16),
    Figure("idle, wss: threads", "wss_idle_threads", "", most=2),
    Figure("idle, wss: wake-ups", "wss_idle_wakeups", "", most=0),
    Figure("assignment to claim", "claim_ms", times=1.4),
    Figure("assignment to the agent's first instruction", "begin_ms", times=1.3),
    Figure("the agent's exit to the final word", "word_ms", times=1.5),
    Figure("worker's CPU per task", "cpu_ms", times=1.7),
    Figure("CPU of its children per task", "children_cpu_ms"),
    Figure("1,000 at once: all claimed", "burst_claimed_ms", times=0.4),
    Figure("1,000 at once: all ended", "burst_ended_ms"),
    Figure("1,000 at once: peak memory", "burst_peak_kb", "MiB", most=28),
    Figure("1,000 at once: threads", "burst_threads", "", most=2),
    Figure("10,000 tasks: growth after the first 1,000", "growth_kb", "MiB", most=0.25),
    Figure("10,000 tasks: descriptors more", "growth_descriptors", "", most=0),
    Figure("docker: assignment to container start", "docker_begin_ms", floor="curl"),
    Figure("docker: beyond the same calls by libcurl", "docker_begin_beyond_ms", most=5),
    Figure("docker: a daemon that answers at once", "docker_own_ms", floor="curl"),
    Figure("docker: the same, beyond libcurl", "docker_own_beyond_ms", most=5),
    Figure("docker: a sidecar's volume filled", "docker_fill_ms", times=1.25, floor="curl"),
    Figure("docker: 50 containers, peak memory", "docker_many_kb", "MiB", most=26),
    Figure("docker: 50 containers, threads more", "docker_many_threads", "", most=1),
    Figure("docker: 1 GB of output, growth", "docker_log_kb", "MiB", most=2),
    Figure("docker: 1 GB of output, followed, growth", "docker_followed_kb", "MiB", most=2),
    Figure("a supervisor with a task: resident memory", "supervisor_rss_kb", "MiB", most=1),
    Figure("journal: CPU per assignment (write and sync)", "journal_cpu_us", "us"),
    Figure("journal: a bare write and sync takes", "journal_sync_us", "us"),
    Figure("journal: syncs per assignment, one by one", "journal_syncs", "syncs", most=1),
    Figure("journal: syncs per assignment, in a burst", "journal_burst_syncs", "syncs", most=1),
    Figure("journal: writes per assignment", "journal_writes", "writes"),
    Figure("journal: notes per assignment", "journal_notes", "notes"),
    Figure("journal: bytes per assignment", "journal_bytes", ""),
    Figure("1,000 taken over: connected later by", "recovery_ms", most=200),
    Figure("1,000 taken over: CPU until connected", "recovery_cpu_ms"),
    Figure("1,000 that ended meanwhile: all reported", "recovery_words_ms"),
    Figure("reducer: CPU per input", "reducer_us", "us", most=2),
    Figure("recording: CPU per input", "recording_us", "us", most=2),
    Figure("verifying a recording: CPU per input", "verifying_us", "us", most=5),
    Figure("an assignment decoded", "decode_us", "us", most=5.5),
    Figure("a claim and a final word encoded", "encode_us", "us"),
    Figure("two lines of the log", "log_us", "us"),
]


def shown(value, unit):
    if value is None:
        return "-"
    if unit == "":
        return f"{value:.0f}"
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def row(figure, medians):
    def value_of(side):
        value = medians.get((figure.name, side))
        return value / MIB if value is not None and figure.unit == "MiB" else value

    ours, floor = value_of("ours"), value_of(figure.floor)
    ratio = f"{ours / floor:.2f}" if ours is not None and floor else "-"
    aim, met = "", ""
    if figure.times:
        aim = f"x {figure.times}"
        met = met_words(ours, floor and floor * figure.times)
    elif figure.most >= 0:
        aim = f"{figure.most:g} {figure.unit}".strip()
        met = met_words(ours, figure.most)
    unit = f", {figure.unit}" if figure.unit else ""
    ours_shown, floor_shown = shown(ours, figure.unit), shown(floor, figure.unit)
    return f"{figure.words + unit:48.48} {ours_shown:>9} {floor_shown:>9} {ratio:>7}  {aim:<10} {met}".rstrip()


def met_words(ours, bound):
    if ours is None or bound is None:
        return "not measured"
    return "yes" if ours <= bound else "NO"
