//! The disk stops at every single change in turn; what is found then is opened, verified and
//! extended.

use super::*;

/// Runs `change` again and again on a copy of `base`, stopping one step later each time, until it
/// is let through; hands what each stop left to `inspect`. Says how many stops there were.
fn stop_everywhere(
    base: &Path,
    change: &dyn Fn(&Path) -> Result<(), LedgerError>,
    inspect: &dyn Fn(&Path, u32),
) -> u32 {
    for steps in 0..1_000 {
        let copied = room();
        copy(base, copied.path());
        STEPS_LEFT.set(Some(steps));
        let result = change(copied.path());
        STEPS_LEFT.set(None);
        match result {
            Ok(()) => return steps,
            Err(error) => assert!(matches!(error, LedgerError::Disk { .. }), "{error}"),
        }
        inspect(copied.path(), steps);
    }
    panic!("the change never ended");
}

fn append_and_stop(size: u64, more: u64) -> u32 {
    let (root, ledger) = begun(size);
    let base = root.path().join("ledger");
    let before = ledger.checkpoint().text().to_owned();
    drop(ledger);
    let change = |root: &Path| open(root)?.append(&facts(size..size + more)).map(|_| ());
    let inspect = |root: &Path, steps: u32| {
        let report = check(root, Some(&before));
        assert_eq!(report.problems, [], "after {steps} steps");
        assert!(report.size == size || report.size == size + more);
        let mut ledger = open(root).unwrap();
        ledger.extends(&before).unwrap();
        // The outbox sends all again, and by now it has one more.
        ledger.append(&facts(size.saturating_sub(2)..size + more + 1)).unwrap();
        assert_eq!(sequences(&ledger), (0..=size + more).collect::<Vec<_>>());
        let report = check(root, Some(&before));
        assert_eq!((report.problems, report.size), (vec![], size + more + 1));
        assert_same_files(root, size + more + 1);
    };
    stop_everywhere(&base, &change, &inspect)
}

/// After a crash and the next append the files are those of a ledger that never crashed.
fn assert_same_files(root: &Path, size: u64) {
    let (straight, _ledger) = begun(size);
    let straight = straight.path().join("ledger");
    let read = |root: &Path| {
        let names = files(root).into_iter();
        names
            .map(|file| (file.strip_prefix(root).unwrap().to_owned(), fs::read(&file).unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(read(root), read(&straight));
}

#[test]
fn a_crash_at_any_step_of_an_append_loses_nothing_and_doubles_nothing() {
    for (size, more) in [(0, 1), (3, 2), (254, 1), (255, 1), (254, 5), (256, 1), (250, 600)] {
        let stops = append_and_stop(size, more);
        assert!(stops >= 7, "{stops} stops from {size} to {}", size + more);
    }
}

#[test]
fn a_ledger_that_goes_on_after_an_error_at_any_step_is_the_same() {
    let (root, ledger) = begun(254);
    let base = root.path().join("ledger");
    drop(ledger);
    for steps in 0..1_000 {
        let copied = room();
        copy(&base, copied.path());
        let mut ledger = open(copied.path()).unwrap();
        STEPS_LEFT.set(Some(steps));
        let result = ledger.append(&facts(254..260));
        let again = ledger.append(&facts(254..260));
        STEPS_LEFT.set(None);
        if result.is_ok() {
            assert!(steps > 20, "{steps} steps");
            return;
        }
        assert!(again.is_err(), "the disk has not come back yet");
        ledger.append(&facts(254..261)).unwrap();
        assert_eq!(check(copied.path(), None).problems, [], "after {steps} steps");
        assert_eq!(sequences(&ledger), (0..261).collect::<Vec<_>>());
        assert_same_files(copied.path(), 261);
    }
    panic!("the append never ended");
}

#[test]
fn a_crash_at_any_step_of_the_beginning_begins_again() {
    let nothing = room();
    let stops = stop_everywhere(nothing.path(), &|root| open(root).map(|_| ()), &|root, _| {
        let mut ledger = open(root).unwrap();
        ledger.append(&facts([1])).unwrap();
        assert!(check(root, None).ok);
    });
    assert!(stops >= 6, "{stops}");
}
