-- beside the version before
-- Who of those that are to be erased has been seen again: few, and found without reading the whole list.
create index member_by_return on member (club, max(joined_at, coalesce(last_seen_at, 0))) where flagged_at is not null;
