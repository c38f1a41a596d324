-- Keys to our own API.

-- name: find(digest, now)^
-- All clubs: the key says which club it belongs to.
select club, id, kind, name, station, created_at, expires_at, revoked_at
from api_key
where digest = :digest and revoked_at is null and (expires_at is null or expires_at > :now);

-- name: all(club)
select club, id, kind, name, station, created_at, expires_at, revoked_at from api_key where club = :club order by id;

-- name: add(club, key, kind, name, digest, station, created_at, expires_at, revoked_at)!
insert into api_key (club, id, kind, name, digest, station, created_at, expires_at, revoked_at)
values (:club, :key, :kind, :name, :digest, :station, :created_at, :expires_at, :revoked_at);

-- name: revoke(club, key, now)!
update api_key set revoked_at = :now where club = :club and id = :key and revoked_at is null;
