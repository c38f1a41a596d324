-- beside the version before
-- What is left of attempts that are long past: numbers of them, and nothing of anybody.

-- How many began on a day (UTC, counted from 1970-01-01) in a store, by how they ended: declined, expired, the reason of
-- one that failed, not_asked for a customer who was looked up and not asked, recognised for a member. Rows stay.
create table attempt_count (
    club text not null,
    day integer not null,
    store text not null,
    outcome text not null,
    many integer not null,
    primary key (club, day, store, outcome),
    foreign key (club, store) references store (club, id)
) strict, without rowid;
create index enrolment_to_count on enrolment (changed_at) where state in ('declined', 'expired', 'failed');
create index identification_to_count on identification (created_at) where asked = 0;
