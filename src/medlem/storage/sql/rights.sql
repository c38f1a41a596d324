-- What members may ask of the club: restriction, erasure, and all that is kept of them.

-- name: erase_member(club, member, now)!
-- Holds the row until the commit: whoever changes the member meanwhile finds that they are gone.
update member
set member_number = id, sub = null, name = null, given_name = null, family_name = null, email = null,
    email_verified = null, birthdate = null, gender = null, address = null, other_addresses = null,
    left_at = coalesce(left_at, :now), shared_at = null, sharing_withdrawn_at = null, restricted_at = null,
    last_seen_at = null, flagged_at = null, erased_at = :now
where club = :club and id = :member and erased_at is null;

-- name: erase_links(club, member)!
delete from phone_link where club = :club and member = :member;

-- name: erase_linkings(club, member)!
-- What was decided stays, without what tells who they were.
update linking set was = null, why = null where club = :club and member = :member;

-- name: erase_extras(club, member)!
delete from extra where club = :club and member = :member;

-- name: erase_merges_stayed(club, member)!
-- That it was done stays, without what tells who they were.
update merge set was = null, why = null where club = :club and stays = :member;

-- name: erase_merges_gone(club, member)!
update merge set was = null, why = null where club = :club and goes = :member;

-- name: erase_distinct_one(club, member)!
delete from distinct_members where club = :club and one = :member;

-- name: erase_distinct_other(club, member)!
delete from distinct_members where club = :club and other = :member;

-- name: erase_evidence(club, member)!
delete from evidence where club = :club and member = :member;

-- name: erase_brought_evidence(club, member)!
delete from brought_evidence where club = :club and member = :member;

-- name: erase_announcements(club, member)!
delete from announcement where club = :club and member = :member;

-- name: sweep_announcements(club, member)!
-- The one that tells of the erasure stays.
delete from announcement where club = :club and member = :member and news <> 'left';

-- name: erase_asked(club, member)!
update enrolment set phone = null where club = :club and member = :member and phone is not null;

-- name: erase_stood(club, member)!
update identification set phone = null, entry = null, choices = null
where club = :club and id in (select e.identification from enrolment e where e.club = :club and e.member = :member);

-- name: erase_seen(club, member, since)!
-- Older ones have lost their number already; ids are in the order of time.
update identification set phone = null, entry = null, choices = null
where club = :club and id > :since and member = :member;

-- name: erase_asked_in_vain(club, phone)!
-- What ended without a member, by a number that was theirs, or with one whom it never reached: they answered from
-- another. What is open goes on: a yes to it is a new login.
update enrolment set phone = null
where club = :club and phone = :phone and state in ('accepted', 'declined', 'expired', 'failed')
    and not exists (
        select 1
        from phone_link l
        where l.club = :club and l.member = enrolment.member and l.phone = :phone
    );

-- name: erase_stood_in_vain(club, phone)!
update identification set phone = null, entry = null, choices = null
where club = :club and id in (
    select e.identification
    from enrolment e
    where e.club = :club and e.phone = :phone and e.state in ('accepted', 'declined', 'expired', 'failed')
        and not exists (
            select 1
            from phone_link l
            where l.club = :club and l.member = e.member and l.phone = :phone
        )
);

-- name: erase_numbers(club, phone, since)!
update identification set phone = null, entry = null, choices = null
where club = :club and id > :since and phone = :phone and asked = 0;

-- name: erase_app_presence(club, digest)!
delete from app_presence where club = :club and phone_digest = :digest;

-- name: erase_miss(club, digest)!
delete from miss where club = :club and digest = :digest;

-- name: erase_events(club, mentions)!
-- One club's last day: nothing that was shown is older.
delete from event where club = :club and body like :mentions;

-- name: keep_erasure(club, member, reason, requested_at, erased_at, sub_digest, number_digest)!
insert into erasure (club, member, reason, requested_at, erased_at, sub_digest, number_digest)
values (:club, :member, :reason, :requested_at, :erased_at, :sub_digest, :number_digest)
on conflict (club, member) do nothing;

