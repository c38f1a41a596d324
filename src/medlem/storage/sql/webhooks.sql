-- Pings from the platform, and our registrations there.

-- name: ping(club, digest, now)!
insert into ping (club, request_digest, pinged_at) values (:club, :digest, :now)
on conflict (club, request_digest) do nothing;

-- name: pinged(club, digest)^
select pinged_at from ping where club = :club and request_digest = :digest;

-- name: forget_pings(before, most)!
-- All clubs: what is too old goes, whosever it is.
delete from ping
where (club, request_digest) in (
    select club, request_digest from ping where pinged_at < :before order by pinged_at limit :most
    for update skip locked
);

-- name: registration(club, event)^
select id, url, secret, created_at from registration where club = :club and event = :event;

-- name: keep_registration(club, event, id, url, secret, created_at)!
insert into registration (club, event, id, url, secret, created_at)
values (:club, :event, :id, :url, :secret, :created_at)
on conflict (club, event) do update
set id = :id, url = :url, secret = :secret, created_at = :created_at;

-- name: drop_registration(club, event)!
delete from registration where club = :club and event = :event;
