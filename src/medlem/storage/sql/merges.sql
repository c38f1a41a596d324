-- Merges: what was proposed of two members, what was done, and how both were before.

-- name: add(club, merge, stays, goes, plan, stays_version, goes_version, proposed_at, proposed_by, expires_at)!
insert into merge (
    club, id, stays, goes, plan, stays_version, goes_version, proposed_at, proposed_by, expires_at
)
values (
    :club, :merge, :stays, :goes, :plan, :stays_version, :goes_version, :proposed_at, :proposed_by, :expires_at
);

-- name: get(club, merge)^
select
    club, id, stays, goes, plan, stays_version, goes_version, proposed_at, proposed_by, expires_at, confirmed_at,
    confirmed_by, undone_at, undone_by, why, not_restored, was
from merge
where club = :club and id = :merge;

-- name: hold(club, merge)^
select
    club, id, stays, goes, plan, stays_version, goes_version, proposed_at, proposed_by, expires_at, confirmed_at,
    confirmed_by, undone_at, undone_by, why, not_restored, was
from merge
where club = :club and id = :merge
for update;

-- name: page(club, before, most)
select
    club, id, stays, goes, plan, stays_version, goes_version, proposed_at, proposed_by, expires_at, confirmed_at,
    confirmed_by, undone_at, undone_by, why, not_restored, was
from merge
where club = :club and id < :before
order by id desc
limit :most;

-- name: stayed(club, member)
select
    club, id, stays, goes, plan, stays_version, goes_version, proposed_at, proposed_by, expires_at, confirmed_at,
    confirmed_by, undone_at, undone_by, why, not_restored, was
from merge
where club = :club and stays = :member;

-- name: gone(club, member)
select
    club, id, stays, goes, plan, stays_version, goes_version, proposed_at, proposed_by, expires_at, confirmed_at,
    confirmed_by, undone_at, undone_by, why, not_restored, was
from merge
where club = :club and goes = :member;

-- name: confirm(club, merge, now, by, was)!
update merge set confirmed_at = :now, confirmed_by = :by, was = :was where club = :club and id = :merge;

-- name: undo(club, merge, now, by, why, not_restored)!
-- Both are as they were: what was kept for that goes.
update merge set undone_at = :now, undone_by = :by, why = :why, not_restored = :not_restored, was = null
where club = :club and id = :merge;

-- name: version(club, member)^
-- Holds the row until the commit.
select version from member where club = :club and id = :member for update;

-- name: dissolve(club, member, into, left_at)!
update member
set merged_into = :into, left_at = :left_at, sub = null, name = null, given_name = null, family_name = null,
    email = null, email_verified = null, birthdate = null, gender = null, address = null, other_addresses = null,
    flagged_at = null
where club = :club and id = :member and merged_into is null and erased_at is null;

-- name: part(club, member)!
update member set merged_into = null where club = :club and id = :member;

-- name: merged_into(club, member)
select id from member where club = :club and merged_into = :member and erased_at is null;

-- name: take_sharing(club, member, other)!
update member
set shared_at = (select o.shared_at from member o where o.club = :club and o.id = :other),
    sharing_withdrawn_at = (select o.sharing_withdrawn_at from member o where o.club = :club and o.id = :other)
where club = :club and id = :member;

-- name: end_sharing(club, member)!
update member set shared_at = null, sharing_withdrawn_at = null where club = :club and id = :member;

-- name: set_seen(club, member, seen_at)!
update member set last_seen_at = :seen_at where club = :club and id = :member;

-- name: begin_link(club, member, phone, verified_by, verified_at, by, now)!
insert into phone_link (club, member, phone, verified_by, verified_at, begun_at, begun_by)
values (:club, :member, :phone, :verified_by, :verified_at, :now, :by);

-- name: move_links(club, member, by, other)!
update phone_link set member = :other where club = :club and member = :member and begun_by = :by and ended_at is not null;

-- name: move_linking(club, linking, other)!
update linking set member = :other where club = :club and id = :linking;

-- name: move_enrolment(club, enrolment, other)!
update enrolment set member = :other where club = :club and id = :enrolment;

-- name: move_evidence(club, enrolment, other)!
update evidence set member = :other where club = :club and enrolment = :enrolment;

-- name: take_extra(club, member, name, answer)!
delete from extra where club = :club and member = :member and name = :name and answer = :answer;
