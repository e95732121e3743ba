-- +goose Up

-- 'desk' in ASCII: tells a deskd database from any other SQLite file.
PRAGMA application_id = 0x6465736b;

-- Instants are text in UTC. Those of reservations have whole seconds
-- (2026-03-02T08:00:00Z), all others milliseconds (2026-03-02T08:00:00.000Z),
-- so that text order is time order within a column. '' means never.
-- A constraint is named for what it asks, because SQLite prints the name.
-- '+0 seconds' makes every SQLite compute the date it prints: some would repeat
-- 30 February or 24:00 as they got it.

CREATE TABLE sites (
    name TEXT NOT NULL PRIMARY KEY,
    zone TEXT NOT NULL
) STRICT;

CREATE TABLE clusters (
    name TEXT NOT NULL PRIMARY KEY,
    url  TEXT NOT NULL
) STRICT;

CREATE TABLE desks (
    id      TEXT NOT NULL PRIMARY KEY CONSTRAINT "a desk needs an id" CHECK (id <> ''),
    site    TEXT NOT NULL REFERENCES sites (name),
    cluster TEXT NOT NULL REFERENCES clusters (name),
    device  TEXT NOT NULL UNIQUE CONSTRAINT "a desk needs a device" CHECK (device <> ''),
    name    TEXT NOT NULL DEFAULT '',
    floor   TEXT NOT NULL DEFAULT '',
    zone    TEXT NOT NULL DEFAULT '',
    owner   TEXT NOT NULL DEFAULT '' COLLATE NOCASE -- a person's user id; '' of a hot desk
) STRICT;

-- What calendars call a desk besides its id and name. key is the name in
-- lower case, with single blanks and accents composed: no two desks share one.
CREATE TABLE desk_names (
    key  TEXT    NOT NULL PRIMARY KEY CONSTRAINT "a desk's other name must not be empty" CHECK (key <> ''),
    name TEXT    NOT NULL,
    mail INTEGER NOT NULL CONSTRAINT "mail is 0 or 1" CHECK (mail IN (0, 1)),
    desk TEXT    NOT NULL REFERENCES desks (id) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT;

CREATE INDEX desk_names_of_desk ON desk_names (desk);

-- The phone system compares user ids without regard to case.
CREATE TABLE people (
    id        TEXT    NOT NULL PRIMARY KEY COLLATE NOCASE CONSTRAINT "a person needs an id" CHECK (id <> ''),
    name      TEXT    NOT NULL DEFAULT '',
    profile   TEXT    NOT NULL DEFAULT '',
    protected INTEGER NOT NULL DEFAULT 0 CONSTRAINT "protected is 0 or 1" CHECK (protected IN (0, 1)),
    groups    TEXT    NOT NULL DEFAULT '', -- with a semicolon between two
    role      TEXT    NOT NULL DEFAULT '' -- in programs that ask deskd: '' is an employee
              CONSTRAINT "role must be employee, delegate, facilities, telephony or auditor"
              CHECK (role IN ('', 'employee', 'delegate', 'facilities', 'telephony', 'auditor'))
) STRICT;

CREATE TABLE person_mail (
    mail   TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
    person TEXT NOT NULL COLLATE NOCASE REFERENCES people (id) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT;

CREATE INDEX person_mail_of_person ON person_mail (person);

-- What calendars call a person besides the name. key is the alias as that of a
-- desk's other name: no two people share one.
CREATE TABLE person_aliases (
    key    TEXT NOT NULL PRIMARY KEY CONSTRAINT "a person's alias must not be empty" CHECK (key <> ''),
    alias  TEXT NOT NULL,
    person TEXT NOT NULL COLLATE NOCASE REFERENCES people (id) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT;

CREATE INDEX person_aliases_of_person ON person_aliases (person);

-- PUBLIC CONTRACT. Another program may write here, for example
--
--   INSERT INTO reservations (desk, person, starts_at, ends_at)
--   VALUES ('4.12', 'jane', '2026-03-02T08:00:00Z', '2026-03-02T12:00:00Z');
--
-- and deskd acts on it within two seconds. Everything else has a default. Others
-- write, too: set PRAGMA busy_timeout = 5000 on each connection first, and begin
-- what writes with BEGIN IMMEDIATE.
--
--   desk       id of a desk
--   person     user id in the phone system; '' = taken, but nobody is logged in
--   starts_at  the first instant, UTC, whole seconds
--   ends_at    the first instant after the reservation, at most 400 days later
--   status     confirmed, cancelled, withdrawn (by its feed) or conflict
--   source     who wrote the row: sql, cli, import, feed:NAME
--   updated_at set it when you change a row
--   seen_at    when deskd first saw this booking of this desk, in this time: of two
--              that want one desk, the one seen first has it. Leave it out
--   vouched    of a feed's event: organizer when its ORGANIZER is the person it
--              books for, invited when the desk has accepted besides. Leave it out
--   why        of a feed's row that does not count: what its feed, or the booking
--              in its way, says. Leave it out
--   anonymised 1 once deskd has taken the names out: person, note and event are
--              empty for good. Without it such a row looks like a booking of
--              nobody
--   series     id of the series that it is an occurrence of; its original start stands
--              in occurrence then. Leave both out
--
-- To end a reservation early, move ends_at; to take it back, set
-- status = 'cancelled'. Confirmed reservations of one desk never overlap: an
-- INSERT or UPDATE that would make them is refused. A statement that moves many
-- rows is checked row by row.
--
-- desk and person are no foreign keys, because most programs write without
-- foreign keys switched on. A row that names an unknown desk or person is
-- listed by `deskd doctor` and not acted on until that desk or person exists.
CREATE TABLE reservations (
    id         TEXT    NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16))))
               CONSTRAINT "id must not be empty" CHECK (id <> ''),
    desk       TEXT    NOT NULL CONSTRAINT "desk must not be empty" CHECK (desk <> ''),
    person     TEXT    NOT NULL DEFAULT '' COLLATE NOCASE,
    starts_at  TEXT    NOT NULL CONSTRAINT "starts_at must be UTC like 2026-03-02T08:00:00Z"
               CHECK (starts_at IS strftime('%Y-%m-%dT%H:%M:%SZ', starts_at, '+0 seconds')),
    ends_at    TEXT    NOT NULL CONSTRAINT "ends_at must be UTC like 2026-03-02T12:00:00Z"
               CHECK (ends_at IS strftime('%Y-%m-%dT%H:%M:%SZ', ends_at, '+0 seconds')),
    status     TEXT    NOT NULL DEFAULT 'confirmed'
               CONSTRAINT "status must be confirmed, cancelled, withdrawn or conflict"
               CHECK (status IN ('confirmed', 'cancelled', 'withdrawn', 'conflict')),
    source     TEXT    NOT NULL DEFAULT 'sql' CONSTRAINT "source must not be empty" CHECK (source <> ''),
    uid        TEXT    NOT NULL DEFAULT '',
    occurrence TEXT    NOT NULL DEFAULT '',
    line       INTEGER NOT NULL DEFAULT 0,
    note       TEXT    NOT NULL DEFAULT '',
    updated_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
               CONSTRAINT "updated_at must be UTC like 2026-03-02T08:00:00.000Z"
               CHECK (updated_at IS strftime('%Y-%m-%dT%H:%M:%fZ', updated_at, '+0 seconds')),
    seen_at    TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
               CONSTRAINT "seen_at must be UTC like 2026-03-02T08:00:00.000Z"
               CHECK (seen_at IS strftime('%Y-%m-%dT%H:%M:%fZ', seen_at, '+0 seconds')),
    vouched    TEXT    NOT NULL DEFAULT '' CONSTRAINT "vouched must be organizer or invited" CHECK (vouched IN ('', 'organizer', 'invited')),
    why        TEXT    NOT NULL DEFAULT '',
    anonymised INTEGER NOT NULL DEFAULT 0 CONSTRAINT "anonymised is 0 or 1" CHECK (anonymised IN (0, 1)),
    series     TEXT    NOT NULL DEFAULT '',
    CONSTRAINT "an anonymised reservation names nobody" CHECK (anonymised = 0 OR person = '' AND note = '' AND uid = '' AND why = '' AND series = ''),
    CONSTRAINT "ends_at must be after starts_at" CHECK (ends_at > starts_at),
    CONSTRAINT "a reservation lasts at most 400 days" CHECK (unixepoch(ends_at) - unixepoch(starts_at) <= 34560000)
) STRICT;

