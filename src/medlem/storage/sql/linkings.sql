-- Linkings: what was decided about whom a number reaches, and the links that this began and ended.

-- name: add(club, linking, member, outcome, decided_at, enrolment, was, who, why, undoes)!
insert into linking (club, id, member, outcome, decided_at, enrolment, was, who, why, undoes)
values (:club, :linking, :member, :outcome, :decided_at, :enrolment, :was, :who, :why, :undoes);

-- name: get(club, linking)^
select club, id, member, outcome, decided_at, enrolment, was, who, why, undoes, undone_by
from linking
where club = :club and id = :linking;

-- name: hold(club, linking)^
select club, id, member, outcome, decided_at, enrolment, was, who, why, undoes, undone_by
from linking
where club = :club and id = :linking
for update;

-- name: of_enrolment(club, enrolment)^
select club, id, member, outcome, decided_at, enrolment, was, who, why, undoes, undone_by
from linking
where club = :club and enrolment = :enrolment and undoes is null;

-- name: of_member(club, member)
select club, id, member, outcome, decided_at, enrolment, was, who, why, undoes, undone_by
from linking
where club = :club and member = :member;

-- name: take_back(club, linking, undone_by)!
update linking set undone_by = :undone_by where club = :club and id = :linking;

-- name: begun(club, linking)
select member, phone, verified_by, coalesce(begun_at, verified_at) as begun_at, verified_at, ended_at, ended_because, begun_by, ended_by
from phone_link
where club = :club and begun_by = :linking;

-- name: ended(club, linking)
select member, phone, verified_by, coalesce(begun_at, verified_at) as begun_at, verified_at, ended_at, ended_because, begun_by, ended_by
from phone_link
where club = :club and ended_by = :linking;

-- name: links(club, member)
select member, phone, verified_by, coalesce(begun_at, verified_at) as begun_at, verified_at, ended_at, ended_because, begun_by, ended_by
from phone_link
where club = :club and member = :member;

-- name: begin_again(club, member, phone, verified_by, verified_at, linking, now)!
insert into phone_link (club, member, phone, verified_by, verified_at, begun_at, begun_by)
values (:club, :member, :phone, :verified_by, :verified_at, :now, :linking);
