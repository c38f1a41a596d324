-- Clubs, stores and stations.

-- name: club_of(sales_unit)^
-- All clubs: the sales unit says which club is meant.
select id, sales_unit, name, country from club where sales_unit = :sales_unit;

-- name: club(club)^
select id, sales_unit, name, country from club where id = :club;

-- name: clubs()
-- All clubs: whoever looks after the whole installation asks.
select id, sales_unit, name, country from club order by id;

-- name: add_club(club, sales_unit, name, country, digest, now)!
insert into club (id, sales_unit, name, country, digest, created_at)
values (:club, :sales_unit, :name, :country, :digest, :now);

-- name: save_club(club, name, country)!
update club set name = :name, country = :country where id = :club;

-- name: settings_of(club)^
select settings from sales_unit where club = :club;

-- name: keep_settings(club, settings, now)!
insert into sales_unit (club, settings, changed_at) values (:club, :settings, :now)
on conflict (club) do update set settings = :settings, changed_at = :now;

-- name: digests()
-- All clubs: they are of one database, under the same secret keys.
select id, digest from club;

-- name: store(club, store)^
select club, id, name from store where club = :club and id = :store;

-- name: first_store(club)^
select club, id, name from store where club = :club order by id limit 1;

-- name: add_store(club, store, name, now)!
insert into store (club, id, name, created_at) values (:club, :store, :name, :now);

-- name: station(club, station)^
select club, id, store, name, created_at, removed_at from station where club = :club and id = :station;

-- name: stations(club)
-- Those in service.
select club, id, store, name, created_at, removed_at
from station
where club = :club and removed_at is null
order by id;

-- name: add_station(club, station, store, name, created_at)!
insert into station (club, id, store, name, created_at) values (:club, :station, :store, :name, :created_at);

-- name: remove_station(club, station, now)!
update station set removed_at = :now where club = :club and id = :station and removed_at is null;

-- name: revoke_keys_of_station(club, station, now)!
update api_key set revoked_at = :now where club = :club and station = :station and revoked_at is null;

-- name: drop_pairings_of_station(club, station)!
delete from pairing where club = :club and station = :station;

-- name: offer_pairing(digest, club, station, until)!
insert into pairing (digest, club, station, valid_until) values (:digest, :club, :station, :until);

-- name: drop_old_pairings(now)!
-- All clubs: a code names its club only once it is taken.
delete from pairing where valid_until <= :now;

-- name: take_pairing(digest)^
-- All clubs: the code says which club it belongs to.
delete from pairing where digest = :digest returning club, station;
