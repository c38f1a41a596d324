-- beside the version before
-- Several clubs in one installation.

-- How each further club is connected to the platform, keys included: its settings as JSON, sealed. The installation's own
-- settings speak for the first club, which has no row here. Rows stay.
create table sales_unit (
    club text not null primary key references club (id),
    settings blob not null,
    changed_at integer not null
) strict, without rowid;
