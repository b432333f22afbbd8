create table format (version integer not null) strict;
create table controller (id text not null primary key) strict;
create table state (name text primary key, value integer not null) strict;

create table names (
    kind integer not null,
    code integer not null,
    text text not null,
    primary key (kind, code)
) strict;
create table verdicts (
    id integer primary key,
    key text not null,
    purposes integer not null,
    consented integer not null
) strict;
create table leaves (
    leaf integer primary key,
    idx blob,
    subject integer not null,
    person integer not null,
    moved integer not null,
    clear blob
) strict;
create index leaves_elsewhere on leaves (person) where person <> leaf;
create table consents (leaf integer primary key, acts text not null, cuts text not null) strict;
create table hidden (leaf integer primary key, since integer not null) strict;
create table suppressed (idx blob primary key, until integer not null) strict;

create table counts (source integer primary key, counts text not null) strict;
create table event_statistics (
    event integer not null,
    source integer not null,
    purposes integer not null,
    count integer not null,
    first integer not null,
    last integer not null,
    primary key (event, source, purposes)
) strict;
create table property_statistics (
    property integer primary key,
    seen integer not null,
    last integer not null
) strict;

create table files (
    id integer primary key,
    path text not null,
    epoch integer not null,
    wrapped blob not null,
    level integer not null,
    bucket integer,
    period_from integer not null,
    period_until integer not null,
    first integer not null,
    last integer not null,
    row_count integer not null,
    bytes integer not null,
    digest blob not null,
    version integer not null,
    bucket_rows text not null
) strict;
create table runs (
    id integer primary key,
    path text not null,
    hour integer not null,
    keys integer not null,
    digest blob not null
) strict;

create table sources (id integer primary key, name text not null unique) strict;
create table actors (actor text primary key, name text not null, password text) strict;
create table api_keys (
    id text primary key,
    kind text not null,
    source text,
    name text not null,
    actor text not null,
    purposes integer not null,
    digest blob not null,
    created integer not null,
    expires integer,
    used integer,
    revoked integer
) strict;
create table links (
    digest blob primary key,
    actor text not null,
    created integer not null,
    expires integer not null
) strict;
create table sessions (
    digest blob primary key,
    actor text not null,
    created integer not null,
    seen integer not null
) strict;

create table erasures (
    id text primary key,
    state text not null,
    requested integer not null,
    detail text not null
) strict;

create table outbox (sequence integer primary key autoincrement, fact text not null) strict;
create table reads (
    id integer primary key autoincrement,
    at integer not null,
    actor text not null,
    purpose integer not null,
    verb text not null,
    plan text not null,
    segment integer not null,
    frame integer not null,
    row_count integer not null
) strict;
