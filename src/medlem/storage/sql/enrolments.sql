-- Questions to customers. An enrolment is open while it is asking or waiting; what has ended never changes again.

-- name: add(club, enrolment, identification, station, phone, evidence, code, finish, state, reason, created_at, changed_at, expires_at, interval_ms, due_at, failures, pinged_at, request, request_digest, answer, member, answer_digest, claim)!
-- Adds nothing when the phone or the code has an open one already.
insert into enrolment (
    club, id, identification, station, phone, evidence, code, finish, state, reason, created_at, changed_at, expires_at,
    interval_ms, due_at, failures, pinged_at, request, request_digest, answer, member, answer_digest, claim
)
values (
    :club, :enrolment, :identification, :station, :phone, :evidence, :code, :finish, :state, :reason, :created_at,
    :changed_at, :expires_at, :interval_ms, :due_at, :failures, :pinged_at, :request, :request_digest, :answer, :member,
    :answer_digest, :claim
)
on conflict do nothing;

-- name: mark_asked(club, identification)!
-- The number stays with the question from now on; what a register said of a member does not.
update identification set asked = 1, entry = null, choices = null where club = :club and id = :identification;

-- name: open_for_phone(club, phone)^
select id from enrolment where club = :club and phone = :phone and state in ('asking', 'waiting');

-- name: get(club, enrolment)^
select
    club, id, identification, station, phone, evidence, code, finish, state, reason, created_at, changed_at, expires_at,
    interval_ms, due_at, failures, pinged_at, request, request_digest, answer, member, answer_digest, claim, claimed_at
from enrolment
where club = :club and id = :enrolment;

-- name: hold(club, enrolment)^
-- SQLite has no row locks and needs none: there one transaction writes at a time.
select
    club, id, identification, station, phone, evidence, code, finish, state, reason, created_at, changed_at, expires_at,
    interval_ms, due_at, failures, pinged_at, request, request_digest, answer, member, answer_digest, claim, claimed_at
from enrolment
where club = :club and id = :enrolment
for update
;

-- name: save(club, enrolment, state, reason, changed_at, expires_at, interval_ms, due_at, failures, pinged_at, request, request_digest, answer, member, answer_digest, claim, login)!
-- Ends the lease. Writes nothing over a later claim, nor over an end.
update enrolment
set state = :state, reason = :reason, changed_at = :changed_at, expires_at = :expires_at, interval_ms = :interval_ms,
    due_at = :due_at, failures = :failures, pinged_at = :pinged_at, request = :request,
    request_digest = :request_digest, answer = :answer, member = :member, answer_digest = :answer_digest,
    login = :login, lease_until = 0
where club = :club and id = :enrolment and claim = :claim and state in ('asking', 'waiting');

-- name: put_off(club, enrolment, claim, interval_ms, due_at, failures, pinged_at)
-- Saves what goes on waiting, under the same conditions.
update enrolment
set interval_ms = :interval_ms, due_at = :due_at, failures = :failures, pinged_at = :pinged_at, lease_until = 0
where club = :club and id = :enrolment and claim = :claim and state = 'waiting'
returning due_at, pinged_at;

-- name: slow_down(club, enrolment, slower)!
-- The claim and the lease stay with whoever looks now: as `Enrolment.slowed` says.
update enrolment
set interval_ms = interval_ms + :slower,
    due_at = case when answer is null and (pinged_at is null or pinged_at <> due_at) then due_at + :slower else due_at end
where club = :club and id = :enrolment and state = 'waiting';

-- name: wake(club, enrolment, now)!
-- The claim and the lease stay: a look that is under way finds the ping when it is written down.
update enrolment set pinged_at = :now, due_at = :now where club = :club and id = :enrolment and state = 'waiting';

-- name: claim_due(now, lease_until, most)
-- All clubs: one worker serves them all.
-- Due and free, for max(due_at, lease_until) is the moment from which it is both.
update enrolment set claim = claim + 1, claimed_at = :now, lease_until = :lease_until
where (club, id) in (
    select club, id
    from enrolment
    where state = 'waiting' and max(due_at, lease_until) <= :now
    order by max(due_at, lease_until)
    limit :most
)
returning
    club, id, identification, station, phone, evidence, code, finish, state, reason, created_at, changed_at, expires_at,
    interval_ms, due_at, failures, pinged_at, request, request_digest, answer, member, answer_digest, claim, claimed_at;

-- name: next_due()^
-- All clubs: one worker serves them all.
select max(due_at, lease_until) as next_due
from enrolment
where state = 'waiting'
order by max(due_at, lease_until)
limit 1;

-- name: count_open()
-- All clubs: the figures of the whole installation, by club.
select club, state, count(*) as many
from enrolment indexed by enrolment_open_by_phone
where state in ('asking', 'waiting')
group by club, state;

-- name: release_leases(now, margin)!
-- All clubs: one worker serves them all.
-- Whoever was to understand an answer that is kept is gone as well: it need not wait for them.
update enrolment
set lease_until = 0,
    due_at = case
        when answer is not null and failures = 0 then claimed_at
        when answer is null and pinged_at is null then max(due_at, coalesce(:now, claimed_at) + interval_ms + :margin)
        else due_at
    end
where state = 'waiting' and (lease_until > 0 or (answer is not null and failures = 0));

-- name: lost_asks(before)
-- All clubs: one worker serves them all.
select club, id from enrolment where state = 'asking' and created_at < :before order by created_at;

-- name: of_request(club, digest)^
select id from enrolment where club = :club and request_digest = :digest;

-- name: asks_on_page(club)^
select 1 as there from enrolment where club = :club and finish = 'on_page' and state in ('asking', 'waiting') limit 1;

-- name: is_asking(club)^
-- It says twice which states, since SQLite uses an index of some rows for the condition that it was made with.
select 1 as there
from enrolment indexed by enrolment_on_page
where club = :club and finish = 'on_page' and state in ('asking', 'waiting') and state = 'asking'
limit 1;

-- name: times_asked(club, phone, since)
select created_at from enrolment where club = :club and phone = :phone and created_at > :since order by created_at;

-- name: last_ended(club, phone, state)^
select id from enrolment where club = :club and phone = :phone and state = :state order by changed_at desc limit 1;

-- name: follow(club, enrolment, station, begun_at)!
insert into follower (club, enrolment, station, begun_at) values (:club, :enrolment, :station, :begun_at)
on conflict (club, enrolment, station) do nothing;

-- name: followers(club, enrolment)
select station from follower where club = :club and enrolment = :enrolment order by station;

-- name: follows(club, enrolment, station)^
select station from follower where club = :club and enrolment = :enrolment and station = :station;

-- name: forget(before, most)
-- All clubs: what is too old goes, whosever it is.
update enrolment set phone = null
where (club, id) in (
    select club, id
    from enrolment
    where phone is not null and state in ('declined', 'expired', 'failed') and changed_at < :before
    order by changed_at
    limit :most
    for update skip locked
)
returning club, identification;

-- name: forget_identification(club, identification)!
update identification set phone = null, choices = null where club = :club and id = :identification;
