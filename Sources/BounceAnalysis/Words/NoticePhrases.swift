/// The phrases by which mail systems say what happened, in the languages that they speak.
///
/// They tell what a mail is and where to look in it. Why a delivery failed is never decided here: the text of a reply
/// goes to the decision table, which has phrases of its own.
enum NoticePhrases {
    static let matcher = PhraseMatcher(
        english + outcomes + languages + addresses + sections + conditions + stages
    )

    private static let english: [(mark: Mark, phrases: [StaticString])] = [
        (
            .failure,
            [
                "could not be delivered", "couldn't be delivered", "cannot be delivered", "can not be delivered",
                "can't be delivered", "was not delivered", "were not delivered", "not able to deliver",
                "wasn't able to deliver", "weren't able to deliver", "unable to deliver", "unable to be delivered",
                "unable to send", "could not deliver", "couldn't deliver", "cannot deliver", "can't deliver",
                "undeliverable", "undelivered mail", "undelivered message", "undelivered", "undeliverable mail",
                "delivery failed", "delivery failure", "delivery failures", "delivery has failed",
                "delivery has been failed", "delivery error", "delivery errors", "delivery problem",
                "delivery unsuccessful", "failed permanently", "failed to deliver", "recipient failed",
                "recipients failed", "did not reach", "didn't reach", "could not be reached", "couldn't be reached",
                "error delivering", "error sending your", "error occurred while trying to deliver",
                "error occurred while attempting to deliver", "occurred while attempting to deliver",
                "error was detected while processing",
                "encountered an error while being processed", "trouble delivering", "problem delivering",
                "failure notice", "failure delivery", "failed mail", "mail failed", "returned mail",
                "returning message to sender", "returning to sender", "returned to sender", "mail error",
                "mail system error", "message rejected", "message was rejected", "mail rejected", "non-delivery",
                "nondelivery", "non delivery", "not delivered", "fatal errors", "fatal delivery errors",
                "permanent error", "permanent errors", "permanent failure", "permanent fatal errors",
                "did not receive", "has been returned because", "error during delivery", "no valid recipients",
                "not a member of this mailing list", "not a valid user", "not an address", "not exactly match",
                "invalid final delivery", "unknown user:", "following address failed", "failed recipients",
                "failed addresses", "failed address", "could not send", "couldn't send", "unsent message",
                "notification (failure)", "rejected recipient", "wasn't delivered", "weren't delivered",
                "couldn't find the recipient", "not be sent", "aborted after", "delivery notification: delivery has",
                "non-deliverable", "mailbox exceeds allowed size", "rejected your message", "processing error",
                "bounced mail", "bounced message", "undeliverable message", "mail not delivered", "not listed in",
                "mailbox is full", "mailbox is full.", "loop alert", "smtp server: errors from", "are not member",
                "unknown recipient", "delivery report (failure)", "non-delivered information", "had delivery problems",
                "could not be sent", "message undeliverable", "not deliverable", "has not been delivered",
                "not authorized to send mail to", "rejected posting", "was rejected", "has been rejected",
                "automatically rejected",
                "blocked by our",
            ]
        ),
        (
            .delay,
            [
                "has been delayed", "is delayed", "message delayed", "mail delayed", "delivery delayed",
                "delayed mail", "delivery is delayed", "still being retried", "will be retried", "will retry for",
                "not yet been delivered", "has not been delivered yet", "warning message only",
                "temporary problem delivering", "delivery incomplete", "has been postponed", "advisory-only",
                "will continue to try", "delivery attempts will continue", "do not need to resend",
                "notification (delay)", "for past", "will keep trying", "still trying to deliver", "deferred for",
                "delivery warning", "been queued for", "trying to deliver your message", "(delayed)",
                "will continue trying", "not yet delivered", "delivery report (delay)", "haven't been able to deliver",
            ]
        ),
        (
            .success,
            [
                "successfully delivered", "delivered successfully", "notification (success)", "successfully relayed",
                "relayed to the following", "was delivered to the following", "has been delivered to the following",
                "successful delivery", "delivery report (success)", "delivered to these recipients",
                "successful mail delivery report", "message has been successfully",
            ]
        ),
    ]

