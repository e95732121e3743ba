-- +goose Up

-- Instants are timestamptz: those of reservations have whole seconds, all others
-- milliseconds. '-infinity' means never, which is '' in SQLite. Texts compare and sort by
-- bytes (collation C); user ids and mail addresses without regard to case (citext). A
-- constraint is named for what it asks, because Postgres prints the name, up to 63 bytes
-- of it.

-- What functions see is found here, or beside an extension that was there before, and nowhere
-- else: one that acts for another role would otherwise take that role's temporary tables for
-- deskd's.
-- +goose StatementBegin
DO $$ BEGIN
    PERFORM set_config('search_path', concat_ws(', ', quote_ident(current_schema()), (
        SELECT string_agg(DISTINCT quote_ident(nspname), ', ') FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
        WHERE extname IN ('btree_gist', 'citext') AND nspname <> current_schema()), 'pg_temp'), true);
END $$;
-- +goose StatementEnd

CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS citext;


CREATE TABLE sites (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    zone text COLLATE "C" NOT NULL
);

CREATE TABLE clusters (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    url  text COLLATE "C" NOT NULL
);

CREATE TABLE desks (
    id      text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a desk needs an id" CHECK (id <> ''),
    site    text COLLATE "C" NOT NULL REFERENCES sites (name),
    cluster text COLLATE "C" NOT NULL REFERENCES clusters (name),
    device  text COLLATE "C" NOT NULL CONSTRAINT "another desk has that device" UNIQUE CONSTRAINT "a desk needs a device" CHECK (device <> ''),
    name    text COLLATE "C" NOT NULL DEFAULT '',
    floor   text COLLATE "C" NOT NULL DEFAULT '',
    zone    text COLLATE "C" NOT NULL DEFAULT '',
    owner   citext COLLATE "C" NOT NULL DEFAULT '' -- a person's user id; '' of a hot desk
);

