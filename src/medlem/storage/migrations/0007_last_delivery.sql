-- beside the version before
-- When the platform last delivered each event, so that somebody who looks can see whether it still does.

-- Written at most once a minute. Rows stay.
create table last_delivery (
    club text not null references club (id),
    event text not null,
    delivered_at integer not null,
    primary key (club, event)
) strict, without rowid;
