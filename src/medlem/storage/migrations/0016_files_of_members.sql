-- beside the version before
-- Members come from files and go into them.

-- Whoever was erased does not come back by an old list: a keyed hash of the member number that they had.
alter table erasure add column number_digest text;
create index erasure_by_number on erasure (number_digest, club) where number_digest is not null;

-- Numbers that reached somebody before: whoever has left is known by the number on an old list.
create index phone_link_by_former_phone on phone_link (phone, club) where ended_at is not null;

-- The platform's consent objects that came with a file, since the enrolment that brought them was another register's:
-- digest is the SHA-256 of the object, enrolment what it was called there. Sealed. Rows stay until the member is erased.
create table brought_evidence (
    club text not null,
    member text not null,
    digest text not null,
    enrolment text not null,
    raw blob not null,
    kept_at integer not null,
    primary key (club, member, digest),
    foreign key (club, member) references member (club, id)
) strict;
