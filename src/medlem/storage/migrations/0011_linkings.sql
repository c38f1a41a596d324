-- beside the version before
-- Whom a login made of a number: what was decided, what it began and ended, and how that is undone.

-- Decisions about whom a number reaches. Appended; undone_by names the later decision that took this one back.
-- was (sub and profile of the member until then) and why are sealed. who undid it: a key or a person.
create table linking (
    club text not null references club (id),
    id text not null,
    member text not null,
    outcome text not null check (outcome in (
        'joined', 'same_number', 'number_changed', 'number_moved', 'entry_found', 'entry_confirmed',
        'entry_not_matched', 'several_entries', 'undone'
    )),
    decided_at integer not null,
    enrolment text,
    was blob,
    who text,
    why blob,
    undoes text,
    undone_by text,
    primary key (club, id),
    foreign key (club, member) references member (club, id),
    foreign key (club, enrolment) references enrolment (club, id),
    check ((outcome = 'undone') = (undoes is not null))
) strict;
create index linking_by_member on linking (member, club);
create index linking_by_enrolment on linking (enrolment, club) where enrolment is not null;

-- When a link began, and by which decisions it began and ended, if by any.
alter table phone_link add column begun_at integer;
alter table phone_link add column begun_by text;
alter table phone_link add column ended_by text;
alter table phone_link add column ended_because text;
update phone_link set begun_at = verified_at;
create index phone_link_by_beginning on phone_link (begun_by, club) where begun_by is not null;
create index phone_link_by_end on phone_link (ended_by, club) where ended_by is not null;

-- By the platform's word a number reaches one member; those whom the merchant entered may share one.
create index phone_link_by_phone on phone_link (phone, club) where ended_at is null;
drop index phone_link_live_by_phone;
create unique index phone_link_live_by_login on phone_link (phone, club) where ended_at is null and verified_by <> 'merchant';

-- What the cashier is to find out before it counts, and whom they may choose from, as JSON with first names; null when
-- there is nothing to find out. Goes together with the number. chosen = 1: the cashier has said who it is.
alter table identification add column doubt text;
alter table identification add column choices text;
alter table identification add column chosen integer not null default 0;
