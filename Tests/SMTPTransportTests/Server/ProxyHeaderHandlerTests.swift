import MailFormat
import NIOCore
import NIOEmbedded
import SMTPProtocol
import SMTPTesting
import SMTPTransport
import Testing

@Suite struct `PROXY header on a listener` {
    private static let header = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 25\r\n"

    private func connect(from address: String) async throws -> (channel: NIOAsyncTestingChannel, host: ScriptedHost) {
        let host = ScriptedHost(try ScriptedWorld(Dialogue(name: "world", text: "")))
        let channel = NIOAsyncTestingChannel()
        let listener = ServerListener(
            name: "test",
            configuration: host.world.configuration,
            proxies: [try #require(IPNetwork("10.0.0.0/8")), try #require(IPNetwork("2001:db8::/32"))],
            wallClock: { Timestamp(seconds: 1_767_225_600) }
        )
        try await channel.testingEventLoop.executeInContext {
            try ServerPipeline.configure(channel, listener: listener, host: host)
        }
        try await channel.connect(to: SocketAddress(ipAddress: address, port: 4711))
        return (channel, host)
    }

    private func heard(_ channel: NIOAsyncTestingChannel) async throws -> String {
        var text = ""
        while let buffer = try await channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    private static let message = """
        HELO c.example\r
        MAIL FROM:<b@example.org>\r
        RCPT TO:<a@example.net>\r
        DATA\r
        Subject: x\r
        \r
        hi\r
        .\r

        """

    @Test(arguments: ["10.1.2.3", "2001:db8::1"])
    func `a proxy's header names the client, and what follows is the client's`(address: String) async throws {
        let (channel, host) = try await connect(from: address)
        #expect(try await heard(channel) == "")
        #expect(host.account.opened == 0)
        try await channel.writeInbound(ByteBuffer(string: Self.header + Self.message))
        #expect(try await heard(channel).hasPrefix("220 mx.example.net ESMTP\r\n"))
        let message = try #require(host.account.messages.first)
        #expect(message.session.peer.addressText == "192.0.2.7")
        #expect(message.session.peer.port == 56_324)
        #expect(String(decoding: message.content.bytes, as: UTF8.self).contains("([192.0.2.7])"))
    }

    @Test func `a header may come octet by octet`() async throws {
        let (channel, host) = try await connect(from: "10.1.2.3")
        for byte in Self.header.utf8 { try await channel.writeInbound(ByteBuffer(bytes: [byte])) }
        #expect(try await heard(channel) == "220 mx.example.net ESMTP\r\n")
        #expect(host.account.opened == 1)
    }

    @Test func `a proxy that speaks for itself keeps its own address`() async throws {
        let (channel, host) = try await connect(from: "10.1.2.3")
        try await channel.writeInbound(ByteBuffer(string: "PROXY UNKNOWN\r\n" + Self.message))
        #expect(host.account.messages.first?.session.peer.addressText == "10.1.2.3")
    }

    @Test func `a proxy without a header is closed, at once or after its time`() async throws {
        let (wrong, first) = try await connect(from: "10.1.2.3")
        try await wrong.writeInbound(ByteBuffer(string: "EHLO c.example\r\n"))
        #expect(!wrong.isActive)
        let (silent, second) = try await connect(from: "10.1.2.3")
        await silent.testingEventLoop.advanceTime(by: .seconds(9))
        #expect(silent.isActive)
        await silent.testingEventLoop.advanceTime(by: .seconds(1))
        #expect(!silent.isActive)
        #expect(first.account.opened == 0)
        #expect(second.account.opened == 0)
    }

    @Test func `nobody else can claim to be somebody`() async throws {
        let (channel, host) = try await connect(from: "203.0.113.9")
        #expect(try await heard(channel) == "220 mx.example.net ESMTP\r\n")
        try await channel.writeInbound(ByteBuffer(string: Self.header + Self.message))
        #expect(try await heard(channel).hasPrefix("500 5.5.2 "))
        #expect(host.account.messages.first?.session.peer.addressText == "203.0.113.9")
    }

    @Test func `a connection that goes before its header was never opened`() async throws {
        let (channel, host) = try await connect(from: "10.1.2.3")
        try await channel.close()
        #expect(host.account.opened == 0)
        #expect(host.account.closed.isEmpty)
    }
}
