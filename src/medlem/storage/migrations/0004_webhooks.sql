-- beside the version before
-- Registrations are replaced without a gap, by one process at a time; a member may end the sharing of their profile.

-- Registrations that another one has taken the place of. Deliveries signed with their secrets are still taken. Sealed.
-- ended_at is when the platform had forgotten one; the row goes a little later, when nothing can be on its way any more.
create table replaced_registration (
    club text not null references club (id),
    event text not null,
    id text not null,
    url text not null,
    secret blob not null,
    created_at integer not null,
    ended_at integer,
    primary key (club, event, id)
) strict, without rowid;

-- Whose turn it is to settle a club's registrations with the platform, and when that was last done. Rows stay.
create table settling (
    club text not null references club (id),
    claim integer not null,
    lease_until integer not null,
    checked_at integer,
    primary key (club)
) strict, without rowid;

-- A member may end the sharing of their profile in the app and stays a member: sharing_withdrawn_at, until they share
-- anew. shared_at is when they last did.
alter table member add column shared_at integer;
alter table member add column sharing_withdrawn_at integer;
create index member_by_withdrawal on member (club, id) where sharing_withdrawn_at is not null;

-- Each time that a member ended it, also after they have shared anew. Rows stay until the member is erased.
create table withdrawal (
    club text not null,
    member text not null,
    heard_at integer not null,
    primary key (club, member, heard_at),
    foreign key (club, member) references member (club, id)
) strict, without rowid;

-- Where the platform tells us of it: addresses that nobody can guess. digest finds one, and the sealed secret shows it to
-- whoever runs the club. ends_at: not heard from then on. heard counts what came in that minute. Rows stay.
create table withdrawal_address (
    club text not null references club (id),
    made_at integer not null,
    digest text not null unique,
    secret blob not null,
    ends_at integer,
    minute integer not null,
    heard integer not null,
    primary key (club, made_at)
) strict, without rowid;
