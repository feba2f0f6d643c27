import Testing

/// The documents are checked like code: by the same scripts that `make lint` runs.
@Suite struct Documents {
    @Test(arguments: ["scripts/check-links", "scripts/check-rfc-coverage"])
    func `hold together`(script: String) throws {
        let (status, output) = try Repository.run(script, [])
        #expect(status == 0, "\(script):\n\(output)")
        #expect(output.contains("0 broken") || output.contains(" 0 problems"))
    }
}
