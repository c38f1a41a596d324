-- Members, many at a time: what is asked with a list of keys, as PostgreSQL takes lists. A planner that has not counted
-- the rows yet looks through an index for each key only where that is put as here, and without joins.

-- name: by_id(club, many)
select id from member where club = :club and id = any(array(select jsonb_array_elements_text(:many::jsonb))) and erased_at is null;

-- name: by_number(club, many)
select member_number, id from member
where club = :club and member_number = any(array(select jsonb_array_elements_text(:many::jsonb))) and erased_at is null;

-- name: by_sub(club, many)
select sub, id from member where club = :club and sub = any(array(select jsonb_array_elements_text(:many::jsonb)));

-- name: reached(club, many)
select phone, member from phone_link
where club = :club and phone = any(array(select jsonb_array_elements_text(:many::jsonb))) and ended_at is null;

-- name: former(club, many)
select phone, member from phone_link
where club = :club and phone = any(array(select jsonb_array_elements_text(:many::jsonb))) and ended_at is not null;

-- name: members(club, many)
select
    club, id, member_number, sub, name, given_name, family_name, email, email_verified, birthdate, gender, address,
    other_addresses, joined_at, station, left_at, sharing_withdrawn_at, restricted_at, last_seen_at,
    merged_into
from member
where club = :club and id = any(array(select jsonb_array_elements_text(:many::jsonb))) and erased_at is null
order by id
for update;

-- name: links(club, many)
select member, phone, verified_at, verified_by from phone_link
where club = :club and member = any(array(select jsonb_array_elements_text(:many::jsonb))) and ended_at is null;

-- name: extras(club, many)
select member, name, answer from extra where club = :club and member = any(array(select jsonb_array_elements_text(:many::jsonb)));

-- name: past(club, many)
select member, joined_at from past_membership where club = :club and member = any(array(select jsonb_array_elements_text(:many::jsonb)));

-- name: answers(club, many)
select
    position, club, member, id, act, element, purpose, channel, granted, given_at, seen_at, method, actor, recorded_by, station,
    enrolment, code, wording, language, text_version, text_hash, evidence_digest, reason, reference
from consent
where club = :club and member = any(array(select jsonb_array_elements_text(:many::jsonb))) and emptied_at is null;

-- name: records(club, many)
select id, member from consent where club = :club and id = any(array(select jsonb_array_elements_text(:many::jsonb)));

-- name: numbers_had(club, many)
select member_number from member where club = :club and member_number = any(array(select jsonb_array_elements_text(:many::jsonb)));

-- name: erased_ids(club, many)
select member as found from erasure where club = :club and member = any(array(select jsonb_array_elements_text(:many::jsonb)));

-- name: erased_member_numbers(club, many)
select number_digest as found from erasure
where club = :club and number_digest = any(array(select jsonb_array_elements_text(:many::jsonb)));

-- name: erased_subs(club, many)
select sub_digest as found from erasure where club = :club and sub_digest = any(array(select jsonb_array_elements_text(:many::jsonb)));

-- name: erased_phones(club, many)
select digest as found from erased_number where club = :club and digest = any(array(select jsonb_array_elements_text(:many::jsonb)));

-- name: hold(club)^
-- By the indices alone: a planner that has not counted the rows that came a second ago would read whole tables.
select
    last_number, set_config('enable_seqscan', 'off', true) as one, set_config('enable_hashjoin', 'off', true) as other,
    set_config('enable_mergejoin', 'off', true) as third
from club
where id = :club
for update;
