-- Members who may be one person with somebody who was there before them. Each looks at some members, in the order of
-- their ids, and from each of them at the one nearest before that an index finds.

-- name: by_email(club, after, until)
select
    a.id as other,
    (
        select c.id
        from member c
        where c.club = :club and c.email is not null and lower(trim(c.email)) = lower(trim(a.email)) and c.id < a.id
            and c.restricted_at is null and (c.sub is null or a.sub is null)
            and (c.left_at is null or a.left_at is null)
            and not exists (
                select 1 from distinct_members d where d.club = :club and d.one = c.id and d.other = a.id
            )
        order by c.id desc
        limit 1
    ) as one
from member a
where a.club = :club and a.id > :after and a.id <= :until and a.email is not null and a.restricted_at is null;

-- name: by_birthdate(club, after, until)
select
    a.id as other,
    (
        select c.id
        from member c
        where c.club = :club and c.birthdate is not null and c.birthdate = a.birthdate
            and substr(lower(replace(replace(replace(replace(replace(replace(c.name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80)
            = substr(lower(replace(replace(replace(replace(replace(replace(a.name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80)
            and c.id < a.id and c.restricted_at is null and (c.sub is null or a.sub is null)
            and (c.left_at is null or a.left_at is null)
            and not exists (
                select 1 from distinct_members d where d.club = :club and d.one = c.id and d.other = a.id
            )
        order by c.id desc
        limit 1
    ) as one
from member a
where a.club = :club and a.id > :after and a.id <= :until and a.birthdate is not null and a.name is not null
    and a.restricted_at is null;

-- name: by_number(club, after, until)
select l.member as other, l.phone
from phone_link l indexed by phone_link_by_member
where l.club = :club and l.member > :after and l.member <= :until and l.ended_at is null
    and exists (
        select 1
        from phone_link e indexed by phone_link_by_phone
        where e.club = :club and e.phone = l.phone and e.ended_at is null and e.member < l.member
    );

-- name: say(club, one, other, by, now)!
insert into distinct_members (club, one, other, said_by, said_at) values (:club, :one, :other, :by, :now)
on conflict (club, one, other) do nothing;

-- name: take_back(club, one, other)!
delete from distinct_members where club = :club and one = :one and other = :other;

-- name: said(club, one, other)^
select club, one, other, said_by, said_at from distinct_members
where club = :club and one = :one and other = :other;
