//! A projection tells the same rows as its blocks, by stamp and quarter of an hour, and none where
//! a masked leaf has rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use vocabulary::Code;

use super::files::said_of_columns;
use super::*;
use crate::keep::chunk::{Chunk, Need, Stamp, Texts};
use crate::keep::projected::{Projecting, QUARTER};
use crate::keep::write::{FileWriter, Layout, Shape};

/// The rows of one bucket as a file of it.
fn file(lake: &mut Lake, rows: &[Row]) -> FileEntry {
    let mut layout = Layout::default();
    rows.iter().for_each(|row| layout.admit(row, &lake.columns));
    let (from, until) = (NOW - Span::days(100), NOW + Span::DAY);
    let version = lake.version;
    let shape = Shape { lasts: true, level: 1, bucket: Some(3), from, until, version };
    let filed = lake.expected(rows);
    lake.write(|writing, new_file| {
        let mut file = FileWriter::create(writing, new_file(), shape, &layout).unwrap();
        let mut filed = filed;
        filed.sort_by_key(|filed| (filed.person, filed.row.time, filed.row.sequence));
        filed.into_iter().for_each(|filed| file.push(filed.person, filed.row).unwrap());
        file.finish().unwrap().unwrap()
    })
}

/// What a projection passes on, and how many rows come by people afterwards.
fn projected(lake: &Lake, entry: &FileEntry, projecting: &Projecting<'_>) -> (Vec<String>, usize) {
    let texts = Arc::new(Texts::default());
    let codes: Vec<Code> = (1..=7).map(Code).collect();
    let need = Need { columns: codes, ..Need::default() };
    let reader = lake.open(entry).unwrap();
    let mut chunks = reader.chunks(Some(3), &need, &texts, None).unwrap();
    let mut told = Vec::new();
    let mut take = |chunk: Chunk| -> Result<(), FileError> {
        told.extend((0..chunk.len()).map(|row| {
            let stamp = chunk.stamp(row).unwrap();
            format!("{stamp:?} {} {:?}", chunk.time[row], said_of_columns(&chunk, row, &texts))
        }));
        Ok(())
    };
    chunks.project(projecting, &mut take).unwrap();
    told.sort_unstable();
    let left = chunks.map(|chunk| chunk.unwrap().len()).sum();
    (told, left)
}

/// The same of rows.
fn expected(rows: &[Row], projecting: &Projecting<'_>) -> Vec<String> {
    let asked = rows.iter().filter(|row| {
        (projecting.from..projecting.until).contains(&row.time)
            && (projecting.is_wanted)(&Stamp::of(row))
    });
    let codes: Vec<Code> = (1..=7).map(Code).collect();
    let told = asked.map(|row| {
        let time = row.time.floor(QUARTER).0;
        format!("{:?} {time} {:?}", Stamp::of(row), super::files::columns_of_row(row, &codes))
    });
    let mut told: Vec<String> = told.collect();
    told.sort_unstable();
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_tells_the_rows_that_are_asked_for(
        mut rows in rows(300),
        from in 0..61i64,
        days in 0..40i64,
        event in 1..5u32,
        masked in 1..80u64,
        other in 1..80u64,
    ) {
        prop_assume!(!rows.is_empty());
        // All are people of one bucket.
        rows.iter_mut().for_each(|row| row.leaf = leaf((row.leaf.0 & 0xff) * 16 + 3));
        let mut lake = Lake::new();
        let entry = file(&mut lake, &rows);
        let is_wanted = |stamp: &Stamp| stamp.event.0 <= event;
        let from = (NOW - Span::days(from)).floor(QUARTER);
        let nobody = Arc::new(BTreeSet::new());
        let until = from + Span::days(days);
        let projecting = Projecting { from, until, masked: &nobody, is_wanted: &is_wanted };
        let (told, left) = projected(&lake, &entry, &projecting);
        prop_assert_eq!(&told, &expected(&rows, &projecting));
        prop_assert_eq!(left, 0);
        // Where one of whom not everything may be seen has rows, people must be looked at.
        let masked = Arc::new(BTreeSet::from([leaf(masked * 16 + 3)]));
        let has_rows = rows.iter().any(|row| masked.contains(&row.leaf));
        let (seen, left) = projected(&lake, &entry, &Projecting { masked: &masked, ..projecting });
        prop_assert_eq!(seen, if has_rows { Vec::new() } else { told });
        prop_assert_eq!(left, if has_rows { rows.len() } else { 0 });
        // What is known of the leaves of before is held beside those that come to them.
        let more = Arc::new(masked.iter().copied().chain([leaf(other * 16 + 3)]).collect());
        let has_rows = rows.iter().any(|row| BTreeSet::contains(&more, &row.leaf));
        for _ in 0..2 {
            let projecting = Projecting { masked: &more, ..projecting };
            let (_, left) = projected(&lake, &entry, &projecting);
            prop_assert_eq!(left, if has_rows { rows.len() } else { 0 });
        }
    }
}

#[test]
fn a_bound_between_quarters_is_told_only_where_no_row_lies_beyond_it() {
    let mut lake = Lake::new();
    let start = NOW.floor(Span::DAY);
    let rows: Vec<Row> = (0..10).map(|n| row(3, start + Span(n * Span::HOUR.0))).collect();
    let entry = file(&mut lake, &rows);
    let nobody = Arc::new(BTreeSet::new());
    let told = |from: Time, until: Time| {
        let projecting = Projecting { from, until, masked: &nobody, is_wanted: &|_| true };
        let (told, left) = projected(&lake, &entry, &projecting);
        if left == 0 {
            assert_eq!(told, expected(&rows, &projecting));
        }
        left
    };
    let (second, end) = (Span::SECOND, start + Span::DAY);
    assert_eq!(told(start - second, end + second), 0);
    assert_eq!(told(start + second, end), 10, "a row lies before it in its quarter");
    assert_eq!(told(start, start + Span(8 * Span::HOUR.0) + second), 10);
    assert_eq!(told(start, start + Span(9 * Span::HOUR.0)), 0);
}

#[test]
fn a_column_of_too_many_texts_is_left_to_the_blocks() {
    let mut lake = Lake::new();
    let rows: Vec<Row> = (0..300)
        .map(|number| {
            let mut row = row(3, Time(NOW.0 - number));
            row.columns.push((Code(1), Value::Text(format!("text {number}").into())));
            row
        })
        .collect();
    let entry = file(&mut lake, &rows);
    let nobody = Arc::new(BTreeSet::new());
    let (from, until) = (Time(i64::MIN), Time(i64::MAX));
    let projecting = Projecting { from, until, masked: &nobody, is_wanted: &|_| true };
    assert_eq!(projected(&lake, &entry, &projecting), (Vec::new(), 300));
}