-- What calendars call a desk besides its id and name. key is the name in
-- lower case, with single blanks and accents composed: no two desks share one.
CREATE TABLE desk_names (
    key  text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a desk's other name must not be empty" CHECK (key <> ''),
    name text COLLATE "C" NOT NULL,
    mail boolean NOT NULL,
    desk text COLLATE "C" NOT NULL REFERENCES desks (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX desk_names_of_desk ON desk_names (desk);

-- The phone system compares user ids without regard to case.
CREATE TABLE people (
    id        citext COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a person needs an id" CHECK (id <> ''),
    name      text COLLATE "C" NOT NULL DEFAULT '',
    profile   text COLLATE "C" NOT NULL DEFAULT '',
    protected boolean NOT NULL DEFAULT FALSE,
    groups    text COLLATE "C" NOT NULL DEFAULT '', -- with a semicolon between two
    role      text COLLATE "C" NOT NULL DEFAULT '' -- in programs that ask deskd: '' is an employee
              CONSTRAINT "role must be employee, delegate, facilities, telephony or auditor"
              CHECK (role IN ('', 'employee', 'delegate', 'facilities', 'telephony', 'auditor'))
);

CREATE TABLE person_mail (
    mail   citext COLLATE "C" NOT NULL PRIMARY KEY,
    person citext COLLATE "C" NOT NULL REFERENCES people (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX person_mail_of_person ON person_mail (person);

-- What calendars call a person besides the name. key is the alias as that of a
-- desk's other name: no two people share one.
CREATE TABLE person_aliases (
    key    text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a person's alias must not be empty" CHECK (key <> ''),
    alias  text COLLATE "C" NOT NULL,
    person citext COLLATE "C" NOT NULL REFERENCES people (id) ON UPDATE CASCADE ON DELETE CASCADE
);

CREATE INDEX person_aliases_of_person ON person_aliases (person);

-- PUBLIC CONTRACT. Another program may write here, for example
--
--   INSERT INTO reservations (desk, person, starts_at, ends_at)
--   VALUES ('4.12', 'jane', '2026-03-02T08:00:00Z', '2026-03-02T12:00:00Z');
--
-- and deskd acts on it within two seconds. Everything else has a default. Its role needs
-- SELECT, INSERT, UPDATE and DELETE on this table, and no right on any other.
--
--   desk       id of a desk
--   person     user id in the phone system; '' = taken, but nobody is logged in
--   starts_at  the first instant, in whole seconds. Write the offset, or Z: without one
--              it is in the time zone of the session
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
--   anonymised true once deskd has taken the names out: person, note and event are
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
-- Who writes here has the audit to itself until the transaction ends: commit soon.
--
-- desk and person are no foreign keys, because feeds book for people before they are
-- known. A row that names an unknown desk or person is listed by `deskd doctor` and not
-- acted on until that desk or person exists.
CREATE TABLE reservations (
    id         text COLLATE "C" NOT NULL PRIMARY KEY DEFAULT replace(gen_random_uuid()::text, '-', '')
               CONSTRAINT "id must not be empty" CHECK (id <> ''),
    desk       text COLLATE "C" NOT NULL CONSTRAINT "desk must not be empty" CHECK (desk <> ''),
    person     citext COLLATE "C" NOT NULL DEFAULT '',
    starts_at  timestamptz NOT NULL CONSTRAINT "starts_at must be UTC like 2026-03-02T08:00:00Z"
               CHECK (starts_at BETWEEN '0001-01-01T00:00:00Z' AND '9999-12-31T23:59:59Z' AND extract(microseconds FROM starts_at)::bigint % 1000000 = 0),
    ends_at    timestamptz NOT NULL CONSTRAINT "ends_at must be UTC like 2026-03-02T12:00:00Z"
               CHECK (ends_at BETWEEN '0001-01-01T00:00:00Z' AND '9999-12-31T23:59:59Z' AND extract(microseconds FROM ends_at)::bigint % 1000000 = 0),
    status     text COLLATE "C" NOT NULL DEFAULT 'confirmed'
               CONSTRAINT "status must be confirmed, cancelled, withdrawn or conflict"
               CHECK (status IN ('confirmed', 'cancelled', 'withdrawn', 'conflict')),
    source     text COLLATE "C" NOT NULL DEFAULT 'sql' CONSTRAINT "source must not be empty" CHECK (source <> ''),
    uid        text COLLATE "C" NOT NULL DEFAULT '',
    occurrence text COLLATE "C" NOT NULL DEFAULT '',
    line       bigint NOT NULL DEFAULT 0,
    note       text COLLATE "C" NOT NULL DEFAULT '',
    updated_at timestamptz(3) NOT NULL DEFAULT statement_timestamp() CONSTRAINT "updated_at must be an instant" CHECK (isfinite(updated_at)),
    seen_at    timestamptz(3) NOT NULL DEFAULT statement_timestamp() CONSTRAINT "seen_at must be an instant" CHECK (isfinite(seen_at)),
    vouched    text COLLATE "C" NOT NULL DEFAULT '' CONSTRAINT "vouched must be organizer or invited" CHECK (vouched IN ('', 'organizer', 'invited')),
    why        text COLLATE "C" NOT NULL DEFAULT '',
    anonymised boolean NOT NULL DEFAULT FALSE,
    series     text COLLATE "C" NOT NULL DEFAULT '',
    CONSTRAINT "an anonymised reservation names nobody" CHECK (NOT anonymised OR person = '' AND note = '' AND uid = '' AND why = '' AND series = ''),
    CONSTRAINT "ends_at must be after starts_at" CHECK (ends_at > starts_at),
    CONSTRAINT "a reservation lasts at most 400 days" CHECK (extract(epoch FROM ends_at) - extract(epoch FROM starts_at) <= 34560000),
    CONSTRAINT "the desk is already booked in that time" EXCLUDE USING gist (desk WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status = 'confirmed')
);

CREATE INDEX reservations_of_desk   ON reservations (desk, status, starts_at, ends_at);
CREATE INDEX reservations_of_person ON reservations (person, ends_at);
CREATE INDEX reservations_of_source ON reservations (source, ends_at);
CREATE INDEX reservations_by_start  ON reservations (starts_at) WHERE status = 'confirmed';
CREATE INDEX reservations_by_end    ON reservations (ends_at)   WHERE status = 'confirmed';
CREATE INDEX reservations_waiting   ON reservations (ends_at)   WHERE status = 'conflict';
CREATE INDEX reservations_named     ON reservations (ends_at)   WHERE NOT anonymised;
CREATE INDEX reservations_nameless  ON reservations (ends_at)   WHERE anonymised;
CREATE INDEX reservations_of_series ON reservations (series, occurrence) WHERE series <> '';

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
    period    text COLLATE "C" NOT NULL,
    site      text COLLATE "C" NOT NULL,
    desk      text COLLATE "C" NOT NULL,
    bookings  bigint NOT NULL,
    minutes   bigint NOT NULL,
    cancelled bigint NOT NULL,
    PRIMARY KEY (period, site, desk)
);

-- Series as they were asked for. Their occurrences are reservations, and what has become
-- of these stands there: a series decides nothing by itself.
--
--   rule       an RRULE (RFC 5545): FREQ=WEEKLY;BYDAY=MO,WE;COUNT=20
--   starts     when the first occurrence begins and ends, by the clocks of
--   ends       zone: 2026-03-02T09:00:00
--   by         who asked for it
CREATE TABLE series (
    id         text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a series needs an id" CHECK (id <> ''),
    rule       text COLLATE "C" NOT NULL,
    starts     text COLLATE "C" NOT NULL,
    ends       text COLLATE "C" NOT NULL,
    zone       text COLLATE "C" NOT NULL,
    desk       text COLLATE "C" NOT NULL,
    person     citext COLLATE "C" NOT NULL,
    note       text COLLATE "C" NOT NULL DEFAULT '',
    created_at timestamptz(3) NOT NULL CONSTRAINT "created_at must be an instant" CHECK (isfinite(created_at)),
    by         text COLLATE "C" NOT NULL DEFAULT ''
);

CREATE INDEX series_of_person ON series (person);

-- The days on which people are away, by the clock of whichever site: from first_day to
-- last_day, that one included. Desks that they own can be booked by others then.
CREATE TABLE absences (
    id         text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "an absence needs an id" CHECK (id <> ''),
    person     citext COLLATE "C" NOT NULL CONSTRAINT "an absence needs a person" CHECK (person <> ''),
    first_day  text COLLATE "C" NOT NULL CONSTRAINT "first_day must be a day like 2026-03-02" CHECK (first_day ~ '^\d{4}-\d\d-\d\d$' AND isfinite(first_day::date)),
    last_day   text COLLATE "C" NOT NULL CONSTRAINT "last_day must be a day like 2026-03-02" CHECK (last_day ~ '^\d{4}-\d\d-\d\d$' AND isfinite(last_day::date)),
    note       text COLLATE "C" NOT NULL DEFAULT '',
    created_at timestamptz(3) NOT NULL CONSTRAINT "created_at must be an instant" CHECK (isfinite(created_at)),
    by         text COLLATE "C" NOT NULL DEFAULT '',
    CONSTRAINT "last_day must not be before first_day" CHECK (last_day >= first_day)
);

CREATE INDEX absences_of_person ON absences (person, last_day);
CREATE INDEX absences_by_end    ON absences (last_day);

-- The occurrences of series that an absence has cancelled: who takes it back gets them back,
-- as far as their desks are free.
CREATE TABLE absence_releases (
    reservation text COLLATE "C" NOT NULL PRIMARY KEY,
    absence     text COLLATE "C" NOT NULL REFERENCES absences (id) ON DELETE CASCADE
);

CREATE INDEX absence_releases_of_absence ON absence_releases (absence);

-- The idempotency keys of reservations, closures and absences: a client that asks again with
-- one, not knowing whether they were heard, gets the same. reservation is its id, fingerprint
-- a hash of the key and what was asked for; a key is forgotten some time after its use.
CREATE TABLE reservation_keys (
    key         text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a key must not be empty" CHECK (key <> ''),
    reservation text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    used_at     timestamptz(3) NOT NULL
);

CREATE INDEX reservation_keys_of_reservation ON reservation_keys (reservation);
CREATE INDEX reservation_keys_by_use         ON reservation_keys (used_at);

-- Times in which desks cannot be booked: a desk, or all of a site, of a floor or zone of it.
-- What is booked in them already stays, and is obeyed. why is a person's text.
CREATE TABLE closures (
    id        text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a closure needs an id" CHECK (id <> ''),
    site      text COLLATE "C" NOT NULL DEFAULT '',
    floor     text COLLATE "C" NOT NULL DEFAULT '',
    zone      text COLLATE "C" NOT NULL DEFAULT '',
    desk      text COLLATE "C" NOT NULL DEFAULT '',
    starts_at timestamptz NOT NULL CONSTRAINT "starts_at must be UTC like 2026-03-02T08:00:00Z"
              CHECK (starts_at BETWEEN '0001-01-01T00:00:00Z' AND '9999-12-31T23:59:59Z' AND extract(microseconds FROM starts_at)::bigint % 1000000 = 0),
    ends_at   timestamptz NOT NULL CONSTRAINT "ends_at must be UTC like 2026-03-02T12:00:00Z"
              CHECK (ends_at BETWEEN '0001-01-01T00:00:00Z' AND '9999-12-31T23:59:59Z' AND extract(microseconds FROM ends_at)::bigint % 1000000 = 0),
    why       text COLLATE "C" NOT NULL DEFAULT '',
    made_at   timestamptz(3) NOT NULL DEFAULT statement_timestamp(),
    feed      text COLLATE "C" NOT NULL DEFAULT '', -- the calendar of holidays that it is of
    CONSTRAINT "a closure is of a site or of a desk" CHECK (site <> '' OR desk <> ''),
    CONSTRAINT "ends_at must be after starts_at" CHECK (ends_at > starts_at)
);

CREATE INDEX closures_by_end ON closures (ends_at);

-- What says that a person has come to a desk that is booked for them: where deskd knows it
-- from (cli, api, phone, login, ...), and when. A booking whose person is another, or nobody
-- any more, has none.
CREATE TABLE evidence (
    reservation text COLLATE "C" NOT NULL CONSTRAINT "evidence is of a reservation" CHECK (reservation <> ''),
    source      text COLLATE "C" NOT NULL CONSTRAINT "evidence has a source" CHECK (source <> ''),
    at          timestamptz(3) NOT NULL CONSTRAINT "at must be an instant" CHECK (isfinite(at)),
    PRIMARY KEY (reservation, source, at)
);

CREATE TABLE feeds (
    name          text COLLATE "C" NOT NULL PRIMARY KEY,
    url           text COLLATE "C" NOT NULL DEFAULT '',
    etag          text COLLATE "C" NOT NULL DEFAULT '',
    last_modified text COLLATE "C" NOT NULL DEFAULT '',
    body_hash     text COLLATE "C" NOT NULL DEFAULT '',
    inputs        text COLLATE "C" NOT NULL DEFAULT '',
    checked       timestamptz(3) NOT NULL DEFAULT '-infinity',
    changed       timestamptz(3) NOT NULL DEFAULT '-infinity',
    good          timestamptz(3) NOT NULL DEFAULT '-infinity',
    failures      bigint NOT NULL DEFAULT 0,
    problem       text COLLATE "C" NOT NULL DEFAULT '',
    events        bigint NOT NULL DEFAULT 0,
    unread        bigint NOT NULL DEFAULT 0,
    kept          bigint NOT NULL DEFAULT 0,
    noted         bigint NOT NULL DEFAULT 0,
    tentative     bigint NOT NULL DEFAULT 0,
    held_since    timestamptz(3) NOT NULL DEFAULT '-infinity',
    held_seen     bigint NOT NULL DEFAULT 0,
    held_loss     bigint NOT NULL DEFAULT 0,
    held_gain     bigint NOT NULL DEFAULT 0,
    held_rejected boolean NOT NULL DEFAULT FALSE,
    touched       bigint NOT NULL DEFAULT 0, -- by the triggers below
    heeded        bigint NOT NULL DEFAULT 0  -- what touched was, when the feed was last read
);

-- The events of a feed that wait for a desk another event of it has, and when each
-- was first seen: the next one to have the desk is the one that waits longest.
-- event is a hash of the event, its instance and the desk.
CREATE TABLE feed_waiting (
    feed      text COLLATE "C" NOT NULL,
    event     text COLLATE "C" NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    seen_at   timestamptz(3) NOT NULL,
    PRIMARY KEY (feed, event)
);

-- The change of a feed that is held, as JSON, and a person's answer to it. Its
-- row is the person's and the poller's alike, and apart from feeds so that
-- neither overwrites what the other has just said.
CREATE TABLE feed_held (
    feed        text COLLATE "C" NOT NULL PRIMARY KEY,
    id          text COLLATE "C" NOT NULL,
    change      text COLLATE "C" NOT NULL,
    seen        text COLLATE "C" NOT NULL DEFAULT '{}', -- JSON: since when each booking of it is held, and how often it was seen
    seen_proof  text COLLATE "C" NOT NULL DEFAULT '', -- that deskd has written seen
    until_at    timestamptz(3) NOT NULL,
    answer      text COLLATE "C" NOT NULL DEFAULT '' CONSTRAINT "answer must be accepted or rejected" CHECK (answer IN ('', 'accepted', 'rejected')),
    by          text COLLATE "C" NOT NULL DEFAULT '',
    answered_at timestamptz(3) NOT NULL DEFAULT '-infinity',
    proof       text COLLATE "C" NOT NULL DEFAULT '' -- that deskd has written who answered
);

CREATE TABLE feed_problems (
    id        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    feed      text COLLATE "C" NOT NULL REFERENCES feeds (name) ON DELETE CASCADE,
    line      bigint NOT NULL DEFAULT 0,
    uid       text COLLATE "C" NOT NULL DEFAULT '',
    start_at  timestamptz(3) NOT NULL DEFAULT '-infinity',
    what      text COLLATE "C" NOT NULL,
    hint      text COLLATE "C" NOT NULL DEFAULT '',
    title     text COLLATE "C" NOT NULL DEFAULT '', -- of the event, '' for a private one, like organizer
    organizer text COLLATE "C" NOT NULL DEFAULT '',
    note      boolean NOT NULL DEFAULT FALSE -- the event was understood all the same
);

CREATE INDEX feed_problems_of_feed ON feed_problems (feed);

-- The journal. It names desks, people and reservations without references: it
-- outlives them.
CREATE TABLE attempts (
    id          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    cluster     text COLLATE "C" NOT NULL,
    op          text COLLATE "C" NOT NULL CONSTRAINT "op must be login, logout or hold" CHECK (op IN ('login', 'logout', 'hold')),
    desk        text COLLATE "C" NOT NULL,
    device      text COLLATE "C" NOT NULL,
    person      citext COLLATE "C" NOT NULL,
    profile     text COLLATE "C" NOT NULL,
    reservation text COLLATE "C" NOT NULL,
    from_at     timestamptz(3) NOT NULL,
    until_at    timestamptz(3) NOT NULL,
    through_at  timestamptz(3) NOT NULL,
    stays_at    timestamptz(3) NOT NULL DEFAULT '-infinity',
    release_at  timestamptz(3) NOT NULL,
    known_at    timestamptz(3) NOT NULL DEFAULT '-infinity',
    cause       text COLLATE "C" NOT NULL,
    why         text COLLATE "C" NOT NULL,
    due_at      timestamptz(3) NOT NULL,
    not_before  timestamptz(3) NOT NULL,
    outcome     text COLLATE "C" NOT NULL CONSTRAINT "outcome must be one of deskd's"
                CHECK (outcome IN ('open', 'done', 'refused', 'unknown', 'not-sent', 'no-effect', 'abandoned', 'held')),
    code        bigint NOT NULL,
    class       text COLLATE "C" NOT NULL DEFAULT '',
    error       text COLLATE "C" NOT NULL,
    began_at    timestamptz(3) NOT NULL CONSTRAINT "began_at must be an instant" CHECK (isfinite(began_at)),
    ended_at    timestamptz(3) NOT NULL,
    verified_at timestamptz(3) NOT NULL,
    call_list   text COLLATE "C" NOT NULL DEFAULT '', -- what became of it when the session had ended
    anonymised  boolean NOT NULL DEFAULT FALSE
);

CREATE INDEX attempts_by_began       ON attempts (began_at);
CREATE INDEX attempts_of_desk        ON attempts (desk, began_at);
CREATE INDEX attempts_unresolved     ON attempts (outcome) WHERE outcome IN ('open', 'unknown');
CREATE INDEX attempts_lasting        ON attempts (device)  WHERE outcome = 'held' AND ended_at = '-infinity';
CREATE INDEX attempts_of_device      ON attempts (device, id); -- id: SQLite's indexes end with it by themselves
CREATE INDEX attempts_of_reservation ON attempts (reservation);
CREATE INDEX attempts_named          ON attempts (began_at) WHERE NOT anonymised;

-- What was last seen at each phone. present: the phone system knows the device.
-- visitor: the person belongs to another cluster (EMCC). together: the phones with
-- which it is seen again and again, 0 for none: seen_at is in seen_together then.
CREATE TABLE observations (
    device      text COLLATE "C" NOT NULL PRIMARY KEY,
    person      citext COLLATE "C" NOT NULL,
    present     boolean NOT NULL,
    known       boolean NOT NULL,
    doubt       text COLLATE "C" NOT NULL,
    ours        boolean NOT NULL,
    visitor     boolean NOT NULL DEFAULT FALSE,
    reservation text COLLATE "C" NOT NULL,
    since_at    timestamptz(3) NOT NULL,
    first_at    timestamptz(3) NOT NULL DEFAULT '-infinity', -- since_at by the clock of then
    seen_at     timestamptz(3) NOT NULL,
    spared      boolean NOT NULL DEFAULT FALSE,
    carried_session     bigint NOT NULL DEFAULT 0, -- the attempt that began the last session there …
    carried_reservation text COLLATE "C" NOT NULL DEFAULT '', -- … the booking that it went on into …
    carried_until       timestamptz(3) NOT NULL DEFAULT '-infinity', -- … and the end of that
    together    bigint NOT NULL DEFAULT 0
);

CREATE INDEX observations_together ON observations (together);

-- When phones were last seen on which nothing has changed: a row for all of those that a
-- sweep asks about in one question.
CREATE TABLE seen_together (
    together bigint NOT NULL PRIMARY KEY,
    seen_at  timestamptz(3) NOT NULL
);

-- What is remembered of a cluster across restarts because forgetting it would do
-- harm: that it refuses deskd, that the unit of its sessions looks wrong, and (as
-- JSON) which clocks were trusted before the machine's jumped. No row: all is well.
-- fingerprint is PBKDF2-HMAC-SHA-256 of the address, credentials and certificates that
-- were refused, under salt.
CREATE TABLE cluster_states (
    cluster     text COLLATE "C" NOT NULL PRIMARY KEY,
    opened_at   timestamptz(3) NOT NULL,
    refused_at  timestamptz(3) NOT NULL,
    code        bigint NOT NULL,
    problem     text COLLATE "C" NOT NULL,
    salt        bytea,
    fingerprint bytea,
    tries       bigint NOT NULL,
    tried_at    timestamptz(3) NOT NULL,
    readmitted  bigint NOT NULL DEFAULT 0, -- the newest attempt when the circuit was closed last …
    renewed     bigint NOT NULL DEFAULT 0, -- … and when it was closed by other credentials
    units       text COLLATE "C" NOT NULL,
    doubted_at  timestamptz(3) NOT NULL,
    unit        bigint NOT NULL,
    clocks      text COLLATE "C" NOT NULL DEFAULT ''
);

-- The clusters that were paused by hand, and by whom. While its row stands no
-- intent to log in or out is recorded, and nothing is sent without one.
CREATE TABLE pauses (
    cluster text COLLATE "C" NOT NULL PRIMARY KEY,
    since   timestamptz(3) NOT NULL CONSTRAINT "since must be an instant" CHECK (isfinite(since)),
    by      text COLLATE "C" NOT NULL DEFAULT 'sql',
    why     text COLLATE "C" NOT NULL DEFAULT '',
    proof   text COLLATE "C" NOT NULL DEFAULT '' -- that deskd has written who
);

-- The logouts that wait for a person, because many bookings were cut short at
-- once, or that a person has released. session is the attempt that began the session;
-- it says whose it is, and where.
CREATE TABLE held_logouts (
    session     bigint NOT NULL PRIMARY KEY,
    cluster     text COLLATE "C" NOT NULL,
    device      text COLLATE "C" NOT NULL DEFAULT '',
    reservation text COLLATE "C" NOT NULL,
    until_at    timestamptz(3) NOT NULL,
    since       timestamptz(3) NOT NULL,
    released_at timestamptz(3) NOT NULL DEFAULT '-infinity',
    by          text COLLATE "C" NOT NULL DEFAULT '',
    proof       text COLLATE "C" NOT NULL DEFAULT '' -- that deskd has written who released them
);

-- What the command line asks of the running daemon.
CREATE TABLE requests (
    id          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    verb        text COLLATE "C" NOT NULL,
    arg         text COLLATE "C" NOT NULL,
    asked_at    timestamptz(3) NOT NULL,
    answered_at timestamptz(3) NOT NULL DEFAULT '-infinity',
    failed      boolean NOT NULL DEFAULT FALSE,
    result      text COLLATE "C" NOT NULL DEFAULT ''
);

CREATE INDEX requests_open ON requests (id) WHERE answered_at = '-infinity';

-- The links on phones that were followed: each acts once, on whichever node.
CREATE TABLE phone_links (
    id      text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a link needs an id" CHECK (id <> ''),
    used_at timestamptz(3) NOT NULL
);

CREATE INDEX phone_links_by_use ON phone_links (used_at);

-- What deskd has told people on phones without being asked: one row for each notice, written
-- before it is pushed. It names nobody: reservation says whose it is.
--
--   key      tells notices apart: none is told twice
--   about_at the end that is told, or when the next booking begins; -infinity of a move
--   ahead_s  how long before the end it was to be told, in seconds
--   other    the desk that the booking is on now, or the next booking; '' before an end
--   outcome  '' while it is being told
CREATE TABLE phone_notices (
    key         text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a notice needs a key" CHECK (key <> ''),
    kind        text COLLATE "C" NOT NULL,
    cluster     text COLLATE "C" NOT NULL,
    desk        text COLLATE "C" NOT NULL,
    device      text COLLATE "C" NOT NULL,
    reservation text COLLATE "C" NOT NULL,
    about_at    timestamptz(3) NOT NULL DEFAULT '-infinity',
    ahead_s     bigint NOT NULL DEFAULT 0,
    other       text COLLATE "C" NOT NULL DEFAULT '',
    due_at      timestamptz(3) NOT NULL,
    began_at    timestamptz(3) NOT NULL,
    ended_at    timestamptz(3) NOT NULL DEFAULT '-infinity',
    outcome     text COLLATE "C" NOT NULL DEFAULT '',
    problem     text COLLATE "C" NOT NULL DEFAULT ''
);

CREATE INDEX phone_notices_by_time ON phone_notices (began_at);

-- The daemons that serve this database, by their names. ahead_ms is by how much a node's
-- clock was ahead of the server's when it was last compared.
CREATE TABLE nodes (
    name       text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a node needs a name" CHECK (name <> ''),
    version    text COLLATE "C" NOT NULL,
    page       text COLLATE "C" NOT NULL DEFAULT '',
    started_at timestamptz(3) NOT NULL,
    seen_at    timestamptz(3) NOT NULL,
    ended_at   timestamptz(3) NOT NULL DEFAULT '-infinity',
    ahead_ms   bigint,
    settings   text COLLATE "C" NOT NULL DEFAULT '' -- a digest of each that nodes need alike, as JSON
);

-- What one node does at a time, driving a cluster say: which, since when, how often it has
-- changed hands, and what that node last told of it, as JSON.
CREATE TABLE duties (
    name      text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a duty needs a name" CHECK (name <> ''),
    node      text COLLATE "C" NOT NULL, -- '' while nobody has it
    since_at  timestamptz(3) NOT NULL,
    takeovers bigint NOT NULL DEFAULT 0,
    told      text COLLATE "C" NOT NULL DEFAULT '',
    told_at   timestamptz(3) NOT NULL DEFAULT '-infinity'
);

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
    id         text COLLATE "C" NOT NULL PRIMARY KEY CONSTRAINT "a token needs an id" CHECK (id <> ''),
    kind       text COLLATE "C" NOT NULL CONSTRAINT "kind must be api or calendar" CHECK (kind IN ('api', 'calendar')),
    hash       text COLLATE "C" NOT NULL UNIQUE CONSTRAINT "a token needs a hash" CHECK (hash <> ''),
    scopes     text COLLATE "C" NOT NULL DEFAULT '',
    person     citext COLLATE "C" NOT NULL DEFAULT '',
    role       text COLLATE "C" NOT NULL DEFAULT '',
    shows      text COLLATE "C" NOT NULL DEFAULT '',
    note       text COLLATE "C" NOT NULL DEFAULT '',
    by         text COLLATE "C" NOT NULL DEFAULT '',
    created_at timestamptz(3) NOT NULL,
    expires_at timestamptz(3) NOT NULL DEFAULT '-infinity',
    used_at    timestamptz(3) NOT NULL DEFAULT '-infinity',
    revoked_at timestamptz(3) NOT NULL DEFAULT '-infinity',
    proof      text COLLATE "C" NOT NULL DEFAULT ''
);

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
    cluster       text COLLATE "C" NOT NULL,
    device        text COLLATE "C" NOT NULL CONSTRAINT "a phone needs a device" CHECK (device <> ''),
    address       text COLLATE "C" NOT NULL DEFAULT '',
    model         text COLLATE "C" NOT NULL DEFAULT '',
    source        text COLLATE "C" NOT NULL DEFAULT ''
                  CONSTRAINT "source must be csv, devicelist, ris, axl or asked" CHECK (source IN ('', 'csv', 'devicelist', 'ris', 'axl', 'asked')),
    seen_at       timestamptz(3) NOT NULL DEFAULT '-infinity',
    registered    boolean,
    registered_at timestamptz(3) NOT NULL DEFAULT '-infinity',
    em            boolean,
    profile       text COLLATE "C",
    web_access    boolean,
    told_at       timestamptz(3) NOT NULL DEFAULT '-infinity',
    detail        text COLLATE "C" NOT NULL DEFAULT '',
    idle_since    timestamptz(3) NOT NULL DEFAULT '-infinity',
    idle_at       timestamptz(3) NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (cluster, device)
);

CREATE INDEX phones_of_device      ON phones (device);
CREATE UNIQUE INDEX phones_at_address ON phones (address) WHERE address <> '';

-- One row: which database this is, and where its audit begins. A copy keeps the
-- id. Rows of the audit up to audit_pruned were removed by retention; audit_hash
-- is the hash of the last of them, at first a random one.
CREATE TABLE self (
    one          bigint NOT NULL PRIMARY KEY CONSTRAINT "there is one row" CHECK (one = 1),
    id           text COLLATE "C" NOT NULL,
    audit_pruned bigint NOT NULL,
    audit_hash   text COLLATE "C" NOT NULL
);

INSERT INTO self (one, id, audit_pruned, audit_hash)
VALUES (1, replace(gen_random_uuid()::text, '-', ''), 0, replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));

