// The scenarios of the Docker backend, with their bounds. Patience with a daemon that is away is short here, so that
// it takes few waits to lose it.

import Codecs
import Effects
import WorkerModel

extension Scenarios {
    static let containing: [Scenario] =
        [
            container, containerStopped, containerUnseen, sidecar, sidecarOfItsOwn, twoOnOneVolume, strangersVolume,
            daemonAway, daemonAwayWithAll, containerKept, containerLimited, containerFollowed, containerBrokenHands,
            sweeping, sweepingStopped,
        ] + containersInDeaths

    /// Every fault of the daemon against one execution without sidecars.
    private static let container = scenario("one container, every fault", [task("a", "1")], docker) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 2
        $0.allowed = [.dockerRefuses, .dockerLoses, .registryAway, .agentFails, .containerVanishes]
    }

    private static let containerStopped = scenario("one container, drop, stop", [task("a", "1")], docker) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.signals = 2
        $0.faults = 1
        $0.allowed = [.drop, .dockerLoses, .slow, .agentFails]
    }

    /// The ladder to its end, and what haunts afterwards.
    private static let containerUnseen = scenario("a container whose end is not seen", [task("a", "1")], docker) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 5
        $0.quickNetwork = true
        $0.allowed = [.slow]
    }

    private static let sidecar = scenario("one sidecar, every fault", [tooled("a", "1")], docker) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.dockerRefuses, .dockerLoses, .registryAway]
    }

    private static let sidecarOfItsOwn = scenario(
        "a sidecar that the task writes to", [tooled("a", "1", readWrite: true)], docker
    ) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.dockerRefuses, .dockerLoses]
    }

    /// One of them fills it, the other waits.
    private static let twoOnOneVolume = scenario(
        "two tasks on one fresh volume", [tooled("a", "1"), tooled("b", "2")], docker
    ) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.quickNetwork = true
        $0.faults = 0
    }

    /// Somebody else fills it, and finishes or dies over it.
    private static let strangersVolume = scenario("a volume that somebody else fills", [tooled("a", "1")], docker) {
        $0.stranger = true
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.dockerLoses]
    }

    private static let daemonAway = scenario("the daemon dies, containers live on", [tooled("a", "1")], docker) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.daemonDies]
    }

    private static let daemonAwayWithAll = scenario("the daemon dies with its containers", [task("a", "1")], docker) {
        $0.keepsAlive = false
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.signals = 1
        $0.faults = 2
        $0.allowed = [.daemonDies]
    }

    private static let containerKept = scenario(
        "a container, cleanup off", [tooled("a", "1", readWrite: true)], keepingContainers
    ) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.dockerLoses, .agentFails]
    }

    private static let containerLimited = scenario("a container and the task time-out", [task("a", "1")], brief) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.dockerLoses, .agentFails]
    }

    private static let containerFollowed = scenario(
        "a container whose output is followed", [task("a", "1")], talkative
    ) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.quickNetwork = true
        $0.faults = 2
        $0.allowed = [.dockerLoses, .agentFails, .daemonDies, .slow]
    }

    /// A volume that nobody uses goes, while a task comes that wants another.
    private static let sweeping = scenario("what nobody needs is removed", [tooled("a", "1")], sweeper) {
        $0.litter = true
        $0.quickNetwork = true
        $0.faults = 1
        $0.allowed = [.dockerRefuses, .dockerLoses]
    }

    private static let sweepingStopped = scenario("a stop while what nobody needs is removed", [], sweeper) {
        $0.litter = true
        $0.quickNetwork = true
        $0.signals = 2
        $0.crashes = 1
        $0.faults = 1
        $0.allowed = [.dockerRefuses, .dockerLoses, .daemonDies, .slow, .brokenContract]
    }

    private static let containerBrokenHands = scenario("a container with broken hands", [tooled("a", "1")], docker) {
        $0.faults = 1
        $0.allowed = [.brokenContract]
    }
}

// MARK: - Deaths of the worker

extension Scenarios {
    private static let containersInDeaths = [
        containerKilled, containerKilledTwice, ownSidecarKilled, sharedSidecarKilled, sharedByTwoKilled,
        containerKilledAndStopped, containerKilledAndUnseen, containerKilledWithDaemon, containerKilledAndKept,
        containerKilledAndLimited,
        containerKilledWithoutJournal,
    ]

