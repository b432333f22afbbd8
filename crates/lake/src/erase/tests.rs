//! After a rewrite no byte of the erased is left, and everything else is as it was.

use std::collections::BTreeSet;

use proptest::prelude::*;
use vocabulary::{Class, Code, Leaf, Value};

use super::find::files_with;
use super::rewrite::rewrite;
use crate::keep::read::Footers;
use crate::keep::rows::Pick;
use crate::keep::tests::{Lake, NOW, leaf, row, rows};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn only_the_files_with_rows_of_the_erased_are_written_again(
        rows in rows(200),
        erased in proptest::collection::btree_set(1..40u64, 1..3),
        moved in 1..39u64,
    ) {
        let mut lake = Lake::new();
        lake.persons.insert(leaf(moved + 1), leaf(moved).into());
        let entries = lake.fold(&rows);
        lake.persons.clear();
        let before: Vec<_> = entries.iter().map(|entry| lake.rows(entry, Pick::Every)).collect();
        let leaves: BTreeSet<Leaf> = erased.iter().map(|number| leaf(*number)).collect();
        lake.erased.extend(&leaves);

        let footers = Footers::new(8);
        let found = files_with(&lake.place, &entries, &leaves, &footers);
        prop_assert!(found.unread.is_empty());
        for (entry, before) in entries.iter().zip(before) {
            let is_held = before.iter().any(|filed| leaves.contains(&filed.row.leaf));
            prop_assert_eq!(found.holding.contains(&entry.id), is_held);
            let change = lake
                .write(|writing, new_file| rewrite(entry, writing, &footers, new_file))
                .unwrap();
            prop_assert_eq!(change.removed.len(), usize::from(is_held));
            if is_held {
                let after = change.added.iter().flat_map(|entry| lake.rows(entry, Pick::Every));
                let mut left = before;
                left.retain(|filed| !leaves.contains(&filed.row.leaf));
                prop_assert_eq!(after.collect::<Vec<_>>(), left);
                let found = files_with(&lake.place, &change.added, &leaves, &footers);
                prop_assert!(found.holding.is_empty() && found.unread.is_empty());
                for added in &change.added {
                    prop_assert_eq!((added.level, added.bucket), (entry.level, entry.bucket));
                    prop_assert_eq!((added.from, added.until), (entry.from, entry.until));
                    prop_assert_eq!(added.version, entry.version);
                }
            }
        }
    }
}

#[test]
fn a_file_of_nobody_else_goes_altogether() {
    let mut lake = Lake::new();
    let mut canary = row(5, NOW);
    canary.columns.push((Code(1), Value::Text("canary".into())));
    canary.sealed.push((Class::General, Code(9), Value::Text("canary".into())));
    let entry = lake.fold(&[canary]).remove(0);
    lake.keys.destroy(leaf(5).into());
    lake.erased.insert(leaf(5));
    let footers = Footers::new(8);
    let change =
        lake.write(|writing, new_file| rewrite(&entry, writing, &footers, new_file)).unwrap();
    assert_eq!((change.added.len(), change.removed), (0, vec![entry.id]));
    let left: Vec<_> = std::fs::read_dir(lake.place.path("rows")).unwrap().collect();
    assert_eq!(left.len(), 1, "the unfinished file is not left behind");
}

#[test]
fn what_the_erased_said_is_in_no_dictionary_of_the_new_file() {
    let mut lake = Lake::new();
    let said = |number: u64, text: &str| {
        let mut row = row(number, NOW);
        row.columns.push((Code(1), Value::Text(text.into())));
        row
    };
    let entry = lake.fold(&[said(5, "canary of five"), said(6, "word of six")]).remove(0);
    lake.erased.insert(leaf(5));
    let footers = Footers::new(8);
    let change =
        lake.write(|writing, new_file| rewrite(&entry, writing, &footers, new_file)).unwrap();
    let reader = lake.open(&change.added[0]).unwrap();
    let words = reader.dictionary(Code(1)).unwrap();
    assert_eq!(words, vec!["word of six".to_owned()]);
}