-- What tells deskd's writing from that of other programs: the key that it signs with. In
-- SQLite it stands in a file beside the database; here what keeps it from other programs
-- is that they have a role of their own, which has no right to this table.
CREATE TABLE signing (
    one bigint NOT NULL PRIMARY KEY CONSTRAINT "there is one key" CHECK (one = 1),
    key text COLLATE "C" NOT NULL
);

REVOKE ALL ON signing FROM PUBLIC;

-- What became of reservations, desks and people, by any program: the
-- triggers below write a row with the change itself, in its transaction. Its
-- hash is that of the row before it and its own columns; of item and what, which
-- name people, only the digest is hashed, so that they can be blanked and the
-- chain still proves the rest. The digest is salted: an id of a few letters could
-- be guessed from it. deskd computes both, in the same transaction where the
-- change is its own, and puts its verb and who asked for it; rows of other
-- programs wait with an empty hash until deskd sees them, and their actor is sql,
-- whatever they say. Ids have no gaps, and are committed in their order.
--
--   what    {"is": {...}} made, {"was": {...}} removed, both: the columns changed
--   digest  of salt, item and what
--   proof   that deskd has signed or chained the row: a keyed hash, whose key stands
--           in the table signing
--   item, what, salt  all empty: the row is redacted
CREATE TABLE audit (
    id     bigint NOT NULL PRIMARY KEY CONSTRAINT "the audit counts from 1" CHECK (id > 0),
    at     timestamptz(3) NOT NULL,
    actor  text COLLATE "C" NOT NULL DEFAULT 'sql',
    verb   text COLLATE "C" NOT NULL,
    kind   text COLLATE "C" NOT NULL,
    item   text COLLATE "C" NOT NULL,
    what   text COLLATE "C" NOT NULL,
    salt   text COLLATE "C" NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
    digest text COLLATE "C" NOT NULL DEFAULT '',
    hash   text COLLATE "C" NOT NULL DEFAULT '',
    proof  text COLLATE "C" NOT NULL DEFAULT ''
);

