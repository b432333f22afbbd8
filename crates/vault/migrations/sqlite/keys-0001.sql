create table format (version integer not null) strict;
create table controller (id text not null primary key) strict;
create table epochs (number integer primary key, made integer not null, wrapped blob not null) strict;
create table named_keys (name text primary key, epoch integer not null, wrapped blob not null) strict;
create table segment_keys (segment integer primary key, epoch integer not null, wrapped blob not null) strict;
create table person_pages (
    place integer primary key,
    epoch integer not null,
    version integer not null,
    wrapped blob not null
) strict;
