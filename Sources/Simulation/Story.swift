// A failure told as a story: what happened, and what the worker asked for at each step.

import Codecs
import Effects
import WorkerModel

public func story(of failure: Exploration.Failure, in scenario: Scenario) -> [String] {
    story(of: failure.violation, from: World(scenario), failure.moves, restFrom: failure.restFrom)
}

public func story(of shrunk: Shrunk) -> [String] {
    story(of: shrunk.violation, from: shrunk.start, shrunk.moves, restFrom: shrunk.restFrom)
}

private func story(of violation: Violation, from start: World, _ moves: [Happening], restFrom: Int?) -> [String] {
    var lines = ["\(violation.invariant): \(violation.why)"]
    var world = start
    for (index, move) in moves.enumerated() {
        if index == restFrom {
            lines.append("  from here without faults:")
            world.calmDown()
        }
        let violation = world.make(move)
        lines.append("  \(index + 1). \(move.words)")
        for request in world.lastRequests {
            if let words = request.effect.words { lines.append("       -> \(words)") }
        }
        if violation != nil { break }
    }
    return lines
}

extension Effect {
    /// Short words; nil for what only tells.
    public var words: String? {
        switch self {
        case .socket(let call): call.words
        case .process(let call): call.words
        case .files(let call): call.words
        case .docker(let call): call.words
        case .journal, .measure, .log: nil
        case .forgetSecrets: "forget secrets"
        case .exit(let code): "exit with \(code)"
        }
    }
}

extension SocketCall {
    var words: String {
        switch self {
        case .dial: "dial"
        case .send(_, let message): "send \(message.words)"
        case .ping(_, let number): "ping \(number)"
        case .close(_, let code): "close \(code)"
        case .abandon: "abandon the connection"
        }
    }
}

extension OutgoingMessage {
    var words: String {
        switch self {
        case .claimed(let task, _): "claim of \(task.bytes.text)"
        case .completed(let key, _): "completed \(key.words)"
        case .cancelled(let key, _): "cancelled \(key.words)"
        case .failed(let key, let failure, _, _): "failed \(key.words): \(failure.reason.rawValue)"
        case .rejected(let task, _): "rejection of \(task.bytes.text)"
        }
    }
}

extension ExecutionKey {
    var words: String { task.bytes.text + "/" + (execution?.bytes.text ?? "") }
}

extension ProcessCall {
    var words: String {
        switch self {
        case .start(let launch): "start \(launch.role) of \(launch.key.words)"
        case .adopt(let adoption): "adopt \(adoption.role) of \(adoption.key.words)"
        case .signal: "signal SIGTERM"
        case .kill: "kill"
        case .release: "release what it left running"
        case .abandonOutput: "abandon the output"
        case .dismiss: "dismiss its supervisor"
        }
    }
}

extension FilesCall {
    var words: String {
        switch self {
        case .findExecutable: "find the agent"
        case .checkDirectory(let path): "check \(path.text)"
        case .prepareRoot(let path): "prepare \(path.text)"
        case .makeDirectory(let path): "make directory \(path.text)"
        case .makeFile(let path): "make file \(path.text)"
        case .readEnvironment(let path): "read \(path.text)"
        case .rename(let from, let to): "rename \(from.text) to \(to.text)"
        case .removeFile(let path): "remove file \(path.text)"
        case .removeEmptyDirectory(let path): "remove \(path.text) if it is empty"
        case .removeTree(let path): "remove tree \(path.text)"
        }
    }
}

extension DockerCall {
    var words: String {
        switch self {
        case .reach: "reach the Docker daemon"
        case .pull(let image, _, let withCredentials): "pull \(image.text)\(withCredentials ? "" : " anonymously")"
        case .inspectImage(let image): "look at the image \(image.text)"
        case .createVolume(let name, _): "make the volume \(name.text)"
        case .inspectVolume(let name): "look at the volume \(name.text)"
        case .removeVolume(let name): "remove the volume \(name.text)"
        case .createContainer(let name, _, _): "make the container \(name.text)"
        case .inspectContainer(let name): "look at the container \(name.text)"
        case .startContainer(let name): "start the container \(name.text)"
        case .awaitEnd(let name): "wait for the end of \(name.text)"
        case .stopContainer(let name, _): "stop the container \(name.text)"
        case .killContainer(let name): "kill the container \(name.text)"
        case .removeContainer(let name): "remove the container \(name.text)"
        case .copy(let from, let to, _): "copy \(from.text) through \(to.text)"
        case .tellOutput(let name, _, _, _): "tell the output of \(name.text)"
        case .followOutput(let name, _, _): "follow the output of \(name.text)"
        case .listContainers: "list containers"
        case .listVolumes: "list volumes"
        case .abandon: "give a Docker call up"
        }
    }
}
