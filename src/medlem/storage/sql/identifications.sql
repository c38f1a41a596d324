-- Who stood where.

-- name: add(club, identification, station, phone, evidence, membership, member, entry, doubt, choices, created_at)!
insert into identification (
    club, id, station, phone, evidence, membership, member, entry, doubt, choices, created_at
)
values (
    :club, :identification, :station, :phone, :evidence, :membership, :member, :entry, :doubt, :choices, :created_at
);

-- name: choose(club, identification, member)!
update identification set member = :member, doubt = null, chosen = 1 where club = :club and id = :identification;

-- name: get(club, identification)^
select
    club, id, station, phone, evidence, membership, member, entry, doubt, choices, chosen, created_at, app_found
from identification
where club = :club and id = :identification;

-- name: counted(club, station, since, missed_since)
select
    (
        select count(*) from identification i
        where i.club = :club and i.station = :station and i.created_at > :since
    ) as looked_up,
    (select count(*) from miss m where m.club = :club and m.station = :station and m.missed_at > :missed_since) as missed;

-- name: oldest(club, station, since)^
select created_at
from identification
where club = :club and station = :station and created_at > :since
order by created_at
limit 1;

-- name: set_app_found(club, identification, found)!
update identification set app_found = :found where club = :club and id = :identification;

-- name: app_presence(club, digest, since)^
select found from app_presence where club = :club and phone_digest = :digest and asked_at > :since;

-- name: keep_app_presence(club, digest, found, now)!
insert into app_presence (club, phone_digest, found, asked_at) values (:club, :digest, :found, :now)
on conflict (club, phone_digest) do update set found = :found, asked_at = :now;

-- name: forget_app_presence(before, most)!
-- All clubs: what is too old goes, whosever it is.
delete from app_presence
where (club, phone_digest) in (
    select club, phone_digest from app_presence where asked_at < :before order by asked_at limit :most
    for update skip locked
);

-- name: note_miss(club, station, digest, now)!
insert into miss (club, station, digest, missed_at) values (:club, :station, :digest, :now)
on conflict (club, station, digest) do update set missed_at = :now;

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
update identification set phone = null, entry = null, choices = null
where (club, id) in (
    select club, id
    from identification
    where created_at < :before and phone is not null and asked = 0
    order by created_at
    limit :most
    for update skip locked
);