CREATE INDEX audit_by_at   ON audit (at, id);
CREATE INDEX audit_of_item ON audit (kind, item, id);
CREATE INDEX audit_waiting ON audit (id) WHERE hash = '';
CREATE INDEX audit_named   ON audit (at) WHERE salt <> '';

-- The highest number that the audit has given. A sequence would leave a gap for every
-- transaction that was undone, and a gap means that somebody has removed a row.
CREATE TABLE audit_numbered (
    one  bigint NOT NULL PRIMARY KEY CONSTRAINT "there is one number" CHECK (one = 1),
    last bigint NOT NULL
);

INSERT INTO audit_numbered (one, last) VALUES (1, 0);

-- Triggers. Their functions run as deskd's role, so that others need no right to what
-- they write.

-- Who writes what the audit records waits here until all who did so before have committed:
-- numbers are then given and committed in the same order, and two who book one desk at the
-- same time wait for each other here, rather than both in the constraint, which Postgres
-- would end as a deadlock. The numbers of the lock are 'desk' in ASCII and 1.

-- +goose StatementBegin
CREATE FUNCTION deskd_lock() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1684366187, 1);
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION deskd_refuse_truncate() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE leaves no trace in the audit: use DELETE' USING ERRCODE = 'check_violation';
END $$;
-- +goose StatementEnd

