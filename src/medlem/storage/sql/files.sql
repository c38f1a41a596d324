-- Members, many at a time: they come from a file, and go into one.

-- name: by_id(club, many)
select id from member where club = :club and id in (select value from json_each(:many)) and erased_at is null;

-- name: by_number(club, many)
select member_number, id from member
where club = :club and member_number in (select value from json_each(:many)) and erased_at is null;

-- name: by_sub(club, many)
select sub, id from member where club = :club and sub in (select value from json_each(:many));

-- name: reached(club, many)
select phone, member from phone_link
where club = :club and phone in (select value from json_each(:many)) and ended_at is null;

-- name: former(club, many)
select phone, member from phone_link
where club = :club and phone in (select value from json_each(:many)) and ended_at is not null;

-- name: members(club, many)
select
    club, id, member_number, sub, name, given_name, family_name, email, email_verified, birthdate, gender, address,
    other_addresses, joined_at, station, left_at, sharing_withdrawn_at, restricted_at, last_seen_at,
    merged_into
from member
where club = :club and id in (select value from json_each(:many)) and erased_at is null;

-- name: links(club, many)
select member, phone, verified_at, verified_by from phone_link
where club = :club and member in (select value from json_each(:many)) and ended_at is null;

-- name: extras(club, many)
select member, name, answer from extra where club = :club and member in (select value from json_each(:many));

-- name: past(club, many)
select member, joined_at from past_membership where club = :club and member in (select value from json_each(:many));

-- name: answers(club, many)
select
    position, club, member, id, act, element, purpose, channel, granted, given_at, seen_at, method, actor, recorded_by, station,
    enrolment, code, wording, language, text_version, text_hash, evidence_digest, reason, reference
from consent
where club = :club and member in (select value from json_each(:many)) and emptied_at is null;

-- name: records(club, many)
select id, member from consent where club = :club and id in (select value from json_each(:many));

-- name: numbers_had(club, many)
select member_number from member where club = :club and member_number in (select value from json_each(:many));

-- name: erased_ids(club, many)
select member as found from erasure where club = :club and member in (select value from json_each(:many));

-- name: erased_member_numbers(club, many)
select number_digest as found from erasure
where club = :club and number_digest in (select value from json_each(:many));

-- name: erased_subs(club, many)
select sub_digest as found from erasure where club = :club and sub_digest in (select value from json_each(:many));

-- name: erased_phones(club, many)
select digest as found from erased_number where club = :club and digest in (select value from json_each(:many));

-- name: hold(club)^
select last_number from club where id = :club for update;

-- name: erased_any(club)^
select member from erasure where club = :club limit 1;

-- name: stations(club)
select id from station where club = :club;

-- name: pass_number(club, number)!
update club set last_number = :number where id = :club and last_number < :number;

-- name: add_member(club, id, member_number, sub, name, given_name, family_name, email, email_verified, birthdate, gender, address, other_addresses, joined_at, station, left_at, shared_at, sharing_withdrawn_at, restricted_at, last_seen_at, last_consent, consent_hash, changed_at, version)!
insert into member (
    club, id, member_number, sub, name, given_name, family_name, email, email_verified, birthdate, gender, address,
    other_addresses, joined_at, station, left_at, shared_at, sharing_withdrawn_at, restricted_at, last_seen_at,
    last_consent, consent_hash, changed_at, version
)
values (
    :club, :id, :member_number, :sub, :name, :given_name, :family_name, :email, :email_verified, :birthdate, :gender,
    :address, :other_addresses, :joined_at, :station, :left_at, :shared_at, :sharing_withdrawn_at, :restricted_at,
    :last_seen_at, :last_consent, :consent_hash, :changed_at, :version
);

-- name: add_link(club, member, phone, verified_by, verified_at, begun_at, ended_at, ended_because)!
insert into phone_link (club, member, phone, verified_by, verified_at, begun_at, ended_at, ended_because)
values (:club, :member, :phone, :verified_by, :verified_at, :begun_at, :ended_at, :ended_because);

-- name: add_extra(club, member, name, answer, answered_at)!
insert into extra (club, member, name, answer, answered_at) values (:club, :member, :name, :answer, :answered_at);

-- name: add_past(club, member, joined_at, left_at)!
insert into past_membership (club, member, joined_at, left_at) values (:club, :member, :joined_at, :left_at);

-- name: keep_evidence(club, member, digest, enrolment, raw, kept_at)!
insert into brought_evidence (club, member, digest, enrolment, raw, kept_at)
values (:club, :member, :digest, :enrolment, :raw, :kept_at)
on conflict (club, member, digest) do nothing;

-- name: see(club, member, last_seen_at)!
update member set last_seen_at = :last_seen_at where club = :club and id = :member and erased_at is null;

-- name: page(club, after, most)
select
    club, id, member_number, sub, name, given_name, family_name, email, email_verified, birthdate, gender, address,
    other_addresses, joined_at, station, left_at, sharing_withdrawn_at, restricted_at, last_seen_at, merged_into, shared_at
from member
where club = :club and id > :after and erased_at is null and merged_into is null
order by id
limit :most;

-- name: extras_between(club, after, until)
select member, name, answer from extra where club = :club and member > :after and member <= :until;

-- name: past_between(club, after, until)
select member, joined_at, left_at from past_membership
where club = :club and member > :after and member <= :until
order by member, joined_at;

-- name: evidence_between(club, after, until)
select member, raw from evidence where club = :club and member > :after and member <= :until
union all
select member, raw from brought_evidence where club = :club and member > :after and member <= :until;
