import CLibFuzzer
import FuzzTargets
import Glibc

/// Hands one target to libFuzzer, which owns the command line; FUZZ_TARGET names the target.
@main
struct MartletFuzz {
    private static let target: FuzzTarget = {
        guard let name = unsafe getenv("FUZZ_TARGET"), let target = unsafe FuzzTarget(rawValue: String(cString: name))
        else {
            let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
            print("FUZZ_TARGET is to be one of: \(names)")
            exit(64)
        }
        return target
    }()

    static func main() {
        _ = target
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
        // libFuzzer brings a `main` of its own, but SwiftPM names the entry point; so it is called as a library.
        exit(
            unsafe LLVMFuzzerRunDriver(&count, &arguments) { data, size in
                // The fuzzer owns the memory until this returns; the copy is what ASan guards the ends of.
                MartletFuzz.target.run(unsafe Array(UnsafeBufferPointer(start: data, count: size)))
                return 0
            }
        )
    }
}
