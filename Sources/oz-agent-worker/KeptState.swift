// Which state directory this life has, and what it says where there is none.

import Check
import Codecs
import Configuration
import Interpreter

struct KeptState {
    let directory: StateDirectory?
    let instanceID: Bytes
    let warnings: [String]

    /// Without a directory the worker runs as well, and says what that costs. But who was given the directory of
    /// another worker was started twice, and goes.
    init(
        _ configuration: ResolvedConfiguration, _ environment: [(name: Bytes, value: Bytes)], needed: Bool = false
    ) throws(StateDirectory.Problem) {
        let path = KeptState.place(configuration, environment).path
        do throws(StateDirectory.Problem) {
            let directory = try StateDirectory.opened(path, instanceID: configuration.instanceID)
            let warnings = [directory.mended, directory.takesJournal ? nil : KeptState.noJournal(path)]
            self.init(directory, directory.instanceID, warnings.compactMap { $0 })
        } catch {
            if case .taken = error, configuration.stateDirectory != nil { throw error }
            if needed { throw error }
            let warning =
                "\(error.words); so nothing is kept for the next life, and agents end with this worker "
                + "(--state-dir chooses another)"
            self.init(nil, configuration.instanceID ?? StateDirectory.passingID(), [warning])
        }
    }

    private init(_ directory: StateDirectory?, _ instanceID: Bytes, _ warnings: [String]) {
        self.directory = directory
        self.instanceID = instanceID
        self.warnings = warnings
    }

    private static func noJournal(_ path: Bytes) -> String {
        "the state directory \(path.text) lies on no disk of this host, and a journal there could hang the worker; so "
            + "there is none, and agents end with this worker (--state-dir chooses another)"
    }

    /// The one that was chosen, else the usual one.
    static func place(
        _ configuration: ResolvedConfiguration, _ environment: [(name: Bytes, value: Bytes)]
    ) -> (path: Bytes, origin: StateRecord.Origin) {
        if let chosen = configuration.stateDirectory { return (chosen, .configuration) }
        return StateDirectory.usual { name in environment.first { $0.name.equals(name) }?.value }
    }
}
