-- beside the version before
-- A merchant's own register: what it said of a customer at the counter, and what it is to hear of our members.

-- What the register said, as JSON with a shortened name; null for a member of our own. Goes together with the number.
alter table identification add column entry text;

-- Counts the announcements of a member.
alter table member add column last_announcement integer not null default 0;

-- What a merchant's own register hears of a member: the member as they were, sealed. The numbers are plain. A row goes
-- three days after it was heard, thirty after it was turned down.
create table announcement (
    club text not null,
    member text not null,
    sequence integer not null,
    id text not null,
    news text not null check (news in ('joined', 'number_moved', 'changed', 'left')),
    phone text,
    former_phone text,
    body blob not null,
    happened_at integer not null,
    hearing text not null check (hearing in ('waiting', 'heard', 'turned_down')),
    attempts integer not null default 0,
    claim integer not null default 0,
    due_at integer not null,
    lease_until integer not null default 0,
    ended_at integer,
    primary key (club, member, sequence),
    foreign key (club, member) references member (club, id),
    check ((hearing = 'waiting') = (ended_at is null))
) strict;
create unique index announcement_by_id on announcement (id, club);
create index announcement_due on announcement (club, max(due_at, lease_until)) where hearing = 'waiting';
create index announcement_waiting on announcement (member, club, sequence) where hearing = 'waiting';
create index announcement_by_phone on announcement (phone, club, happened_at) where phone is not null;
create index announcement_by_former_phone on announcement (former_phone, club, happened_at) where former_phone is not null;
create index announcement_to_forget on announcement (ended_at) where ended_at is not null;
