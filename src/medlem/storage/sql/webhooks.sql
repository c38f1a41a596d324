-- Pings from the platform, what a provider shows with them, and our registrations there.

-- name: delivered_at(club, event)^
select delivered_at from last_delivery where club = :club and event = :event;

-- name: note_delivery(club, event, now)!
insert into last_delivery (club, event, delivered_at) values (:club, :event, :now)
on conflict (club, event) do update set delivered_at = :now;

-- name: ping(club, digest, now)!
insert into ping (club, request_digest, pinged_at) values (:club, :digest, :now)
on conflict (club, request_digest) do nothing;

-- name: pinged(club, digest)^
select pinged_at from ping where club = :club and request_digest = :digest;

-- name: forget_pings(before, most)!
-- All clubs: what is too old goes, whosever it is.
delete from ping
where (club, request_digest) in (
    select club, request_digest from ping where pinged_at < :before order by pinged_at limit :most
    for update skip locked
);

-- name: expect(club, digest, enrolment, now)!
insert into notification (club, token_digest, enrolment, made_at) values (:club, :digest, :enrolment, :now);

-- name: bind(club, enrolment, request_digest)!
update notification set request_digest = :request_digest where club = :club and enrolment = :enrolment;

-- name: expected(club, digest)^
select request_digest from notification where club = :club and token_digest = :digest;

-- name: forget_notifications(before, most)!
-- All clubs: what is too old goes, whosever it is.
delete from notification
where (club, token_digest) in (
    select club, token_digest from notification where made_at < :before order by made_at limit :most
    for update skip locked
);

-- name: registration(club, event)^
select id, url, secret, created_at from registration where club = :club and event = :event;

-- name: keep_registration(club, event, id, url, secret, created_at)!
insert into registration (club, event, id, url, secret, created_at)
values (:club, :event, :id, :url, :secret, :created_at)
on conflict (club, event) do update
set id = :id, url = :url, secret = :secret, created_at = :created_at;

-- name: drop_registration(club, event)!
delete from registration where club = :club and event = :event;

-- name: registered_events(club)
select event from registration where club = :club
union all
select event from replaced_registration where club = :club;

-- name: replaced(club, event)
select id, url, secret, created_at, ended_at from replaced_registration where club = :club and event = :event;

-- name: keep_replaced(club, event, id, url, secret, created_at, ended_at)!
insert into replaced_registration (club, event, id, url, secret, created_at, ended_at)
values (:club, :event, :id, :url, :secret, :created_at, :ended_at)
on conflict (club, event, id) do update set ended_at = :ended_at;

-- name: drop_replaced(club, event, before)!
delete from replaced_registration where club = :club and event = :event and ended_at <= :before;

-- name: take_turn(club, now, until)^
-- Whoever comes while another one's turn lasts gets no row.
insert into settling (club, claim, lease_until) values (:club, 1, :until)
on conflict (club) do update set claim = settling.claim + 1, lease_until = :until
where settling.lease_until <= :now
returning claim;

-- name: hold_turn(club, claim, until)!
update settling set lease_until = :until where club = :club and claim = :claim;

-- name: end_turn(club, claim, checked_at)!
update settling set lease_until = 0, checked_at = coalesce(:checked_at, checked_at) where club = :club and claim = :claim;

-- name: checked_at(club)^
select checked_at from settling where club = :club;
