// Which directories lie on file systems of this host. A call on any other (NFS, FUSE, a network mount) may hang for as
// long as its server pleases, so it is made by the thread beside the loop and never by the loop.

import CLinux
import Codecs

struct LocalPlaces {
    struct Place: Sendable {
        let directory: Bytes
        let isLocal: Bool
    }

    /// The kernel's numbers of file systems that answer without asking anybody else: ext2 to ext4, XFS, Btrfs, tmpfs,
    /// overlayfs, F2FS, ZFS, Bcachefs, ramfs, JFS, ReiserFS. What is missing here costs a little time, nothing else.
    private static let localKinds: [UInt32] = [
        0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0xF2F5_2010, 0x2FC1_2FC1, 0xCA45_1A4E, 0x8584_58F6,
        0x3153_464A, 0x5265_4973,
    ]
    private static let most = 64

    private var known: [Place] = []

    /// Whether calls below this directory's path may be made by the loop; nil where nobody has looked yet.
    func isLocal(_ path: Bytes) -> Bool? {
        known.first { Self.lies(path, below: $0.directory) }?.isLocal
    }

    /// Longer paths come first, so that the nearest one answers.
    mutating func learn(_ place: Place) {
        known.removeAll { $0.directory == place.directory }
        guard known.count < Self.most else { return }
        let index = known.firstIndex { $0.directory.count < place.directory.count } ?? known.count
        known.insert(place, at: index)
    }

    /// Asks the file system itself, which may take as long as any other call on it.
    static func look(_ directory: Bytes) -> Place {
        var kind: UInt32 = 0
        let failed = (try? FileNames.with(directory) { oz_file_system_kind($0, &kind) }) ?? -1
        return Place(directory: directory, isLocal: failed == 0 && localKinds.contains(kind))
    }

    /// The directory that a path lies in.
    static func directory(of path: Bytes) -> Bytes {
        guard let slash = path.lastIndex(of: 0x2f) else { return [0x2e] }
        return slash == 0 ? [0x2f] : Bytes(path[..<slash])
    }

    private static func lies(_ path: Bytes, below directory: Bytes) -> Bool {
        guard path.starts(with: directory) else { return false }
        return path.count == directory.count || directory.last == 0x2f || path[directory.count] == 0x2f
    }
}
