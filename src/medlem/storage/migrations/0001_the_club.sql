-- The club: places, keys, customers at the counter, questions to them, members, and what the screens show.
--
-- Every table names its club. Times are whole milliseconds since 1970 in UTC, and always a parameter: the database
-- is never asked what time it is. The other indices begin with what they find and end with the club: one that began with
-- the club would fit half of every query, and a planner that has not counted the rows yet would take it for whole.
-- "Sealed" is encrypted under SECRET_KEYS; a "digest" is a keyed hash under them.

-- Customer clubs, one for each sales unit. Rows stay. last_number counts the member numbers given out; digest is a
-- keyed hash of the id, and tells whether the secret keys at hand are those under which this database was written.
create table club (
    id text not null primary key,
    sales_unit text not null unique,
    name text not null,
    country text not null,
    digest text not null,
    last_number integer not null default 100000,
    created_at integer not null
) strict, without rowid;

-- Stores of a club. Rows stay.
create table store (
    club text not null references club (id),
    id text not null,
    name text not null,
    created_at integer not null,
    primary key (club, id)
) strict, without rowid;

-- Till positions. Rows stay, since events and members name them; one out of service has removed_at.
-- last_position counts the station's events: whoever raises it holds the row until the event is committed.
create table station (
    club text not null,
    id text not null,
    store text not null,
    name text not null,
    last_position integer not null default 0,
    created_at integer not null,
    removed_at integer,
    primary key (club, id),
    foreign key (club, store) references store (club, id)
) strict, without rowid;

-- Codes that let a till become a station. Hashed. A row goes when its code is taken, or at a later pairing once too old.
create table pairing (
    digest text not null primary key,
    club text not null,
    station text not null,
    valid_until integer not null,
    foreign key (club, station) references station (club, id)
) strict, without rowid;
create index pairing_by_age on pairing (valid_until);
create index pairing_by_station on pairing (club, station);

-- Keys to our own API. The secret is hashed. Rows stay: a revoked key can still be told from an unknown one.
create table api_key (
    club text not null references club (id),
    id text not null,
    kind text not null check (kind in ('station', 'integration', 'admin')),
    name text not null,
    digest text not null unique,
    station text,
    created_at integer not null,
    expires_at integer,
    revoked_at integer,
    primary key (club, id),
    foreign key (club, station) references station (club, id),
    check ((kind = 'station') = (station is not null))
) strict, without rowid;
create index api_key_by_station on api_key (club, station);

-- Who stood where. The number is plain, and goes after a day unless the customer was asked to join (asked = 1), or a
-- day after that question ended without a member. The member is the register's, which may be another system's.
create table identification (
    club text not null,
    id text not null,
    station text not null,
    phone text,
    evidence text not null check (evidence in ('personal_qr_token', 'personal_qr_clear', 'station_qr', 'typed')),
    membership text not null check (membership in ('member', 'not_member', 'unknown')),
    member text,
    asked integer not null default 0,
    created_at integer not null,
    primary key (club, id),
    foreign key (club, station) references station (club, id)
) strict, without rowid;
create index identification_by_station on identification (club, station, created_at);
create index identification_to_forget on identification (created_at) where phone is not null and asked = 0;

-- Numbers that a station looked up and nobody has, for the limit. Hashed. A row goes after a day.
create table miss (
    club text not null,
    station text not null,
    digest text not null,
    missed_at integer not null,
    primary key (club, station, digest),
    foreign key (club, station) references station (club, id)
) strict, without rowid;
create index miss_by_station on miss (club, station, missed_at);
create index miss_by_age on miss (missed_at);

-- Questions to customers. Rows stay. The number is plain, and goes a day after an end without a member.
-- request (auth_req_id) and answer (the tokens) are sealed and go with the end; request_digest finds a ping's request.
-- claimed_by is the node that looks, where there are many; null where one process serves.
create table enrolment (
    club text not null,
    id text not null,
    identification text not null,
    station text not null,
    phone text,
    evidence text not null,
    code text not null,
    state text not null check (state in ('asking', 'waiting', 'accepted', 'declined', 'expired', 'failed')),
    reason text,
    created_at integer not null,
    changed_at integer not null,
    expires_at integer,
    interval_ms integer not null,
    due_at integer,
    failures integer not null,
    pinged_at integer,
    request blob,
    request_digest text,
    answer blob,
    member text,
    answer_digest text,
    claim integer not null default 0,
    claimed_at integer,
    claimed_by integer,
    lease_until integer not null default 0,
    primary key (club, id),
    foreign key (club, identification) references identification (club, id),
    foreign key (club, station) references station (club, id),
    check ((state = 'failed') = (reason is not null)),
    check ((state = 'accepted') = (member is not null)),
    check ((state = 'waiting') = (due_at is not null))
) strict;
create unique index enrolment_open_by_phone on enrolment (phone, club) where state in ('asking', 'waiting');
create unique index enrolment_open_by_code on enrolment (code, club) where state in ('asking', 'waiting');
create index enrolment_due on enrolment (max(due_at, lease_until)) where state = 'waiting';
create index enrolment_asking on enrolment (created_at) where state = 'asking';
create index enrolment_by_request on enrolment (request_digest, club) where request_digest is not null;
create index enrolment_by_phone on enrolment (phone, club, created_at) where phone is not null;
create index enrolment_by_identification on enrolment (identification, club);
create index enrolment_to_forget on enrolment (changed_at)
    where phone is not null and state in ('declined', 'expired', 'failed');

