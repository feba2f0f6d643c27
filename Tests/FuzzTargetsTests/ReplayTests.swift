import Foundation
import FuzzTargets
import Testing

/// Seeds and inputs that once crashed a target; a target that traps ends the test run, which is the failure.
@Suite struct Replay {
    @Test(arguments: FuzzTarget.allCases)
    func `kept inputs, cut anywhere and doubled, do no harm`(target: FuzzTarget) throws {
        let seeds = try KeptInputs.files(of: target, in: "Corpus")
        #expect(!seeds.isEmpty, "\(target) has no seed in Fuzzing/Corpus")
        for file in seeds + (try KeptInputs.files(of: target, in: "FailCases")) {
            let bytes = [UInt8](try Data(contentsOf: file))
            target.run(bytes)
            target.run(bytes + bytes)
            // Long inputs are cut in at most sixty-four places.
            for end in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 64)) {
                target.run(Array(bytes[..<end]))
            }
        }
    }

    @Test(arguments: FuzzTarget.allCases)
    func `bytes of every value, none at all, and very many of one do no harm`(target: FuzzTarget) {
        target.run([])
        target.run(Array(0...255))
        for byte: UInt8 in [0x00, 0x0A, 0x0D, 0x20, 0x22, 0x28, 0x2E, 0x3C, 0x3D, 0x5C, 0xFF] {
            target.run([UInt8](repeating: byte, count: 20_000))
        }
    }

    @Test func `every folder of kept inputs belongs to a target`() throws {
        let known = Set(FuzzTarget.allCases.map(\.rawValue))
        for kind in ["Corpus", "FailCases"] {
            let place = KeptInputs.folder.appending(path: kind)
            for name in try FileManager.default.contentsOfDirectory(atPath: place.path) where !name.hasPrefix("README")
            {
                #expect(known.contains(name), "Fuzzing/\(kind)/\(name)")
            }
        }
    }
}
