-- Members. A member is reached by the one link that has not ended.

-- name: get(club, member)^
select
    m.club, m.id, m.member_number, m.sub, m.name, m.given_name, m.family_name, m.email, m.email_verified, m.birthdate,
    m.gender, m.address, m.other_addresses, m.joined_at, m.station, m.left_at, m.sharing_withdrawn_at,
    m.restricted_at, m.last_seen_at, m.merged_into, l.phone, l.verified_at, l.verified_by
from member m left join phone_link l on l.club = m.club and l.member = m.id and l.ended_at is null
where m.club = :club and m.id = :member and m.erased_at is null;

-- name: by_sub(club, sub)^
select id from member where club = :club and sub = :sub;

-- name: reached(club, phone)
select
    m.club, m.id, m.member_number, m.sub, m.name, m.given_name, m.family_name, m.email, m.email_verified, m.birthdate,
    m.gender, m.address, m.other_addresses, m.joined_at, m.station, m.left_at, m.sharing_withdrawn_at,
    m.restricted_at, m.last_seen_at, m.merged_into, l.phone, l.verified_at, l.verified_by
from phone_link l join member m on m.club = l.club and m.id = l.member
where l.club = :club and l.phone = :phone and l.ended_at is null and m.left_at is null;

-- name: by_number(club, member_number)^
select id from member where club = :club and member_number = :member_number;

-- name: page(club, after, most)
-- The page first, then the links of its members: joined the other way about, PostgreSQL reads all links before them.
select
    m.club, m.id, m.member_number, m.sub, m.name, m.given_name, m.family_name, m.email, m.email_verified, m.birthdate,
    m.gender, m.address, m.other_addresses, m.joined_at, m.station, m.left_at, m.sharing_withdrawn_at,
    m.restricted_at, m.last_seen_at, m.merged_into, l.phone, l.verified_at, l.verified_by
from (
        select
            club, id, member_number, sub, name, given_name, family_name, email, email_verified, birthdate, gender,
            address, other_addresses, joined_at, station, left_at, sharing_withdrawn_at, restricted_at, last_seen_at,
            merged_into
        from member
        where club = :club and id > :after and erased_at is null
        order by id
        limit :most
    ) m
    left join phone_link l on l.club = m.club and l.member = m.id and l.ended_at is null
order by m.id;

-- name: next_number(club, step)^
update club set last_number = last_number + :step where id = :club returning last_number;

-- name: add(club, member, member_number, sub, name, given_name, family_name, email, email_verified, birthdate, gender, address, other_addresses, joined_at, station, left_at)!
insert into member (
    club, id, member_number, sub, name, given_name, family_name, email, email_verified, birthdate, gender, address,
    other_addresses, joined_at, station, left_at
)
values (
    :club, :member, :member_number, :sub, :name, :given_name, :family_name, :email, :email_verified, :birthdate,
    :gender, :address, :other_addresses, :joined_at, :station, :left_at
);

-- name: save(club, member, member_number, sub, name, given_name, family_name, email, email_verified, birthdate, gender, address, other_addresses, joined_at, station, left_at)!
update member
set member_number = :member_number, sub = :sub, name = :name, given_name = :given_name, family_name = :family_name,
    email = :email, email_verified = :email_verified, birthdate = :birthdate, gender = :gender, address = :address,
    other_addresses = :other_addresses, joined_at = :joined_at, station = :station, left_at = :left_at
where club = :club and id = :member and erased_at is null and merged_into is null;

-- name: verify_link(club, member, phone, verified_by, now)!
-- The number reaches this member already, and by no less a word: it is known anew.
update phone_link set verified_by = :verified_by, verified_at = :now
where club = :club and member = :member and phone = :phone and ended_at is null
    and (verified_by <> 'merchant' or :verified_by = 'merchant');

-- name: end_moved(club, member, phone, linking, now)!
-- By the platform's word a number reaches one member.
update phone_link set ended_at = :now, ended_because = 'number_moved', ended_by = :linking
where club = :club and phone = :phone and ended_at is null and member <> :member and verified_by <> 'merchant';

-- name: end_older(club, member, phone, linking, now)!
update phone_link
set ended_at = :now, ended_by = :linking,
    ended_because = case when phone = :phone then 'verified' else 'number_changed' end
where club = :club and member = :member and ended_at is null;

-- name: add_link(club, member, phone, verified_by, linking, now)!
insert into phone_link (club, member, phone, verified_by, verified_at, begun_at, begun_by)
values (:club, :member, :phone, :verified_by, :now, :now, :linking);

-- name: unlink(club, member, because, linking, now)!
update phone_link set ended_at = :now, ended_because = :because, ended_by = :linking
where club = :club and member = :member and ended_at is null;

-- name: touch(club, member, now)^
update member set version = version + 1, changed_at = :now where club = :club and id = :member
returning version;

-- name: consents(club, member)
select
    club, member, id, act, element, purpose, channel, granted, given_at, seen_at, method, actor, recorded_by, station,
    enrolment, code, wording, language, text_version, text_hash, evidence_digest, reason, reference
from consent
where club = :club and member = :member and coalesce(purpose, '') <> 'membership' and emptied_at is null
order by position;

-- name: keep_evidence(club, enrolment, member, raw, now)!
insert into evidence (club, enrolment, member, raw, kept_at) values (:club, :enrolment, :member, :raw, :now)
on conflict (club, enrolment) do update set raw = :raw, kept_at = :now;

-- name: shared(club, most)^
-- Of the youngest members those who have logged in, and how many of them shared each part.
select
    count(*) as logins, count(m.name) as names, count(l.phone) as phones, count(m.email) as emails,
    count(m.birthdate) as birthdates, count(m.address) as addresses, count(m.gender) as genders,
    count(case when exists (select 1 from evidence e where e.club = m.club and e.member = m.id) then 1 end) as consents
from (
        select club, id, sub, name, email, birthdate, address, gender from member
        where club = :club
        order by id desc
        limit :most
    ) m
    left join phone_link l on l.club = m.club and l.member = m.id and l.ended_at is null and l.verified_by = 'login'
where m.sub is not null;

-- name: save_extra(club, member, name, answer, now)!
insert into extra (club, member, name, answer, answered_at) values (:club, :member, :name, :answer, :now)
on conflict (club, member, name) do update set answer = :answer, answered_at = :now;

-- name: extras(club, member)
select name, answer from extra where club = :club and member = :member order by name;
