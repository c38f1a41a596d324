-- Finding members: each of these reads as many rows of one index as it gives.

-- name: hold(club, member)^
select id from member where club = :club and id = :member for update;

-- name: all(club, after, most)
select id from member where club = :club and id > :after order by id limit :most;

-- name: left(club, after, most)
select id from member where club = :club and left_at is not null and id > :after order by id limit :most;

-- name: withdrawn(club, after, most)
select id from member where club = :club and sharing_withdrawn_at is not null and id > :after order by id limit :most;

-- name: at_station(club, station, after, most)
select id from member where club = :club and station = :station and id > :after order by id limit :most;

-- name: changed(club, place, after, most)
select id, changed_at as place
from member
where club = :club and (changed_at, id) > (:place, :after)
order by changed_at, id
limit :most;

-- name: joined(club, place, after, beyond, most)
select id, joined_at as place
from member
where club = :club and (joined_at, id) > (:place, :after) and joined_at < :beyond
order by joined_at, id
limit :most;

-- name: by_number(club, member_number)^
select id from member where club = :club and member_number = :member_number;

-- name: by_name(club, first, beyond, place, after, most)
select m.id, substr(lower(replace(replace(replace(replace(replace(replace(m.name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80) as place
from member m
where m.club = :club and m.name is not null
    and substr(lower(replace(replace(replace(replace(replace(replace(m.name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80) >= :first
    and substr(lower(replace(replace(replace(replace(replace(replace(m.name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80) < :beyond
    and (substr(lower(replace(replace(replace(replace(replace(replace(m.name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80), m.id) > (:place, :after)
order by substr(lower(replace(replace(replace(replace(replace(replace(m.name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80), m.id
limit :most;

-- name: by_family_name(club, first, beyond, place, after, most)
select m.id, substr(lower(replace(replace(replace(replace(replace(replace(m.family_name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80) as place
from member m
where m.club = :club and m.family_name is not null
    and substr(lower(replace(replace(replace(replace(replace(replace(m.family_name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80) >= :first
    and substr(lower(replace(replace(replace(replace(replace(replace(m.family_name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80) < :beyond
    and (substr(lower(replace(replace(replace(replace(replace(replace(m.family_name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80), m.id) > (:place, :after)
order by substr(lower(replace(replace(replace(replace(replace(replace(m.family_name, 'Æ', 'æ'), 'Ø', 'ø'), 'Å', 'å'), 'Ä', 'ä'), 'Ö', 'ö'), 'É', 'é')), 1, 80), m.id
limit :most;
