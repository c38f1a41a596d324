-- Calls that came with an Idempotency-Key.

-- name: find(club, scope)^
select body, http_status, resource, refusal from repeatable where scope_digest = :scope and club = :club;

-- name: keep(scope, club, body, status, resource, refusal, now)!
insert into repeatable (scope_digest, club, body, http_status, resource, refusal, kept_at)
values (:scope, :club, :body, :status, :resource, :refusal, :now)
on conflict (scope_digest) do nothing;

-- name: set_status(club, scope, status)!
update repeatable set http_status = :status where scope_digest = :scope and club = :club;

-- name: forget(before, most)!
-- All clubs: what is too old goes, whosever it is.
delete from repeatable
where scope_digest in (
    select scope_digest from repeatable where kept_at < :before order by kept_at limit :most
    for update skip locked
);