    private static let outcomes: [(mark: Mark, phrases: [StaticString])] = [
        (
            .absence,
            [
                "out of office", "out of the office", "out-of-office", "out of my office", "automatic reply",
                "automatic response", "auto reply", "auto-reply", "autoreply", "auto response", "auto-response",
                "autoresponse", "automated response", "automated reply", "auto-replied", "on vacation",
                "vacation reply", "vacation message", "away from my mail", "away from my email", "away from the office",
                "i am away", "i'm away", "on annual leave", "on leave", "on holiday", "on holidays",
                "autoresponder", "automatically generated reply", "awaits moderator approval",
                "abwesenheit", "abwesenheitsnotiz", "automatische antwort", "nicht im büro", "außer haus",
                "absence du bureau", "réponse automatique", "message d'absence", "respuesta automática",
                "respuesta automatica", "fuera de la oficina", "fuera de oficina", "resposta automática",
                "resposta automatica", "fora do escritório", "ausência", "risposta automatica", "fuori sede",
                "fuori ufficio", "automatisch antwoord", "afwezigheidsassistent", "afwezig", "niet aanwezig",
                "automatiskt svar", "autosvar", "automatisk svar", "automaattinen vastaus", "poissa toimistolta",
                "automatyczna odpowiedź", "poza biurem", "automatická odpověď", "mimo kancelář", "automatikus válasz",
                "otomatik yanıt", "ofis dışında", "автоответ", "автоматический ответ", "вне офиса",
                "автоматична відповідь", "automātiska atbilde", "automatiska atbilde", "arpus biroja",
                "自動応答", "自動返信", "不在通知", "不在のお知らせ", "自动回复", "自動回覆", "不在办公室", "자동 회신", "부재중",
                "תשובה אוטומטית", "رد تلقائي",
            ]
        ),
        (
            .challenge,
            [
                "waitlisted", "guest list", "confirm that you", "confirm your email", "confirm your message",
                "confirm your identity", "verify that you", "verify your message", "verify your identity",
                "awaiting verification", "sender verification required", "spam arrest", "requires verification",
                "held for your confirmation", "release your message", "complete the verification",
                "not on my approved senders", "approved sender list", "challenge response", "challenge/response",
                "action required) to deliver", "prove that you are", "are a human", "is a real person",
                "whitelist request", "please click the link below to", "one-time confirmation",
                "requires that you verify",
                "complete this verification", "requires verification verify", "are a real person", "you are human",
                "are a real live human being", "verify your address", "verify your email address", "not a spam source",
            ]
        ),
    ]

    private static let addresses: [(mark: Mark, phrases: [StaticString])] = [
        (
            .recipient,
            [
                "addressed to:", "message to:", "mail to:", "unknown host:", "attempts:", "sent to:",
                "not delivered to:",
                "recipient:", "recipients:", "recipient", "recipient(s):", "recipient address:", "error-for:",
                "unknown user:", "invalid user:", "not delivered :", "destinato all'utente", "pour la liste",
                "an die liste", "a la lista", "para a lista",
                "alla lista", "undeliverable to", "undeliverable address:", "delivered to",
                "delivered to:",
                "deliver to", "deliver to:", "delivery to", "delivery failed:", "intended recipient:", "rcpt to:",
                "rcpt to", "delivering your mail to", "delivering mail to", "delivering your message to",
                "delivering to", "delivering message to", "your message to", "your mail to", "mail to", "message to",
                "sent mail to", "email to", "e-mail to", "deliver message to", "deliver mail to", "delivery userid:",
                "allowed size:", "failed recipient:", "failed recipients:", "rejected recipient", "recipient's address",
                "address:", "bad address:", "invalid address:", "was addressed,", "this mailing list", "mailing list",
                "permanent errors:", "transient errors:", "reached:", "message-id in", "final-recipient: rfc822;",
                "user unknown:", "unknown user", "no such user:", "mailbox full:", "mailbox is full:", "mailbox:",
                "to the following address:", "the following address:", "recipient was:", "sending to",
                "empfänger:", "an empfänger", "adresse:", "destinataire :", "destinataire:", "destinatario:",
                "destinatário:", "geadresseerde:", "ontvanger:", "mottagare:", "modtager:", "mottaker:",
                "vastaanottaja:", "odbiorca:", "příjemce:", "alıcı:", "получатель:", "адрес:", "宛先:",
                "受信者:", "收件人:", "수신자:", "받는사람", "받는 사람", "无法发送到", "無法傳送給",
            ]
        ),
        (.alias, ["expanded from:", "expanded from", "generated from", "generated by", "forwarded from", "alias of"]),
        (
            .stranger,
            [
                "mail from:", "mail from", "sender:", "sender", "from:", "from", "contact", "reply to", "reply-to:",
                "assistance", "questions to", "help from", "return-path:", "message-id:", "return path:", "postmaster",
                "envelope-from", "mail to postmaster", "report to", "write to", "sent by", "message sent by", "hello",
                "please send mail to", "send an email to", "send email to", "directly at",
                "urgent enquiries please email",
            ]
        ),
    ]

