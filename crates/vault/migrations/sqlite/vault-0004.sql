alter table saved add column state_epoch integer;
alter table saved add column sealed blob;
