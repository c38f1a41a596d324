-- beside the version before
-- Rights of members: restriction and erasure, what is kept of both, and members who have not been seen for long.

-- restricted_at: what is kept of them is not used until it is lifted. last_seen_at: when a till last found them, to the
-- day. flagged_at: when they had not been seen for so long that they are to be erased, unless they come.
-- erased_at: nothing is left of them but this row, which holds what proves their consents.
alter table member add column restricted_at integer;
alter table member add column last_seen_at integer;
alter table member add column flagged_at integer;
alter table member add column erased_at integer;
create index member_by_activity on member (club, max(joined_at, coalesce(last_seen_at, 0)))
    where erased_at is null and restricted_at is null and flagged_at is null;
create index member_by_flag on member (club, flagged_at) where flagged_at is not null;
create index enrolment_by_member on enrolment (member, club) where member is not null;

-- Who was erased. sub_digest is a keyed hash, by which an answer that came before the erasure is known when it is
-- understood after it. There may be no such member here: rows come from the database that a backup has replaced.
-- swept_at: when somebody had looked again for what was being written at that moment. Rows stay.
create table erasure (
    club text not null references club (id),
    member text not null,
    reason text not null
        check (reason in ('asked_by_member', 'asked_by_guardian', 'entered_by_mistake', 'legal_duty', 'inactive')),
    requested_at integer,
    erased_at integer not null,
    sub_digest text,
    swept_at integer,
    primary key (club, member)
) strict, without rowid;
create index erasure_by_sub on erasure (sub_digest, club) where sub_digest is not null;
create index erasure_to_sweep on erasure (erased_at) where swept_at is null;

-- The numbers that reached them: keyed hashes, so that no list of old members brings them back. Rows stay.
create table erased_number (
    club text not null,
    member text not null,
    digest text not null,
    primary key (club, member, digest),
    foreign key (club, member) references erasure (club, member)
) strict, without rowid;
create index erased_number_by_digest on erased_number (digest, club);

-- What was done about whom when somebody asked for it, and by which key. Rows stay.
create table right_exercised (
    number integer not null primary key,
    club text not null references club (id),
    member text not null,
    what text not null check (what in ('exported', 'restricted', 'lifted', 'erased')),
    reason text,
    exercised_by text not null,
    exercised_at integer not null
) strict;
create index right_exercised_by_member on right_exercised (club, member, number);

-- That an operator has seen whom retention would erase, and under which settings. Rows stay.
create table retention_confirmed (
    club text not null references club (id) primary key,
    inactive_after integer not null,
    notice integer not null,
    confirmed_at integer not null
) strict, without rowid;

-- Memberships that have ended; whoever comes back is the same member. Rows stay.
create table past_membership (
    club text not null,
    member text not null,
    joined_at integer not null,
    left_at integer not null,
    primary key (club, member, joined_at),
    foreign key (club, member) references member (club, id)
) strict, without rowid;
