-- Endpoints of the merchant's other systems, and what each of them is to hear.

-- name: add_endpoint(club, endpoint, url, kinds, secret, created_at)!
insert into endpoint (club, id, url, kinds, secret, created_at)
values (:club, :endpoint, :url, :kinds, :secret, :created_at);

-- name: endpoint(club, endpoint)^
select
    club, id, url, kinds, secret, former_secret, former_until, created_at, paused, paused_at, failing_since, claim, due_at
from endpoint
where club = :club and id = :endpoint and removed_at is null;

-- name: hold_endpoint(club, endpoint)^
select
    club, id, url, kinds, secret, former_secret, former_until, created_at, paused, paused_at, failing_since, claim, due_at
from endpoint
where club = :club and id = :endpoint and removed_at is null
for update;

-- name: hold_endpoints(club)
select id from endpoint where club = :club and removed_at is null order by id for update;

-- name: endpoints(club)
select
    club, id, url, kinds, secret, former_secret, former_until, created_at, paused, paused_at, failing_since, claim, due_at
from endpoint
where club = :club and removed_at is null
order by id;

-- name: save_endpoint(club, endpoint, secret, former_secret, former_until, paused, paused_at, failing_since, claim, due_at)!
-- Ends the lease: whoever writes has done what it was for.
update endpoint
set secret = :secret, former_secret = :former_secret, former_until = :former_until, paused = :paused,
    paused_at = :paused_at, failing_since = :failing_since, claim = :claim, due_at = :due_at, lease_until = 0
where club = :club and id = :endpoint and removed_at is null;

-- name: remove_endpoint(club, endpoint, now)!
update endpoint
set removed_at = :now, secret = null, former_secret = null, due_at = null
where club = :club and id = :endpoint and removed_at is null;

-- name: next_sequences(club, pattern, now)
-- Holds each endpoint's row until the commit, so that what it hears becomes visible in its order.
update endpoint set last_sequence = last_sequence + 1, due_at = coalesce(due_at, :now)
where (club, id) in (
    select club, id
    from endpoint
    where club = :club and removed_at is null and kinds like :pattern
    order by id
    for update
)
returning id, last_sequence;

-- name: next_several(club, pattern, now, count)
-- As next_sequences, so many numbers at once; the last of them comes back.
update endpoint set last_sequence = last_sequence + :count, due_at = coalesce(due_at, :now)
where (club, id) in (
    select club, id
    from endpoint
    where club = :club and removed_at is null and kinds like :pattern
    order by id
    for update
)
returning id, last_sequence;

-- name: next_sequence(club, endpoint, now)^
update endpoint set last_sequence = last_sequence + 1, due_at = coalesce(due_at, :now)
where club = :club and id = :endpoint and removed_at is null
returning id, last_sequence;

-- name: add_notice(club, endpoint, sequence, id, kind, body, happened_at, give_up_at)!
insert into notice (club, endpoint, sequence, id, kind, body, happened_at, state, give_up_at)
values (:club, :endpoint, :sequence, :id, :kind, :body, :happened_at, 'waiting', :give_up_at);

-- name: next_due()^
-- All clubs: one worker serves them all.
select max(due_at, lease_until) as due
from endpoint
where due_at is not null and paused is null and removed_at is null
order by max(due_at, lease_until)
limit 1;

-- name: claim(now, lease_until, most)
-- All clubs: one worker serves them all.
update endpoint set claim = claim + 1, lease_until = :lease_until
where (club, id) in (
    select club, id
    from endpoint
    where due_at is not null and paused is null and removed_at is null and max(due_at, lease_until) <= :now
    order by max(due_at, lease_until)
    limit :most
    for update skip locked
)
returning
    club, id, url, kinds, secret, former_secret, former_until, created_at, paused, paused_at, failing_since, claim, due_at;

-- name: release_leases()!
-- All clubs: whoever serves from a file is alone with it, and who was telling these is gone.
update endpoint set lease_until = 0 where lease_until > 0 and removed_at is null;

-- name: waiting(club, endpoint, most)
select
    club, endpoint, sequence, id, kind, body, happened_at, state, attempts, tried_at, http_status, trouble, give_up_at
from notice
where club = :club and endpoint = :endpoint and state = 'waiting'
order by sequence
limit :most;

-- name: save_notice(club, endpoint, sequence, state, attempts, tried_at, http_status, trouble)!
update notice
set state = :state, attempts = :attempts, tried_at = :tried_at, http_status = :http_status, trouble = :trouble
where club = :club and endpoint = :endpoint and sequence = :sequence;

-- name: notice(club, endpoint, id)^
select
    club, endpoint, sequence, id, kind, body, happened_at, state, attempts, tried_at, http_status, trouble, give_up_at
from notice
where id = :id and club = :club and endpoint = :endpoint;

-- name: notices(club, endpoint, before, most)
select
    club, endpoint, sequence, id, kind, body, happened_at, state, attempts, tried_at, http_status, trouble, give_up_at
from notice
where club = :club and endpoint = :endpoint and sequence < :before
order by sequence desc
limit :most;

-- name: notices_in(club, endpoint, state, before, most)
select
    club, endpoint, sequence, id, kind, body, happened_at, state, attempts, tried_at, http_status, trouble, give_up_at
from notice
where club = :club and endpoint = :endpoint and state = :state and sequence < :before
order by sequence desc
limit :most;

-- name: count(club, endpoint, state)^
select count(*) as many from notice where club = :club and endpoint = :endpoint and state = :state;

-- name: first_since(club, endpoint, since)^
select sequence
from notice
where club = :club and endpoint = :endpoint and happened_at >= :since
order by happened_at, sequence
limit 1;

-- name: tell_again(club, endpoint, first, most, give_up_at)
update notice set state = 'waiting', attempts = 0, http_status = null, trouble = null, give_up_at = :give_up_at
where club = :club and endpoint = :endpoint and sequence in (
    select n.sequence
    from notice n
    where n.club = :club and n.endpoint = :endpoint and n.sequence >= :first
    order by n.sequence
    limit :most
)
returning sequence;

-- name: extend(club, endpoint, give_up_at)!
update notice set give_up_at = :give_up_at where club = :club and endpoint = :endpoint and state = 'waiting';

-- name: forget(before, most)!
-- All clubs: what is too old goes, whosever it is.
delete from notice
where (club, endpoint, sequence) in (
    select club, endpoint, sequence
    from notice
    where happened_at < :before
    order by happened_at
    limit :most
    for update skip locked
);
