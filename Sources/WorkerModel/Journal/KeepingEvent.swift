// What is told to the keeping of the journal, and what it asks of the hands that hold the bytes and the files.
//
// The hands carry out what was asked in its order, and tell at once what came of a write, of an appending and of a
// replacing. What is asked of the thread beside the loop (sync, prepare, settle) is answered whenever it is done, or
// never; it is asked one thing at a time.

public enum KeepingEvent: Hashable, Sendable {
    // The beginning.
    /// The journal of this life has its name, and so much in it.
    case opened(length: Int)
    /// There is none.
    case openFailed(errno: Int32)

    // The turn.
    /// Lines of a turn are there, so many bytes.
    case noted(Int)
    /// They were written, all of them. Nothing that comes behind them may be done before they last, or it may.
    case written(Int, mustLast: Bool)
    /// Not all of them. A part may be there.
    case writeFailed(errno: Int32)

    // The thread.
    /// All that was written when it was asked lasts.
    case synced
    /// Nobody knows what of it does.
    case syncFailed(errno: Int32)
    /// The next journal is there and lasts, without a name. It says all that was known when it was asked for.
    case prepared
    case prepareFailed(errno: Int32)
    /// The new name lasts, and all that was written to the journal when that was asked.
    case settled
    case settleFailed(errno: Int32)

    // The next journal, on its way to the name.
    case appended
    case appendFailed(errno: Int32)
    /// It has the name, and so much in it.
    case replaced(length: Int)
    case replaceFailed(errno: Int32)

    case timePassed
    /// The life is at its end.
    case ended
}

public enum KeepingEffect: Hashable, Sendable {
    /// The lines of this turn, to the journal.
    case write
    /// What was written of them is only damage to whoever reads it.
    case cutBack(to: Int)
    /// The lines of this turn also belong into the next journal: they are kept until it is there.
    case keepForNext
    case dropKept

    case sync
    /// The next journal, of all that is known. Nothing is kept for it so far.
    case prepare
    /// What was kept for it, which need not be kept any longer then.
    case appendToNext
    /// It takes the name. What was written to until now is no longer needed.
    case replace
    case discardNext
    case settle

    case tellFailing(errno: Int32)
    case tellRestored
    /// What was held up goes on.
    case letGo
}
