-- Members whom no till has found for long. Those who are restricted stay as they are; a row that was merged goes with
-- whoever they are now.

-- name: confirmed(club)^
select inactive_after, notice, confirmed_at from retention_confirmed where club = :club;

-- name: confirm(club, inactive_after, notice, now)!
insert into retention_confirmed (club, inactive_after, notice, confirmed_at)
values (:club, :inactive_after, :notice, :now)
on conflict (club) do update set inactive_after = :inactive_after, notice = :notice, confirmed_at = :now;

-- name: ages(club, now, before, year)
-- How many would be put on the list, by whole years.
select (:now - max(joined_at, coalesce(last_seen_at, 0))) / :year as years, count(*) as many
from member
where club = :club and max(joined_at, coalesce(last_seen_at, 0)) < :before
    and erased_at is null and restricted_at is null and flagged_at is null and merged_into is null
group by (:now - max(joined_at, coalesce(last_seen_at, 0))) / :year
order by (:now - max(joined_at, coalesce(last_seen_at, 0))) / :year;

-- name: listed(club, flagged_before)^
select
    count(case when flagged_at >= :flagged_before then 1 end) as warned,
    count(case when flagged_at < :flagged_before then 1 end) as due
from member
where club = :club and flagged_at is not null and erased_at is null and restricted_at is null;

-- name: flagged(club, most)
select id, flagged_at from member
where club = :club and flagged_at is not null and erased_at is null and restricted_at is null
order by flagged_at
limit :most;

-- name: flag(club, before, now, most)!
update member set flagged_at = :now
where club = :club and id in (
    select m.id
    from member m
    where m.club = :club and max(m.joined_at, coalesce(m.last_seen_at, 0)) < :before
        and m.erased_at is null and m.restricted_at is null and m.flagged_at is null and m.merged_into is null
    order by max(m.joined_at, coalesce(m.last_seen_at, 0))
    limit :most
    for update skip locked
);

-- name: unflag(club, before)!
-- Who has come back since is on the list no more.
update member indexed by member_by_return set flagged_at = null
where club = :club and flagged_at is not null and max(joined_at, coalesce(last_seen_at, 0)) >= :before;

-- name: to_erase(club, flagged_before, most)
-- Whoever comes to a till meanwhile waits for this, and is gone, or was quicker and is not here.
select id from member
where club = :club and flagged_at < :flagged_before and erased_at is null and restricted_at is null
order by flagged_at
limit :most
for update skip locked
;
