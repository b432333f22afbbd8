create table commits (id integer primary key, count integer not null) strict;
