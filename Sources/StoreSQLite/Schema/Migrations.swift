internal import Delivery

/// The schema, as the steps that lead to it.
///
/// Steps are only ever added: a queue of any release opens in any later one.
enum Migrations {
    /// One step; its number is its place, from 1, and is kept in `user_version`.
    static let steps = [first, second, third, fourth]

    /// The version that this program writes.
    static var latest: Int64 { Int64(steps.count) }

    /// "MRTL": tells our file from another program's.
    static let applicationID: Int64 = 0x4D52_544C

    /// Brings a database to the latest version, each step in a transaction of its own.
    static func apply(to connection: Connection) throws(StoreError) {
        let version = try checkedVersion(of: connection)
        for (index, step) in steps.enumerated().dropFirst(Int(version)) {
            try connection.execute(
                """
                BEGIN IMMEDIATE;
                \(step)
                PRAGMA application_id = \(applicationID);
                PRAGMA user_version = \(index + 1);
                COMMIT;
                """
            )
        }
    }

    /// The version of a database that this program can read; 0 for an empty one.
    static func checkedVersion(of connection: Connection) throws(StoreError) -> Int64 {
        let version = try connection.integer("PRAGMA user_version") ?? 0
        let application = try connection.integer("PRAGMA application_id") ?? 0
        let isEmpty = try connection.integer("SELECT count(*) FROM sqlite_schema") == 0
        guard application == applicationID || isEmpty && application == 0 && version == 0 else {
            throw StoreError(code: .unusable, detail: "this database is not a queue of Martlet")
        }
        guard (0...latest).contains(version) else {
            throw StoreError(
                code: .unusable,
                detail: "the queue was written by a newer Martlet (schema \(version), this one knows \(latest))"
            )
        }
        return version
    }

    /// 1: the queue.
    ///
    /// A message's row never changes: what changes is its recipients'. They lie together by message, so that one page
    /// serves a batch. Content comes last, behind what lists need, so that reading those never touches its pages.
    private static let first = """
        CREATE TABLE message (
            id       INTEGER PRIMARY KEY,
            arrival  INTEGER NOT NULL,
            size     INTEGER NOT NULL,
            envelope BLOB NOT NULL,
            spool    TEXT,
            content  BLOB
        ) STRICT;

        CREATE INDEX message_spool ON message (spool) WHERE spool IS NOT NULL;

        CREATE TABLE recipient (
            message     INTEGER NOT NULL,
            idx         INTEGER NOT NULL,
            state       INTEGER NOT NULL CHECK (state IN (0, 1, 2)),  -- leased until, scheduled at, held since
            at          INTEGER NOT NULL,
            fence       INTEGER NOT NULL,                             -- of the latest lease, 0 when there was none
            holder      INTEGER NOT NULL,
            attempts    INTEGER NOT NULL,
            flags       INTEGER NOT NULL,
            hold_by     TEXT,
            hold_reason TEXT,
            review_at   INTEGER,
            PRIMARY KEY (message, idx)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX recipient_due ON recipient (at) WHERE state = 1;

        CREATE TABLE attempt (
            message   INTEGER NOT NULL,
            idx       INTEGER NOT NULL,
            number    INTEGER NOT NULL,
            at        INTEGER NOT NULL,
            remote    TEXT NOT NULL,
            status    INTEGER NOT NULL,                               -- class, subject, detail: three digits each
            reply     TEXT NOT NULL,
            condition TEXT NOT NULL,
            cause     TEXT NOT NULL,
            rule      TEXT NOT NULL,
            stage     TEXT NOT NULL,
            known     INTEGER NOT NULL,
            PRIMARY KEY (message, idx, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE event (
            number    INTEGER PRIMARY KEY,
            at        INTEGER NOT NULL,
            kind      TEXT NOT NULL,
            message   INTEGER NOT NULL,
            idx       INTEGER,
            subject   TEXT NOT NULL,
            remote    TEXT,
            status    INTEGER,
            reply     TEXT,
            condition TEXT,
            cause     TEXT,
            rule      TEXT,
            stage     TEXT,
            known     INTEGER
        ) STRICT;

        CREATE TABLE idempotency (
            owner   TEXT NOT NULL,
            key     TEXT NOT NULL,
            digest  BLOB NOT NULL,
            message INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            PRIMARY KEY (owner, key)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX idempotency_expires ON idempotency (expires);

        CREATE TABLE fence (
            holder INTEGER PRIMARY KEY,
            number INTEGER NOT NULL
        ) STRICT;
        """

    /// 2: who deleted a message and why are two things.
    private static let second = "ALTER TABLE event ADD COLUMN reason TEXT;"

    /// 3: the suppression list.
    ///
    /// A row of `suppression` for every subject of which anything is known; its evidence lies together behind it. What
    /// follows from the evidence is not stored. The index finds what was seen since an instant, to be taken back.
    private static let third = """
        CREATE TABLE suppression (
            subject TEXT NOT NULL PRIMARY KEY,
            origin  TEXT,                                             -- NULL: nobody decided, there is only evidence
            at      INTEGER,
            by      TEXT,
            reason  TEXT,
            until   INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sighting (
            subject   TEXT NOT NULL,
            number    INTEGER NOT NULL,
            at        INTEGER NOT NULL,
            message   INTEGER,
            idx       INTEGER,
            source    TEXT NOT NULL,
            provider  TEXT NOT NULL,
            remote    TEXT NOT NULL,
            status    INTEGER NOT NULL,
            reply     TEXT NOT NULL,
            condition TEXT NOT NULL,
            cause     TEXT NOT NULL,
            rule      TEXT NOT NULL,
            stage     TEXT NOT NULL,
            known     INTEGER NOT NULL,
            PRIMARY KEY (subject, number)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX sighting_at ON sighting (at, subject);
        """

    /// 4: recipients that left with a return-path of ours, so that late reports find them.
    private static let fourth = """
        CREATE TABLE dispatch (
            message  INTEGER NOT NULL,
            idx      INTEGER NOT NULL,
            at       INTEGER NOT NULL,
            address  TEXT NOT NULL,
            sender   TEXT NOT NULL,
            outcome  INTEGER NOT NULL CHECK (outcome IN (0, 1, 2)),  -- relayed, bounced, complained
            provider TEXT NOT NULL,
            PRIMARY KEY (message, idx)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX dispatch_at ON dispatch (at);
        """
}
