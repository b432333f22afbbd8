alter table saved add column state_epoch bigint;
alter table saved add column sealed bytea;
