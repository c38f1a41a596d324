-- beside the version before
-- Two members who turn out to be one person: found, merged by two decisions, and parted again.

-- Who they turned out to be. Such a row keeps its id and member number, which lead to whoever they are now, and its
-- records of consents; nothing else of it names anybody. To the version before it is somebody who has left.
alter table member add column merged_into text;
create index member_by_merger on member (merged_into, club) where merged_into is not null;

-- By what two members are found who may be one. Letters as in member_by_name.
create index member_by_email on member (club, lower(trim(email)), id) where email is not null;
create index member_by_birthdate on member (club, birthdate, substr(lower(replace(replace(replace(replace(replace(replace(name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80), id)
    where birthdate is not null;

-- Merges, from their proposal on. plan: what was to be done, as JSON, which names nobody. stays_version, goes_version: of
-- the members as they were read. was (both as they were) and why are sealed; both go when one of the two is erased.
create table merge (
    club text not null references club (id),
    id text not null,
    stays text not null,
    goes text not null,
    plan text not null,
    stays_version integer not null,
    goes_version integer not null,
    proposed_at integer not null,
    proposed_by text not null,
    expires_at integer not null,
    confirmed_at integer,
    confirmed_by text,
    undone_at integer,
    undone_by text,
    why blob,
    not_restored text,
    was blob,
    primary key (club, id),
    foreign key (club, stays) references member (club, id),
    foreign key (club, goes) references member (club, id)
) strict;
create index merge_by_stays on merge (stays, club);
create index merge_by_goes on merge (goes, club);

-- That somebody has said of two members that they are two people: they are not reported again. one < other.
create table distinct_members (
    club text not null,
    one text not null,
    other text not null,
    said_by text not null,
    said_at integer not null,
    primary key (club, one, other),
    foreign key (club, one) references member (club, id),
    foreign key (club, other) references member (club, id)
) strict, without rowid;
create index distinct_members_by_other on distinct_members (club, other);
