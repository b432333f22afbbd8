create table commits (id bigint primary key, count bigint not null);
