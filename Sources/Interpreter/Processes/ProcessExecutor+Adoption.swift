// Taking over what an earlier life has started. Whoever answers to the name of a launch is its supervisor, and tells
// all from the beginning; where nobody answers, nothing was started, and nothing will be.

import CLinux
import Codecs
import Effects
import Glibc
import SupervisorImage

extension ProcessExecutor {
    /// A full queue of its socket, or no descriptor for us: asked again after this long.
    private static let adoptionPause = Span.milliseconds(100)

    func adopt(_ id: EffectID, _ adoption: Adoption) {
        let name = SupervisorName.bytes(adoption.name)
        var pid: pid_t = 0
        let control = oz_connect_abstract(name, name.count, &pid)
        switch control {
        case 0...:
            let channel = SupervisorChannel(pid: pid, control: control, isChild: false)
            begin(SupervisedProcess(id: id, adoption: adoption, channel: channel))
        // A stranger under that name has nothing of ours.
        case -ECONNREFUSED, -EPERM: loop.deliver(.process(.notFound(id)))
        default:
            adoptions.append((id, adoption))
            adoptionTimer?.due = Clock.now().after(Self.adoptionPause)
        }
    }

    /// What is known of it is in the journal: its supervisor may forget it.
    func dismiss(_ name: ProcessName) {
        var quit = OZ_COMMAND_QUIT
        guard let process = kept.removeValue(forKey: name) else { return dismissUnheard(name, &quit) }
        guard process.channel.hasControl else { return }
        // What does not listen any more has gone by itself.
        guard oz_send(process.channel.control, &quit, 1) == 1 else { return leave(process.channel) }
        giveBack(process)
    }

    /// One whose end an earlier life has heard. It is told, and left once it has said what there was to say.
    private func dismissUnheard(_ name: ProcessName, _ quit: inout UInt8) {
        let bytes = SupervisorName.bytes(name)
        var pid: pid_t = 0
        let control = oz_connect_abstract(bytes, bytes.count, &pid)
        guard control >= 0 else { return }
        let isHeard = loop.watch(control, .read) { [unowned loop] _ in
            loop.unwatch(control)
            close(control)
        }
        if oz_send(control, &quit, 1) == 1, isHeard { return }
        if isHeard { loop.unwatch(control) }
        close(control)
    }

    func adoptAgain() {
        let waiting = adoptions
        adoptions = []
        for (id, adoption) in waiting { adopt(id, adoption) }
    }
}

/// What the next life has to mask in a command's output: a file in memory that its supervisor keeps.
final class HandedWords {
    let descriptor: Int32

    init(_ content: Bytes) throws(StartProblem) {
        let descriptor = oz_memfd_data("oz-words", content, content.count)
        guard descriptor >= 0 else { throw .failure(.host(errno: 0 &- descriptor)) }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }
}
