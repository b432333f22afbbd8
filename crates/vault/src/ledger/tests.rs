use std::cell::Cell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use life::ledger::{Report, verify};

use super::*;

mod crash;
mod independent;

const ORIGIN: &str = "candor.example/eu";
const SEED: [u8; 32] = [9; 32];

thread_local! {
    /// How many more changes of the disk succeed before the test's disk stops; none = all.
    static STEPS_LEFT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Fails once the steps are used up, after tearing what was about to be written.
pub(super) fn step(path: &Path) -> io::Result<()> {
    match STEPS_LEFT.get() {
        None => Ok(()),
        Some(0) => {
            if path.ends_with(".temporary") {
                fs::write(path, b"torn")?;
            }
            Err(io::Error::other("the disk stopped"))
        }
        Some(left) => {
            STEPS_LEFT.set(Some(left - 1));
            Ok(())
        }
    }
}

fn fact(sequence: u64) -> (u64, String) {
    (sequence, format!(r#"{{"fact":"denied","code":"c{sequence}"}}"#))
}

fn facts(sequences: impl IntoIterator<Item = u64>) -> Vec<(u64, String)> {
    sequences.into_iter().map(fact).collect()
}

fn open(root: &Path) -> Result<Ledger, LedgerError> {
    Ledger::open(root, ORIGIN, &SEED)
}

/// A directory of the test, in memory where that exists: these tests stop processes, not machines.
fn room() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let room = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    room.unwrap()
}

fn begun(size: u64) -> (tempfile::TempDir, Ledger) {
    let root = room();
    let mut ledger = open(&root.path().join("ledger")).unwrap();
    ledger.append(&facts(0..size)).unwrap();
    (root, ledger)
}

fn check(root: &Path, since: Option<&str>) -> Report {
    let key = fs::read_to_string(root.join(PUBLIC_KEY)).unwrap();
    verify(&Directory::at(root), &key, since)
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
}

fn sequences(ledger: &Ledger) -> Vec<u64> {
    let entries = ledger.entries(0, usize::MAX).unwrap();
    assert!(entries.iter().map(|(index, _)| *index).eq(0..ledger.checkpoint().size()));
    entries.iter().map(|(_, json)| entry::decode(json.as_bytes()).unwrap().sequence).collect()
}

#[test]
fn what_is_appended_verifies_at_every_size() {
    let (root, mut ledger) = begun(0);
    let root = root.path().join("ledger");
    let mut earlier = ledger.checkpoint().text().to_owned();
    let mut next = 0;
    for step in [1, 1, 3, 250, 1, 1, 255, 256, 1, 600] {
        let checkpoint = ledger.append(&facts(next..next + step)).unwrap();
        next += step;
        let report = check(&root, Some(&earlier));
        assert_eq!((report.problems, report.size), (vec![], next));
        ledger.extends(&earlier).unwrap();
        earlier = checkpoint.text().to_owned();
        let parts = files(&root).into_iter().filter(|path| path.to_string_lossy().contains(".p/"));
        assert!(parts.count() <= 3, "replaced parts are removed");
    }
    assert_eq!(sequences(&ledger), (0..next).collect::<Vec<_>>());
    let page = ledger.entries(255, 3).unwrap();
    assert_eq!(page.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [255, 256, 257]);
}

#[test]
fn every_byte_of_every_file_counts() {
    let (root, ledger) = begun(6);
    drop(ledger);
    let root = root.path().join("ledger");
    let key = fs::read_to_string(root.join(PUBLIC_KEY)).unwrap();
    assert!(check(&root, None).ok);
    let mut changed = 0;
    for file in files(&root) {
        let good = fs::read(&file).unwrap();
        for at in 0..good.len() {
            let mut wrong = good.clone();
            wrong[at] ^= 1 << (at % 8);
            fs::write(&file, &wrong).unwrap();
            let report = verify(&Directory::at(&root), &key, None);
            assert!(!report.ok, "byte {at} of {}", file.display());
            changed += 1;
        }
        fs::write(&file, &good).unwrap();
    }
    assert!(changed > 600, "{changed} bytes were changed");
    assert!(check(&root, None).ok);
}

#[test]
fn a_fact_sent_again_is_not_there_twice() {
    let (_root, mut ledger) = begun(300);
    let before = ledger.checkpoint().clone();
    assert_eq!(ledger.append(&facts(0..300)).unwrap(), before);
    assert_eq!(ledger.append(&facts([7, 255, 256, 299])).unwrap(), before);
    assert_eq!(ledger.append(&[]).unwrap(), before);
    ledger.append(&facts(290..310)).unwrap();
    assert_eq!(sequences(&ledger), (0..310).collect::<Vec<_>>());
    assert_eq!(ledger.last_sequence(), Some(309));
}

#[test]
fn an_outbox_that_lost_its_memory_is_refused() {
    let (_root, mut ledger) = begun(300);
    let other = |sequence: u64| (sequence, r#"{"fact":"other"}"#.to_owned());
    for sequence in [0, 200, 299] {
        let facts = [other(sequence), fact(300)];
        let error = ledger.append(&facts).unwrap_err();
        assert!(matches!(error, LedgerError::Conflict { sequence: found } if found == sequence));
    }
    let (_gap, mut ledger) = {
        let (root, mut ledger) = begun(0);
        ledger.append(&facts([5, 9, 12])).unwrap();
        (root, ledger)
    };
    for sequence in [1, 7, 10] {
        let error = ledger.append(&facts([sequence])).unwrap_err();
        assert!(matches!(error, LedgerError::Conflict { sequence: found } if found == sequence));
    }
    let error = ledger.append(&facts([14, 13])).unwrap_err();
    assert!(matches!(error, LedgerError::Order { sequence: 13 }));
    ledger.append(&facts([13, 14])).unwrap();
    assert_eq!(sequences(&ledger), [5, 9, 12, 13, 14]);
}

#[test]
fn a_fact_that_is_no_entry_stops_nothing() {
    let (_root, mut ledger) = begun(2);
    let long = format!(r#"{{"fact":"{}"}}"#, "x".repeat(70_000));
    let error = ledger.append(&[fact(2), (3, long)]).unwrap_err();
    assert!(matches!(error, LedgerError::Entry { sequence: 3, .. }));
    ledger.append(&facts([2])).unwrap();
    assert_eq!(sequences(&ledger), [0, 1, 2]);
}

#[test]
fn opening_refuses_what_it_did_not_sign() {
    let (root, ledger) = begun(5);
    let root = root.path().join("ledger");
    let newest = ledger.checkpoint().text().to_owned();
    drop(ledger);
    let refused = |change: &dyn Fn(&Path)| {
        let copied = room();
        copy(&root, copied.path());
        change(copied.path());
        open(copied.path()).unwrap_err()
    };
    let error = refused(&|root| fs::remove_file(root.join(CHECKPOINT)).unwrap());
    assert!(matches!(error, LedgerError::CheckpointMissing));
    let error = refused(&|root| {
        fs::remove_file(root.join(CHECKPOINT)).unwrap();
        fs::remove_file(root.join(PUBLIC_KEY)).unwrap();
    });
    assert!(matches!(error, LedgerError::CheckpointMissing));
    let error = refused(&|root| fs::write(root.join("tile/entries/000.p/5"), b"").unwrap());
    assert!(matches!(error, LedgerError::Damaged { .. }));
    let error = refused(&|root| fs::remove_file(root.join("tile/0/000.p/5")).unwrap());
    assert!(matches!(error, LedgerError::Damaged { .. }));
    let error = refused(&|root| {
        fs::write(root.join(CHECKPOINT), newest.replace("\n5\n", "\n4\n")).unwrap();
    });
    assert!(matches!(error, LedgerError::Checkpoint(CheckpointError::SignatureWrong)));
    let error = Ledger::open(&root, ORIGIN, &[8; 32]).unwrap_err();
    assert!(matches!(error, LedgerError::KeyChanged));
    assert!(matches!(Ledger::open(&root, "a b", &SEED), Err(LedgerError::Origin(_))));
}

#[test]
fn a_ledger_cut_back_is_seen_by_who_kept_a_checkpoint() {
    let (root, mut ledger) = begun(5);
    let root = root.path().join("ledger");
    let old = room();
    copy(&root, old.path());
    let newest = ledger.append(&facts(5..300)).unwrap().text().to_owned();
    let cut = open(old.path()).unwrap();
    assert!(matches!(cut.extends(&newest), Err(LedgerError::Shortened { size: 300 })));
    let report = check(old.path(), Some(&newest));
    assert_eq!(report.problems.len(), 1);
    assert_eq!(report.problems[0].code, life::ledger::ProblemCode::TailCut);
    let report = check(old.path(), None);
    assert!(report.ok && report.note.contains("cannot be seen"), "{}", report.note);
}

#[test]
fn a_checkpoint_replaced_while_open_stops_the_ledger() {
    let (root, mut ledger) = begun(5);
    let root = root.path().join("ledger");
    let earlier = fs::read(root.join(CHECKPOINT)).unwrap();
    ledger.append(&facts([5])).unwrap();
    fs::write(root.join(CHECKPOINT), earlier).unwrap();
    for _ in 0..3 {
        assert!(matches!(ledger.append(&facts([6])), Err(LedgerError::CheckpointChanged)));
    }
    assert_eq!(ledger.checkpoint().size(), 6);
}
