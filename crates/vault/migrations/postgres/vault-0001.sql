create table format (version bigint not null);
create table controller (id text not null primary key);
create table state (name text primary key, value bigint not null);

create table names (
    kind bigint not null,
    code bigint not null,
    text text not null,
    primary key (kind, code)
);
create table verdicts (
    id bigint primary key,
    key text not null,
    purposes bigint not null,
    consented bigint not null
);
create table leaves (
    leaf bigint primary key,
    idx bytea,
    subject bigint not null,
    person bigint not null,
    moved bigint not null,
    clear bytea
);
create index leaves_elsewhere on leaves (person) where person <> leaf;
create table consents (leaf bigint primary key, acts text not null, cuts text not null);
create table hidden (leaf bigint primary key, since bigint not null);
create table suppressed (idx bytea primary key, until bigint not null);

create table counts (source bigint primary key, counts text not null);
create table event_statistics (
    event bigint not null,
    source bigint not null,
    purposes bigint not null,
    count bigint not null,
    first bigint not null,
    last bigint not null,
    primary key (event, source, purposes)
);
create table property_statistics (
    property bigint primary key,
    seen bigint not null,
    last bigint not null
);

create table files (
    id bigint primary key,
    path text not null,
    epoch bigint not null,
    wrapped bytea not null,
    level bigint not null,
    bucket bigint,
    period_from bigint not null,
    period_until bigint not null,
    first bigint not null,
    last bigint not null,
    row_count bigint not null,
    bytes bigint not null,
    digest bytea not null,
    version bigint not null,
    bucket_rows text not null
);
create table runs (
    id bigint primary key,
    path text not null,
    hour bigint not null,
    keys bigint not null,
    digest bytea not null
);

create table sources (id bigint primary key, name text not null unique);
create table actors (actor text primary key, name text not null, password text);
create table api_keys (
    id text primary key,
    kind text not null,
    source text,
    name text not null,
    actor text not null,
    purposes bigint not null,
    digest bytea not null,
    created bigint not null,
    expires bigint,
    used bigint,
    revoked bigint
);
create table links (
    digest bytea primary key,
    actor text not null,
    created bigint not null,
    expires bigint not null
);
create table sessions (
    digest bytea primary key,
    actor text not null,
    created bigint not null,
    seen bigint not null
);

create table erasures (
    id text primary key,
    state text not null,
    requested bigint not null,
    detail text not null
);

create table outbox (sequence bigint generated always as identity primary key, fact text not null);
create table reads (
    id bigint generated always as identity primary key,
    at bigint not null,
    actor text not null,
    purpose bigint not null,
    verb text not null,
    plan text not null,
    segment bigint not null,
    frame bigint not null,
    row_count bigint not null
);
