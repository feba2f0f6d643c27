import StatusCodes
import Testing

/// Words of replies in scripts other than the Latin one.
@Suite struct ScriptTests {
    private func cause(_ text: String) -> Cause {
        DecisionTable.decide(Evidence(stage: .rcpt, reply: PrintedReply(parsing: text))).cause
    }

    @Test(arguments: [
        ("550 該当するアドレスが存在しません。", Cause.userUnknown), ("550 收件人不存在，请核对", .userUnknown),
        ("550 <bob@example.kr> 존재하지 않는 사용자입니다", .userUnknown), ("552 对方邮箱已满", .mailboxFull),
        ("552 受信者のメールボックスが一杯です", .mailboxFull), ("550 该域名不存在", .domainUnknown),
    ])
    func `Chinese, Japanese and Korean are read within a sentence without blanks`(text: String, cause: Cause) {
        #expect(self.cause(text) == cause)
    }

    @Test(arguments: ["550 Пользователь не найден", "550 ПОЛЬЗОВАТЕЛЬ НЕ НАЙДЕН", "550 EMPFÄNGER UNBEKANNT"])
    func `capital letters of Europe are no others than the small ones`(text: String) {
        #expect(cause(text) == .userUnknown)
    }

    @Test func `a mark beside a character does not become part of a word`() {
        #expect(cause("550 用户user unknown用户") == .userUnknown)
    }
}
