@testable import martlet
import Testing

@Suite struct `Arguments of sendmail` {
    private func read(_ line: String) throws -> SendmailArguments {
        try SendmailArguments(line.split(separator: " ").map(String.init))
    }

    private func expected(_ change: (inout SendmailArguments) -> Void) throws -> SendmailArguments {
        var arguments = try SendmailArguments([])
        change(&arguments)
        return arguments
    }

    @Test func `Without flags a message for the named recipients is taken, up to a dot`() throws {
        let arguments = try read("a@example.net b@example.net")
        #expect(arguments.recipients == ["a@example.net", "b@example.net"])
        #expect(arguments.mode == .deliver && !arguments.readsHeader && !arguments.ignoresDots)
    }

    @Test func `What programs call it with is understood`() throws {
        // Debian's cron, PHP, Git, mutt, mdadm.
        #expect(
            try read("-FCronDaemon -i -B8BITMIME -oem root")
                == expected {
                    $0.fullName = "CronDaemon"
                    $0.ignoresDots = true
                    $0.body = .eightBitMIME
                    $0.recipients = ["root"]
                }
        )
        #expect(
            try read("-t -i")
                == expected {
                    $0.readsHeader = true
                    $0.ignoresDots = true
                }
        )
        #expect(
            try read("-oi -f me@example.org -- -odd@example.net")
                == expected {
                    $0.ignoresDots = true
                    $0.sender = "me@example.org"
                    $0.recipients = ["-odd@example.net"]
                }
        )
        #expect(
            try read("-oem -oi -fme@example.org -N never -R hdrs -V QQ -- a@example.net")
                == expected {
                    $0.ignoresDots = true
                    $0.sender = "me@example.org"
                    $0.notify = "never"
                    $0.returned = "hdrs"
                    $0.envelopeID = "QQ"
                    $0.recipients = ["a@example.net"]
                }
        )
        #expect(try read("-ti") == read("-it"))
        #expect(try read("-tif me@example.org") == read("-t -i -r me@example.org"))
        #expect(try read("-o i x") == read("-oi x"))
        #expect(try read("-Gv").isForeign && read("-Gv").isVerbose)
    }

    @Test func `An empty sender is one`() throws {
        #expect(try SendmailArguments(["-f", "", "a@example.net"]).sender == "")
        #expect(try SendmailArguments(["-f<>", "a@example.net"]).sender == "<>")
    }

    @Test(arguments: [
        ("-bm", SendmailArguments.Mode.deliver), ("-bs", .converse), ("-bp", .list), ("-bi", .aliases),
        ("-q", .retry(.all)), ("-q30m", .retry(.all)), ("-qI01m5x2k8q4r7t", .retry(.id("01m5x2k8q4r7t"))),
        ("-qRexample.net", .retry(.destination("example.net"))),
        ("-qSme@example.org", .retry(.sender("me@example.org"))),
        ("-v -bp", .list), ("-b s", .converse),
    ])
    func `A mode is chosen`(line: String, mode: SendmailArguments.Mode) throws {
        #expect(try read(line).mode == mode)
    }

    @Test(arguments: [
        "-oem", "-odq", "-oQ/var/spool", "-O DeliveryMode=b", "-h 5", "-L tag", "-C /etc/x", "-A c", "-X /tmp/x",
        "-p TCP",
        "-em", "-n", "-m", "-U",
    ])
    func `Old flags without a meaning are taken`(flag: String) throws {
        #expect(try read("\(flag) a@example.net") == read("a@example.net"))
    }

    @Test func `Our own options are heard wherever they stand`() throws {
        let arguments = try read("-t --config /c --control=/s a@example.net")
        #expect(arguments.config == "/c" && arguments.control == "/s" && arguments.recipients == ["a@example.net"])
    }

    @Test(arguments: [
        ("-Z", "no flag -Z"), ("-f", "-f needs a value"), ("-tN", "-N needs a value"), ("-bd", "martlet serve"),
        ("-bv", "no mode -bv"), ("-B 9BIT", "7BIT or 8BITMIME"), ("-qX", "Rdomain"), ("-qR", "Rdomain"),
        ("--frob", "no option --frob"), ("--control", "--control needs a value"),
    ])
    func `What is wrong is said, with status 64`(line: String, part: String) {
        let failure = #expect(throws: CommandFailure.self) { try read(line) }
        #expect(failure?.status == 64)
        #expect(failure?.description.contains(part) == true)
    }
}
