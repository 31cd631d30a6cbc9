// What can be said of a task's sidecars before anything is made.

import Codecs
import Effects

extension [Sidecar] {
    var problem: SidecarProblem? {
        for (index, sidecar) in enumerated() {
            if sidecar.image.isBlank { return .emptyImage }
            if sidecar.mountPath.isBlank { return .emptyMountPath }
            if self[..<index].contains(where: { $0.mountPath == sidecar.mountPath }) {
                return .sameMountPath(sidecar.mountPath)
            }
        }
        return nil
    }
}
