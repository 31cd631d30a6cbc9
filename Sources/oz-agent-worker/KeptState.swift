// Which state directory this life has, and what it says where there is none.

import Codecs
import Configuration
import Interpreter

struct KeptState {
    let directory: StateDirectory?
    let instanceID: Bytes
    let warnings: [String]

    /// A directory that the operator chose must be usable; of the usual one that is only hoped.
    init(
        _ configuration: ResolvedConfiguration, _ environment: [(name: Bytes, value: Bytes)]
    ) throws(StateDirectory.Problem) {
        if let chosen = configuration.stateDirectory {
            self.init(try StateDirectory(chosen, instanceID: configuration.instanceID))
            return
        }
        let usual = StateDirectory.usual { name in environment.first { $0.name.equals(name) }?.value }
        do throws(StateDirectory.Problem) {
            self.init(try StateDirectory(usual, instanceID: configuration.instanceID))
        } catch {
            let warning =
                "\(error.words); so nothing is kept for the next life, and agents end with this worker "
                + "(--state-dir chooses another)"
            self.init(nil, configuration.instanceID ?? StateDirectory.passingID(), [warning])
        }
    }

    private init(_ directory: StateDirectory) {
        self.init(directory, directory.instanceID, [directory.mended].compactMap { $0 })
    }

    private init(_ directory: StateDirectory?, _ instanceID: Bytes, _ warnings: [String]) {
        self.directory = directory
        self.instanceID = instanceID
        self.warnings = warnings
    }
}
