create table checkpoints (id bigint primary key, text text not null);