    private static let containerKilled = killed("one container, killed", [task("a", "1")], docker) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 1
        $0.allowed = [.agentFails, .dockerLoses, .containerVanishes]
    }

    private static let containerKilledTwice = killed("one container, killed twice", [task("a", "1")], docker) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.crashes = 2
        $0.quickNetwork = true
    }

    private static let ownSidecarKilled = killed(
        "a sidecar that the task writes to, killed", [tooled("a", "1", readWrite: true)], docker
    ) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.quickNetwork = true
    }

    /// Whoever dies over filling a volume leaves it half filled, and holds its lock.
    private static let sharedSidecarKilled = killed("one sidecar, killed", [tooled("a", "1")], docker) {
        $0.quickNetwork = true
    }

    private static let sharedByTwoKilled = killed(
        "two tasks on one fresh volume, killed", [tooled("a", "1"), tooled("b", "2")], docker
    ) {
        $0.quickNetwork = true
        $0.quickFiles = true
    }

    private static let containerKilledAndStopped = killed("one container, killed, stop", [task("a", "1")], docker) {
        $0.signals = 2
        $0.faults = 1
        $0.allowed = [.drop, .dockerLoses]
    }

    private static let containerKilledAndUnseen = killed(
        "a container whose end is not seen, killed", [task("a", "1")], docker
    ) {
        $0.cancellations = [TaskID(Bytes(text: "a"))]
        $0.faults = 5
        $0.quickNetwork = true
        $0.allowed = [.slow]
    }

    private static let containerKilledWithDaemon = killed(
        "the worker is killed and the daemon dies", [tooled("a", "1")], docker
    ) {
        $0.keepsAlive = false
        $0.quickNetwork = true
        $0.faults = 1
        $0.allowed = [.daemonDies]
    }

    private static let containerKilledAndKept = killed(
        "a container, killed, cleanup off", [tooled("a", "1", readWrite: true)], keepingContainers
    ) { $0.quickNetwork = true }

    private static let containerKilledAndLimited = killed(
        "a container, killed, and the task time-out", [task("a", "1")], brief
    ) {
        $0.faults = 1
        $0.allowed = [.slow]
        $0.quickNetwork = true
    }

    private static let containerKilledWithoutJournal = killed(
        "one container, killed without a journal", [tooled("a", "1", readWrite: true)], withoutJournal
    ) { _ in }

    private static func killed(
        _ name: String, _ assignments: [Assignment], _ settings: Settings, _ change: (inout Scenario) -> Void
    ) -> Scenario {
        scenario(name, assignments, settings) {
            $0.crashes = 1
            $0.faults = 0
            change(&$0)
        }
    }
}

// MARK: - Parts

extension Scenarios {
    private static let docker = settings { _ in }
    private static let keepingContainers = settings { $0.cleanup = false }
    private static let talkative = settings { settings in
        var docker = DockerSettings()
        docker.followsOutput = true
        settings.backend = .docker(docker)
    }
    private static let sweeper = settings {
        $0.timing.sweepFirst = .seconds(2)
        $0.timing.sweepEvery = .seconds(30)
        $0.timing.sidecarKept = .seconds(20)
        $0.timing.parting = .seconds(2)
    }
    private static let withoutJournal = settings { $0.journals = false }
    private static let brief = settings { $0.taskTimeout = .seconds(5) }

    private static func tooled(_ name: String, _ execution: String, readWrite: Bool = false) -> Assignment {
        var assignment = task(name, execution)
        assignment.additionalSidecars = [
            Sidecar(image: Bytes(text: "tool"), mountPath: Bytes(text: "/agent"), readWrite: readWrite)
        ]
        return assignment
    }

    private static func settings(_ change: (inout Settings) -> Void) -> Settings {
        var settings = Settings(
            workerID: Bytes(text: "w"), instanceID: Bytes(text: "i"), url: Bytes(text: "ws://x"),
            backend: .docker(DockerSettings()))
        settings.timing.backoffFirst = .seconds(1)
        settings.timing.backoffCap = .seconds(1)
        settings.timing.daemonStart = .seconds(2)
        settings.timing.daemonPatience = .seconds(2)
        settings.timing.pullPatience = .seconds(2)
        settings.timing.sidecarFill = .seconds(4)
        settings.timing.sidecarLease = .seconds(5)
        // Where nothing is told of it, nothing is done beside the tasks: it would only multiply the states.
        settings.timing.sweepEvery = .zero
        settings.limits.sidecarCopies = 2
        settings.limits.removals = 2
        change(&settings)
        return settings
    }
}
