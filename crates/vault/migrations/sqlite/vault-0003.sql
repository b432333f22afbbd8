create table saved (
    id text primary key,
    kind text not null,
    name text not null,
    body text not null,
    version integer not null,
    created integer not null,
    changed integer not null,
    actor text not null,
    state text,
    epoch integer,
    secret blob
) strict;
create index saved_kind on saved (kind, name);
