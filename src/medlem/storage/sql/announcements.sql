-- What merchants' own registers are to hear of members.

-- name: next_sequence(club, member)^
-- Holds the member's row until the commit, so that announcements become visible in their order.
update member set last_announcement = last_announcement + 1 where club = :club and id = :member
returning last_announcement;

-- name: add(club, member, sequence, id, news, phone, former_phone, body, happened_at, due_at)!
insert into announcement (club, member, sequence, id, news, phone, former_phone, body, happened_at, hearing, due_at)
values (
    :club, :member, :sequence, :id, :news, :phone, :former_phone, :body, :happened_at, 'waiting', :due_at
);

-- name: latest_to(club, phone)^
-- What happened last by which the number reaches somebody.
select club, member, sequence, id, news, body, happened_at, hearing, attempts, claim, due_at, ended_at
from announcement
where club = :club and phone = :phone and news <> 'changed'
order by happened_at desc
limit 1;

-- name: latest_from(club, phone)^
-- What happened last by which it ceased to reach somebody.
select club, member, sequence, id, news, body, happened_at, hearing, attempts, claim, due_at, ended_at
from announcement
where club = :club and former_phone = :phone and news <> 'changed'
order by happened_at desc
limit 1;

-- name: next_due(club)^
select max(a.due_at, a.lease_until) as due
from announcement a
where a.club = :club and a.hearing = 'waiting' and not exists (
    select 1 from announcement e
    where e.club = a.club and e.member = a.member and e.sequence < a.sequence and e.hearing = 'waiting'
)
order by max(a.due_at, a.lease_until)
limit 1;

-- name: claim(club, now, lease_until, most)
update announcement set claim = claim + 1, attempts = attempts + 1, lease_until = :lease_until
where (club, member, sequence) in (
    select a.club, a.member, a.sequence
    from announcement a
    where a.club = :club and a.hearing = 'waiting' and max(a.due_at, a.lease_until) <= :now
        and not exists (
            select 1 from announcement e
            where e.club = a.club and e.member = a.member and e.sequence < a.sequence and e.hearing = 'waiting'
        )
    order by max(a.due_at, a.lease_until)
    limit :most
    for update skip locked
)
returning club, member, sequence, id, news, body, happened_at, hearing, attempts, claim, due_at, ended_at;

-- name: end(club, member, sequence, hearing, ended_at)!
update announcement set hearing = :hearing, ended_at = :ended_at, lease_until = 0
where club = :club and member = :member and sequence = :sequence and hearing = 'waiting';

-- name: put_off(club, member, sequence, claim, due_at)!
update announcement set due_at = :due_at, lease_until = 0
where club = :club and member = :member and sequence = :sequence and hearing = 'waiting' and claim = :claim;

-- name: hurry(club, now)!
update announcement set due_at = :now where club = :club and hearing = 'waiting' and due_at > :now;

-- name: count_waiting(club)^
select count(*) as waiting from announcement where club = :club and hearing = 'waiting';

-- name: last(club, member)^
select sequence from announcement where club = :club and member = :member order by sequence desc limit 1;

-- name: waiting(club, most)
select club, member, sequence, id, news, body, happened_at, hearing, attempts, claim, due_at, ended_at
from announcement
where club = :club and hearing = 'waiting'
order by happened_at, member, sequence
limit :most;

-- name: turned_down(club, most)
-- What came after it has told the register more than it would.
select a.club, a.member, a.sequence, a.id, a.news, a.body, a.happened_at, a.hearing, a.attempts, a.claim, a.due_at, a.ended_at
from announcement a
where a.club = :club and a.hearing = 'turned_down' and not exists (
    select 1 from announcement e where e.club = a.club and e.member = a.member and e.sequence > a.sequence
)
order by a.happened_at, a.member
limit :most;

-- name: forget(heard_before, turned_down_before, most)!
-- All clubs: what is too old goes, whosever it is.
delete from announcement
where (club, member, sequence) in (
    select club, member, sequence
    from announcement
    where ended_at < :heard_before and (hearing = 'heard' or ended_at < :turned_down_before)
    order by ended_at
    limit :most
    for update skip locked
);