-- name: keep_number(club, member, digest)!
insert into erased_number (club, member, digest) values (:club, :member, :digest)
on conflict (club, member, digest) do nothing;

-- name: erasure(club, member)^
select club, member, reason, requested_at, erased_at from erasure where club = :club and member = :member;

-- name: tombstones(club, after, most)
select club, member, reason, requested_at, erased_at, sub_digest, number_digest
from erasure
where club = :club and member > :after
order by member
limit :most;

-- name: erased_numbers(club, member)
select digest from erased_number where club = :club and member = :member order by digest;

-- name: proves(club, member)^
select 1 as found from consent where club = :club and member = :member and emptied_at is null limit 1;

-- name: forget_withdrawals(club, member)!
delete from withdrawal where club = :club and member = :member;

-- name: forget_memberships(club, member)!
delete from past_membership where club = :club and member = :member;

-- name: forget_logins(club, member)!
update enrolment indexed by enrolment_by_member set login = null
where club = :club and member = :member and login is not null;

-- name: to_sweep(before, most)
-- All clubs: one worker serves them all.
select club, member, reason, requested_at, erased_at
from erasure
where swept_at is null and erased_at <= :before
order by erased_at
limit :most;

-- name: swept(club, member, now)!
update erasure set swept_at = :now where club = :club and member = :member;

-- name: erased_since(club, digest, moment)^
select member
from erasure indexed by erasure_by_sub
where club = :club and sub_digest = :digest and erased_at >= :moment
limit 1;

-- name: number_erased(club, digest)^
select member from erased_number where club = :club and digest = :digest limit 1;

-- name: number_erased_since(club, digest, moment)^
select e.member
from erased_number n join erasure e on e.club = n.club and e.member = n.member
where n.club = :club and n.digest = :digest and e.erased_at >= :moment
limit 1;

-- name: numbers(club, member)
select phone, verified_by, verified_at, ended_at from phone_link where club = :club and member = :member;

-- name: withdrawals(club, member)
select heard_at from withdrawal where club = :club and member = :member order by heard_at;

-- name: evidence(club, member)
select enrolment, raw, kept_at
from evidence indexed by evidence_by_member
where club = :club and member = :member
union all
select enrolment, raw, kept_at from brought_evidence where club = :club and member = :member;

-- name: enrolments(club, member)
select
    e.id, e.identification, e.station, e.phone, e.evidence, e.state, e.created_at, e.changed_at, e.login
from enrolment e indexed by enrolment_by_member
where e.club = :club and e.member = :member
order by e.id;

-- name: seen(club, member, since)
select id, station, phone, evidence, membership, created_at
from identification
where club = :club and id > :since and member = :member
order by id;

-- name: announcements(club, member)
select id, news, happened_at, hearing, attempts, ended_at
from announcement
where club = :club and member = :member
order by sequence;

-- name: standing(club, member)^
select restricted_at, last_seen_at, flagged_at from member where club = :club and id = :member and erased_at is null;

-- name: restrict(club, member, now)!
update member set restricted_at = :now
where club = :club and id = :member and restricted_at is null and erased_at is null and merged_into is null;

-- name: lift(club, member)!
update member set restricted_at = null
where club = :club and id = :member and restricted_at is not null and erased_at is null;

-- name: note_seen(club, member, now, before)!
update member set last_seen_at = :now, flagged_at = null
where club = :club and id = :member and erased_at is null and merged_into is null
    and (last_seen_at is null or last_seen_at < :before or flagged_at is not null);

-- name: exercise(club, member, what, reason, by, now)!
insert into right_exercised (club, member, what, reason, exercised_by, exercised_at)
values (:club, :member, :what, :reason, :by, :now);

-- name: exercised(club, member)
select club, member, what, reason, exercised_by, exercised_at
from right_exercised
where club = :club and member = :member
order by number;

-- name: keep_membership(club, member, joined_at, left_at)!
insert into past_membership (club, member, joined_at, left_at) values (:club, :member, :joined_at, :left_at)
on conflict (club, member, joined_at) do update set left_at = :left_at;

-- name: memberships(club, member)
select joined_at, left_at from past_membership where club = :club and member = :member order by joined_at;
