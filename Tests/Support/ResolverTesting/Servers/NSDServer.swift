import Glibc
package import MailFormat

/// A private authoritative server: NSD on a free port of 127.0.0.1 with a folder of its own, gone when it is let go of.
///
/// Needs the Debian packages nsd and ldnsutils.
package final class NSDServer: Sendable {
    /// Where it listens.
    package let endpoint: IPEndpoint
    /// The DS records of its signed zones, to be trusted.
    package let anchors: [String]
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// Starts a server and returns when it answers.
    package init(_ zones: [ZoneFile]) throws {
        let program = try Programs.path("nsd", package: "nsd")
        let folder = try TemporaryFolder("nsd")
        let written = try zones.map { try (zone: $0, result: $0.write(in: folder)) }
        self.folder = folder
        self.anchors = written.compactMap(\.result.anchor)
        let files = written.map { (name: $0.zone.name, file: $0.result.file) }
        var started: (ChildProcess, UInt16)?
        for _ in 0..<3 where started == nil {
            started = try Self.start(program, files, folder)
        }
        guard let (process, port) = started else {
            throw ServerError("nsd does not start; its log:\n" + ((try? folder.read("log")) ?? "none"))
        }
        self.process = process
        self.endpoint = IPEndpoint(.loopbackV4, port: port)
    }

    private static func start(
        _ program: String,
        _ files: [(name: String, file: String)],
        _ folder: TemporaryFolder
    ) throws -> (ChildProcess, UInt16)? {
        let port = try LoopbackPort.free()
        // Without `rrl-ratelimit: 0` it drops answers after 200 a second, silently.
        var text = """
            server:
              ip-address: 127.0.0.1@\(port)
              zonesdir: "\(folder.path)"
              pidfile: "\(folder.path)/pid"
              xfrdfile: "\(folder.path)/xfrd"
              zonelistfile: "\(folder.path)/zones"
              logfile: "\(folder.path)/log"
              database: ""
              username: ""
              chroot: ""
              server-count: 1
              rrl-ratelimit: 0
            remote-control:
              control-enable: no

            """
        for (name, file) in files { text += "zone:\n  name: \"\(name)\"\n  zonefile: \"\(file)\"\n" }
        let configuration = try folder.write("nsd.conf", text)
        let process = try ChildProcess(program, ["-d", "-c", configuration])
        let probe = try LoopbackSocket.silent()
        // Each try waits up to a tenth of a second for an answer; a loaded machine gets ten seconds in all.
        for _ in 0..<100 where process.isRunning {
            if probe.exchange(Self.question, port: port) != nil { return (process, port) }
            // A port that is closed refuses at once; give the server the rest of its tenth.
            usleep(50_000)
        }
        return nil
    }

    /// RFC 1035 §4.1: the header with one question, `.
    ///
    /// SOA IN`; any answer will do.
    private static let question: [UInt8] = [0x4D, 0x61, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1]
}
