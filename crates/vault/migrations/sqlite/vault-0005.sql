alter table verdicts add column objectable integer not null default 0;
alter table verdicts add column explicit integer not null default 0;
