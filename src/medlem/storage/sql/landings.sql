-- Codes that phones bring to the merchant's page, and the browsers that see what became of them.

-- name: arrive(club, digest, step, arrived_at, free_at, tries, code)!
insert into landing (club, digest, step, arrived_at, free_at, tries, code)
values (:club, :digest, :step, :arrived_at, :free_at, :tries, :code)
on conflict (club, digest) do nothing;

-- name: get(club, digest)^
select club, digest, step, arrived_at, free_at, tries, code, answer, enrolment
from landing
where club = :club and digest = :digest;

-- name: hold(club, digest)^
select club, digest, step, arrived_at, free_at, tries, code, answer, enrolment
from landing
where club = :club and digest = :digest
for update
;

-- name: save(club, digest, step, free_at, tries, code, answer, enrolment)!
update landing
set step = :step, free_at = :free_at, tries = :tries, code = :code, answer = :answer, enrolment = :enrolment
where club = :club and digest = :digest;

-- name: left_lying(now, most)
-- All clubs: the worker goes on with whatever a dead process has left.
select club, digest, step, arrived_at, free_at, tries, code, answer, enrolment
from landing
where step in ('arrived', 'redeeming', 'kept') and free_at <= :now
order by free_at
limit :most;

-- name: steps(club, since, until)
select step from landing indexed by landing_by_club where club = :club and arrived_at >= :since and arrived_at <= :until;

-- name: open_session(digest, club, landing, valid_until)!
insert into page_session (digest, club, landing, valid_until) values (:digest, :club, :landing, :valid_until);

-- name: session(club, digest, now)^
select landing, used_at from page_session where club = :club and digest = :digest and valid_until > :now;

-- name: use_sessions(club, landing, now)!
update page_session set used_at = :now where club = :club and landing = :landing and used_at is null;

-- name: forget_sessions(before, most)!
-- All clubs: what is too old is too old everywhere.
delete from page_session
where digest in (
    select digest from page_session where valid_until < :before order by valid_until limit :most
    for update skip locked
);

-- name: forget(before, most)!
-- All clubs: what is too old is too old everywhere.
delete from landing
where (club, digest) in (
    select l.club, l.digest
    from landing l
    where l.arrived_at < :before
        and not exists (select 1 from page_session s where s.club = l.club and s.landing = l.digest)
    order by l.arrived_at
    limit :most
    for update skip locked
);
