create table checkpoints (id integer primary key, text text not null) strict;
