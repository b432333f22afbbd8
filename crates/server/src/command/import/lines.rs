//! A file as lines, one event each, cut into requests. A table's row becomes an object of JSON.

use std::io::{BufRead, Read};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use life::arrive::archive::{Hand, row};
use serde_json::Value;
use tokio::sync::mpsc::Sender;

use super::input::{Carrier, Input};

/// A line may have so many bytes; whoever wrote more has forgotten to end it.
const LINE_BYTES_MAX: u64 = 1 << 20;
/// A request is closed when it has so many bytes.
const BATCH_BYTES: usize = 2 << 20;

/// Lines that are sent together.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) text: Bytes,
    /// The place of its first event in the file's order.
    pub(super) first: u64,
    /// Where each of its events stands in the file.
    numbers: Vec<u64>,
}

impl Batch {
    /// The line of the file that an event of this place in the order stands in.
    pub(super) fn number(&self, place: u64) -> u64 {
        let index = place.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.numbers.get(index)).copied().unwrap_or(place)
    }

    /// Where its last event stands in the file.
    pub(super) fn last(&self) -> u64 {
        self.numbers.last().copied().unwrap_or_default()
    }
}

/// The events of a file, one by one.
pub(super) enum Lines {
    Text { source: Box<dyn BufRead + Send>, number: u64 },
    Table { hand: Hand, names: Vec<String>, rows: csv::Reader<Box<dyn BufRead + Send>> },
    Columns { hand: Hand, rows: lake::arrive::Rows, number: u64 },
}

impl Lines {
    /// Opens a file's events.
    pub(super) fn open(input: Input, hand: Hand) -> anyhow::Result<Self> {
        let separator = match (input.carrier, hand) {
            (Carrier::Lines, _) | (Carrier::Tsv, Hand::Snowplow) => {
                return Ok(Self::Text { source: input.unpacked()?, number: 0 });
            }
            (Carrier::Parquet, _) => {
                let rows = input.whole()?.rows().context("cannot read the file as Parquet")?;
                return Ok(Self::Columns { hand, rows, number: 0 });
            }
            (Carrier::Csv, _) => b',',
            (Carrier::Tsv, _) => b'\t',
        };
        let mut rows = csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(false)
            .from_reader(input.unpacked()?);
        let names = rows.headers().context("the first line must hold the columns' names")?;
        let names: Vec<String> =
            names.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
        ensure!(
            names.iter().any(|name| name == "event" || name == "type"),
            "no column of the first line is called `event`: it must hold the columns' names"
        );
        Ok(Self::Table { hand, names, rows })
    }

    /// The next event with where it stands, or nothing at the end.
    fn next(&mut self, start: u64) -> anyhow::Result<Option<(u64, String)>> {
        match self {
            Lines::Text { source, number } => {
                *number += 1;
                let mut line = Vec::new();
                let mut limited = source.take(LINE_BYTES_MAX + 1);
                let read = limited.read_until(b'\n', &mut line);
                let read = read.with_context(|| format!("cannot read line {number}"))?;
                ensure!(
                    read as u64 <= LINE_BYTES_MAX,
                    "line {number} has more than {LINE_BYTES_MAX} bytes: an event ends with its line"
                );
                // Nobody reads what is skipped: the mistake for which it is may lie in it.
                let line = if *number < start { Vec::new() } else { line };
                let Ok(line) = String::from_utf8(line) else {
                    bail!("line {number} is no UTF-8: convert the file first");
                };
                Ok((read > 0).then(|| (*number, line.trim_end_matches(['\r', '\n']).to_owned())))
            }
            Lines::Table { hand, names, rows } => {
                let mut record = csv::StringRecord::new();
                if !rows.read_record(&mut record).context("the table cannot be read")? {
                    return Ok(None);
                }
                let number = record.position().map_or(0, csv::Position::line);
                let cells = names.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
                let cells = cells.map(|(name, cell)| (name.clone(), Value::from(cell)));
                Ok(Some((number, row(*hand, cells))))
            }
            Lines::Columns { hand, rows, number } => {
                *number += 1;
                let Some(cells) = rows.next() else { return Ok(None) };
                let cells = cells.with_context(|| format!("cannot read row {number}"))?;
                Ok(Some((*number, row(*hand, cells.into_iter()))))
            }
        }
    }

    /// Cuts the events into requests until the end, or until nobody takes them any more.
    pub(super) fn cut(
        mut self,
        start: u64,
        size: usize,
        sender: &Sender<Batch>,
    ) -> anyhow::Result<()> {
        let mut first = 1;
        let (mut text, mut numbers) = (String::new(), Vec::new());
        loop {
            let next = self.next(start);
            let is_full = numbers.len() >= size || text.len() >= BATCH_BYTES;
            if (is_full || !matches!(next, Ok(Some(_)))) && !numbers.is_empty() {
                let count = numbers.len() as u64;
                let (text, numbers) = (std::mem::take(&mut text), std::mem::take(&mut numbers));
                if sender.blocking_send(Batch { text: text.into(), first, numbers }).is_err() {
                    return Ok(());
                }
                first += count;
            }
            let Some((number, line)) = next? else { return Ok(()) };
            if number >= start && !line.trim().is_empty() {
                text.push_str(&line);
                text.push('\n');
                numbers.push(number);
            }
        }
    }
}
