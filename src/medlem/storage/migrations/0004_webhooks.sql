-- beside the version before
-- Registrations are replaced without a gap, by one process at a time; a member may end the sharing of their profile.

-- Registrations that another one has taken the place of. Deliveries signed with their secrets are still taken. Sealed.
-- ended_at is when the platform had forgotten one; the row goes a little later, when nothing can be on its way any more.
create table replaced_registration (
    club text not null references club (id),
    event text not null,
    id text not null,
    url text not null,
    secret blob not null,
    created_at integer not null,
    ended_at integer,
    primary key (club, event, id)
) strict, without rowid;

-- Whose turn it is to settle a club's registrations with the platform, and when that was last done. Rows stay.
create table settling (
    club text not null references club (id),
    claim integer not null,
    lease_until integer not null,
    checked_at integer,
    primary key (club)
) strict, without rowid;