-- Which stations see which enrolment, and when that enrolment began. Rows stay.
create table follower (
    club text not null,
    enrolment text not null,
    station text not null,
    begun_at integer not null,
    primary key (club, enrolment, station),
    foreign key (club, enrolment) references enrolment (club, id),
    foreign key (club, station) references station (club, id)
) strict, without rowid;
create index follower_by_station on follower (club, station, begun_at);

-- Members, present and past, with the profile that they shared: plain. Rows stay until they are erased.
-- sub is the platform's name for the person, the same within one sales unit; null until the first login.
create table member (
    club text not null references club (id),
    id text not null,
    member_number text not null,
    sub text,
    name text,
    given_name text,
    family_name text,
    email text,
    email_verified integer,
    birthdate text,
    gender text,
    address text,
    other_addresses text,
    joined_at integer not null,
    station text,
    left_at integer,
    primary key (club, id)
) strict;
create unique index member_by_number on member (club, member_number);
create unique index member_by_sub on member (club, sub) where sub is not null;

-- Which number reaches which member: plain. A link ends when the number moves or the member leaves; rows stay.
create table phone_link (
    club text not null,
    member text not null,
    phone text not null,
    verified_by text not null check (verified_by in ('login', 'login_hint', 'merchant')),
    verified_at integer not null,
    ended_at integer,
    foreign key (club, member) references member (club, id)
) strict;
create unique index phone_link_live_by_phone on phone_link (phone, club) where ended_at is null;
create unique index phone_link_live_by_member on phone_link (member, club) where ended_at is null;
create index phone_link_by_member on phone_link (club, member);

-- What was answered to each question, as it was put: plain, appended, never edited. position keeps the order.
create table consent (
    position integer not null primary key,
    club text not null,
    id text not null,
    member text not null,
    element text not null,
    wording text not null,
    granted integer not null,
    given_at integer,
    seen_at integer not null,
    language text,
    enrolment text,
    station text,
    unique (club, id),
    foreign key (club, member) references member (club, id)
) strict;
create index consent_by_member on consent (club, member, position);

-- The platform's consent objects as they came, for each enrolment that brought some. Sealed. Rows stay.
create table evidence (
    club text not null,
    enrolment text not null,
    member text not null,
    raw blob not null,
    kept_at integer not null,
    primary key (club, enrolment),
    foreign key (club, enrolment) references enrolment (club, id),
    foreign key (club, member) references member (club, id)
) strict;
create index evidence_by_member on evidence (club, member);

-- What each station's screen was told, as JSON with masked numbers. Rows go after a day, in the order in which they
-- were written (number), which spares the busiest table an index by age. Its station is known: position comes from it.
create table event (
    number integer not null primary key,
    club text not null,
    station text not null,
    position integer not null,
    kind text not null check (kind in ('identification', 'enrolment')),
    body text not null,
    added_at integer not null,
    unique (club, station, position)
) strict;

-- Calls that came with an Idempotency-Key. The scope and the body are hashes; the refusal is sealed. Rows go after three days.
create table repeatable (
    scope_digest text not null primary key,
    club text not null references club (id),
    body text not null,
    http_status integer not null,
    resource text,
    refusal blob,
    kept_at integer not null
) strict, without rowid;
create index repeatable_by_age on repeatable (kept_at);

-- Requests that the platform has pinged us about. Hashed. Rows go after fifteen minutes.
create table ping (
    club text not null references club (id),
    request_digest text not null,
    pinged_at integer not null,
    primary key (club, request_digest)
) strict, without rowid;
create index ping_by_age on ping (pinged_at);

-- Our webhook registrations with the platform, one an event. The secret is sealed. Rows stay until dropped.
create table registration (
    club text not null references club (id),
    event text not null,
    id text not null,
    url text not null,
    secret blob not null,
    created_at integer not null,
    primary key (club, event)
) strict, without rowid;
