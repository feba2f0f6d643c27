/// A dialogue that went another way, with both transcripts.
package struct DialogueFailure: Error, CustomStringConvertible {
    /// The dialogue's name.
    package let dialogue: String
    /// The line of the fixture where they part.
    package let line: Int
    /// How octets were delivered.
    package let delivery: WireDelivery
    /// What was expected there.
    package let reason: String
    /// The fixture.
    package let expected: String
    /// What was said, up to the difference.
    package let actual: String

    /// Everything, for the test's log.
    package var description: String {
        """
        \(dialogue):\(line) (\(delivery)): \(reason)
        --- expected ---
        \(expected)
        --- actual ---
        \(actual)
        """
    }
}
