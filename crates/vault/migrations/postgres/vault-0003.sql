create table saved (
    id text primary key,
    kind text not null,
    name text not null,
    body text not null,
    version bigint not null,
    created bigint not null,
    changed bigint not null,
    actor text not null,
    state text,
    epoch bigint,
    secret bytea
);
create index saved_kind on saved (kind, name);
