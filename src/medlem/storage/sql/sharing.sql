-- Sharing that members have ended in the app, and where the platform tells us of it.

-- name: withdraw(club, sub, before, now)^
-- Whoever has shared anew since it was said goes on sharing.
update member set sharing_withdrawn_at = :now
where club = :club and sub = :sub and sharing_withdrawn_at is null and (shared_at is null or shared_at <= :before)
returning id;

-- name: keep_withdrawal(club, member, now)!
insert into withdrawal (club, member, heard_at) values (:club, :member, :now)
on conflict (club, member, heard_at) do nothing;

-- name: renew(club, member, at)!
-- A yes that is older than the withdrawal takes nothing back.
update member set shared_at = :at, sharing_withdrawn_at = null
where club = :club and id = :member and (sharing_withdrawn_at is null or sharing_withdrawn_at <= :at);

-- name: address(digest, now)^
-- All clubs: the address says which club it belongs to.
select club, secret, made_at from withdrawal_address
where digest = :digest and (ends_at is null or ends_at > :now);

-- name: present_address(club)^
select club, secret, made_at from withdrawal_address where club = :club and ends_at is null;

-- name: add_address(club, digest, secret, made_at)!
insert into withdrawal_address (club, made_at, digest, secret, minute, heard)
values (:club, :made_at, :digest, :secret, 0, 0);

-- name: end_addresses(club, at)!
update withdrawal_address set ends_at = :at where club = :club and (ends_at is null or ends_at > :at);

-- name: count(club, made_at, minute, most)!
update withdrawal_address
set heard = case when minute = :minute then heard + 1 else 1 end, minute = :minute
where club = :club and made_at = :made_at and (minute <> :minute or heard < :most);
