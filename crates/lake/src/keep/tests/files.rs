//! A file gives back what was folded into it, and nothing when it is not what the manifest says.

use std::fs;
use std::sync::Arc;

use life::keep::manifest::{BUCKETS, FileId};
use proptest::prelude::*;
use vocabulary::{Code, Value};

use super::*;
use crate::keep::chunk::{Chunk, Column, Need, Texts};
use crate::keep::fold::sweep;
use crate::keep::storage::{Held, Storage};
use crate::keep::ties::Tie;

fn all(lake: &Lake, entries: &[FileEntry]) -> Vec<Filed> {
    entries.iter().flat_map(|entry| lake.rows(entry, Pick::Every)).collect()
}

/// What the columns of a chunk say of a row, in words that rows can say too.
pub(super) fn said_of_columns(chunk: &Chunk, row: usize, texts: &Texts) -> Vec<Option<String>> {
    let column = |column: &Column, place: usize| match column {
        Column::Text(numbers) => texts.text(numbers[place]).map(|text| text.to_string()),
        Column::Integer(numbers, nulls) => {
            let is_valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(place));
            is_valid.then(|| numbers[place].to_string())
        }
        Column::Number(numbers, nulls) => {
            let is_valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(place));
            is_valid.then(|| numbers[place].to_string())
        }
        Column::Flag(flags, nulls) => {
            let is_valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(place));
            is_valid.then(|| (flags[place] == 1).to_string())
        }
        Column::Absent => None,
    };
    chunk.columns.iter().map(|of| column(of, row)).collect()
}

/// What a chunk says of its rows.
fn said(chunk: &Chunk, texts: &Texts) -> Vec<String> {
    let line = |place: usize| {
        let columns = said_of_columns(chunk, place, texts);
        let stamp = chunk.stamp(place).unwrap();
        format!(
            "{} {} {} {} {} {} {} {} {} {} {columns:?}",
            chunk.person.each().nth(place).unwrap(),
            chunk.time[place],
            chunk.received[place],
            chunk.ties.tie(place).unwrap().sequence,
            stamp.event.0,
            chunk.leaf.each().nth(place).unwrap(),
            stamp.source.0,
            stamp.verdict.0,
            stamp.purposes.0,
            chunk.session.each().nth(place).unwrap(),
        )
    };
    (0..chunk.len()).map(line).collect()
}

/// What a row says in some columns.
pub(super) fn columns_of_row(row: &Row, codes: &[Code]) -> Vec<Option<String>> {
    let column = |code: &Code| {
        let (_, value) = row.columns.iter().find(|(of, _)| of == code)?;
        Some(match value {
            Value::Flag(flag) => flag.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) | Value::Json(text) => text.to_string(),
            Value::Time(time) => time.0.to_string(),
        })
    };
    codes.iter().map(column).collect()
}