CREATE TRIGGER reservations_a_lock BEFORE INSERT OR UPDATE OR DELETE ON reservations FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER desks_a_lock BEFORE INSERT OR UPDATE OR DELETE ON desks FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER people_a_lock BEFORE INSERT OR UPDATE OR DELETE ON people FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER desk_names_a_lock BEFORE INSERT OR UPDATE OR DELETE ON desk_names FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER person_mail_a_lock BEFORE INSERT OR UPDATE OR DELETE ON person_mail FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER person_aliases_a_lock BEFORE INSERT OR UPDATE OR DELETE ON person_aliases FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER closures_a_lock BEFORE INSERT OR UPDATE OR DELETE ON closures FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER absences_a_lock BEFORE INSERT OR UPDATE OR DELETE ON absences FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER pauses_a_lock BEFORE INSERT OR UPDATE OR DELETE ON pauses FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER held_logouts_a_lock BEFORE INSERT OR UPDATE OR DELETE ON held_logouts FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER feed_held_a_lock BEFORE INSERT OR UPDATE OR DELETE ON feed_held FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER cluster_states_a_lock BEFORE INSERT OR UPDATE OR DELETE ON cluster_states FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER requests_a_lock BEFORE INSERT OR UPDATE OR DELETE ON requests FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER audit_a_lock BEFORE INSERT OR UPDATE OR DELETE ON audit FOR EACH STATEMENT EXECUTE FUNCTION deskd_lock();
CREATE TRIGGER reservations_truncate_none BEFORE TRUNCATE ON reservations FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER desks_truncate_none BEFORE TRUNCATE ON desks FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER people_truncate_none BEFORE TRUNCATE ON people FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER desk_names_truncate_none BEFORE TRUNCATE ON desk_names FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER person_mail_truncate_none BEFORE TRUNCATE ON person_mail FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER person_aliases_truncate_none BEFORE TRUNCATE ON person_aliases FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER closures_truncate_none BEFORE TRUNCATE ON closures FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER absences_truncate_none BEFORE TRUNCATE ON absences FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER pauses_truncate_none BEFORE TRUNCATE ON pauses FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER held_logouts_truncate_none BEFORE TRUNCATE ON held_logouts FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER feed_held_truncate_none BEFORE TRUNCATE ON feed_held FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER cluster_states_truncate_none BEFORE TRUNCATE ON cluster_states FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER requests_truncate_none BEFORE TRUNCATE ON requests FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER audit_truncate_none BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();
CREATE TRIGGER self_truncate_none BEFORE TRUNCATE ON self FOR EACH STATEMENT EXECUTE FUNCTION deskd_refuse_truncate();

