//! What was counted: outcomes for each source, and how often events and properties were seen.

use std::collections::BTreeMap;

use life::keep::{Record, Row as Kept};
use sqlx::{Row, SqliteConnection};
use vocabulary::{Code, Counts, Purposes, SourceId, Time};

use crate::VaultError;
use crate::sql;

sql::statements! {
    COUNTS = "select source, counts from counts order by source";
    COUNTS_OF = "select source, counts from counts where source = $1";
    COUNTS_SET = "insert into counts (source, counts) values ($1, $2) \
                  on conflict (source) do update set counts = excluded.counts";
    EVENTS = "select event, source, purposes, count, first, last from event_statistics \
              order by event, source, purposes";
    EVENT_ADD = "insert into event_statistics (event, source, purposes, count, first, last) \
                 values ($1, $2, $3, $4, $5, $6) on conflict (event, source, purposes) do update \
                 set count = event_statistics.count + excluded.count, \
                 first = case when excluded.first < event_statistics.first \
                 then excluded.first else event_statistics.first end, \
                 last = case when excluded.last > event_statistics.last \
                 then excluded.last else event_statistics.last end";
    PROPERTIES = "select property, seen, last from property_statistics order by property";
    PROPERTY_ADD = "insert into property_statistics (property, seen, last) values ($1, $2, $3) \
                    on conflict (property) do update set \
                    seen = property_statistics.seen + excluded.seen, \
                    last = case when excluded.last > property_statistics.last \
                    then excluded.last else property_statistics.last end";
}

/// How often an event was kept from a source with exactly these purposes, and between which times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventStatistic {
    pub event: Code,
    pub source: SourceId,
    pub purposes: Purposes,
    pub count: u64,
    pub first: Time,
    pub last: Time,
}

/// How often a property had a value that was kept, and when last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertyStatistic {
    pub property: Code,
    pub seen: u64,
    pub last: Time,
}

/// What the rows and counts of a fold add.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<SourceId, Counts>,
    events: BTreeMap<(Code, SourceId, u64), EventStatistic>,
    properties: BTreeMap<Code, PropertyStatistic>,
}

impl Tally {
    fn of(records: &[Record]) -> Self {
        let mut tally = Self::default();
        for record in records {
            match record {
                Record::Counts { source, counts } => {
                    tally.counts.entry(*source).or_default().merge(counts);
                }
                Record::Row { row, .. } => tally.add(row),
                Record::Name { .. }
                | Record::Verdict { .. }
                | Record::Grounds { .. }
                | Record::Leaf { .. }
                | Record::Link { .. }
                | Record::Unlink { .. }
                | Record::Act { .. }
                | Record::Statement { .. }
                | Record::Restrict { .. }
                | Record::Erase { .. } => {}
            }
        }
        tally
    }

    fn add(&mut self, row: &Kept) {
        let (event, source, purposes, time) = (row.event, row.source, row.purposes, row.time);
        let none = EventStatistic { event, source, purposes, count: 0, first: time, last: time };
        let seen = self.events.entry((event, source, purposes.0)).or_insert(none);
        seen.count += 1;
        seen.first = seen.first.min(time);
        seen.last = seen.last.max(time);
        let columns = row.columns.iter().map(|(code, _)| *code);
        for property in columns.chain(row.sealed.iter().map(|(_, code, _)| *code)) {
            let none = PropertyStatistic { property, seen: 0, last: time };
            let seen = self.properties.entry(property).or_insert(none);
            seen.seen += 1;
            seen.last = seen.last.max(time);
        }
    }
}

/// Saves what a fold counted.
pub(super) async fn save(
    write: &mut SqliteConnection,
    records: &[Record],
) -> Result<(), VaultError> {
    let tally = Tally::of(records);
    for (source, added) in tally.counts {
        let number = i64::from(source.0);
        let known = sqlx::query(COUNTS_OF).bind(number).fetch_optional(&mut *write).await?;
        let mut counts: Counts = match known {
            Some(row) => sql::json(&row, 1)?,
            None => Counts::default(),
        };
        counts.merge(&added);
        let query = sqlx::query(COUNTS_SET).bind(number).bind(sql::to_json(&counts)?);
        query.execute(&mut *write).await?;
    }
    for event in tally.events.into_values() {
        let query = sqlx::query(EVENT_ADD).bind(i64::from(event.event.0));
        let query = query.bind(i64::from(event.source.0)).bind(sql::signed(event.purposes.0));
        let query = query.bind(sql::signed(event.count)).bind(event.first.micros());
        query.bind(event.last.micros()).execute(&mut *write).await?;
    }
    for property in tally.properties.into_values() {
        let query = sqlx::query(PROPERTY_ADD).bind(i64::from(property.property.0));
        let query = query.bind(sql::signed(property.seen)).bind(property.last.micros());
        query.execute(&mut *write).await?;
    }
    Ok(())
}

pub(super) async fn counts(
    read: &mut SqliteConnection,
) -> Result<Vec<(SourceId, Counts)>, VaultError> {
    let rows = sqlx::query(COUNTS).fetch_all(read).await?;
    rows.iter().map(|row| Ok((SourceId(sql::small(row, 0)?), sql::json(row, 1)?))).collect()
}

pub(super) async fn events(read: &mut SqliteConnection) -> Result<Vec<EventStatistic>, VaultError> {
    let rows = sqlx::query(EVENTS).fetch_all(read).await?;
    let event = rows.iter().map(|row| {
        Ok(EventStatistic {
            event: Code(sql::small(row, 0)?),
            source: SourceId(sql::small(row, 1)?),
            purposes: Purposes(sql::unsigned(row, 2)?),
            count: sql::unsigned(row, 3)?,
            first: Time(row.try_get(4)?),
            last: Time(row.try_get(5)?),
        })
    });
    event.collect()
}

pub(super) async fn properties(
    read: &mut SqliteConnection,
) -> Result<Vec<PropertyStatistic>, VaultError> {
    let rows = sqlx::query(PROPERTIES).fetch_all(read).await?;
    let property = rows.iter().map(|row| {
        let (seen, last) = (sql::unsigned(row, 1)?, Time(row.try_get(2)?));
        Ok(PropertyStatistic { property: Code(sql::small(row, 0)?), seen, last })
    });
    property.collect()
}
