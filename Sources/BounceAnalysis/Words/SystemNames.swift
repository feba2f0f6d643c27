import MailFormat

/// Names that mail systems give themselves in a From field, in the address or beside it.
enum SystemNames {
    /// Whether a field has such a name.
    static func occur(_ bytes: Span<UInt8>, in value: ByteRange) -> Bool { matcher.occurs(in: bytes, value) }

    private static let matcher = PhraseMatcher([
        (
            .stranger,
            [
                "mailer-daemon", "mailerdaemon", "mail-daemon", "postmaster", "mail delivery", "mail deliver system",
                "mail system", "mdaemon", "system administrator", "delivery subsystem", "mail administrator",
                "mail.delivery", "maildelivery", "mail service", "mailer daemon", "ndr administrator",
                "delivery status", "smtp_mail", "bounce@", "bounces@", "jetmail", "system attendant", "sysadmin",
                "mail router", "mmdf", "delivery agent", "auto-bounce", "mailadmin", "mailsystem", "postoffice",
                "internet mail", "maildaemon", "mail_daemon", "mail daemon", "returned mail", "poostmaster",
                "mail server", "mailserver", "mail-delivery", "delivery service", "non delivery", "ndr",
                "groupwise", "lsmtp", "pmdf", "mta", "smtp server", "mail gateway", "delivery-subsystem",
                "posta-certificata", "sympa",
            ]
        )
    ])
}
