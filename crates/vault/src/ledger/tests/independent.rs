//! The verifier in another language finds the same faults, on a whole ledger and on broken ones.

use std::process::Command;

use super::*;

/// Codes and numbers of all that is wrong, and how many entries were signed.
type Findings = (Vec<(String, Option<u64>)>, u64);

fn ours(root: &Path, key: &Path, since: Option<&Path>) -> Findings {
    let since = since.map(|since| fs::read_to_string(since).unwrap());
    let key = fs::read_to_string(key).unwrap();
    let report = verify(&Directory::at(root), &key, since.as_deref());
    findings(&serde_json::to_value(report).unwrap())
}

fn theirs(root: &Path, key: &Path, since: Option<&Path>) -> Findings {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/verify/verify.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(script).arg(root).arg("--json").arg("--key").arg(key);
    if let Some(since) = since {
        command.arg("--since").arg(since);
    }
    let output = command.output().expect("python3 is installed");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["ok"], output.status.success());
    findings(&report)
}

fn findings(report: &serde_json::Value) -> Findings {
    let problems = report["problems"].as_array().unwrap();
    let one = |problem: &serde_json::Value| {
        (problem["code"].as_str().unwrap().to_owned(), problem["index"].as_u64())
    };
    let mut problems: Vec<_> = problems.iter().map(one).collect();
    problems.sort();
    assert_eq!(report["ok"], problems.is_empty());
    (problems, report["size"].as_u64().unwrap())
}

fn change(root: &Path, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = root.join(path);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Twenty ways of breaking a ledger of 600 entries, and what is found.
#[expect(clippy::type_complexity, reason = "a table of names and deeds")]
fn deeds() -> Vec<(&'static str, Box<dyn Fn(&Path)>)> {
    let flip = |path: &'static str, at: usize| -> Box<dyn Fn(&Path)> {
        Box::new(move |root| change(root, path, |bytes| bytes[at] ^= 4))
    };
    let remove = |path: &'static str| -> Box<dyn Fn(&Path)> {
        Box::new(move |root| fs::remove_file(root.join(path)).unwrap())
    };
    let cut = |path: &'static str, by: usize| -> Box<dyn Fn(&Path)> {
        Box::new(move |root| change(root, path, |bytes| bytes.truncate(bytes.len() - by)))
    };
    let bundle = |path: &'static str, edit: fn(&mut Vec<Vec<u8>>)| -> Box<dyn Fn(&Path)> {
        Box::new(move |root| {
            change(root, path, |bytes| {
                let entries = tile::read_entries(bytes).unwrap();
                let mut entries = entries.into_iter().map(<[u8]>::to_vec).collect();
                edit(&mut entries);
                bytes.clear();
                assert!(entries.iter().all(|entry| tile::write_entry(bytes, entry)));
            });
        })
    };
    vec![
        ("entry-altered", flip("tile/entries/000", 20)),
        ("entry-altered", flip("tile/entries/002.p/88", 30)),
        ("entries-malformed", flip("tile/entries/001", 1)),
        ("entries-malformed", cut("tile/entries/000", 1)),
        ("entries-missing", remove("tile/entries/001")),
        ("entry-moved", bundle("tile/entries/001", |entries| entries.swap(3, 200))),
        ("entry-missing", bundle("tile/entries/000", |entries| drop(entries.remove(77)))),
        ("entry-missing", bundle("tile/entries/002.p/88", |entries| drop(entries.pop()))),
        ("entries-malformed", bundle("tile/entries/000", |entries| entries.push(b"{}".to_vec()))),
        ("tile-altered", flip("tile/0/000", 8_000)),
        ("tile-altered", flip("tile/0/002.p/88", 0)),
        ("tile-altered", flip("tile/1/000.p/2", 40)),
        ("tile-malformed", cut("tile/0/001", 32)),
        ("tile-malformed", cut("tile/1/000.p/2", 5)),
        ("tile-missing", remove("tile/1/000.p/2")),
        ("checkpoint-missing", remove(CHECKPOINT)),
        ("origin-differs", flip(CHECKPOINT, 3)),
        ("signature-wrong", flip(CHECKPOINT, ORIGIN.len() + 3)),
        ("checkpoint-unreadable", cut(CHECKPOINT, 1)),
        ("key-differs", flip(PUBLIC_KEY, 12)),
    ]
}

#[test]
fn both_verifiers_say_the_same() {
    let (root, mut ledger) = begun(40);
    let root = root.path().join("ledger");
    let kept = room();
    let (key, early, late) =
        (kept.path().join("key"), kept.path().join("early"), kept.path().join("late"));
    fs::copy(root.join(PUBLIC_KEY), &key).unwrap();
    fs::copy(root.join(CHECKPOINT), &early).unwrap();
    let old = room();
    copy(&root, old.path());
    ledger.append(&facts(40..600)).unwrap();
    fs::copy(root.join(CHECKPOINT), &late).unwrap();

    assert_eq!(theirs(&root, &key, None), (vec![], 600));
    assert_eq!(theirs(&root, &key, Some(&early)), (vec![], 600));
    assert_eq!(theirs(old.path(), &key, None), (vec![], 40));
    let cut = (vec![("tail-cut".to_owned(), Some(40))], 40);
    assert_eq!(theirs(old.path(), &key, Some(&late)), cut);
    assert_eq!(ours(old.path(), &key, Some(&late)), cut);

    let deeds = deeds();
    assert_eq!(deeds.len(), 20);
    for (code, deed) in deeds {
        let broken = room();
        copy(&root, broken.path());
        deed(broken.path());
        let (ours, theirs) = (ours(broken.path(), &key, None), theirs(broken.path(), &key, None));
        assert_eq!(ours, theirs, "{code}");
        assert!(ours.0.iter().any(|(found, _)| found == code), "{code} is not in {ours:?}");
    }
}

#[test]
fn a_ledger_that_another_key_wrote_from_the_start_is_refused() {
    let (real, _ledger) = begun(3);
    let forged = room();
    let mut ledger = Ledger::open(forged.path(), ORIGIN, &[8; 32]).unwrap();
    ledger.append(&facts(0..300)).unwrap();
    let key = real.path().join("ledger").join(PUBLIC_KEY);
    let since = real.path().join("ledger").join(CHECKPOINT);
    fs::copy(&key, forged.path().join(PUBLIC_KEY)).unwrap();
    for since in [None, Some(&*since)] {
        let found = ours(forged.path(), &key, since);
        assert_eq!(found, (vec![("signature-wrong".to_owned(), None)], 0));
        assert_eq!(found, theirs(forged.path(), &key, since));
    }
}
