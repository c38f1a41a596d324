-- What the screens show.

-- name: next_position(club, station)^
-- Holds the station's row until the commit, so that positions become visible in their order.
update station set last_position = last_position + 1 where club = :club and id = :station returning last_position;

-- name: add(club, station, position, kind, body, now)!
insert into event (club, station, position, kind, body, added_at)
values (:club, :station, :position, :kind, :body, :now);

-- name: after(club, station, position, most)
select position, kind, body
from event
where club = :club and station = :station and position > :position
order by position
limit :most;

-- name: standing(club, station, position)^
-- Where the station is, and how old the event at a position is.
select s.last_position, e.added_at
from station s
    left join event e on e.club = s.club and e.station = s.id and e.position = :position
where s.club = :club and s.id = :station;

-- name: position(club, station)^
select last_position from station where club = :club and id = :station;

-- name: latest_identification(club, station, since)^
select
    club, id, station, phone, evidence, membership, member, entry, doubt, choices, chosen, created_at, app_found
from identification
where club = :club and station = :station and created_at > :since
order by created_at desc
limit 1;

-- name: followed_enrolments(club, station, begun_since, ended_since)
select f.enrolment
from follower f
    join enrolment e on e.club = f.club and e.id = f.enrolment
where f.club = :club and f.station = :station and f.begun_at > :begun_since
    and (e.state in ('asking', 'waiting') or e.changed_at > :ended_since)
order by e.id;

-- name: latest()^
-- All clubs: when anything at all was shown last.
select added_at from event order by number desc limit 1;

-- name: forget(before, most)!
-- All clubs: what is too old goes, whosever it is.
-- Only the oldest are looked at.
delete from event where added_at < :before and number in (
    select number from event order by number limit :most for update skip locked
);
