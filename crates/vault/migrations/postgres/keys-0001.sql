create table format (version bigint not null);
create table controller (id text not null primary key);
create table epochs (number bigint primary key, made bigint not null, wrapped bytea not null);
create table named_keys (name text primary key, epoch bigint not null, wrapped bytea not null);
create table segment_keys (segment bigint primary key, epoch bigint not null, wrapped bytea not null);
create table person_pages (
    place bigint primary key,
    epoch bigint not null,
    version bigint not null,
    wrapped bytea not null
);
