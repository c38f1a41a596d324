-- beside the version before
-- The stickers at stations, and the scans of them.

-- Stickers. Rows stay: a scan of an old one can still be told from an unknown one. due_at is when somebody has to tell
-- the platform, if nobody has. The content is what is printed, for everybody to see.
create table station_qr (
    club text not null,
    id text not null,
    station text not null,
    label text not null,
    state text not null check (state in ('making', 'up', 'removing', 'removed')),
    content text,
    made_at integer not null,
    due_at integer,
    failures integer not null default 0,
    primary key (club, id),
    foreign key (club, station) references station (club, id),
    check (state <> 'up' or content is not null),
    check ((state in ('making', 'removing')) = (due_at is not null))
) strict, without rowid;
create unique index station_qr_present on station_qr (station, club) where state in ('making', 'up');
create index station_qr_by_station on station_qr (club, station);
create index station_qr_due on station_qr (due_at) where due_at is not null;

-- Scans. The token is sealed, the digest is of the token and the moment as the platform spelt it. due_at is when
-- somebody has to ask for the number, if nobody has. Rows go when the token is worth nothing, fifteen minutes after the scan.
create table check_in (
    club text not null,
    id text not null,
    station text not null,
    digest text not null,
    token blob not null,
    named_at text not null,
    scanned_at integer not null,
    valid_until integer not null,
    due_at integer,
    failures integer not null default 0,
    identification text,
    primary key (club, id),
    foreign key (club, station) references station (club, id),
    foreign key (club, identification) references identification (club, id)
) strict, without rowid;
create unique index check_in_by_digest on check_in (digest, club);
create index check_in_by_station on check_in (club, station);
create index check_in_by_identification on check_in (identification, club) where identification is not null;
create index check_in_due on check_in (due_at) where due_at is not null;
create index check_in_by_age on check_in (valid_until);
