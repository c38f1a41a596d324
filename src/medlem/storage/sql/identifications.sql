-- Who stood where.

-- name: add(club, identification, station, phone, evidence, membership, member, entry, created_at)!
insert into identification (club, id, station, phone, evidence, membership, member, entry, created_at)
values (:club, :identification, :station, :phone, :evidence, :membership, :member, :entry, :created_at);

-- name: get(club, identification)^
select club, id, station, phone, evidence, membership, member, entry, created_at
from identification
where club = :club and id = :identification;

-- name: count(club, station, since)^
select count(*) as found from identification where club = :club and station = :station and created_at > :since;

-- name: oldest(club, station, since)^
select created_at
from identification
where club = :club and station = :station and created_at > :since
order by created_at
limit 1;

-- name: note_miss(club, station, digest, now)!
insert into miss (club, station, digest, missed_at) values (:club, :station, :digest, :now)
on conflict (club, station, digest) do update set missed_at = :now;

-- name: misses(club, station, since)^
select count(*) as found from miss where club = :club and station = :station and missed_at > :since;

-- name: forget_misses(before, most)!
-- All clubs: what is too old goes, whosever it is.
delete from miss
where (club, station, digest) in (
    select club, station, digest from miss where missed_at < :before order by missed_at limit :most
    for update skip locked
);

-- name: forget(before, most)!
-- All clubs: what is too old goes, whosever it is.
-- Numbers that led to no question.
update identification set phone = null, entry = null
where (club, id) in (
    select club, id
    from identification
    where created_at < :before and phone is not null and asked = 0
    order by created_at
    limit :most
    for update skip locked
);