fn said_of_row(filed: &Filed, codes: &[Code]) -> String {
    let row = &filed.row;
    let columns = columns_of_row(row, codes);
    format!(
        "{} {} {} {} {} {} {} {} {} {} {columns:?}",
        filed.person.0,
        row.time.0,
        row.received.0,
        row.sequence,
        row.event.0,
        row.leaf.0,
        row.source.0,
        row.verdict.0,
        row.purposes.0,
        row.session,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_is_folded_is_read_back_in_order(rows in rows(300), moved in 1..39u64) {
        let mut lake = Lake::new();
        lake.persons.insert(leaf(moved + 1), leaf(moved).into());
        let entries = lake.fold(&rows);
        let expected = lake.expected(&rows);
        prop_assert_eq!(&all(&lake, &entries), &expected);
        prop_assert_eq!(entries.iter().map(|entry| entry.rows).sum::<u64>(), rows.len() as u64);

        let texts = Arc::new(Texts::default());
        let codes: Vec<Code> = (1..=7).map(Code).collect();
        let need = Need {
            columns: codes.clone(),
            sealed: BTreeMap::new(),
            session: true,
            leaf: true,
            received: true,
            ..Need::default()
        };
        let mut lines = Vec::new();
        for entry in &entries {
            prop_assert!(entry.from <= entry.first && entry.last < entry.until);
            let reader = lake.open(entry).unwrap();
            for bucket in 0..BUCKETS {
                for chunk in reader.chunks(Some(bucket), &need, &texts, None).unwrap() {
                    lines.extend(said(&chunk.unwrap(), &texts));
                }
            }
        }
        let expected: Vec<_> = expected.iter().map(|filed| said_of_row(filed, &codes)).collect();
        prop_assert_eq!(lines, expected);
    }

    #[test]
    fn the_rows_of_some_leaves_are_found_with_their_properties(rows in rows(300), one in 1..40u64) {
        let mut lake = Lake::new();
        lake.persons.insert(leaf(one + 1), leaf(one).into());
        let entries = lake.fold(&rows);
        let wanted: std::collections::BTreeSet<Leaf> = [leaf(one + 1), leaf(one + 5)].into();
        let found = entries.iter().flat_map(|entry| lake.rows(entry, Pick::Leaves(&wanted)));
        let mut expected = lake.expected(&rows);
        expected.retain(|filed| wanted.contains(&filed.row.leaf));
        prop_assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn rows_of_few_events_come_by_themselves() {
    let mut lake = Lake::new();
    let rows = (0..1_000u64).map(|number| {
        let mut row = row(number % 10 + 1, Time(NOW.0 - number as i64));
        row.event = Code(number as u32 % 5);
        row.session = number / 7;
        row.columns.push((Code(2), Value::Integer(number as i64)));
        row.columns.extend((number % 3 == 0).then(|| (Code(1), Value::Text("third".into()))));
        row
    });
    let entries = lake.fold(&rows.collect::<Vec<_>>());
    let texts = Arc::new(Texts::default());
    let codes: Vec<Code> = (1..=2).map(Code).collect();
    let lines = |events: Option<Arc<std::collections::HashSet<u32>>>, untimed| {
        let need = Need {
            columns: codes.clone(),
            leaf: true,
            session: true,
            received: true,
            events,
            untimed,
            ..Need::default()
        };
        let chunks = entries
            .iter()
            .flat_map(|entry| lake.open(entry).unwrap().chunks(None, &need, &texts, None).unwrap());
        chunks.map(Result::unwrap).collect::<Vec<Chunk>>()
    };
    let of = |chunks: &[Chunk]| chunks.iter().flat_map(|c| said(c, &texts)).collect::<Vec<_>>();
    let every = lines(None, false);
    let wanted = |line: &&String| ["1", "4"].contains(&line.split(' ').nth(4).unwrap());
    let expected: Vec<String> = of(&every).iter().filter(wanted).cloned().collect();
    assert_eq!(expected.len(), 400);
    assert_eq!(of(&lines(Some(Arc::new([1, 4].into())), false)), expected);
    // Without times, each is one that the file has.
    for (chunk, entry) in lines(None, true).iter().zip(&entries) {
        assert!(chunk.time.iter().all(|time| *time == entry.first.0));
    }
}

/// Rows of requests of forty, whose client numbers them; of nobody's requests two arrive at once.
fn requests(count: u64, of: u64) -> Vec<Row> {
    let rows = (0..count).map(|number| {
        let (request, place) = (number / 40, number % 40);
        let mut row = row(number * 7 % 11 + 1, Time(NOW.0 - (number * 31 % count) as i64));
        row.received = Time(NOW.0 + (request / of) as i64 * 1_234_567);
        row.sequence = (place * 13 % 40) as u32;
        row
    });
    rows.collect()
}

#[test]
fn what_a_request_has_in_common_is_said_once_and_read_back() {
    for of in [1, 1_000] {
        let mut lake = Lake::new();
        let rows = requests(8_000, of);
        let entries = lake.fold(&rows);
        assert_eq!(all(&lake, &entries), lake.expected(&rows));
        let codes = [Code(1)];
        let texts = Arc::new(Texts::default());
        let need = Need {
            columns: codes.to_vec(),
            session: true,
            leaf: true,
            received: true,
            ..Need::default()
        };
        let lines = entries.iter().flat_map(|entry| {
            let chunks = lake.open(entry).unwrap().chunks(None, &need, &texts, None).unwrap();
            chunks.flat_map(|chunk| said(&chunk.unwrap(), &texts)).collect::<Vec<_>>()
        });
        let expected = lake.expected(&rows);
        let expected = expected.iter().map(|filed| said_of_row(filed, &codes));
        assert_eq!(lines.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}

/// Several pages and runs, so that picking has something to skip.
fn many(people: u64, each: u64) -> Vec<Row> {
    let rows = (0..people * each).map(|number| {
        let mut row = row(number % people + 1, Time(NOW.0 - number as i64));
        row.columns.push((Code(1), Value::Text(format!("text {}", number % 7).into())));
        row.sealed.push((Class::General, Code(9), Value::Integer(number as i64)));
        row
    });
    rows.collect()
}

#[test]
fn a_person_in_the_middle_of_a_large_file_is_found_without_reading_it_all() {
    let mut lake = Lake::new();
    let rows = many(10, 9_000);
    let entries = lake.fold(&rows);
    let expected = lake.expected(&rows);
    assert_eq!(all(&lake, &entries), expected);
    let before = lake.scanned.rows();
    let wanted = [leaf(7)].into();
    let found = entries.iter().flat_map(|entry| lake.rows(entry, Pick::Leaves(&wanted)));
    assert_eq!(found.count(), 9_000);
    assert!(lake.scanned.rows() - before < 65_000, "only blocks that may hold the person are read");
}

#[test]
fn only_the_columns_asked_for_are_read() {
    let mut lake = Lake::new();
    let entries = lake.fold(&many(100, 300));
    let read = |need: &Need| {
        let before = lake.scanned.bytes();
        for entry in &entries {
            let reader = lake.open(entry).unwrap();
            reader
                .chunks(None, need, &Arc::new(Texts::default()), None)
                .unwrap()
                .for_each(|chunk| drop(chunk.unwrap()));
        }
        lake.scanned.bytes() - before
    };
    let all: u64 = entries.iter().map(|entry| entry.bytes).sum();
    read(&Need::default());
    assert!(read(&Need::default()) < all / 2, "sealed and promoted columns stay unread");
}

#[test]
fn sealed_properties_are_gone_with_the_key_and_the_rows_stay() {
    let mut lake = Lake::new();
    let rows = many(3, 10);
    let entries = lake.fold(&rows);
    lake.keys.destroy(leaf(2).into());
    let rows = all(&lake, &entries);
    assert_eq!(rows.len(), 30);
    for filed in rows {
        assert_eq!(filed.row.sealed.is_empty(), filed.person == leaf(2).into());
    }
}

#[test]
fn nothing_is_readable_in_the_file_itself() {
    let mut lake = Lake::new();
    let mut secret = row(1, NOW);
    secret.columns.push((Code(1), Value::Text("canary-in-a-column".into())));
    secret.sealed.push((Class::General, Code(9), Value::Text("canary-in-a-run".into())));
    let entries = lake.fold(&[secret]);
    let bytes = fs::read(lake.place.path(&entries[0].path)).unwrap();
    assert_eq!(<[u8; 32]>::from(Sha256::digest(&bytes)), entries[0].digest);
    assert_eq!(&bytes[..6], b"CANDOR");
    for word in ["canary", "person", "purposes", "candor"] {
        assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
}

#[test]
fn another_place_or_key_opens_nothing() {
    let mut lake = Lake::new();
    let entry = lake.fold(&many(3, 10)).remove(0);
    let refused = |entry: &FileEntry, place: &Place| {
        let opened = FileReader::open(place, entry, &Footers::new(1), &lake.scanned);
        assert!(matches!(opened, Err(FileError::Locked { .. })), "{opened:?}");
    };
    refused(&FileEntry { id: FileId(99), ..entry.clone() }, &lake.place);
    refused(&FileEntry { key: FileKey([7; 32]), ..entry.clone() }, &lake.place);
    refused(&entry, &Place { region: Region(1), ..lake.place.clone() });
    refused(&entry, &Place { controller: "other".to_owned(), ..lake.place.clone() });
    assert!(lake.open(&entry).is_ok());
}

#[test]
fn a_plain_file_is_refused() {
    let mut lake = Lake::new();
    let mut entry = lake.fold(&many(3, 10)).remove(0);
    let path = lake.place.path(&entry.path);
    fs::write(&path, b"person,time\nada,noon\nbob,one\n").unwrap();
    entry.bytes = fs::metadata(&path).unwrap().len();
    let refused = lake.open(&entry).unwrap_err();
    assert!(matches!(refused, FileError::Plain { .. }), "{refused}");
    assert!(refused.to_string().contains(path.to_str().unwrap()));
}

#[test]
fn a_flipped_bit_anywhere_is_an_error_or_harmless() {
    let mut lake = Lake::new();
    let entry = lake.fold(&many(5, 20)).remove(0);
    let path = lake.place.path(&entry.path);
    let good = fs::read(&path).unwrap();
    let read = |lake: &Lake| -> Result<Vec<Filed>, FileError> {
        let reader = FileReader::open(&lake.place, &entry, &Footers::new(1), &lake.scanned)?;
        reader.rows(Pick::Every, Some(&lake.keys))?.collect()
    };
    let whole = read(&lake).unwrap();
    for place in (0..good.len()).step_by(good.len() / 300) {
        let mut bad = good.clone();
        bad[place] ^= 0x10;
        fs::write(&path, &bad).unwrap();
        if let Ok(rows) = read(&lake) {
            assert_eq!(rows, whole, "byte {place} changed what is read");
        }
    }
    fs::write(&path, &good[..good.len() - 1]).unwrap();
    assert!(matches!(read(&lake), Err(FileError::Damaged { .. })));
}

#[test]
fn what_the_manifest_does_not_know_is_swept_away() {
    let mut lake = Lake::new();
    let kept = lake.fold(&many(3, 10));
    let left = lake.fold(&many(3, 10));
    fs::write(lake.place.path("rows/77.tmp"), b"half a file").unwrap();
    assert_eq!(sweep(&lake.place, &kept, &[]).unwrap(), left.len() + 1);
    assert_eq!(all(&lake, &kept).len(), 30);
    assert_eq!(sweep(&lake.place, &kept, &[]).unwrap(), 0);
}

#[test]
fn numbers_come_back_to_the_bit() {
    let cents = [41.96, 0.1, -3.5, 0.0, 1e6];
    let short = [f64::from(41.96f32), f64::from(f32::MAX), -0.0];
    let long = [0.1 + 0.2, 1e300, f64::MIN_POSITIVE, -0.0, f64::INFINITY];
    for numbers in [cents.as_slice(), &short, &long] {
        let mut lake = Lake::new();
        let said = |(number, value): (u64, &f64)| {
            let mut row = row(number, NOW);
            row.columns.push((Code(3), Value::Number(*value)));
            row
        };
        // Between them, people who say nothing.
        let rows: Vec<Row> = (1..).step_by(2).zip(numbers).map(said).collect();
        let silent = (1..=numbers.len() as u64).map(|number| row(number * 2, NOW));
        let entries = lake.fold(&silent.chain(rows).collect::<Vec<_>>());
        let mut found: Vec<(Leaf, u64)> = Vec::new();
        for filed in all(&lake, &entries) {
            if let [(_, Value::Number(number))] = filed.row.columns.as_slice() {
                found.push((filed.row.leaf, number.to_bits()));
            }
        }
        found.sort_unstable();
        let expected =
            (1..).step_by(2).map(leaf).zip(numbers.iter().map(|number| number.to_bits()));
        assert_eq!(found, expected.collect::<Vec<_>>());
    }
}

#[test]
fn every_byte_of_a_file_is_said_to_hold_something() {
    let mut lake = Lake::new();
    let entries: Vec<_> = lake.fold(&many(10, 900)).into_iter().map(Arc::new).collect();
    let Storage { files, rows, held } = Storage::of(&entries, &lake.place, &lake.footers).unwrap();
    assert_eq!((files, rows), (entries.len() as u64, 9_000));
    assert_eq!(held.values().sum::<u64>(), entries.iter().map(|entry| entry.bytes).sum::<u64>());
    let sealed = held[&Held::Sealed(Class::General)];
    // Each value that is sealed takes a byte at least, and more than its person's number does.
    assert!(sealed > 9_000 && held[&Held::Property(Code(1))] < sealed, "{held:?}");
    assert!(!held.contains_key(&Held::Sealed(Class::Sensitive)), "{held:?}");
}

#[test]
fn a_person_in_many_blocks_is_said_to_go_on_and_joined_again() {
    let mut lake = Lake::new();
    let rows = many(1, 80_000);
    let entries = lake.fold(&rows);
    let texts = Arc::new(Texts::default());
    let need = Need { columns: vec![Code(1)], leaf: true, ..Need::default() };
    let mut joined = 0;
    for entry in &entries {
        let reader = lake.open(entry).unwrap();
        let chunks = reader.chunks(None, &need, &texts, None).unwrap();
        let chunks: Vec<Chunk> = chunks.map(Result::unwrap).collect();
        let continues: Vec<bool> = chunks.iter().map(|chunk| chunk.continues).collect();
        let (last, others) = continues.split_last().unwrap();
        assert!(!last && others.iter().all(|continues| *continues), "{continues:?}");
        joined += others.len();
        let whole = Chunk::joined(chunks);
        assert_eq!((whole.person.count(), whole.len() as u64), (1, entry.rows));
        let rows = lake.rows(entry, Pick::Every);
        assert!(rows.iter().map(|filed| filed.row.time.0).eq(whole.time.iter().copied()));
        let last = rows.len() - 1;
        let picked = whole.pick(&[0, last as u32]);
        for (row, chunk) in [(0, 0), (last, 1)] {
            let Tie { sequence, received } = picked.ties.tie(chunk).unwrap();
            assert_eq!((sequence, received), (rows[row].row.sequence, rows[row].row.received.0));
            assert_eq!(whole.ties.tie(row).unwrap(), picked.ties.tie(chunk).unwrap());
        }
        let Column::Text(numbers) = &whole.columns[0] else { panic!("a column of texts") };
        for (filed, number) in rows.iter().zip(numbers.iter()) {
            let text = texts.text(*number).unwrap();
            assert_eq!(filed.row.columns[0].1, Value::Text(text));
        }
    }
    assert!(joined > 0, "some person lies in more than one block");
}
