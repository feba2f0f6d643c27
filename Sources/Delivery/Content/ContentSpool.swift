/// Where content too large for memory is written while it arrives.
///
/// Blocking: only from I/O threads.
public protocol ContentSpool: AnyObject, Sendable {
    /// Starts a file for one message.
    func begin() throws(StoreError) -> any SpoolWriter
}

/// One file of the spool while it is being written, by one thread at a time.
public protocol SpoolWriter: AnyObject, Sendable {
    /// Adds bytes at the end. After an error the file is good for nothing but `discard`.
    func append(_ bytes: Span<UInt8>) throws(StoreError)
    /// Makes the file and its name durable, and gives it to be submitted. The file goes away with the content that is
    /// returned, unless a submission with it was committed.
    func finish() throws(StoreError) -> any MessageContent
    /// Removes the file: the transaction was given up. Does nothing after `finish`.
    func discard()
}