    private static let sections: [(mark: Mark, phrases: [StaticString])] = [
        (
            .original,
            [
                "below this line is a copy of", "below the next line is a copy of", "this is a copy of your message",
                "this is a copy of the message", "a copy of the message follows", "copy of the original message",
                "original message follows", "original message attached", "original message headers",
                "original message:",
                "original message header", "original mail as follows", "original mail follows",
                "original message as received", "header of the original message", "headers of the original message",
                "message header follows", "message headers follow", "message text follows", "message body follows",
                "header follows", "headers follow", "returned mail follows", "returned message", "returned mail -",
                "returned message follows", "unsent message follows", "unsent message", "enclosed is a copy",
                "included is a copy of the message", "attachment is a copy of the message",
                "header of the source mail", "of your original message follow", "original message -",
                "original message is attached", "original mail info", "original message =", "original message",
                "rejected message", "message headers:", "original headers", "body of the message follows",
                "rejected message follows",
                "begin of returned message", "start of returned message", "returned mail", "here is a copy of",
                "oorspronkelijke berichtkoppen", "oorspronkelijk bericht", "ursprüngliche nachrichtenkopfzeilen",
                "ursprüngliche nachricht", "originalnachricht", "en-têtes de message d'origine",
                "message d'origine", "message original", "encabezados de mensajes originales", "mensaje original",
                "cabeçalhos de mensagem originais", "mensagem original", "intestazioni originali del messaggio",
                "messaggio originale", "ursprungligt meddelande", "oprindelig meddelelse", "alkuperäinen viesti",
                "oryginalna wiadomość", "původní zpráva", "orijinal ileti", "исходное сообщение",
                "копия исходного письма", "元のメッセージ", "オリジナルメッセージ", "原始邮件", "原始郵件", "원본 메시지",
            ]
        ),
        (
            .transcript,
            [
                "transcript of session follows", "transcript of session", "session transcript",
                "diagnostic information for administrators", "technical details", "session log", "smtp session",
                "delivery log", "following text was generated during the delivery attempt", "technical report",
                "diagnostische gegevens voor beheerders", "diagnoseinformationen für administratoren",
                "informations de diagnostic pour les administrateurs",
                "información de diagnóstico para administradores", "informazioni di diagnostica per gli amministratori",
                "informações de diagnóstico para administradores", "diagnostikinformation för administratörer",
                "diagnosticeringsoplysninger for administratorer", "diagnoseinformasjon for administratorer",
                "diagnostiikkatiedot järjestelmänvalvojille", "informacje diagnostyczne dla administratorów",
                "diagnostické informace pro správce", "диагностические сведения для администраторов",
                "管理者向けの診断情報", "管理员的诊断信息", "系統管理員的診斷資訊", "관리자용 진단 정보",
            ]
        ),
        (
            .reason,
            [
                "reason:", "reasons:", "because:", "error:", "error-text:", "error description:", "diagnostic code:",
                "diagnostic-code:", "error message:", "description:", "details:", "the reason was", "error code:",
                "explanation:", "grund:", "raison :", "raison:", "motivo:", "causa:", "reden:", "причина:", "原因:",
                "理由:", "退信原因", "사유:",
                "failure reasons",
            ]
        ),
        (
            .reply,
            [
                "failed with:", "failed with", "error message below:", "said:", "said", "host said:", "responded:",
                "responded with:", "responded as follows:",
                "response was:", "response from the remote server was:", "response:", "server returned",
                "server returned:", "server replied:", "replied:", "returned:", "returned an error:", "returned was:",
                "smtp error", "error message from server", "server message", "refused to talk to me:", "reason:",
                "did not like our", "following response:", "response message]:", "error following", "answered:",
                "rejected it with", "server response:", "server answered:", "error that the other server returned was:",
            ]
        ),
    ]