CREATE INDEX reservations_of_desk   ON reservations (desk, status, starts_at, ends_at);
CREATE INDEX reservations_of_person ON reservations (person, ends_at);
CREATE INDEX reservations_of_source ON reservations (source, ends_at);
CREATE INDEX reservations_by_start  ON reservations (starts_at) WHERE status = 'confirmed';
CREATE INDEX reservations_by_end    ON reservations (ends_at)   WHERE status = 'confirmed';
CREATE INDEX reservations_waiting   ON reservations (ends_at) WHERE status = 'conflict';
CREATE INDEX reservations_named     ON reservations (ends_at)   WHERE NOT anonymised;
CREATE INDEX reservations_nameless  ON reservations (ends_at)   WHERE anonymised;
CREATE INDEX reservations_of_series ON reservations (series, occurrence) WHERE series <> '';

-- While no two confirmed reservations of a desk overlap, the only other one
-- that can overlap NEW is the last that starts before NEW ends: one seek. The
-- triggers run AFTER, so that INSERT OR REPLACE has removed the row it replaces
-- and the CHECKs have spoken first.

-- +goose StatementBegin
CREATE TRIGGER reservations_no_overlap_insert AFTER INSERT ON reservations
WHEN NEW.status = 'confirmed' AND NEW.starts_at < (
    SELECT ends_at FROM reservations
    WHERE desk = NEW.desk AND status = 'confirmed' AND starts_at < NEW.ends_at AND rowid <> NEW.rowid
    ORDER BY starts_at DESC LIMIT 1)
BEGIN
    SELECT RAISE(ABORT, 'the desk is already booked in that time');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER reservations_no_overlap_update AFTER UPDATE OF desk, starts_at, ends_at, status ON reservations
WHEN NEW.status = 'confirmed' AND NEW.starts_at < (
    SELECT ends_at FROM reservations
    WHERE desk = NEW.desk AND status = 'confirmed' AND starts_at < NEW.ends_at AND rowid <> NEW.rowid
    ORDER BY starts_at DESC LIMIT 1)
BEGIN
    SELECT RAISE(ABORT, 'the desk is already booked in that time');
END;
-- +goose StatementEnd

-- What is left of reservations that retention has removed: counts, which name nobody. They
-- belong to the day on which the reservation began, by the clock of the desk's site.
--
--   period     a day like 2026-03-02, of a site; or a month like 2026-03, of a desk
--   site       '' of desks that were no longer known
--   desk       '' of a day
--   bookings   reservations that were confirmed, and
--   minutes    how long they were
--   cancelled  those that were not: cancelled, withdrawn, in conflict
CREATE TABLE desk_usage (
    period    TEXT    NOT NULL,
    site      TEXT    NOT NULL,
    desk      TEXT    NOT NULL,
    bookings  INTEGER NOT NULL,
    minutes   INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    PRIMARY KEY (period, site, desk)
) STRICT;

