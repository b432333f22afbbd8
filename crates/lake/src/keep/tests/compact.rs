//! Compaction changes where rows are, and nothing that anybody may see of them.

use life::keep::manifest::{BUCKETS, Change};
use proptest::prelude::*;

use super::*;
use crate::keep::compact::{Standing, Task, compact, plan_compaction};
use crate::keep::fold::remove;

/// Every row of the files as (person now, row), bucket by bucket in the order that a walk meets
/// them.
fn seen(lake: &Lake, entries: &[FileEntry]) -> Vec<Filed> {
    let mut inputs = entries.to_vec();
    inputs.sort_by_key(crate::keep::compact::arrival);
    let rows = inputs.iter().flat_map(|entry| lake.rows(entry, Pick::Every));
    let mut rows: Vec<Filed> = rows
        .map(|filed| Filed { person: lake.person(filed.row.leaf), ..filed })
        .filter(|filed| !lake.erased.contains(&filed.row.leaf))
        .collect();
    rows.sort_by_key(|filed| {
        (bucket(filed.person), filed.person, filed.row.time, filed.row.sequence)
    });
    rows
}

fn apply(lake: &Lake, entries: &mut Vec<FileEntry>, change: Change) {
    let goes = |entry: &FileEntry| change.removed.contains(&entry.id);
    let paths: Vec<String> =
        entries.iter().filter(|entry| goes(entry)).map(|entry| entry.path.clone()).collect();
    entries.retain(|entry| !goes(entry));
    entries.extend(change.added);
    remove(&lake.place, &paths).unwrap();
}

fn compact_all(lake: &mut Lake, entries: &mut Vec<FileEntry>) {
    let mut periods: BTreeMap<_, Vec<FileEntry>> = BTreeMap::new();
    for entry in entries.iter() {
        let period = crate::keep::period::period(entry.from, lake.now);
        periods.entry(period).or_default().push(entry.clone());
    }
    for (period, inputs) in periods {
        let task = Task::of(period, inputs);
        let footers = Footers::new(8);
        let change = lake.write(|writing, new_file| compact(&task, writing, &footers, new_file));
        apply(lake, entries, change.unwrap());
    }
}