-- JSON as SQLite writes it: without blanks, members in the order they are given. Values are
-- JSON already; a member whose value is NULL is left out.
-- +goose StatementBegin
CREATE FUNCTION deskd_object(VARIADIC members text[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '{' || coalesce(string_agg(to_json(members[i])::text || ':' || members[i + 1], ',' ORDER BY i), '') || '}'
    FROM generate_series(1, array_length(members, 1), 2) AS i WHERE members[i + 1] IS NOT NULL
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION deskd_text(value text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT to_json(value)::text $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION deskd_truth(value boolean) RETURNS text LANGUAGE sql STABLE AS $$ SELECT CASE WHEN value THEN '1' WHEN NOT value THEN '0' END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION deskd_second(value timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN isfinite(value) THEN '"' || to_char(value AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '"' WHEN value IS NOT NULL THEN '""' END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION deskd_milli(value timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN isfinite(value) THEN '"' || to_char(value AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"' WHEN value IS NOT NULL THEN '""' END
$$;
-- +goose StatementEnd

-- The text of a member of a text that may be JSON, NULL where there is none.
-- +goose StatementBegin
CREATE FUNCTION deskd_member(what text, VARIADIC path text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN what::jsonb #>> path;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- A key is a person's own text and may name them: it goes when the reservation loses
-- its name, or is given to another person.
-- +goose StatementBegin
CREATE FUNCTION reservation_keys_forgotten() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM reservation_keys WHERE reservation = OLD.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER reservation_keys_forgotten AFTER UPDATE OF person ON reservations FOR EACH ROW WHEN (NEW.person <> OLD.person) EXECUTE FUNCTION reservation_keys_forgotten();

-- So does that of an absence, with it: who is erased has none.
CREATE TRIGGER absence_keys_forgotten AFTER DELETE ON absences FOR EACH ROW EXECUTE FUNCTION reservation_keys_forgotten();

CREATE TRIGGER absence_keys_changed AFTER UPDATE OF person ON absences FOR EACH ROW WHEN (NEW.person <> OLD.person) EXECUTE FUNCTION reservation_keys_forgotten();

-- +goose StatementBegin
CREATE FUNCTION evidence_forgotten() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM evidence WHERE reservation = OLD.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER evidence_forgotten AFTER UPDATE OF person ON reservations FOR EACH ROW WHEN (NEW.person <> OLD.person) EXECUTE FUNCTION evidence_forgotten();
CREATE TRIGGER evidence_of_nothing AFTER DELETE ON reservations FOR EACH ROW EXECUTE FUNCTION evidence_forgotten();

-- Whatever changes or deletes a feed's booking, the calendar is read once more: it
-- says what is booked, also when it has not changed itself.
-- +goose StatementBegin
CREATE FUNCTION feeds_touched() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.desk, OLD.person, OLD.starts_at, OLD.ends_at, OLD.status, OLD.source)
        IS DISTINCT FROM (NEW.desk, NEW.person, NEW.starts_at, NEW.ends_at, NEW.status, NEW.source) THEN
        UPDATE feeds SET touched = touched + 1 WHERE name = substr(OLD.source, 6);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- What retention removes was over long before.
CREATE TRIGGER feeds_touched AFTER UPDATE ON reservations FOR EACH ROW WHEN (left(OLD.source, 5) = 'feed:') EXECUTE FUNCTION feeds_touched();
CREATE TRIGGER feeds_touched_delete AFTER DELETE ON reservations FOR EACH ROW
    WHEN (left(OLD.source, 5) = 'feed:' AND NOT (OLD.anonymised AND OLD.ends_at < now() - interval '1 day')) EXECUTE FUNCTION feeds_touched();

-- +goose StatementBegin
CREATE FUNCTION self_is_one() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION 'the row of self is deskd''s' USING ERRCODE = 'check_violation';
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER self_is_one BEFORE INSERT OR DELETE ON self FOR EACH ROW EXECUTE FUNCTION self_is_one();

-- The beginning of the audit moves only forward, to a chained row, and past
-- nothing younger than the shortest retention.audit there is. Without deskd's row
-- prune, the verification finds such a move.
-- +goose StatementBegin
CREATE FUNCTION self_follows_the_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT coalesce(NEW.one = OLD.one AND NEW.id = OLD.id AND NEW.audit_pruned > OLD.audit_pruned AND NEW.audit_hash <> ''
        AND NEW.audit_hash = (SELECT hash FROM audit WHERE id = NEW.audit_pruned)
        AND (SELECT max(at) FROM audit WHERE id <= NEW.audit_pruned) < statement_timestamp() - interval '1 day', FALSE) THEN
        RAISE EXCEPTION 'the row of self is deskd''s' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER self_follows_the_audit BEFORE UPDATE ON self FOR EACH ROW EXECUTE FUNCTION self_follows_the_audit();

-- A row begins as one of another program's, now, behind all others: deskd signs
-- its own before anybody else sees them. Number and instant are not for who writes to say.
-- +goose StatementBegin
CREATE FUNCTION audit_begins_as_sql() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.id IS NOT NULL OR NEW.at IS NOT NULL OR NEW.actor <> 'sql' OR NEW.verb NOT IN ('insert', 'update', 'delete')
        OR NEW.digest <> '' OR NEW.hash <> '' OR NEW.proof <> '' THEN
        RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'check_violation';
    END IF;
    NEW.at := date_trunc('milliseconds', clock_timestamp());
    NEW.id := 1 + greatest((SELECT max(id) FROM audit), (SELECT last FROM audit_numbered));
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_begins_as_sql BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_begins_as_sql();

-- Three updates there are: a row that waits is signed with who asked for it, or
-- chained, and a chained one is redacted.
-- +goose StatementBegin
CREATE FUNCTION audit_is_append_only_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT coalesce(
        OLD.hash = ''
            AND NEW.proof <> ''
            AND (NEW.hash <> '' OR OLD.actor = 'sql' AND NEW.actor <> 'sql' AND NEW.digest = '' AND NEW.verb NOT IN ('insert', 'update', 'delete'))
            AND (OLD.id, OLD.at, OLD.kind, OLD.item, OLD.what, OLD.salt) IS NOT DISTINCT FROM (NEW.id, NEW.at, NEW.kind, NEW.item, NEW.what, NEW.salt)
        OR OLD.hash <> '' AND NEW.item = '' AND NEW.what = '' AND NEW.salt = ''
            AND (OLD.id, OLD.at, OLD.actor, OLD.verb, OLD.kind, OLD.digest, OLD.hash, OLD.proof)
                IS NOT DISTINCT FROM (NEW.id, NEW.at, NEW.actor, NEW.verb, NEW.kind, NEW.digest, NEW.hash, NEW.proof), FALSE) THEN
        RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_append_only_update();

-- +goose StatementBegin
CREATE FUNCTION audit_is_append_only_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF OLD.id > (SELECT audit_pruned FROM self) THEN
        RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'check_violation';
    END IF;
    RETURN OLD;
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_append_only_delete();

-- Once in a transaction, at its end: what a row is updated to over and over in one
-- transaction has to be gone through each time. Nodes that listen are told, too.
-- +goose StatementBegin
CREATE FUNCTION audit_counted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE audit_numbered SET last = (SELECT max(id) FROM audit) WHERE last < NEW.id;
    IF FOUND THEN
        NOTIFY deskd;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE CONSTRAINT TRIGGER audit_counted AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_counted();

-- +goose StatementBegin
CREATE FUNCTION deskd_audit(verb text, kind text, item text, what text) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO audit (verb, kind, item, what) VALUES (verb, kind, item, what);
END $$;
-- +goose StatementEnd

-- Line and uid of an event are left out: a calendar that is written again
-- changes them and no booking. vouched is told when there is any, seen_at when it
-- is not when the row was made.

-- +goose StatementBegin
CREATE FUNCTION reservations_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM deskd_audit('insert', 'reservation', NEW.id, deskd_object(
        'is', deskd_object('desk', deskd_text(NEW.desk::text), 'person', deskd_text(NEW.person::text), 'starts_at', deskd_second(NEW.starts_at), 'ends_at', deskd_second(NEW.ends_at), 'status', deskd_text(NEW.status::text), 'source', deskd_text(NEW.source::text), 'note', deskd_text(NEW.note::text), 'vouched', deskd_text(nullif(NEW.vouched, '')), 'seen_at', deskd_milli(nullif(NEW.seen_at, NEW.updated_at)), 'series', deskd_text(nullif(NEW.series, '')))));
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER reservations_audit_insert AFTER INSERT ON reservations FOR EACH ROW EXECUTE FUNCTION reservations_audit_insert();

-- To take the names out of a reservation that is over, by the clock of who writes, is the
-- one change without a row, which would name them: deskd writes one that counts.
-- +goose StatementBegin
CREATE FUNCTION reservations_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM deskd_audit('update', 'reservation', NEW.id, deskd_object(
        'was', deskd_object(
            'id', CASE WHEN OLD.id IS DISTINCT FROM NEW.id THEN deskd_text(OLD.id) END,
            'desk', CASE WHEN OLD.desk IS DISTINCT FROM NEW.desk THEN deskd_text(OLD.desk) END,
            'person', CASE WHEN OLD.person::text IS DISTINCT FROM NEW.person::text THEN deskd_text(OLD.person::text) END,
            'starts_at', CASE WHEN OLD.starts_at IS DISTINCT FROM NEW.starts_at THEN deskd_second(OLD.starts_at) END,
            'ends_at', CASE WHEN OLD.ends_at IS DISTINCT FROM NEW.ends_at THEN deskd_second(OLD.ends_at) END,
            'status', CASE WHEN OLD.status IS DISTINCT FROM NEW.status THEN deskd_text(OLD.status) END,
            'source', CASE WHEN OLD.source IS DISTINCT FROM NEW.source THEN deskd_text(OLD.source) END,
            'note', CASE WHEN OLD.note IS DISTINCT FROM NEW.note THEN deskd_text(OLD.note) END,
            'vouched', CASE WHEN OLD.vouched IS DISTINCT FROM NEW.vouched THEN deskd_text(OLD.vouched) END,
            'seen_at', CASE WHEN OLD.seen_at IS DISTINCT FROM NEW.seen_at THEN deskd_milli(OLD.seen_at) END),
        'is', deskd_object(
            'id', CASE WHEN OLD.id IS DISTINCT FROM NEW.id THEN deskd_text(NEW.id) END,
            'desk', CASE WHEN OLD.desk IS DISTINCT FROM NEW.desk THEN deskd_text(NEW.desk) END,
            'person', CASE WHEN OLD.person::text IS DISTINCT FROM NEW.person::text THEN deskd_text(NEW.person::text) END,
            'starts_at', CASE WHEN OLD.starts_at IS DISTINCT FROM NEW.starts_at THEN deskd_second(NEW.starts_at) END,
            'ends_at', CASE WHEN OLD.ends_at IS DISTINCT FROM NEW.ends_at THEN deskd_second(NEW.ends_at) END,
            'status', CASE WHEN OLD.status IS DISTINCT FROM NEW.status THEN deskd_text(NEW.status) END,
            'source', CASE WHEN OLD.source IS DISTINCT FROM NEW.source THEN deskd_text(NEW.source) END,
            'note', CASE WHEN OLD.note IS DISTINCT FROM NEW.note THEN deskd_text(NEW.note) END,
            'vouched', CASE WHEN OLD.vouched IS DISTINCT FROM NEW.vouched THEN deskd_text(NEW.vouched) END,
            'seen_at', CASE WHEN OLD.seen_at IS DISTINCT FROM NEW.seen_at THEN deskd_milli(NEW.seen_at) END)));
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER reservations_audit_update AFTER UPDATE ON reservations FOR EACH ROW WHEN ((OLD.id, OLD.desk, OLD.person::text, OLD.starts_at, OLD.ends_at, OLD.status, OLD.source, OLD.note, OLD.vouched, OLD.seen_at)
    IS DISTINCT FROM (NEW.id, NEW.desk, NEW.person::text, NEW.starts_at, NEW.ends_at, NEW.status, NEW.source, NEW.note, NEW.vouched, NEW.seen_at)
    AND NOT (NOT OLD.anonymised AND NEW.anonymised AND NEW.ends_at < statement_timestamp()
        AND (OLD.desk = NEW.desk OR left(NEW.desk, 8) = 'unknown-')
        AND (OLD.starts_at, OLD.ends_at, OLD.status, OLD.vouched, OLD.seen_at) IS NOT DISTINCT FROM (NEW.starts_at, NEW.ends_at, NEW.status, NEW.vouched, NEW.seen_at))) EXECUTE FUNCTION reservations_audit_update();

-- +goose StatementBegin
CREATE FUNCTION reservations_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM deskd_audit('delete', 'reservation', OLD.id, deskd_object(
        'was', deskd_object('desk', deskd_text(OLD.desk::text), 'person', deskd_text(OLD.person::text), 'starts_at', deskd_second(OLD.starts_at), 'ends_at', deskd_second(OLD.ends_at), 'status', deskd_text(OLD.status::text), 'source', deskd_text(OLD.source::text), 'note', deskd_text(OLD.note::text), 'vouched', deskd_text(nullif(OLD.vouched, '')))));
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- To remove a reservation that has no names any more and is over since a day leaves no row:
-- deskd writes one that counts.
CREATE TRIGGER reservations_audit_delete AFTER DELETE ON reservations FOR EACH ROW
    WHEN (NOT (OLD.anonymised AND OLD.ends_at < now() - interval '1 day')) EXECUTE FUNCTION reservations_audit_delete();

-- Whose phone a desk's is, with which profile and protection a person is logged in,
-- and what calendars call the two, decides as much as a booking. A name is
-- told when there is one, and later when it changes; where the desk is, when that changes:
-- who keeps desks in memory hears of it so.

-- +goose StatementBegin
CREATE FUNCTION desks_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM deskd_audit('insert', 'desk', NEW.id, deskd_object(
        'is', deskd_object('site', deskd_text(NEW.site::text), 'cluster', deskd_text(NEW.cluster::text), 'device', deskd_text(NEW.device::text), 'name', deskd_text(nullif(NEW.name, '')), 'owner', deskd_text(nullif(NEW.owner::text, '')))));
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER desks_audit_insert AFTER INSERT ON desks FOR EACH ROW EXECUTE FUNCTION desks_audit_insert();

-- +goose StatementBegin
CREATE FUNCTION desks_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM deskd_audit('update', 'desk', NEW.id, deskd_object(
        'was', deskd_object('id', deskd_text(OLD.id::text), 'site', deskd_text(OLD.site::text), 'cluster', deskd_text(OLD.cluster::text), 'device', deskd_text(OLD.device::text), 'name', CASE WHEN OLD.name IS DISTINCT FROM NEW.name THEN deskd_text(OLD.name) END, 'floor', CASE WHEN OLD.floor IS DISTINCT FROM NEW.floor THEN deskd_text(OLD.floor) END, 'zone', CASE WHEN OLD.zone IS DISTINCT FROM NEW.zone THEN deskd_text(OLD.zone) END, 'owner', CASE WHEN OLD.owner::text IS DISTINCT FROM NEW.owner::text THEN deskd_text(OLD.owner::text) END),
        'is', deskd_object('id', deskd_text(NEW.id::text), 'site', deskd_text(NEW.site::text), 'cluster', deskd_text(NEW.cluster::text), 'device', deskd_text(NEW.device::text), 'name', CASE WHEN OLD.name IS DISTINCT FROM NEW.name THEN deskd_text(NEW.name) END, 'floor', CASE WHEN OLD.floor IS DISTINCT FROM NEW.floor THEN deskd_text(NEW.floor) END, 'zone', CASE WHEN OLD.zone IS DISTINCT FROM NEW.zone THEN deskd_text(NEW.zone) END, 'owner', CASE WHEN OLD.owner::text IS DISTINCT FROM NEW.owner::text THEN deskd_text(NEW.owner::text) END)));
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER desks_audit_update AFTER UPDATE ON desks FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.* OR OLD.owner::text <> NEW.owner::text) EXECUTE FUNCTION desks_audit_update();

-- +goose StatementBegin
CREATE FUNCTION desks_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM deskd_audit('delete', 'desk', OLD.id, deskd_object(
        'was', deskd_object('site', deskd_text(OLD.site::text), 'cluster', deskd_text(OLD.cluster::text), 'device', deskd_text(OLD.device::text), 'name', deskd_text(nullif(OLD.name, '')), 'owner', deskd_text(nullif(OLD.owner::text, '')))));
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER desks_audit_delete AFTER DELETE ON desks FOR EACH ROW EXECUTE FUNCTION desks_audit_delete();

-- An absence decides who may have a desk. It is told as what it is of its person; what is
-- over since a day goes without a row.
-- +goose StatementBegin
CREATE FUNCTION absences_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM deskd_audit('insert', 'person', NEW.person::text, deskd_object(
        'is', deskd_object('away_from', deskd_text(NEW.first_day), 'away_to', deskd_text(NEW.last_day))));
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.last_day >= to_char(now() AT TIME ZONE 'UTC' - interval '2 days', 'YYYY-MM-DD') THEN
            PERFORM deskd_audit('delete', 'person', OLD.person::text, deskd_object(
            'was', deskd_object('away_from', deskd_text(OLD.first_day), 'away_to', deskd_text(OLD.last_day))));
        END IF;
    ELSIF (OLD.person, OLD.first_day, OLD.last_day) <> (NEW.person, NEW.first_day, NEW.last_day) THEN
        PERFORM deskd_audit('update', 'person', OLD.person::text, deskd_object(
        'was', deskd_object('away_from', deskd_text(OLD.first_day), 'away_to', deskd_text(OLD.last_day))));
        PERFORM deskd_audit('update', 'person', NEW.person::text, deskd_object(
        'is', deskd_object('away_from', deskd_text(NEW.first_day), 'away_to', deskd_text(NEW.last_day))));
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER absences_audit AFTER INSERT OR UPDATE OR DELETE ON absences FOR EACH ROW EXECUTE FUNCTION absences_audit();

-- +goose StatementBegin
CREATE FUNCTION people_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM deskd_audit('insert', 'person', NEW.id::text, deskd_object(
        'is', deskd_object('profile', deskd_text(NEW.profile::text), 'protected', deskd_truth(NEW.protected), 'groups', deskd_text(NEW.groups::text), 'name', deskd_text(nullif(NEW.name, '')), 'role', deskd_text(nullif(NEW.role, '')))));
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER people_audit_insert AFTER INSERT ON people FOR EACH ROW EXECUTE FUNCTION people_audit_insert();

-- +goose StatementBegin
CREATE FUNCTION people_audit_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM deskd_audit('update', 'person', NEW.id::text, deskd_object(
        'was', deskd_object('id', deskd_text(OLD.id::text), 'profile', deskd_text(OLD.profile::text), 'protected', deskd_truth(OLD.protected), 'groups', deskd_text(OLD.groups::text), 'name', CASE WHEN OLD.name IS DISTINCT FROM NEW.name THEN deskd_text(OLD.name) END, 'role', CASE WHEN OLD.role IS DISTINCT FROM NEW.role THEN deskd_text(OLD.role) END),
        'is', deskd_object('id', deskd_text(NEW.id::text), 'profile', deskd_text(NEW.profile::text), 'protected', deskd_truth(NEW.protected), 'groups', deskd_text(NEW.groups::text), 'name', CASE WHEN OLD.name IS DISTINCT FROM NEW.name THEN deskd_text(NEW.name) END, 'role', CASE WHEN OLD.role IS DISTINCT FROM NEW.role THEN deskd_text(NEW.role) END)));
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER people_audit_update AFTER UPDATE ON people FOR EACH ROW WHEN ((OLD.id::text, OLD.profile, OLD.protected, OLD.name, OLD.groups, OLD.role) IS DISTINCT FROM (NEW.id::text, NEW.profile, NEW.protected, NEW.name, NEW.groups, NEW.role)) EXECUTE FUNCTION people_audit_update();

-- +goose StatementBegin
CREATE FUNCTION people_audit_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM deskd_audit('delete', 'person', OLD.id::text, deskd_object(
        'was', deskd_object('profile', deskd_text(OLD.profile::text), 'protected', deskd_truth(OLD.protected), 'groups', deskd_text(OLD.groups::text), 'name', deskd_text(nullif(OLD.name, '')), 'role', deskd_text(nullif(OLD.role, '')))));
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER people_audit_delete AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION people_audit_delete();

-- A name that goes from one to another leaves a row about each.

-- +goose StatementBegin
CREATE FUNCTION person_mail_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM deskd_audit('insert', 'person', NEW.person::text, deskd_object(
        'is', deskd_object('mail', deskd_text(NEW.mail::text))));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM deskd_audit('delete', 'person', OLD.person::text, deskd_object(
        'was', deskd_object('mail', deskd_text(OLD.mail::text))));
    ELSIF OLD.person <> NEW.person THEN
        PERFORM deskd_audit('update', 'person', OLD.person::text, deskd_object(
        'was', deskd_object('mail', deskd_text(OLD.mail::text))));
        PERFORM deskd_audit('update', 'person', NEW.person::text, deskd_object(
        'is', deskd_object('mail', deskd_text(NEW.mail::text))));
    ELSIF OLD.mail::text <> NEW.mail::text THEN
        PERFORM deskd_audit('update', 'person', NEW.person::text, deskd_object(
        'was', deskd_object('mail', deskd_text(OLD.mail::text)),
        'is', deskd_object('mail', deskd_text(NEW.mail::text))));
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER person_mail_audit AFTER INSERT OR UPDATE OR DELETE ON person_mail FOR EACH ROW EXECUTE FUNCTION person_mail_audit();

-- +goose StatementBegin
CREATE FUNCTION person_aliases_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM deskd_audit('insert', 'person', NEW.person::text, deskd_object(
        'is', deskd_object('alias', deskd_text(NEW.alias))));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM deskd_audit('delete', 'person', OLD.person::text, deskd_object(
        'was', deskd_object('alias', deskd_text(OLD.alias))));
    ELSIF OLD.person <> NEW.person THEN
        PERFORM deskd_audit('update', 'person', OLD.person::text, deskd_object(
        'was', deskd_object('alias', deskd_text(OLD.alias))));
        PERFORM deskd_audit('update', 'person', NEW.person::text, deskd_object(
        'is', deskd_object('alias', deskd_text(NEW.alias))));
    ELSIF OLD.alias <> NEW.alias THEN
        PERFORM deskd_audit('update', 'person', NEW.person::text, deskd_object(
        'was', deskd_object('alias', deskd_text(OLD.alias)),
        'is', deskd_object('alias', deskd_text(NEW.alias))));
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER person_aliases_audit AFTER INSERT OR UPDATE OR DELETE ON person_aliases FOR EACH ROW EXECUTE FUNCTION person_aliases_audit();

-- +goose StatementBegin
CREATE FUNCTION desk_names_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM deskd_audit('insert', 'desk', NEW.desk::text, deskd_object(
        'is', deskd_object(CASE WHEN NEW.mail THEN 'mail' ELSE 'alias' END, deskd_text(NEW.name))));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM deskd_audit('delete', 'desk', OLD.desk::text, deskd_object(
        'was', deskd_object(CASE WHEN OLD.mail THEN 'mail' ELSE 'alias' END, deskd_text(OLD.name))));
    ELSIF OLD.desk <> NEW.desk THEN
        PERFORM deskd_audit('update', 'desk', OLD.desk::text, deskd_object(
        'was', deskd_object(CASE WHEN OLD.mail THEN 'mail' ELSE 'alias' END, deskd_text(OLD.name))));
        PERFORM deskd_audit('update', 'desk', NEW.desk::text, deskd_object(
        'is', deskd_object(CASE WHEN NEW.mail THEN 'mail' ELSE 'alias' END, deskd_text(NEW.name))));
    ELSIF (OLD.name, OLD.mail) <> (NEW.name, NEW.mail) THEN
        PERFORM deskd_audit('update', 'desk', NEW.desk::text, deskd_object(
        'was', deskd_object(CASE WHEN OLD.mail THEN 'mail' ELSE 'alias' END, deskd_text(OLD.name)),
        'is', deskd_object(CASE WHEN NEW.mail THEN 'mail' ELSE 'alias' END, deskd_text(NEW.name))));
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER desk_names_audit AFTER INSERT OR UPDATE OR DELETE ON desk_names FOR EACH ROW EXECUTE FUNCTION desk_names_audit();

-- Closures, which are about places and not about people, unless someone writes a name as the
-- reason. What retention removes was over long before.
-- +goose StatementBegin
CREATE FUNCTION closures_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM deskd_audit('insert', 'closure', NEW.id, deskd_object('is', deskd_object('site', deskd_text(NEW.site), 'floor', deskd_text(NEW.floor), 'zone', deskd_text(NEW.zone), 'desk', deskd_text(NEW.desk),
            'starts_at', deskd_second(NEW.starts_at), 'ends_at', deskd_second(NEW.ends_at), 'why', deskd_text(NEW.why))));
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.ends_at >= now() - interval '1 day' THEN
        PERFORM deskd_audit('delete', 'closure', OLD.id, deskd_object('was', deskd_object('site', deskd_text(OLD.site), 'floor', deskd_text(OLD.floor), 'zone', deskd_text(OLD.zone), 'desk', deskd_text(OLD.desk),
            'starts_at', deskd_second(OLD.starts_at), 'ends_at', deskd_second(OLD.ends_at), 'why', deskd_text(OLD.why))));
        END IF;
    ELSIF (OLD.id, OLD.site, OLD.floor, OLD.zone, OLD.desk, OLD.starts_at, OLD.ends_at, OLD.why)
        <> (NEW.id, NEW.site, NEW.floor, NEW.zone, NEW.desk, NEW.starts_at, NEW.ends_at, NEW.why) THEN
        PERFORM deskd_audit('update', 'closure', NEW.id, deskd_object('was', deskd_object('id', deskd_text(OLD.id), 'site', deskd_text(OLD.site), 'floor', deskd_text(OLD.floor), 'zone', deskd_text(OLD.zone),
            'desk', deskd_text(OLD.desk), 'starts_at', deskd_second(OLD.starts_at), 'ends_at', deskd_second(OLD.ends_at), 'why', deskd_text(OLD.why)),
        'is', deskd_object('id', deskd_text(NEW.id), 'site', deskd_text(NEW.site), 'floor', deskd_text(NEW.floor), 'zone', deskd_text(NEW.zone),
            'desk', deskd_text(NEW.desk), 'starts_at', deskd_second(NEW.starts_at), 'ends_at', deskd_second(NEW.ends_at), 'why', deskd_text(NEW.why))));
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER closures_audit AFTER INSERT OR UPDATE OR DELETE ON closures FOR EACH ROW EXECUTE FUNCTION closures_audit();

-- Who is taken for which phone: an address that is given, moved or taken away. That a phone
-- was seen again where it was leaves no row.
-- +goose StatementBegin
CREATE FUNCTION phones_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.address <> '' THEN
            PERFORM deskd_audit('insert', 'phone', NEW.device, deskd_object(
            'is', deskd_object('cluster', deskd_text(NEW.cluster), 'address', deskd_text(NEW.address), 'source', deskd_text(NEW.source))));
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.address <> '' THEN
            PERFORM deskd_audit('delete', 'phone', OLD.device, deskd_object(
            'was', deskd_object('cluster', deskd_text(OLD.cluster), 'address', deskd_text(OLD.address), 'source', deskd_text(OLD.source))));
        END IF;
    ELSIF (OLD.cluster, OLD.device, OLD.address) <> (NEW.cluster, NEW.device, NEW.address) THEN
        PERFORM deskd_audit('update', 'phone', NEW.device, deskd_object(
        'was', deskd_object('cluster', deskd_text(OLD.cluster), 'device', deskd_text(OLD.device), 'address', deskd_text(OLD.address), 'source', deskd_text(OLD.source)),
        'is', deskd_object('cluster', deskd_text(NEW.cluster), 'device', deskd_text(NEW.device), 'address', deskd_text(NEW.address), 'source', deskd_text(NEW.source))));
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER phones_audit AFTER INSERT OR UPDATE OR DELETE ON phones FOR EACH ROW EXECUTE FUNCTION phones_audit();

-- The brakes, and requests to the daemon: what another program releases past
-- deskd is in the audit as sql.

-- +goose StatementBegin
CREATE FUNCTION pauses_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM deskd_audit('insert', 'cluster', NEW.cluster, deskd_object(
        'is', deskd_object('why', deskd_text(NEW.why::text))));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM deskd_audit('delete', 'cluster', OLD.cluster, deskd_object(
        'was', deskd_object('why', deskd_text(OLD.why::text))));
    ELSIF (OLD.cluster, OLD.since, OLD.by, OLD.why) <> (NEW.cluster, NEW.since, NEW.by, NEW.why) THEN
        PERFORM deskd_audit('update', 'cluster', NEW.cluster, deskd_object(
        'was', deskd_object('paused', deskd_text(OLD.cluster), 'since', deskd_milli(OLD.since), 'why', deskd_text(OLD.why::text)),
        'is', deskd_object('paused', deskd_text(NEW.cluster), 'since', deskd_milli(NEW.since), 'why', deskd_text(NEW.why::text))));
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER pauses_audit AFTER INSERT OR UPDATE OR DELETE ON pauses FOR EACH ROW EXECUTE FUNCTION pauses_audit();

-- +goose StatementBegin
CREATE FUNCTION held_logouts_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.released_at <> '-infinity' THEN
        PERFORM deskd_audit('insert', 'cluster', NEW.cluster, deskd_object(
        'is', deskd_object('session', NEW.session::text, 'released_at', deskd_milli(NEW.released_at))));
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.released_at = '-infinity' THEN
        PERFORM deskd_audit('delete', 'cluster', OLD.cluster, deskd_object(
        'was', deskd_object('session', OLD.session::text, 'until_at', deskd_milli(OLD.until_at))));
        END IF;
    ELSIF (OLD.session, OLD.cluster, OLD.device, OLD.reservation, OLD.until_at, OLD.since, OLD.released_at)
        <> (NEW.session, NEW.cluster, NEW.device, NEW.reservation, NEW.until_at, NEW.since, NEW.released_at) THEN
        PERFORM deskd_audit('update', 'cluster', NEW.cluster, deskd_object(
        'was', deskd_object('session', OLD.session::text, 'until_at', deskd_milli(OLD.until_at), 'released_at', deskd_milli(OLD.released_at)),
        'is', deskd_object('session', NEW.session::text, 'until_at', deskd_milli(NEW.until_at), 'released_at', deskd_milli(NEW.released_at))));
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER held_logouts_audit AFTER INSERT OR UPDATE OR DELETE ON held_logouts FOR EACH ROW EXECUTE FUNCTION held_logouts_audit();

-- +goose StatementBegin
CREATE FUNCTION feed_held_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM deskd_audit('insert', 'feed', NEW.feed, deskd_object(
        'is', deskd_object('change', deskd_text(NEW.id), 'until_at', deskd_milli(NEW.until_at), 'answer', deskd_text(NEW.answer::text))));
    ELSIF (OLD.feed, OLD.answer) <> (NEW.feed, NEW.answer) OR OLD.id = NEW.id AND (OLD.change, OLD.until_at) <> (NEW.change, NEW.until_at) THEN
        PERFORM deskd_audit('update', 'feed', NEW.feed, deskd_object(
        'was', deskd_object('change', deskd_text(OLD.id), 'until_at', deskd_milli(OLD.until_at), 'answer', deskd_text(OLD.answer::text)),
        'is', deskd_object('change', deskd_text(NEW.id), 'until_at', deskd_milli(NEW.until_at), 'answer', deskd_text(NEW.answer::text))));
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER feed_held_audit AFTER INSERT OR UPDATE ON feed_held FOR EACH ROW EXECUTE FUNCTION feed_held_audit();

-- A cluster that refuses deskd is not asked for as long as its row stands.

-- +goose StatementBegin
CREATE FUNCTION cluster_states_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.opened_at <> '-infinity' THEN
        PERFORM deskd_audit('insert', 'cluster', NEW.cluster, deskd_object(
        'is', deskd_object('refused', deskd_text(NEW.cluster), 'since', deskd_milli(NEW.opened_at))));
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.opened_at <> '-infinity' THEN
        PERFORM deskd_audit('delete', 'cluster', OLD.cluster, deskd_object(
        'was', deskd_object('refused', deskd_text(OLD.cluster), 'since', deskd_milli(OLD.opened_at))));
        END IF;
    ELSIF (OLD.opened_at, OLD.cluster) <> (NEW.opened_at, NEW.cluster) THEN
        PERFORM deskd_audit('update', 'cluster', NEW.cluster, deskd_object(
        'was', deskd_object('refused', deskd_text(OLD.cluster), 'since', deskd_milli(OLD.opened_at)),
        'is', deskd_object('refused', deskd_text(NEW.cluster), 'since', deskd_milli(NEW.opened_at))));
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER cluster_states_audit AFTER INSERT OR UPDATE OR DELETE ON cluster_states FOR EACH ROW EXECUTE FUNCTION cluster_states_audit();

-- +goose StatementBegin
CREATE FUNCTION requests_audit_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM deskd_audit('insert', 'request', NEW.id::text, deskd_object(
        'is', deskd_object('verb', deskd_text(NEW.verb::text), 'arg', deskd_text(NEW.arg::text))));
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER requests_audit_insert AFTER INSERT ON requests FOR EACH ROW EXECUTE FUNCTION requests_audit_insert();
