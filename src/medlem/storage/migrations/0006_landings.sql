-- beside the version before
-- Customers who finish on the merchant's page: which enrolments are theirs, what their phones bring, and what they add.

-- Where a customer who says yes finishes: written with the intent.
alter table enrolment add column finish text not null default 'in_app' check (finish in ('in_app', 'on_page'));
create index enrolment_on_page on enrolment (club) where finish = 'on_page' and state in ('asking', 'waiting');

-- Codes that phones have brought, by keyed hash. The code is sealed and goes when it is good for nothing any more; the
-- answer (the tokens) is sealed and goes when the enrolment has it. A row goes after a day.
create table landing (
    club text not null references club (id),
    digest text not null,
    step text not null
        check (step in ('arrived', 'redeeming', 'kept', 'passed_on', 'refused', 'lost', 'worthless')),
    arrived_at integer not null,
    free_at integer not null,
    tries integer not null,
    code blob,
    answer blob,
    enrolment text,
    primary key (club, digest),
    foreign key (club, enrolment) references enrolment (club, id),
    check ((step in ('arrived', 'redeeming')) = (code is not null)),
    check ((step = 'kept') = (answer is not null)),
    check ((step = 'passed_on') = (enrolment is not null))
) strict;
create index landing_open on landing (free_at) where step in ('arrived', 'redeeming', 'kept');
create index landing_by_club on landing (arrived_at, club);
create index landing_by_enrolment on landing (club, enrolment) where enrolment is not null;

-- Browsers that see what became of a landing. The cookie is hashed. A row goes when its time is over.
create table page_session (
    digest text not null primary key,
    club text not null,
    landing text not null,
    valid_until integer not null,
    used_at integer,
    foreign key (club, landing) references landing (club, digest)
) strict, without rowid;
create index page_session_by_landing on page_session (club, landing);
create index page_session_by_age on page_session (valid_until);

-- What members have added about themselves on that page, the latest answer to each question: plain. Rows stay until the
-- member is erased.
create table extra (
    club text not null,
    member text not null,
    name text not null,
    answer text not null,
    answered_at integer not null,
    primary key (club, member, name),
    foreign key (club, member) references member (club, id)
) strict, without rowid;
