-- The stickers at stations.

-- name: add(club, qr, station, label, state, content, made_at, due_at, failures)!
-- Adds nothing when the station has one that counts.
insert into station_qr (club, id, station, label, state, content, made_at, due_at, failures)
values (:club, :qr, :station, :label, :state, :content, :made_at, :due_at, :failures)
on conflict do nothing;

-- name: present(club, station)^
select club, id, station, label, state, content, made_at, due_at, failures
from station_qr
where club = :club and station = :station and state in ('making', 'up');

-- name: get(club, qr)^
select club, id, station, label, state, content, made_at, due_at, failures
from station_qr
where club = :club and id = :qr;

-- name: hold(club, qr)^
select club, id, station, label, state, content, made_at, due_at, failures
from station_qr
where club = :club and id = :qr
for update
;

-- name: all(club)
select club, id, station, label, state, content, made_at, due_at, failures
from station_qr
where club = :club
order by id;

-- name: save(club, qr, label, state, content, due_at, failures)!
update station_qr
set label = :label, state = :state, content = :content, due_at = :due_at, failures = :failures
where club = :club and id = :qr;

-- name: any_due(now)^
-- All clubs: one worker serves them all.
select 1 as found from station_qr where due_at <= :now limit 1;

-- name: claim_due(now, until, most)
-- All clubs: one worker serves them all.
-- Those that another node is taking at this moment are passed over.
update station_qr
set due_at = :until
where (club, id) in (
    select club, id from station_qr where due_at <= :now order by due_at limit :most for update skip locked
)
returning club, id, station, label, state, content, made_at, due_at, failures;
