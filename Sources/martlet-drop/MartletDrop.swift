import MailDrop

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// `martlet-drop FOLDER`: puts standard input into a drop directory as one file.
///
/// The only program of Martlet that is installed setgid (group `martlet`), so that `sendmail` works for everybody. It
/// opens no other file, reads no configuration and no environment, and runs no other program. The folder is named by the
/// caller, and is refused unless it has the permissions of a drop directory and our group: what that gives away is the
/// right to leave mail there, which is what it is for.
@main
enum MartletDrop {
    /// Exit statuses of sysexits.
    private enum Status: Int32 {
        case done = 0
        case usage = 64
        case badData = 65
        case inputOutput = 74
        case tryAgain = 75
    }

    static func main() {
        guard CommandLine.arguments.count == 2, let folder = CommandLine.arguments.last, !folder.isEmpty else {
            end(.usage, "use: martlet-drop FOLDER < FILE")
        }
        // Inside the folder everything has one meaning, whatever is done to the path meanwhile.
        guard unsafe chdir(folder) == 0 else { end(.tryAgain, "\(folder) is not there, or not for us") }
        guard isOurs() else { end(.tryAgain, "\(folder) is no drop directory of group \(getegid())") }
        do throws(DropFailure) {
            let input = try DropDirectory.readStandardInput()
            try DropDirectory(path: ".").put(input.span)
        } catch {
            switch error.code {
            case .tooLarge, .noMessage: end(.badData, error.description)
            case .inputOutput: end(.inputOutput, error.description)
            case .missing, .notPermitted, .unsafeFolder, .full: end(.tryAgain, error.description)
            }
        }
        end(.done)
    }

    private static func isOurs() -> Bool {
        var status = stat()
        // The structure outlives the call.
        return unsafe stat(".", &status) == 0 && (status.st_gid == getegid() || getuid() == 0)
    }

    private static func end(_ status: Status, _ sentence: String? = nil) -> Never {
        if let sentence {
            let line = Array("martlet-drop: \(sentence)\n".utf8)
            // The pointer does not leave the closure; there is nobody else to tell when it cannot be written.
            unsafe line.withUnsafeBytes { bytes in _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
        }
        exit(status.rawValue)
    }
}
