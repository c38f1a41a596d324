-- Attempts that are long past: counted, and removed. What made a member is none and stays.

-- name: ended(before, most)
-- All clubs: what is too old goes, whosever it is.
select
    e.club, e.id, e.identification, e.station, e.created_at, coalesce(e.reason, e.state) as outcome
from enrolment e
where e.state in ('declined', 'expired', 'failed') and e.changed_at < :before
order by e.changed_at
limit :most
for update skip locked
;

-- name: unasked(before, most)
-- All clubs: what is too old goes, whosever it is.
select
    i.club, i.id as identification, i.station, i.created_at,
    case i.membership when 'member' then 'recognised' else 'not_asked' end as outcome
from identification i
where i.asked = 0 and i.created_at < :before
order by i.created_at
limit :most
for update skip locked
;

-- name: remove_followers(club, enrolment)!
delete from follower where club = :club and enrolment = :enrolment;

-- name: remove(club, enrolment)!
-- What a phone has brought, or a ping is known by, goes a day before this; if nobody has tidied up, it comes first.
delete from enrolment
where club = :club and id = :enrolment and state in ('declined', 'expired', 'failed')
    and not exists (select 1 from landing l where l.club = :club and l.enrolment = :enrolment)
    and not exists (
        select 1 from notification n indexed by notification_by_enrolment where n.club = :club and n.enrolment = :enrolment
    );

-- name: remove_identification(club, identification)!
-- A customer may have been asked twice after one look, and have said yes the second time.
delete from identification
where club = :club and id = :identification
    and not exists (
        select 1
        from enrolment e indexed by enrolment_by_identification
        where e.club = :club and e.identification = :identification
    )
    and not exists (
        select 1
        from check_in c indexed by check_in_by_identification
        where c.club = :club and c.identification = :identification
    );

-- name: store_of(club, station)^
select store from station where club = :club and id = :station;

-- name: count(club, day, store, outcome, many)!
insert into attempt_count (club, day, store, outcome, many) values (:club, :day, :store, :outcome, :many)
on conflict (club, day, store, outcome) do update set many = attempt_count.many + :many;

-- name: counted(club, since, until)
select c.day, c.store, c.outcome, c.many
from attempt_count c
where c.club = :club and c.day >= :since and c.day < :until
order by c.day, c.store, c.outcome;

-- name: ended_kept(club, before)^
select count(*) as kept, min(changed_at) as oldest, coalesce(sum(case when changed_at < :before then 1 else 0 end), 0) as due
from enrolment
where club = :club and state in ('declined', 'expired', 'failed');

-- name: unasked_kept(club, before)^
select count(*) as kept, min(created_at) as oldest, coalesce(sum(case when created_at < :before then 1 else 0 end), 0) as due
from identification
where club = :club and asked = 0;
