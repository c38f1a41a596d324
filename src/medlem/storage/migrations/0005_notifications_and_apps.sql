-- beside the version before
-- By what a standard provider shows which question its ping is about (CIBA Core 1.0 section 10.2): the keyed hash of a
-- token that went with the question, and of the request that came back. Rows go after a day.
create table notification (
    club text not null,
    token_digest text not null,
    enrolment text not null,
    request_digest text,
    made_at integer not null,
    primary key (club, token_digest),
    foreign key (club, enrolment) references enrolment (club, id)
) strict, without rowid;
create index notification_by_enrolment on notification (enrolment, club);
create index notification_by_age on notification (made_at);

-- Whether the platform knows an app behind a number: a keyed hash of the number. Rows go after ten minutes.
create table app_presence (
    club text not null references club (id),
    phone_digest text not null,
    found integer not null,
    asked_at integer not null,
    primary key (club, phone_digest)
) strict, without rowid;
create index app_presence_by_age on app_presence (asked_at);

-- What was found by it, for this customer; null while nobody knows.
alter table identification add column app_found integer;