/// Each file is sorted by the people of now, all rows are in their bucket, and none is in two
/// files.
fn is_in_order(lake: &Lake, entries: &[FileEntry]) {
    for entry in entries {
        let rows = lake.rows(entry, Pick::Every);
        let order = rows.iter().map(|filed| {
            let person = lake.person(filed.row.leaf);
            assert_eq!(filed.person, person, "rows are at home after compaction");
            (bucket(person), person, filed.row.time, filed.row.sequence)
        });
        assert!(order.is_sorted());
        for bucket_number in 0..BUCKETS {
            let rows = lake.rows(entry, Pick::Bucket(bucket_number));
            assert!(rows.iter().all(|filed| bucket(filed.person) == bucket_number));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_is_seen_stays_the_same(
        arrivals in proptest::collection::vec(rows(60), 1..6),
        merges in proptest::collection::vec((1..40u64, 1..40u64), 0..6),
        apart in 1..40u64,
        erased in proptest::option::of(1..40u64),
    ) {
        let mut lake = Lake::new();
        let mut entries = Vec::new();
        let half = merges.len() / 2;
        for (place, rows) in arrivals.iter().enumerate() {
            if place == arrivals.len() / 2 {
                merge(&mut lake, &merges[..half]);
            }
            entries.extend(lake.fold(rows));
        }
        merge(&mut lake, &merges[half..]);
        lake.persons.remove(&leaf(apart));
        lake.version = Version(lake.version.0 + 1);
        lake.erased.extend(erased.map(leaf));
        let before = settled(seen(&lake, &entries));

        compact_all(&mut lake, &mut entries);
        is_in_order(&lake, &entries);
        prop_assert_eq!(&settled(seen(&lake, &entries)), &before);
        let rows: u64 = entries.iter().map(|entry| entry.rows).sum();
        prop_assert_eq!(rows, before.len() as u64, "erased rows are not written again");

        lake.now = lake.now + Span::days(40);
        compact_all(&mut lake, &mut entries);
        is_in_order(&lake, &entries);
        prop_assert_eq!(&settled(seen(&lake, &entries)), &before);
    }
}

/// Rows of different leaves that tie in time and sequence came in no order that a file remembers.
fn settled(mut rows: Vec<Filed>) -> Vec<Filed> {
    rows.sort_by_key(|filed| (filed.person, filed.row.time, filed.row.sequence, filed.row.leaf));
    rows
}

fn merge(lake: &mut Lake, pairs: &[(u64, u64)]) {
    for (one, other) in pairs {
        let (older, younger) = (leaf(*one.min(other)), leaf(*one.max(other)));
        let into = lake.person(older).min(lake.person(younger));
        let from = lake.person(older).max(lake.person(younger));
        for number in 1..41 {
            if lake.person(leaf(number)) == from {
                lake.persons.insert(leaf(number), into);
            }
        }
        lake.version = Version(lake.version.0 + 1);
    }
}

#[test]
fn a_destroyed_key_takes_its_properties_along() {
    let mut lake = Lake::new();
    let mut one = row(1, NOW);
    one.sealed.push((Class::General, Code(9), Value::Text("gone".into())));
    let mut other = row(2, NOW);
    other.sealed.push((Class::General, Code(9), Value::Text("stays".into())));
    let mut entries = lake.fold(&[one, other]);
    lake.keys.destroy(leaf(1).into());
    compact_all(&mut lake, &mut entries);
    let rows = seen(&lake, &entries);
    let left: Vec<_> = rows.iter().map(|filed| (filed.row.leaf, filed.row.sealed.len())).collect();
    assert_eq!(left, vec![(leaf(1), 0), (leaf(2), 1)]);
}

#[test]
fn a_person_with_many_rows_has_several_runs() {
    let mut lake = Lake::new();
    let rows: Vec<Row> = (0..10_000)
        .map(|number| {
            let mut row = row(1, NOW);
            row.sequence = number;
            row.sealed.push((Class::Sensitive, Code(9), Value::Integer(number.into())));
            row
        })
        .collect();
    let mut entries = lake.fold(&rows);
    compact_all(&mut lake, &mut entries);
    let expected = lake.expected(&rows);
    assert_eq!(seen(&lake, &entries), expected);
}

#[test]
fn work_is_planned_in_proportion_to_what_is_new() {
    let mut lake = Lake::new();
    let day = NOW.floor(Span::DAY);
    let fresh = lake.fold(&[row(1, day)]).remove(0);
    let with = |level, rows, count: usize| {
        (0..count).map(move |_| (level, rows)).collect::<Vec<(u8, u64)>>()
    };
    let plan = |files: &[Vec<(u8, u64)>], now: Time, is_idle, moved| {
        let entries: Vec<FileEntry> = files
            .concat()
            .into_iter()
            .map(|(level, rows)| FileEntry { level, rows, ..fresh.clone() })
            .collect();
        let tasks = plan_compaction(&entries, &Standing { now, is_idle, moved });
        tasks.iter().map(|task| task.inputs.len()).collect::<Vec<_>>()
    };
    let planned = |files: &[Vec<(u8, u64)>], now| plan(files, now, false, None);
    assert_eq!(planned(&[with(0, 10, 3)], NOW), Vec::<usize>::new());
    assert_eq!(planned(&[with(0, 10, 4)], NOW), vec![4]);
    assert_eq!(planned(&[with(1, 161, 1), with(0, 10, 4)], NOW), Vec::<usize>::new());
    assert_eq!(planned(&[with(1, 160, 1), with(0, 10, 4)], NOW), vec![5]);
    assert_eq!(planned(&[with(1, 9_000_000, 16), with(0, 10, 32)], NOW), vec![48]);
    assert_eq!(planned(&[with(1, 160, 1)], NOW + Span::days(30)), vec![1], "a day joins its week");
    let idle = |files: &[Vec<(u8, u64)>]| plan(files, NOW, true, None);
    assert_eq!(idle(&[with(1, 160, 1), with(0, 10, 1)]), vec![2]);
    assert_eq!(idle(&[with(1, 161, 1), with(0, 10, 1)]), Vec::<usize>::new());
    assert_eq!(idle(&[with(0, 10, 1)]), Vec::<usize>::new(), "one file stays as it is");
    assert_eq!(idle(&[with(1, 160, 16)]), Vec::<usize>::new());
    let merged = |is_idle, version| plan(&[with(1, 160, 16)], NOW, is_idle, Some(version));
    assert_eq!(merged(true, Version(1)), vec![16], "moved rows go home");
    assert_eq!(merged(false, Version(1)), Vec::<usize>::new());
    assert_eq!(merged(true, Version(0)), Vec::<usize>::new(), "they are at home");
}
