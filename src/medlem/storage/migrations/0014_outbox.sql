-- beside the version before
-- The merchant's other systems hear of members: what is to be told, to whom, and what became of it. And they find them.

-- When a member was last changed, and how often: whoever asks for what has changed since finds them.
alter table member add column changed_at integer not null default 0;
alter table member add column version integer not null default 0;
update member set changed_at = max(joined_at, coalesce(left_at, 0)), version = 1;
create index member_by_change on member (club, changed_at, id);

-- By what members are found and listed. Names in small letters: both databases know only those of English as such.
create index member_by_joining on member (club, joined_at, id);
create index member_by_station on member (club, station, id) where station is not null;
create index member_by_leaving on member (club, id) where left_at is not null;
create index member_by_name on member (club, substr(lower(replace(replace(replace(replace(replace(replace(name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80), id)
    where name is not null;
create index member_by_family_name on member (club, substr(lower(replace(replace(replace(replace(replace(replace(family_name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80), id)
    where family_name is not null;

-- Addresses that hear of members. The secrets are sealed: the former one signs beside the present one for a while.
-- kinds: what is heard, each word between two spaces. due_at: when to tell next, null while there is nothing to tell.
-- The row stays when the endpoint is removed, without its secrets.
create table endpoint (
    club text not null references club (id),
    id text not null,
    url text not null,
    kinds text not null,
    secret blob,
    former_secret blob,
    former_until integer,
    created_at integer not null,
    removed_at integer,
    paused text check (paused in ('failing', 'gone')),
    paused_at integer,
    failing_since integer,
    last_sequence integer not null default 0,
    claim integer not null default 0,
    due_at integer,
    lease_until integer not null default 0,
    primary key (club, id)
) strict;
create index endpoint_due on endpoint (max(due_at, lease_until))
    where due_at is not null and paused is null and removed_at is null;

-- What one endpoint is to hear, in its order; the body names ids and states, and nobody. A row goes after thirty days.
create table notice (
    club text not null,
    endpoint text not null,
    sequence integer not null,
    id text not null,
    kind text not null,
    body text not null,
    happened_at integer not null,
    state text not null check (state in ('waiting', 'delivered', 'parked')),
    attempts integer not null default 0,
    tried_at integer,
    http_status integer,
    trouble text,
    give_up_at integer not null,
    primary key (club, endpoint, sequence),
    foreign key (club, endpoint) references endpoint (club, id)
) strict;
create unique index notice_by_id on notice (id, club);
create index notice_by_state on notice (club, endpoint, state, sequence);
create index notice_by_moment on notice (club, endpoint, happened_at, sequence);
create index notice_to_forget on notice (happened_at);
