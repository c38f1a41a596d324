-- Statements that are put otherwise where many nodes work: they take the place of those of the same name.

-- name: claim_due(now, lease_until, most)
-- All clubs: one worker serves them all.
-- Rows that another node is claiming at this moment are passed over, not waited for.
with due as materialized (
    select club, id
    from enrolment
    where state = 'waiting' and greatest(due_at, lease_until) <= :now
    order by greatest(due_at, lease_until)
    limit :most
    for update skip locked
)
update enrolment e
set claim = claim + 1, claimed_at = :now, lease_until = :lease_until,
    claimed_by = current_setting('medlem.node')::bigint
from due
where e.club = due.club and e.id = due.id
returning
    e.club, e.id, identification, station, phone, evidence, code, finish, state, reason, created_at, changed_at, expires_at,
    interval_ms, due_at, failures, pinged_at, request, request_digest, answer, member, answer_digest, claim, claimed_at;

-- name: release_leases(now, margin)
-- All clubs: what nodes hold that are no longer there. Their advisory lock went with their connection.
-- A busy node looks some time after it has claimed, at the latest before it was found to be gone.
update enrolment
set lease_until = 0,
    due_at = case
        when answer is not null and failures = 0 then claimed_at
        when answer is null and pinged_at is null then greatest(due_at, least(:now, lease_until) + interval_ms + :margin)
        else due_at
    end
where state = 'waiting' and (lease_until > 0 or (answer is not null and failures = 0 and due_at > claimed_at))
    and not exists (
        select 1
        from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and l.granted and d.datname = current_database()
            and l.classid::bigint = 1835361388 and l.objid::bigint = claimed_by
    );
