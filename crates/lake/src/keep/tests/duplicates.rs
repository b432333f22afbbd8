//! Duplicates are decided exactly, before and after folding, merging and restarting, in little
//! memory.

use std::collections::HashSet;

use life::keep::manifest::{Change, FileId, RunEntry};
use proptest::prelude::*;

use super::*;
use crate::keep::duplicates::{Duplicates, Key, ids, merge_runs, write_run};
use crate::keep::fold::remove;

fn key(number: u64) -> Key {
    let digest = Sha256::digest(number.to_le_bytes());
    *digest.first_chunk().unwrap()
}

#[derive(Debug, Clone)]
enum Step {
    Insert(u64),
    /// The journal starts a new segment and the last one is folded.
    Fold,
    Merge,
    Restart,
    Hour,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        40 => (0..400u64).prop_map(Step::Insert),
        4 => Just(Step::Fold),
        1 => Just(Step::Merge),
        1 => Just(Step::Restart),
        2 => Just(Step::Hour),
    ];
    proptest::collection::vec(step, 0..400)
}

/// A key window with the manifest and the clock that a keeper would have.
struct Window {
    directory: tempfile::TempDir,
    duplicates: Duplicates,
    runs: Vec<RunEntry>,
    journal: Vec<Key>,
    segment: u64,
    now: Time,
    next: u64,
}

impl Window {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let duplicates = Duplicates::open(directory.path(), &[]).unwrap();
        let (runs, journal) = (Vec::new(), Vec::new());
        Self { directory, duplicates, runs, journal, segment: 1, now: NOW, next: 0 }
    }

    fn insert(&mut self, key: Key) {
        self.duplicates.insert(self.segment, key);
        self.journal.push(key);
    }

    fn id(&mut self) -> FileId {
        self.next += 1;
        FileId(self.next)
    }

    fn fold(&mut self) {
        let folded = self.segment;
        self.segment += 1;
        let keys = self.duplicates.unfolded(folded);
        let id = self.id();
        let run = write_run(self.directory.path(), id, keys, self.now).unwrap();
        let change = Change { runs_added: run.into_iter().collect(), ..Change::default() };
        self.commit(change, Some(folded));
        self.journal.clear();
    }

    fn merge(&mut self) {
        for plan in self.duplicates.plan_merges(self.now) {
            let id = self.id();
            let merged = merge_runs(self.directory.path(), id, &plan).unwrap();
            let runs_added = merged.into_iter().collect();
            let change = Change { runs_added, runs_removed: ids(&plan), ..Change::default() };
            self.commit(change, None);
        }
    }

    fn commit(&mut self, change: Change, folded: Option<u64>) {
        self.duplicates.commit(&change, folded).unwrap();
        let goes = |run: &RunEntry| change.runs_removed.contains(&run.id);
        let gone = self.runs.iter().filter(|run| goes(run)).map(|run| run.path.clone());
        let place = Place {
            root: self.directory.path().to_owned(),
            controller: "shop".to_owned(),
            region: Region(0),
        };
        remove(&place, &gone.collect::<Vec<_>>()).unwrap();
        self.runs.retain(|run| !goes(run));
        self.runs.extend(change.runs_added);
    }

    fn restart(&mut self) {
        self.duplicates = Duplicates::open(self.directory.path(), &self.runs).unwrap();
        for key in &self.journal {
            self.duplicates.insert(self.segment, *key);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_key_is_seen_if_and_only_if_it_was_inserted(steps in steps()) {
        let mut window = Window::new();
        let mut known = HashSet::new();
        for step in steps {
            match step {
                Step::Insert(number) => {
                    let key = key(number);
                    prop_assert_eq!(window.duplicates.seen(&key).unwrap(), !known.insert(key));
                    window.insert(key);
                }
                Step::Fold => window.fold(),
                Step::Merge => window.merge(),
                Step::Restart => window.restart(),
                Step::Hour => window.now = window.now + Span::HOUR,
            }
        }
        for number in 0..400 {
            let key = key(number);
            prop_assert_eq!(window.duplicates.seen(&key).unwrap(), known.contains(&key));
        }
    }
}

#[test]
fn many_keys_are_found_in_less_than_two_bytes_each() {
    let mut window = Window::new();
    let count = 200_000;
    for number in 0..count {
        window.insert(key(number));
        if number % 50_000 == 49_999 {
            window.fold();
        }
    }
    window.now = window.now + Span::days(2);
    window.merge();
    window.restart();
    assert_eq!(window.runs.len(), 1);
    assert_eq!(window.duplicates.keys(), count);
    let each = window.duplicates.run_bytes() as f64 / count as f64;
    assert!(each < 1.5, "{each} bytes a key");
    assert!((0..count).all(|number| window.duplicates.seen(&key(number)).unwrap()));
    assert!(!(count..2 * count).any(|number| window.duplicates.seen(&key(number)).unwrap()));
}

#[test]
fn keys_close_to_each_other_are_told_apart() {
    let mut window = Window::new();
    let close = |number: u16| -> Key {
        let mut key = [7; 16];
        key[14..].copy_from_slice(&number.to_be_bytes());
        key
    };
    (0..2_000).map(|number| close(number * 2)).for_each(|key| window.insert(key));
    window.fold();
    for number in 0..4_000 {
        assert_eq!(window.duplicates.seen(&close(number)).unwrap(), number % 2 == 0);
    }
}

#[test]
fn a_run_expires_when_all_its_keys_are_old() {
    let mut window = Window::new();
    window.insert(key(1));
    window.fold();
    window.now = window.now + Span::DAY;
    window.insert(key(2));
    window.fold();
    let expired = window.duplicates.expired(NOW + Span::HOUR);
    assert_eq!(expired, window.runs[..1]);
    assert_eq!(window.duplicates.expired(NOW), Vec::new());
    let change = Change { runs_removed: ids(&expired), ..Change::default() };
    window.commit(change, None);
    assert!(!window.duplicates.seen(&key(1)).unwrap());
    assert!(window.duplicates.seen(&key(2)).unwrap());
}

#[test]
fn a_damaged_run_is_an_error() {
    let mut window = Window::new();
    (0..100).map(key).for_each(|key| window.insert(key));
    window.fold();
    let path = window.directory.path().join(&window.runs[0].path);
    let good = std::fs::read(&path).unwrap();
    for place in [0, 12, 20, 28, 36, good.len() - 1] {
        let mut bad = good.clone();
        bad[place] ^= 1;
        std::fs::write(&path, bad).unwrap();
        let opened = Duplicates::open(window.directory.path(), &window.runs);
        assert!(matches!(opened, Err(FileError::Damaged { .. })), "byte {place}");
    }
    std::fs::write(&path, &good[..good.len() - 1]).unwrap();
    assert!(Duplicates::open(window.directory.path(), &window.runs).is_err());
}
