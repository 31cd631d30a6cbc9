// What the journal consists of: the notes as they were made, and what a compaction writes in the place of notes that
// nobody needs one by one any more.

import Codecs

public enum JournalRecord: Hashable, Codable, Sendable {
    case noted(JournalCall)
    /// All that is known of a run that is not over.
    case kept(Inheritance.Run)
    /// A final word that was heard: an assignment that is repeated is answered with it.
    case remembered(OutgoingMessage)
    /// Handed over, by whichever run.
    case elsewhere(ExecutionKey)
    /// A shared volume on the Docker daemon, and when it was used last.
    case volumeUsed(Bytes, WallTime)
    /// Runs were numbered up to this.
    case counted(UInt64)
}
