-- Scans of the stickers at stations.

-- name: known(club, digest)^
select 1 as found from check_in where club = :club and digest = :digest;

-- name: add(club, check_in, station, digest, token, named_at, scanned_at, valid_until, due_at, failures)!
insert into check_in (club, id, station, digest, token, named_at, scanned_at, valid_until, due_at, failures)
values (
    :club, :check_in, :station, :digest, :token, :named_at, :scanned_at, :valid_until, :due_at, :failures
)
on conflict do nothing;

-- name: hold(club, check_in)^
select club, id, station, token, named_at, scanned_at, due_at, failures, identification
from check_in
where club = :club and id = :check_in
for update
;

-- name: save(club, check_in, due_at, failures, identification)!
update check_in
set due_at = :due_at, failures = :failures, identification = :identification
where club = :club and id = :check_in;

-- name: token_of(club, identification, now)^
select token
from check_in indexed by check_in_by_identification
where club = :club and identification = :identification and valid_until > :now;

-- name: any_due(now)^
-- All clubs: one worker serves them all.
select 1 as found from check_in where due_at <= :now limit 1;

-- name: claim_due(now, until, most)
-- All clubs: one worker serves them all.
-- Those that another node is taking at this moment are passed over.
update check_in
set due_at = :until
where (club, id) in (
    select club, id from check_in where due_at <= :now order by due_at limit :most for update skip locked
)
returning club, id, station, token, named_at, scanned_at, due_at, failures, identification;

-- name: forget(now, most)!
-- All clubs: what is too old goes, whosever it is.
delete from check_in
where (club, id) in (
    select club, id from check_in where valid_until <= :now order by valid_until limit :most
    for update skip locked
);
