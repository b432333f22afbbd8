alter table verdicts add column objectable bigint not null default 0;
alter table verdicts add column explicit bigint not null default 0;