    private static let conditions: [(mark: Mark, phrases: [StaticString])] = [
        (
            .expired,
            [
                "retry timeout exceeded", "retry time limit", "envelope expired", "message expired",
                "in the queue too long", "in queue too long", "could not deliver for the last",
                "failing for a long time",
                "last tried after this message arrived", "delivery time expired", "delivery expired",
                "delivery timed out", "not delivered within", "after multiple retries", "retries exceeded",
                "could not be delivered for more than", "undeliverable for more than", "cannot send message for",
                "could not send message for", "message timed out", "message is too old", "message too old",
                "expired after", "aborted after", "queue time exceeded", "maximum retry", "retry limit",
                "queue lifetime",
                "lifetime exceeded", "deleted from queue", "could not be delivered for", "removed from the queue",
                "unable to deliver message for", "maximum time", "message has expired",
                "gave up after", "too many delivery attempts", "max retries", "time out in queue", "host not reachable",
                "did not accept our requests to connect", "is not responding", "could not send mail for",
            ]
        ),
        (
            .connection,
            [
                "connection refused", "connection timed out", "connection timeout", "connection reset",
                "connection dropped", "connection was dropped", "lost connection", "establish an smtp connection",
                "could not connect", "couldn't connect", "unable to connect", "cannot connect", "no route to host",
                "network is unreachable", "network unreachable", "host is unreachable", "host unreachable",
                "socket error", "could not initiate smtp", "operation timed out", "connection to mail exchanger failed",
                "connection closed", "connection failed", "connect failed", "connection error", "no response from",
                "conversation with", "broken pipe", "connection could not be",
            ]
        ),
        (
            .program,
            [
                "pipe to", "child process of", "local delivery failed", "command died with",
                "local configuration error",
                "exited with", "command failed", "procmail", "unknown mailer error", "maildrop", "mail.local",
                "failed to open mailbox", "can't create output", "failed to read response template",
            ]
        ),
    ]

    private static let stages: [(mark: Mark, phrases: [StaticString])] = [
        (
            .atConnect,
            [
                "initial connection", "refused to talk to me", "initial server greeting", "connect to", "greeting wait",
                "did not like our greeting", "opening connection", "establish an smtp connection",
            ]
        ),
        (
            .atHelo,
            [
                "in reply to ehlo", "in reply to helo", "after ehlo", "after helo", "name was rejected",
                "did not like our ehlo", "did not like our helo", "sent_helo", "sent_ehlo",
            ]
        ),
        (
            .atMail,
            [
                "in reply to mail from", "after mail from", "mail from command", "sender was rejected",
                "did not like our mail from", "mail_from]", "following mail command", "mail command", "mail from:<",
                "smtp error, mail from",
            ]
        ),
        (
            .atRcpt,
            [
                "in reply to rcpt to", "after rcpt to", "rcpt to command", "rcpt command", "does not like recipient",
                "did not like our rcpt to", "rcpt_to]", "rcpt to generated", "for rcpt to", "smtp:rcpt",
                "has rejected address", "sent_rcpt", "rcpt to:<", "smtp error, rcpt to",
            ]
        ),
        (
            .atData,
            [
                "in reply to data command", "after data", "failed on data command", "did not like our data",
                "smtp error, data",
            ]
        ),
        (
            .atDot,
            [
                "in reply to end of data", "after end of data", "end of data command",
                "failed after i sent the message",
                "did not like our final data", "for text command", "data send", "following data command",
                "sent_message",
                "after sending message", "in reply to bdat", "sent_data", "smtp error, dot",
            ]
        ),
    ]
}