-- Series as they were asked for. Their occurrences are reservations, and what has become
-- of these stands there: a series decides nothing by itself.
--
--   rule       an RRULE (RFC 5545): FREQ=WEEKLY;BYDAY=MO,WE;COUNT=20
--   starts     when the first occurrence begins and ends, by the clocks of
--   ends       zone: 2026-03-02T09:00:00
--   by         who asked for it
CREATE TABLE series (
    id         TEXT NOT NULL PRIMARY KEY CONSTRAINT "a series needs an id" CHECK (id <> ''),
    rule       TEXT NOT NULL,
    starts     TEXT NOT NULL,
    ends       TEXT NOT NULL,
    zone       TEXT NOT NULL,
    desk       TEXT NOT NULL,
    person     TEXT NOT NULL COLLATE NOCASE,
    note       TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL CONSTRAINT "created_at must be UTC like 2026-03-02T08:00:00.000Z"
               CHECK (created_at IS strftime('%Y-%m-%dT%H:%M:%fZ', created_at, '+0 seconds')),
    by         TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX series_of_person ON series (person);

-- The days on which people are away, by the clock of whichever site: from first_day to
-- last_day, that one included. Desks that they own can be booked by others then.
CREATE TABLE absences (
    id         TEXT NOT NULL PRIMARY KEY CONSTRAINT "an absence needs an id" CHECK (id <> ''),
    person     TEXT NOT NULL COLLATE NOCASE CONSTRAINT "an absence needs a person" CHECK (person <> ''),
    first_day  TEXT NOT NULL CONSTRAINT "first_day must be a day like 2026-03-02" CHECK (first_day IS date(first_day, '+0 days')),
    last_day   TEXT NOT NULL CONSTRAINT "last_day must be a day like 2026-03-02" CHECK (last_day IS date(last_day, '+0 days')),
    note       TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL CONSTRAINT "created_at must be UTC like 2026-03-02T08:00:00.000Z"
               CHECK (created_at IS strftime('%Y-%m-%dT%H:%M:%fZ', created_at, '+0 seconds')),
    by         TEXT NOT NULL DEFAULT '',
    CONSTRAINT "last_day must not be before first_day" CHECK (last_day >= first_day)
) STRICT;

CREATE INDEX absences_of_person ON absences (person, last_day);
CREATE INDEX absences_by_end    ON absences (last_day);

-- The occurrences of series that an absence has cancelled: who takes it back gets them back,
-- as far as their desks are free.
CREATE TABLE absence_releases (
    reservation TEXT NOT NULL PRIMARY KEY,
    absence     TEXT NOT NULL REFERENCES absences (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX absence_releases_of_absence ON absence_releases (absence);

-- The idempotency keys of reservations, closures and absences: a client that asks again with
-- one, not knowing whether they were heard, gets the same. reservation is its id, fingerprint
-- a hash of the key and what was asked for; a key is forgotten some time after its use.
CREATE TABLE reservation_keys (
    key         TEXT NOT NULL PRIMARY KEY CONSTRAINT "a key must not be empty" CHECK (key <> ''),
    reservation TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    used_at     TEXT NOT NULL CONSTRAINT "used_at must be UTC like 2026-03-02T08:00:00.000Z"
                CHECK (used_at IS strftime('%Y-%m-%dT%H:%M:%fZ', used_at, '+0 seconds'))
) STRICT;

CREATE INDEX reservation_keys_of_reservation ON reservation_keys (reservation);
CREATE INDEX reservation_keys_by_use         ON reservation_keys (used_at);

-- A key is a person's own text and may name them: it goes when the reservation loses
-- its name, or is given to another person.
-- +goose StatementBegin
CREATE TRIGGER reservation_keys_forgotten AFTER UPDATE OF person ON reservations
WHEN NEW.person <> OLD.person
BEGIN
    DELETE FROM reservation_keys WHERE reservation = OLD.id;
END;
-- +goose StatementEnd

-- So does that of an absence, with it: who is erased has none.
-- +goose StatementBegin
CREATE TRIGGER absence_keys_forgotten AFTER DELETE ON absences
BEGIN
    DELETE FROM reservation_keys WHERE reservation = OLD.id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER absence_keys_changed AFTER UPDATE OF person ON absences
WHEN NEW.person <> OLD.person
BEGIN
    DELETE FROM reservation_keys WHERE reservation = OLD.id;
END;
-- +goose StatementEnd

-- Times in which desks cannot be booked: a desk, or all of a site, of a floor or zone of it.
-- What is booked in them already stays, and is obeyed. why is a person's text.
CREATE TABLE closures (
    id        TEXT NOT NULL PRIMARY KEY CONSTRAINT "a closure needs an id" CHECK (id <> ''),
    site      TEXT NOT NULL DEFAULT '',
    floor     TEXT NOT NULL DEFAULT '',
    zone      TEXT NOT NULL DEFAULT '',
    desk      TEXT NOT NULL DEFAULT '',
    starts_at TEXT NOT NULL CONSTRAINT "starts_at must be UTC like 2026-03-02T08:00:00Z"
              CHECK (starts_at IS strftime('%Y-%m-%dT%H:%M:%SZ', starts_at, '+0 seconds')),
    ends_at   TEXT NOT NULL CONSTRAINT "ends_at must be UTC like 2026-03-02T12:00:00Z"
              CHECK (ends_at IS strftime('%Y-%m-%dT%H:%M:%SZ', ends_at, '+0 seconds')),
    why       TEXT NOT NULL DEFAULT '',
    made_at   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    feed      TEXT NOT NULL DEFAULT '', -- the calendar of holidays that it is of
    CONSTRAINT "a closure is of a site or of a desk" CHECK (site <> '' OR desk <> ''),
    CONSTRAINT "ends_at must be after starts_at" CHECK (ends_at > starts_at)
) STRICT;

CREATE INDEX closures_by_end ON closures (ends_at);

-- What says that a person has come to a desk that is booked for them: where deskd knows it
-- from (cli, api, phone, login, ...), and when. A booking whose person is another, or nobody
-- any more, has none.
CREATE TABLE evidence (
    reservation TEXT NOT NULL CONSTRAINT "evidence is of a reservation" CHECK (reservation <> ''),
    source      TEXT NOT NULL CONSTRAINT "evidence has a source" CHECK (source <> ''),
    at          TEXT NOT NULL CONSTRAINT "at must be UTC like 2026-03-02T08:00:00.000Z"
                CHECK (at IS strftime('%Y-%m-%dT%H:%M:%fZ', at, '+0 seconds')),
    PRIMARY KEY (reservation, source, at)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER evidence_forgotten AFTER UPDATE OF person ON reservations
WHEN NEW.person <> OLD.person
BEGIN
    DELETE FROM evidence WHERE reservation = OLD.id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER evidence_of_nothing AFTER DELETE ON reservations
BEGIN
    DELETE FROM evidence WHERE reservation = OLD.id;
END;
-- +goose StatementEnd

CREATE TABLE feeds (
    name          TEXT    NOT NULL PRIMARY KEY,
    url           TEXT    NOT NULL DEFAULT '',
    etag          TEXT    NOT NULL DEFAULT '',
    last_modified TEXT    NOT NULL DEFAULT '',
    body_hash     TEXT    NOT NULL DEFAULT '',
    inputs        TEXT    NOT NULL DEFAULT '',
    checked       TEXT    NOT NULL DEFAULT '',
    changed       TEXT    NOT NULL DEFAULT '',
    good          TEXT    NOT NULL DEFAULT '',
    failures      INTEGER NOT NULL DEFAULT 0,
    problem       TEXT    NOT NULL DEFAULT '',
    events        INTEGER NOT NULL DEFAULT 0,
    unread        INTEGER NOT NULL DEFAULT 0,
    kept          INTEGER NOT NULL DEFAULT 0,
    noted         INTEGER NOT NULL DEFAULT 0,
    tentative     INTEGER NOT NULL DEFAULT 0,
    held_since    TEXT    NOT NULL DEFAULT '',
    held_seen     INTEGER NOT NULL DEFAULT 0,
    held_loss     INTEGER NOT NULL DEFAULT 0,
    held_gain     INTEGER NOT NULL DEFAULT 0,
    held_rejected INTEGER NOT NULL DEFAULT 0,
    touched       INTEGER NOT NULL DEFAULT 0, -- by the triggers below
    heeded        INTEGER NOT NULL DEFAULT 0  -- what touched was, when the feed was last read
) STRICT;

-- Whatever changes or deletes a feed's booking, the calendar is read once more: it
-- says what is booked, also when it has not changed itself. What retention removes was
-- over long before.

-- +goose StatementBegin
CREATE TRIGGER feeds_touched_update AFTER UPDATE OF desk, person, starts_at, ends_at, status, source ON reservations
WHEN OLD.source LIKE 'feed:%' AND (OLD.desk, OLD.person, OLD.starts_at, OLD.ends_at, OLD.status, OLD.source)
    IS NOT (NEW.desk, NEW.person, NEW.starts_at, NEW.ends_at, NEW.status, NEW.source)
BEGIN
    UPDATE feeds SET touched = touched + 1 WHERE name = substr(OLD.source, 6);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER feeds_touched_delete AFTER DELETE ON reservations
WHEN OLD.source LIKE 'feed:%' AND NOT (OLD.anonymised AND OLD.ends_at < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 day'))
BEGIN
    UPDATE feeds SET touched = touched + 1 WHERE name = substr(OLD.source, 6);
END;
-- +goose StatementEnd

-- The events of a feed that wait for a desk another event of it has, and when each
-- was first seen: the next one to have the desk is the one that waits longest.
-- event is a hash of the event, its instance and the desk.
CREATE TABLE feed_waiting (
    feed      TEXT NOT NULL,
    event     TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at   TEXT NOT NULL,
    seen_at   TEXT NOT NULL,
    PRIMARY KEY (feed, event)
) STRICT;

-- The change of a feed that is held, as JSON, and a person's answer to it. Its
-- row is the person's and the poller's alike, and apart from feeds so that
-- neither overwrites what the other has just said.
CREATE TABLE feed_held (
    feed        TEXT NOT NULL PRIMARY KEY,
    id          TEXT NOT NULL,
    change      TEXT NOT NULL,
    seen        TEXT NOT NULL DEFAULT '{}', -- JSON: since when each booking of it is held, and how often it was seen
    seen_proof  TEXT NOT NULL DEFAULT '', -- that deskd has written seen
    until_at    TEXT NOT NULL,
    answer      TEXT NOT NULL DEFAULT '' CONSTRAINT "answer must be accepted or rejected" CHECK (answer IN ('', 'accepted', 'rejected')),
    by          TEXT NOT NULL DEFAULT '',
    answered_at TEXT NOT NULL DEFAULT '',
    proof       TEXT NOT NULL DEFAULT '' -- that deskd has written who answered
) STRICT;

CREATE TABLE feed_problems (
    id       INTEGER PRIMARY KEY,
    feed     TEXT    NOT NULL REFERENCES feeds (name) ON DELETE CASCADE,
    line     INTEGER NOT NULL DEFAULT 0,
    uid      TEXT    NOT NULL DEFAULT '',
    start_at TEXT    NOT NULL DEFAULT '',
    what     TEXT    NOT NULL,
    hint     TEXT    NOT NULL DEFAULT '',
    title    TEXT    NOT NULL DEFAULT '', -- of the event, '' for a private one, like organizer
    organizer TEXT   NOT NULL DEFAULT '',
    note     INTEGER NOT NULL DEFAULT 0 -- 1: the event was understood all the same
) STRICT;

CREATE INDEX feed_problems_of_feed ON feed_problems (feed);

-- The journal. It names desks, people and reservations without references: it
-- outlives them.
CREATE TABLE attempts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    cluster     TEXT    NOT NULL,
    op          TEXT    NOT NULL CONSTRAINT "op must be login, logout or hold" CHECK (op IN ('login', 'logout', 'hold')),
    desk        TEXT    NOT NULL,
    device      TEXT    NOT NULL,
    person      TEXT    NOT NULL COLLATE NOCASE,
    profile     TEXT    NOT NULL,
    reservation TEXT    NOT NULL,
    from_at     TEXT    NOT NULL,
    until_at    TEXT    NOT NULL,
    through_at  TEXT    NOT NULL,
    stays_at    TEXT    NOT NULL DEFAULT '',
    release_at  TEXT    NOT NULL,
    known_at    TEXT    NOT NULL DEFAULT '',
    cause       TEXT    NOT NULL,
    why         TEXT    NOT NULL,
    due_at      TEXT    NOT NULL,
    not_before  TEXT    NOT NULL,
    outcome     TEXT    NOT NULL CONSTRAINT "outcome must be open, done, refused, unknown, not-sent, no-effect, abandoned or held"
                CHECK (outcome IN ('open', 'done', 'refused', 'unknown', 'not-sent', 'no-effect', 'abandoned', 'held')),
    code        INTEGER NOT NULL,
    class       TEXT    NOT NULL DEFAULT '',
    error       TEXT    NOT NULL,
    began_at    TEXT    NOT NULL CONSTRAINT "began_at must be UTC like 2026-03-02T08:00:00.000Z"
                CHECK (began_at IS strftime('%Y-%m-%dT%H:%M:%fZ', began_at, '+0 seconds')),
    ended_at    TEXT    NOT NULL,
    verified_at TEXT    NOT NULL,
    call_list   TEXT    NOT NULL DEFAULT '', -- what became of it when the session had ended
    anonymised  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX attempts_by_began       ON attempts (began_at);
CREATE INDEX attempts_of_desk        ON attempts (desk, began_at);
CREATE INDEX attempts_unresolved     ON attempts (outcome) WHERE outcome IN ('open', 'unknown');
CREATE INDEX attempts_lasting      ON attempts (device)  WHERE outcome = 'held' AND ended_at = '';
CREATE INDEX attempts_of_device      ON attempts (device);
CREATE INDEX attempts_of_reservation ON attempts (reservation);
CREATE INDEX attempts_named          ON attempts (began_at) WHERE NOT anonymised;

-- What was last seen at each phone. present: the phone system knows the device.
-- visitor: the person belongs to another cluster (EMCC). together: the phones with
-- which it is seen again and again, 0 for none: seen_at is in seen_together then.
CREATE TABLE observations (
    device      TEXT    NOT NULL PRIMARY KEY,
    person      TEXT    NOT NULL COLLATE NOCASE,
    present     INTEGER NOT NULL,
    known       INTEGER NOT NULL,
    doubt       TEXT    NOT NULL,
    ours        INTEGER NOT NULL,
    visitor     INTEGER NOT NULL DEFAULT 0,
    reservation TEXT    NOT NULL,
    since_at    TEXT    NOT NULL,
    first_at    TEXT    NOT NULL DEFAULT '', -- since_at by the clock of then
    seen_at     TEXT    NOT NULL,
    spared      INTEGER NOT NULL DEFAULT 0,
    carried_session     INTEGER NOT NULL DEFAULT 0, -- the attempt that began the last session there …
    carried_reservation TEXT    NOT NULL DEFAULT '', -- … the booking that it went on into …
    carried_until       TEXT    NOT NULL DEFAULT '', -- … and the end of that
    together    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX observations_together ON observations (together);

-- When phones were last seen on which nothing has changed: a row for all of those that a
-- sweep asks about in one question.
CREATE TABLE seen_together (
    together INTEGER NOT NULL PRIMARY KEY,
    seen_at  TEXT    NOT NULL
) STRICT;

-- What is remembered of a cluster across restarts because forgetting it would do
-- harm: that it refuses deskd, that the unit of its sessions looks wrong, and (as
-- JSON) which clocks were trusted before the machine's jumped. No row: all is well. fingerprint is PBKDF2-HMAC-SHA-256 of the address, credentials and
-- certificates that were refused, under salt.
CREATE TABLE cluster_states (
    cluster    TEXT    NOT NULL PRIMARY KEY,
    opened_at  TEXT    NOT NULL,
    refused_at TEXT    NOT NULL,
    code       INTEGER NOT NULL,
    problem    TEXT    NOT NULL,
    salt       BLOB,
    fingerprint BLOB,
    tries      INTEGER NOT NULL,
    tried_at   TEXT    NOT NULL,
    readmitted INTEGER NOT NULL DEFAULT 0, -- the newest attempt when the circuit was closed last …
    renewed    INTEGER NOT NULL DEFAULT 0, -- … and when it was closed by other credentials
    units      TEXT    NOT NULL,
    doubted_at TEXT    NOT NULL,
    unit       INTEGER NOT NULL,
    clocks     TEXT    NOT NULL DEFAULT ''
) STRICT;

-- The clusters that were paused by hand, and by whom. While its row stands no
-- intent to log in or out is recorded, and nothing is sent without one.
CREATE TABLE pauses (
    cluster TEXT NOT NULL PRIMARY KEY,
    since   TEXT NOT NULL CONSTRAINT "since must be UTC like 2026-03-02T08:00:00.000Z"
            CHECK (since IS strftime('%Y-%m-%dT%H:%M:%fZ', since, '+0 seconds')),
    by      TEXT NOT NULL DEFAULT 'sql',
    why     TEXT NOT NULL DEFAULT '',
    proof   TEXT NOT NULL DEFAULT '' -- that deskd has written who
) STRICT;

-- The logouts that wait for a person, because many bookings were cut short at
-- once, or that a person has released. session is the attempt that began the session;
-- it says whose it is, and where.
CREATE TABLE held_logouts (
    session     INTEGER NOT NULL PRIMARY KEY,
    cluster     TEXT    NOT NULL,
    device      TEXT    NOT NULL DEFAULT '',
    reservation TEXT    NOT NULL,
    until_at    TEXT    NOT NULL,
    since       TEXT    NOT NULL,
    released_at TEXT    NOT NULL DEFAULT '',
    by          TEXT    NOT NULL DEFAULT '',
    proof       TEXT    NOT NULL DEFAULT '' -- that deskd has written who released them
) STRICT;

-- What the command line asks of the running daemon.
CREATE TABLE requests (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    verb        TEXT    NOT NULL,
    arg         TEXT    NOT NULL,
    asked_at    TEXT    NOT NULL,
    answered_at TEXT    NOT NULL DEFAULT '',
    failed      INTEGER NOT NULL DEFAULT 0,
    result      TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX requests_open ON requests (id) WHERE answered_at = '';

-- The links on phones that were followed: each acts once, on whichever node.
CREATE TABLE phone_links (
    id      TEXT NOT NULL PRIMARY KEY CONSTRAINT "a link needs an id" CHECK (id <> ''),
    used_at TEXT NOT NULL CONSTRAINT "used_at must be UTC like 2026-03-02T08:00:00.000Z"
            CHECK (used_at IS strftime('%Y-%m-%dT%H:%M:%fZ', used_at, '+0 seconds'))
) STRICT;

CREATE INDEX phone_links_by_use ON phone_links (used_at);

-- What deskd has told people on phones without being asked: one row for each notice, written
-- before it is pushed. It names nobody: reservation says whose it is.
--
--   key      tells notices apart: none is told twice
--   about_at the end that is told, or when the next booking begins; '' of a move
--   ahead_s  how long before the end it was to be told, in seconds
--   other    the desk that the booking is on now, or the next booking; '' before an end
--   outcome  '' while it is being told
CREATE TABLE phone_notices (
    key         TEXT    NOT NULL PRIMARY KEY CONSTRAINT "a notice needs a key" CHECK (key <> ''),
    kind        TEXT    NOT NULL,
    cluster     TEXT    NOT NULL,
    desk        TEXT    NOT NULL,
    device      TEXT    NOT NULL,
    reservation TEXT    NOT NULL,
    about_at    TEXT    NOT NULL DEFAULT '',
    ahead_s     INTEGER NOT NULL DEFAULT 0,
    other       TEXT    NOT NULL DEFAULT '',
    due_at      TEXT    NOT NULL,
    began_at    TEXT    NOT NULL,
    ended_at    TEXT    NOT NULL DEFAULT '',
    outcome     TEXT    NOT NULL DEFAULT '',
    problem     TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX phone_notices_by_time ON phone_notices (began_at);

-- The daemons that serve this database, one of them with SQLite, by their names. ahead_ms is by how much
-- a node's clock was ahead of a server's when it was last compared.
CREATE TABLE nodes (
    name       TEXT    NOT NULL PRIMARY KEY CONSTRAINT "a node needs a name" CHECK (name <> ''),
    version    TEXT    NOT NULL,
    page       TEXT    NOT NULL DEFAULT '',
    started_at TEXT    NOT NULL,
    seen_at    TEXT    NOT NULL,
    ended_at   TEXT    NOT NULL DEFAULT '',
    ahead_ms   INTEGER,
    settings   TEXT    NOT NULL DEFAULT '' -- a digest of each that nodes need alike, as JSON
) STRICT;

-- What one node does at a time, driving a cluster say: which, since when, how often it has changed
-- hands, and what that node last told of it, as JSON.
CREATE TABLE duties (
    name      TEXT    NOT NULL PRIMARY KEY CONSTRAINT "a duty needs a name" CHECK (name <> ''),
    node      TEXT    NOT NULL, -- '' while nobody has it
    since_at  TEXT    NOT NULL,
    takeovers INTEGER NOT NULL DEFAULT 0,
    told      TEXT    NOT NULL DEFAULT '',
    told_at   TEXT    NOT NULL DEFAULT ''
) STRICT;

-- With which programs, and people, may ask deskd over HTTP. Of the secret only its SHA-256 is
-- kept, as hex.
--
--   kind     api, or calendar: a calendar that people subscribe to
--   scopes   of api: read, write, operate, admin, with a blank between two
--   person   who asks, '' for a program
--   role     '' for that of the person
--   shows    of calendar: what it shows, such as desk=4.12
--   used_at  when it was used last, to the hour
--   proof    that deskd has written the rest, but for used_at and revoked_at: no other does
--            count
CREATE TABLE tokens (
    id         TEXT NOT NULL PRIMARY KEY CONSTRAINT "a token needs an id" CHECK (id <> ''),
    kind       TEXT NOT NULL CONSTRAINT "kind must be api or calendar" CHECK (kind IN ('api', 'calendar')),
    hash       TEXT NOT NULL UNIQUE CONSTRAINT "a token needs a hash" CHECK (hash <> ''),
    scopes     TEXT NOT NULL DEFAULT '',
    person     TEXT NOT NULL DEFAULT '' COLLATE NOCASE,
    role       TEXT NOT NULL DEFAULT '',
    shows      TEXT NOT NULL DEFAULT '',
    note       TEXT NOT NULL DEFAULT '',
    by         TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL DEFAULT '',
    used_at    TEXT NOT NULL DEFAULT '',
    revoked_at TEXT NOT NULL DEFAULT '',
    proof      TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX tokens_of_person ON tokens (person);

-- Where phones are, and how the cluster has set them up, as others tell it: a caller from
-- a phone's address is taken for that phone. No two phones have one address.
--
--   address       IPv4 or IPv6, '' while none is known
--   source        who told the address: csv, devicelist, ris, axl, asked (the phone itself)
--   seen_at       when it was there
--   registered    whether the cluster could reach it, at registered_at; NULL while nobody has
--                 told. So is
--   web_access    whether it has pages of its own and takes pushes; and, at told_at,
--   em            whether extension mobility is on
--   profile       the default profile, of the time in which nobody is logged in; '' for none
--   detail        what was odd about the news, in words
--   idle_since    since when nobody has touched it, as it says itself; none while it is in use …
--   idle_at       … and when it said so last
CREATE TABLE phones (
    cluster       TEXT NOT NULL,
    device        TEXT NOT NULL CONSTRAINT "a phone needs a device" CHECK (device <> ''),
    address       TEXT NOT NULL DEFAULT '',
    model         TEXT NOT NULL DEFAULT '',
    source        TEXT NOT NULL DEFAULT ''
                  CONSTRAINT "source must be csv, devicelist, ris, axl or asked" CHECK (source IN ('', 'csv', 'devicelist', 'ris', 'axl', 'asked')),
    seen_at       TEXT NOT NULL DEFAULT '',
    registered    INTEGER CONSTRAINT "registered is 0, 1 or NULL" CHECK (registered IN (0, 1)),
    registered_at TEXT NOT NULL DEFAULT '',
    em            INTEGER CONSTRAINT "em is 0, 1 or NULL" CHECK (em IN (0, 1)),
    profile       TEXT,
    web_access    INTEGER CONSTRAINT "web_access is 0, 1 or NULL" CHECK (web_access IN (0, 1)),
    told_at       TEXT NOT NULL DEFAULT '',
    detail        TEXT NOT NULL DEFAULT '',
    idle_since    TEXT NOT NULL DEFAULT '',
    idle_at       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (cluster, device)
) STRICT;

CREATE INDEX phones_of_device      ON phones (device);
CREATE UNIQUE INDEX phones_at_address ON phones (address) WHERE address <> '';

-- One row: which database this is, and where its audit begins. A copy keeps the
-- id. Rows of the audit up to audit_pruned were removed by retention; audit_hash
-- is the hash of the last of them, at first a random one.
CREATE TABLE self (
    one          INTEGER NOT NULL PRIMARY KEY CONSTRAINT "there is one row" CHECK (one = 1),
    id           TEXT    NOT NULL,
    audit_pruned INTEGER NOT NULL,
    audit_hash   TEXT    NOT NULL
) STRICT;

INSERT INTO self (one, id, audit_pruned, audit_hash)
VALUES (1, lower(hex(randomblob(16))), 0, lower(hex(randomblob(32))));

-- +goose StatementBegin
CREATE TRIGGER self_is_one_insert BEFORE INSERT ON self
BEGIN
    SELECT RAISE(ABORT, 'the row of self is deskd''s');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER self_is_one_delete BEFORE DELETE ON self
BEGIN
    SELECT RAISE(ABORT, 'the row of self is deskd''s');
END;
-- +goose StatementEnd

-- The beginning of the audit moves only forward, to a chained row, and past
-- nothing younger than the shortest retention.audit there is. Without deskd's row
-- prune, the verification finds such a move.
-- +goose StatementBegin
CREATE TRIGGER self_follows_the_audit BEFORE UPDATE ON self
WHEN NOT (NEW.one = OLD.one AND NEW.id = OLD.id AND NEW.audit_pruned > OLD.audit_pruned AND NEW.audit_hash <> ''
    AND NEW.audit_hash IS (SELECT hash FROM audit WHERE id = NEW.audit_pruned)
    AND (SELECT max(at) FROM audit WHERE id <= NEW.audit_pruned) < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 day'))
BEGIN
    SELECT RAISE(ABORT, 'the row of self is deskd''s');
END;
-- +goose StatementEnd

-- What became of reservations, desks and people, by any program: the
-- triggers below write a row with the change itself, in its transaction. Its
-- hash is that of the row before it and its own columns; of item and what, which
-- name people, only the digest is hashed, so that they can be blanked and the
-- chain still proves the rest. The digest is salted: an id of a few letters could
-- be guessed from it. deskd computes both, in the same transaction where the
-- change is its own, and puts its verb and who asked for it; rows of other
-- programs wait with an empty hash until deskd sees them, and their actor is sql,
-- whatever they say. Ids have no gaps.
--
--   what    {"is": {...}} made, {"was": {...}} removed, both: the columns changed
--   digest  of salt, item and what
--   proof   that deskd has signed or chained the row: a keyed hash, whose key stands
--           in the marker beside the file
--   item, what, salt  all empty: the row is redacted
CREATE TABLE audit (
    id     INTEGER PRIMARY KEY AUTOINCREMENT CONSTRAINT "the audit counts from 1" CHECK (id > 0),
    at     TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    actor  TEXT    NOT NULL DEFAULT 'sql',
    verb   TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    item   TEXT    NOT NULL,
    what   TEXT    NOT NULL,
    salt   TEXT    NOT NULL DEFAULT (lower(hex(randomblob(16)))),
    digest TEXT    NOT NULL DEFAULT '',
    hash   TEXT    NOT NULL DEFAULT '',
    proof  TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX audit_by_at   ON audit (at);
CREATE INDEX audit_of_item ON audit (kind, item);
CREATE INDEX audit_waiting ON audit (id) WHERE hash = '';
CREATE INDEX audit_named   ON audit (at) WHERE salt <> '';

-- A row begins as one of another program's, now, behind all others: deskd signs
-- its own before anybody else sees them. An id that is given is that of a row which
-- REPLACE would remove without a word, of a gap, or the last there can be. (Here
-- NEW.id is -1 when none is given.)

-- +goose StatementBegin
CREATE TRIGGER audit_begins_as_sql BEFORE INSERT ON audit
WHEN NEW.actor <> 'sql' OR NEW.verb NOT IN ('insert', 'update', 'delete') OR NEW.digest <> '' OR NEW.hash <> '' OR NEW.proof <> ''
    OR NEW.at IS NOT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
    OR NEW.id <> -1 AND NEW.id IS NOT 1 + max(coalesce((SELECT max(id) FROM audit), 0), (SELECT audit_pruned FROM self))
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
-- +goose StatementEnd

-- Three updates there are: a row that waits is signed with who asked for it, or
-- chained, and a chained one is redacted.

-- +goose StatementBegin
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit
WHEN NOT (
    OLD.hash = ''
        AND NEW.proof <> ''
        AND (NEW.hash <> '' OR OLD.actor = 'sql' AND NEW.actor <> 'sql' AND NEW.digest = '' AND NEW.verb NOT IN ('insert', 'update', 'delete'))
        AND (OLD.id, OLD.at, OLD.kind, OLD.item, OLD.what, OLD.salt) IS (NEW.id, NEW.at, NEW.kind, NEW.item, NEW.what, NEW.salt)
    OR OLD.hash <> '' AND NEW.item = '' AND NEW.what = '' AND NEW.salt = ''
        AND (OLD.id, OLD.at, OLD.actor, OLD.verb, OLD.kind, OLD.digest, OLD.hash, OLD.proof)
            IS (NEW.id, NEW.at, NEW.actor, NEW.verb, NEW.kind, NEW.digest, NEW.hash, NEW.proof))
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit
WHEN OLD.id > (SELECT audit_pruned FROM self)
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
-- +goose StatementEnd

-- Line and uid of an event are left out: a calendar that is written again
-- changes them and no booking. vouched is told when there is any, seen_at when it
-- is not when the row was made.

-- +goose StatementBegin
CREATE TRIGGER reservations_audit_insert AFTER INSERT ON reservations
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('insert', 'reservation', NEW.id, json_object('is', json_patch(json_object('desk', NEW.desk, 'person', NEW.person,
        'starts_at', NEW.starts_at, 'ends_at', NEW.ends_at, 'status', NEW.status, 'source', NEW.source, 'note', NEW.note),
        json_object('vouched', nullif(NEW.vouched, ''), 'seen_at', nullif(NEW.seen_at, NEW.updated_at), 'series', nullif(NEW.series, '')))));
END;
-- +goose StatementEnd

-- json_patch drops what is NULL: the columns that did not change. To take the
-- names out of a reservation that is over, by the clock of who writes, is the one
-- change without a row, which would name them: deskd writes one that counts.
-- +goose StatementBegin
CREATE TRIGGER reservations_audit_update AFTER UPDATE ON reservations
WHEN (OLD.id, OLD.desk, OLD.person COLLATE BINARY, OLD.starts_at, OLD.ends_at, OLD.status, OLD.source, OLD.note, OLD.vouched, OLD.seen_at)
    IS NOT (NEW.id, NEW.desk, NEW.person, NEW.starts_at, NEW.ends_at, NEW.status, NEW.source, NEW.note, NEW.vouched, NEW.seen_at)
    AND NOT (OLD.anonymised = 0 AND NEW.anonymised = 1 AND NEW.ends_at < strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
        AND (OLD.desk = NEW.desk OR NEW.desk GLOB 'unknown-*')
        AND (OLD.starts_at, OLD.ends_at, OLD.status, OLD.vouched, OLD.seen_at) IS (NEW.starts_at, NEW.ends_at, NEW.status, NEW.vouched, NEW.seen_at))
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'reservation', NEW.id, json_object(
        'was', json_patch('{}', json_object(
            'id',        iif(OLD.id        IS NOT NEW.id,        OLD.id,        NULL),
            'desk',      iif(OLD.desk      IS NOT NEW.desk,      OLD.desk,      NULL),
            'person',    iif(OLD.person COLLATE BINARY IS NOT NEW.person, OLD.person, NULL),
            'starts_at', iif(OLD.starts_at IS NOT NEW.starts_at, OLD.starts_at, NULL),
            'ends_at',   iif(OLD.ends_at   IS NOT NEW.ends_at,   OLD.ends_at,   NULL),
            'status',    iif(OLD.status    IS NOT NEW.status,    OLD.status,    NULL),
            'source',    iif(OLD.source    IS NOT NEW.source,    OLD.source,    NULL),
            'note',      iif(OLD.note      IS NOT NEW.note,      OLD.note,      NULL),
            'vouched',   iif(OLD.vouched   IS NOT NEW.vouched,   OLD.vouched,   NULL),
            'seen_at',   iif(OLD.seen_at   IS NOT NEW.seen_at,   OLD.seen_at,   NULL))),
        'is', json_patch('{}', json_object(
            'id',        iif(OLD.id        IS NOT NEW.id,        NEW.id,        NULL),
            'desk',      iif(OLD.desk      IS NOT NEW.desk,      NEW.desk,      NULL),
            'person',    iif(OLD.person COLLATE BINARY IS NOT NEW.person, NEW.person, NULL),
            'starts_at', iif(OLD.starts_at IS NOT NEW.starts_at, NEW.starts_at, NULL),
            'ends_at',   iif(OLD.ends_at   IS NOT NEW.ends_at,   NEW.ends_at,   NULL),
            'status',    iif(OLD.status    IS NOT NEW.status,    NEW.status,    NULL),
            'source',    iif(OLD.source    IS NOT NEW.source,    NEW.source,    NULL),
            'note',      iif(OLD.note      IS NOT NEW.note,      NEW.note,      NULL),
            'vouched',   iif(OLD.vouched   IS NOT NEW.vouched,   NEW.vouched,   NULL),
            'seen_at',   iif(OLD.seen_at   IS NOT NEW.seen_at,   NEW.seen_at,   NULL)))));
END;
-- +goose StatementEnd

-- To remove a reservation that has no names any more and is over since a day, by the clock
-- of who writes, leaves no row: deskd writes one that counts.
-- +goose StatementBegin
CREATE TRIGGER reservations_audit_delete AFTER DELETE ON reservations
WHEN NOT (OLD.anonymised AND OLD.ends_at < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 day'))
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('delete', 'reservation', OLD.id, json_object('was', json_patch(json_object('desk', OLD.desk, 'person', OLD.person,
        'starts_at', OLD.starts_at, 'ends_at', OLD.ends_at, 'status', OLD.status, 'source', OLD.source, 'note', OLD.note),
        json_object('vouched', nullif(OLD.vouched, '')))));
END;
-- +goose StatementEnd

-- Whose phone a desk's is, with which profile and protection a person is logged in,
-- and what calendars call the two, decides as much as a booking. A name is
-- told when there is one, and later when it changes; where the desk is, when that changes:
-- who keeps desks in memory hears of it so.

-- +goose StatementBegin
CREATE TRIGGER desks_audit_insert AFTER INSERT ON desks
BEGIN
    INSERT INTO audit (verb, kind, item, what) VALUES ('insert', 'desk', NEW.id,
        json_object('is', json_patch(json_object('site', NEW.site, 'cluster', NEW.cluster, 'device', NEW.device),
            json_object('name', nullif(NEW.name, ''), 'owner', nullif(NEW.owner, '')))));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER desks_audit_update AFTER UPDATE ON desks
WHEN (OLD.id, OLD.site, OLD.cluster, OLD.device, OLD.name, OLD.floor, OLD.zone, OLD.owner COLLATE BINARY)
    IS NOT (NEW.id, NEW.site, NEW.cluster, NEW.device, NEW.name, NEW.floor, NEW.zone, NEW.owner)
BEGIN
    INSERT INTO audit (verb, kind, item, what) VALUES ('update', 'desk', NEW.id, json_object(
        'was', json_patch(json_object('id', OLD.id, 'site', OLD.site, 'cluster', OLD.cluster, 'device', OLD.device), json_object(
            'name',  iif(OLD.name  IS NOT NEW.name,  OLD.name,  NULL),
            'floor', iif(OLD.floor IS NOT NEW.floor, OLD.floor, NULL),
            'zone',  iif(OLD.zone  IS NOT NEW.zone,  OLD.zone,  NULL),
            'owner', iif(OLD.owner COLLATE BINARY IS NOT NEW.owner, OLD.owner, NULL))),
        'is',  json_patch(json_object('id', NEW.id, 'site', NEW.site, 'cluster', NEW.cluster, 'device', NEW.device), json_object(
            'name',  iif(OLD.name  IS NOT NEW.name,  NEW.name,  NULL),
            'floor', iif(OLD.floor IS NOT NEW.floor, NEW.floor, NULL),
            'zone',  iif(OLD.zone  IS NOT NEW.zone,  NEW.zone,  NULL),
            'owner', iif(OLD.owner COLLATE BINARY IS NOT NEW.owner, NEW.owner, NULL)))));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER desks_audit_delete AFTER DELETE ON desks
BEGIN
    INSERT INTO audit (verb, kind, item, what) VALUES ('delete', 'desk', OLD.id,
        json_object('was', json_patch(json_object('site', OLD.site, 'cluster', OLD.cluster, 'device', OLD.device),
            json_object('name', nullif(OLD.name, ''), 'owner', nullif(OLD.owner, '')))));
END;
-- +goose StatementEnd

-- An absence decides who may have a desk. It is told as what it is of its person.

-- +goose StatementBegin
CREATE TRIGGER absences_audit_insert AFTER INSERT ON absences
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('insert', 'person', NEW.person, json_object('is', json_object('away_from', NEW.first_day, 'away_to', NEW.last_day)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER absences_audit_update AFTER UPDATE ON absences
WHEN (OLD.person, OLD.first_day, OLD.last_day) IS NOT (NEW.person, NEW.first_day, NEW.last_day)
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'person', OLD.person, json_object('was', json_object('away_from', OLD.first_day, 'away_to', OLD.last_day)));
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'person', NEW.person, json_object('is', json_object('away_from', NEW.first_day, 'away_to', NEW.last_day)));
END;
-- +goose StatementEnd

-- What is over since a day goes without a row.
-- +goose StatementBegin
CREATE TRIGGER absences_audit_delete AFTER DELETE ON absences
WHEN OLD.last_day >= date('now', '-2 days')
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('delete', 'person', OLD.person, json_object('was', json_object('away_from', OLD.first_day, 'away_to', OLD.last_day)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER people_audit_insert AFTER INSERT ON people
BEGIN
    INSERT INTO audit (verb, kind, item, what) VALUES ('insert', 'person', NEW.id,
        json_object('is', json_patch(json_object('profile', NEW.profile, 'protected', NEW.protected, 'groups', NEW.groups),
            json_object('name', nullif(NEW.name, ''), 'role', nullif(NEW.role, '')))));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER people_audit_update AFTER UPDATE ON people
WHEN (OLD.id COLLATE BINARY, OLD.profile, OLD.protected, OLD.name, OLD.groups, OLD.role) IS NOT (NEW.id, NEW.profile, NEW.protected, NEW.name, NEW.groups, NEW.role)
BEGIN
    INSERT INTO audit (verb, kind, item, what) VALUES ('update', 'person', NEW.id, json_object(
        'was', json_patch(json_object('id', OLD.id, 'profile', OLD.profile, 'protected', OLD.protected, 'groups', OLD.groups),
            json_object('name', iif(OLD.name IS NOT NEW.name, OLD.name, NULL), 'role', iif(OLD.role IS NOT NEW.role, OLD.role, NULL))),
        'is',  json_patch(json_object('id', NEW.id, 'profile', NEW.profile, 'protected', NEW.protected, 'groups', NEW.groups),
            json_object('name', iif(OLD.name IS NOT NEW.name, NEW.name, NULL), 'role', iif(OLD.role IS NOT NEW.role, NEW.role, NULL)))));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER people_audit_delete AFTER DELETE ON people
BEGIN
    INSERT INTO audit (verb, kind, item, what) VALUES ('delete', 'person', OLD.id,
        json_object('was', json_patch(json_object('profile', OLD.profile, 'protected', OLD.protected, 'groups', OLD.groups),
            json_object('name', nullif(OLD.name, ''), 'role', nullif(OLD.role, '')))));
END;
-- +goose StatementEnd

-- A name that goes from one to another leaves a row about each.

-- +goose StatementBegin
CREATE TRIGGER person_mail_audit_insert AFTER INSERT ON person_mail
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('insert', 'person', NEW.person, json_object('is', json_object('mail', NEW.mail)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_mail_audit_update AFTER UPDATE ON person_mail
WHEN OLD.person IS NEW.person AND OLD.mail COLLATE BINARY IS NOT NEW.mail
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'person', NEW.person, json_object('was', json_object('mail', OLD.mail), 'is', json_object('mail', NEW.mail)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_mail_audit_move AFTER UPDATE ON person_mail
WHEN OLD.person IS NOT NEW.person
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'person', OLD.person, json_object('was', json_object('mail', OLD.mail)));
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'person', NEW.person, json_object('is', json_object('mail', NEW.mail)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_mail_audit_delete AFTER DELETE ON person_mail
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('delete', 'person', OLD.person, json_object('was', json_object('mail', OLD.mail)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_aliases_audit_insert AFTER INSERT ON person_aliases
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('insert', 'person', NEW.person, json_object('is', json_object('alias', NEW.alias)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_aliases_audit_update AFTER UPDATE ON person_aliases
WHEN OLD.person IS NEW.person AND OLD.alias IS NOT NEW.alias
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'person', NEW.person, json_object('was', json_object('alias', OLD.alias), 'is', json_object('alias', NEW.alias)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_aliases_audit_move AFTER UPDATE ON person_aliases
WHEN OLD.person IS NOT NEW.person
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'person', OLD.person, json_object('was', json_object('alias', OLD.alias)));
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'person', NEW.person, json_object('is', json_object('alias', NEW.alias)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER person_aliases_audit_delete AFTER DELETE ON person_aliases
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('delete', 'person', OLD.person, json_object('was', json_object('alias', OLD.alias)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER desk_names_audit_insert AFTER INSERT ON desk_names
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('insert', 'desk', NEW.desk, json_object('is', json_object(iif(NEW.mail, 'mail', 'alias'), NEW.name)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER desk_names_audit_update AFTER UPDATE ON desk_names
WHEN OLD.desk IS NEW.desk AND (OLD.name, OLD.mail) IS NOT (NEW.name, NEW.mail)
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'desk', NEW.desk, json_object('was', json_object(iif(OLD.mail, 'mail', 'alias'), OLD.name),
        'is', json_object(iif(NEW.mail, 'mail', 'alias'), NEW.name)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER desk_names_audit_move AFTER UPDATE ON desk_names
WHEN OLD.desk IS NOT NEW.desk
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'desk', OLD.desk, json_object('was', json_object(iif(OLD.mail, 'mail', 'alias'), OLD.name)));
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'desk', NEW.desk, json_object('is', json_object(iif(NEW.mail, 'mail', 'alias'), NEW.name)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER desk_names_audit_delete AFTER DELETE ON desk_names
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('delete', 'desk', OLD.desk, json_object('was', json_object(iif(OLD.mail, 'mail', 'alias'), OLD.name)));
END;
-- +goose StatementEnd

-- Closures, which are about places and not about people, unless someone writes a name as the
-- reason.

-- +goose StatementBegin
CREATE TRIGGER closures_audit_insert AFTER INSERT ON closures
BEGIN
    INSERT INTO audit (verb, kind, item, what) VALUES ('insert', 'closure', NEW.id, json_object('is', json_object(
        'site', NEW.site, 'floor', NEW.floor, 'zone', NEW.zone, 'desk', NEW.desk, 'starts_at', NEW.starts_at, 'ends_at', NEW.ends_at, 'why', NEW.why)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER closures_audit_update AFTER UPDATE ON closures
WHEN (OLD.id, OLD.site, OLD.floor, OLD.zone, OLD.desk, OLD.starts_at, OLD.ends_at, OLD.why)
    IS NOT (NEW.id, NEW.site, NEW.floor, NEW.zone, NEW.desk, NEW.starts_at, NEW.ends_at, NEW.why)
BEGIN
    INSERT INTO audit (verb, kind, item, what) VALUES ('update', 'closure', NEW.id, json_object(
        'was', json_object('id', OLD.id, 'site', OLD.site, 'floor', OLD.floor, 'zone', OLD.zone, 'desk', OLD.desk,
            'starts_at', OLD.starts_at, 'ends_at', OLD.ends_at, 'why', OLD.why),
        'is', json_object('id', NEW.id, 'site', NEW.site, 'floor', NEW.floor, 'zone', NEW.zone, 'desk', NEW.desk,
            'starts_at', NEW.starts_at, 'ends_at', NEW.ends_at, 'why', NEW.why)));
END;
-- +goose StatementEnd

-- What retention removes was over long before.
-- +goose StatementBegin
CREATE TRIGGER closures_audit_delete AFTER DELETE ON closures
WHEN NOT OLD.ends_at < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 day')
BEGIN
    INSERT INTO audit (verb, kind, item, what) VALUES ('delete', 'closure', OLD.id, json_object('was', json_object(
        'site', OLD.site, 'floor', OLD.floor, 'zone', OLD.zone, 'desk', OLD.desk, 'starts_at', OLD.starts_at, 'ends_at', OLD.ends_at, 'why', OLD.why)));
END;
-- +goose StatementEnd

-- Who is taken for which phone: an address that is given, moved or taken away. That a phone
-- was seen again where it was leaves no row.

-- +goose StatementBegin
CREATE TRIGGER phones_audit_insert AFTER INSERT ON phones
WHEN NEW.address <> ''
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('insert', 'phone', NEW.device, json_object('is', json_object('cluster', NEW.cluster, 'address', NEW.address, 'source', NEW.source)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER phones_audit_update AFTER UPDATE ON phones
WHEN (OLD.cluster, OLD.device, OLD.address) IS NOT (NEW.cluster, NEW.device, NEW.address)
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'phone', NEW.device, json_object(
        'was', json_object('cluster', OLD.cluster, 'device', OLD.device, 'address', OLD.address, 'source', OLD.source),
        'is',  json_object('cluster', NEW.cluster, 'device', NEW.device, 'address', NEW.address, 'source', NEW.source)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER phones_audit_delete AFTER DELETE ON phones
WHEN OLD.address <> ''
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('delete', 'phone', OLD.device, json_object('was', json_object('cluster', OLD.cluster, 'address', OLD.address, 'source', OLD.source)));
END;
-- +goose StatementEnd

-- REPLACE would remove the desk that has the phone now, without a word.

-- +goose StatementBegin
CREATE TRIGGER desks_replace_none_insert BEFORE INSERT ON desks
WHEN EXISTS (SELECT 1 FROM desks WHERE device = NEW.device AND id <> NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'another desk has that device');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER desks_replace_none_update BEFORE UPDATE OF id, device ON desks
WHEN EXISTS (SELECT 1 FROM desks WHERE device = NEW.device AND id <> OLD.id OR id = NEW.id AND id <> OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'another desk has that device or id');
END;
-- +goose StatementEnd

-- The brakes, and requests to the daemon: what another program releases past
-- deskd is in the audit as sql.

-- +goose StatementBegin
CREATE TRIGGER pauses_audit_insert AFTER INSERT ON pauses
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('insert', 'cluster', NEW.cluster, json_object('is', json_object('why', NEW.why)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER pauses_audit_update AFTER UPDATE ON pauses
WHEN (OLD.cluster, OLD.since, OLD.by, OLD.why) IS NOT (NEW.cluster, NEW.since, NEW.by, NEW.why)
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'cluster', NEW.cluster, json_object(
        'was', json_object('paused', OLD.cluster, 'since', OLD.since, 'why', OLD.why),
        'is',  json_object('paused', NEW.cluster, 'since', NEW.since, 'why', NEW.why)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER pauses_audit_delete AFTER DELETE ON pauses
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('delete', 'cluster', OLD.cluster, json_object('was', json_object('why', OLD.why)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER held_logouts_audit_insert AFTER INSERT ON held_logouts
WHEN NEW.released_at <> ''
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('insert', 'cluster', NEW.cluster, json_object('is', json_object('session', NEW.session, 'released_at', NEW.released_at)));
END;
-- +goose StatementEnd

-- What REPLACE would remove without a word.
-- +goose StatementBegin
CREATE TRIGGER held_logouts_audit_replace BEFORE INSERT ON held_logouts
WHEN EXISTS (SELECT 1 FROM held_logouts e WHERE e.session = NEW.session AND (e.cluster, e.until_at, e.since) IS NOT (NEW.cluster, NEW.until_at, NEW.since))
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'cluster', NEW.cluster, json_object('is', json_object('session', NEW.session, 'until_at', NEW.until_at, 'released_at', NEW.released_at)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER held_logouts_audit_update AFTER UPDATE ON held_logouts
WHEN (OLD.session, OLD.cluster, OLD.device, OLD.reservation, OLD.until_at, OLD.since, OLD.released_at)
    IS NOT (NEW.session, NEW.cluster, NEW.device, NEW.reservation, NEW.until_at, NEW.since, NEW.released_at)
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'cluster', NEW.cluster, json_object(
        'was', json_object('session', OLD.session, 'until_at', OLD.until_at, 'released_at', OLD.released_at),
        'is',  json_object('session', NEW.session, 'until_at', NEW.until_at, 'released_at', NEW.released_at)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER held_logouts_audit_delete AFTER DELETE ON held_logouts
WHEN OLD.released_at = ''
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('delete', 'cluster', OLD.cluster, json_object('was', json_object('session', OLD.session, 'until_at', OLD.until_at)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER feed_held_audit_insert AFTER INSERT ON feed_held
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('insert', 'feed', NEW.feed, json_object('is', json_object('change', NEW.id, 'until_at', NEW.until_at, 'answer', NEW.answer)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER feed_held_audit_update AFTER UPDATE ON feed_held
WHEN (OLD.feed, OLD.answer) IS NOT (NEW.feed, NEW.answer) OR OLD.id = NEW.id AND (OLD.change, OLD.until_at) IS NOT (NEW.change, NEW.until_at)
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'feed', NEW.feed, json_object(
        'was', json_object('change', OLD.id, 'until_at', OLD.until_at, 'answer', OLD.answer),
        'is',  json_object('change', NEW.id, 'until_at', NEW.until_at, 'answer', NEW.answer)));
END;
-- +goose StatementEnd

-- A cluster that refuses deskd is not asked for as long as its row stands.

-- +goose StatementBegin
CREATE TRIGGER cluster_states_audit_insert AFTER INSERT ON cluster_states
WHEN NEW.opened_at <> ''
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('insert', 'cluster', NEW.cluster, json_object('is', json_object('refused', NEW.cluster, 'since', NEW.opened_at)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER cluster_states_audit_replace BEFORE INSERT ON cluster_states
WHEN NEW.opened_at = '' AND EXISTS (SELECT 1 FROM cluster_states s WHERE s.cluster = NEW.cluster AND s.opened_at <> '')
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'cluster', NEW.cluster, json_object('is', json_object('refused', NEW.cluster, 'since', NEW.opened_at)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER cluster_states_audit_update AFTER UPDATE ON cluster_states
WHEN OLD.opened_at IS NOT NEW.opened_at OR OLD.cluster IS NOT NEW.cluster
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('update', 'cluster', NEW.cluster, json_object(
        'was', json_object('refused', OLD.cluster, 'since', OLD.opened_at), 'is', json_object('refused', NEW.cluster, 'since', NEW.opened_at)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER cluster_states_audit_delete AFTER DELETE ON cluster_states
WHEN OLD.opened_at <> ''
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('delete', 'cluster', OLD.cluster, json_object('was', json_object('refused', OLD.cluster, 'since', OLD.opened_at)));
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER requests_audit_insert AFTER INSERT ON requests
BEGIN
    INSERT INTO audit (verb, kind, item, what)
    VALUES ('insert', 'request', NEW.id, json_object('is', json_object('verb', NEW.verb, 'arg', NEW.arg)));
END;
-- +goose StatementEnd
