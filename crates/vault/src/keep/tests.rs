//! Tests of what a commit saves and what comes back.

use life::admit::{Act, AgeBand, Sealable, Statement};
use life::keep::manifest::{FileEntry, FileId, RunEntry};
use life::keep::{Identity, Row as Kept};
use vocabulary::{
    Class, Manner, NoticeShown, Outcome, PersonSealer, Purpose, Purposes, Region, Value,
};

use super::*;
use crate::vault::tests::{Folder, NOW, vault};

fn leaf(number: u64) -> Leaf {
    Leaf::new(Region(0), number)
}

fn index(number: u64) -> Index {
    Index((u128::from(number) << 1).to_be_bytes())
}

fn new_leaf(number: u64) -> Record {
    let clear = Sealable(format!("person-{number}@example.org").into());
    Record::Leaf { leaf: leaf(number), index: index(number), subject: Subject::Device, clear }
}

fn link(first: u64, second: u64) -> Record {
    Record::Link { first: leaf(first), second: leaf(second) }
}

fn at(segment: u64) -> Change {
    Change { position: Some(Position { segment, frame: 0 }), ..Change::default() }
}

async fn fold(vault: &Vault, segment: u64, records: &[Record]) -> Result<(), VaultError> {
    vault.commit(&Commit { change: &at(segment), records, facts: &[] }).await
}

fn file(vault: &Vault, bucket: Option<u16>) -> FileEntry {
    FileEntry {
        id: vault.next_file(),
        path: "0/1.parquet".into(),
        key: vault.custody().new_file_key(),
        level: 1,
        bucket,
        from: NOW,
        until: Time(NOW.0 + 5),
        first: Time(NOW.0 + 1),
        last: Time(NOW.0 + 2),
        rows: 3,
        bytes: 4,
        digest: [5; 32],
        version: Version(6),
        bucket_rows: vec![0, 3],
    }
}

/// The verdict, act, withdrawal and counts that the records below carry.
struct Told {
    key: VerdictKey,
    mask: VerdictMask,
    act: Act,
    cut: Cut,
    counts: Counts,
}

fn told() -> Told {
    let key = VerdictKey {
        source: SourceId(2),
        regimes: vocabulary::Regimes(u128::MAX),
        age: AgeBand::Unknown,
        yes: Purposes(u64::MAX),
        no: Purposes::NONE,
        global_privacy_control: true,
        version: u32::MAX,
    };
    let mut counts = Counts::default();
    counts.add(Outcome::Accepted);
    Told {
        key,
        mask: VerdictMask {
            purposes: Purposes(1 << 63 | 1),
            ending: Purposes(1),
            objectable: Purposes(1 << 63),
            explicit: Purposes(1),
        },
        act: Act { time: NOW, yes: Purposes(8), no: Purposes(16) },
        cut: Cut::before(Purposes(16), NOW),
        counts,
    }
}

/// What a leaf stated, with a notice.
fn statement() -> Statement {
    let notice = NoticeShown { version: "7".into(), language: "de".into(), sha256: "0".into() };
    let (yes, no, manner) = (Purposes(8), Purposes(1 << 63), Manner::PreSet);
    let (time, heard, source) = (NOW, Time(NOW.0 + 1), SourceId(2));
    Statement { time, heard, source, yes, no, manner, notice: Some(notice) }
}

fn stated(number: u64) -> Record {
    Record::Statement { leaf: leaf(number), statement: Box::new(statement()) }
}

fn records(told: &Told) -> Vec<Record> {
    let counts = Record::Counts { source: SourceId(2), counts: Box::new(told.counts.clone()) };
    vec![
        Record::Name { named: Named::Event, code: Code(1), text: "bought".into() },
        Record::Name { named: Named::Property, code: Code(1), text: "price".into() },
        Record::Verdict {
            id: VerdictId(0),
            key: Box::new(told.key),
            purposes: told.mask.purposes,
            ending: told.mask.ending | told.mask.objectable,
        },
        Record::Grounds {
            id: VerdictId(0),
            objectable: told.mask.objectable,
            explicit: told.mask.explicit,
        },
        new_leaf(1),
        new_leaf(2),
        link(1, 2),
        Record::Act { leaf: leaf(2), act: told.act, cut: Some(told.cut) },
        stated(2),
        Record::Restrict { leaf: leaf(2), since: Some(NOW) },
        counts.clone(),
        counts,
        row(1, NOW),
        row(2, Time(NOW.0 + 9)),
    ]
}

#[tokio::test]
async fn a_change_of_the_manifest_comes_back_with_its_keys() {
    let (folder, vault) = vault().await;
    let files = [file(&vault, None), file(&vault, Some(15))];
    let run = RunEntry {
        id: vault.next_file(),
        path: "runs/3".into(),
        hour: NOW,
        keys: 9,
        digest: [8; 32],
    };
    let mut change = at(1);
    change.added = files.to_vec();
    change.runs_added = vec![run.clone()];
    vault.commit(&Commit { change: &change, records: &[], facts: &[] }).await.unwrap();
    drop(vault);
    let vault = folder.open_seeded(2).await.unwrap();
    assert_eq!(vault.manifest().await.unwrap(), files);
    assert_eq!(vault.runs().await.unwrap(), [run]);
    assert_eq!(vault.next_file(), FileId(4));
}

#[tokio::test]
async fn a_commit_comes_back_as_it_was() {
    let (folder, vault) = vault().await;
    let mut told = told();
    let fact = Fact::Founded { at: NOW, controller: "c".into() };
    let commit = Commit { change: &at(1), records: &records(&told), facts: &[fact] };
    vault.commit(&commit).await.unwrap();
    drop(vault);

    let vault = folder.open_seeded(2).await.unwrap();
    assert_eq!(vault.drain(9).await.unwrap().len(), 1);
    let loaded = vault.load_truth().await.unwrap();
    assert_eq!(loaded.position, Some(Position { segment: 1, frame: 0 }));
    assert_eq!(loaded.version, Version(1));
    let (bought, price) = ("bought".into(), "price".into());
    let names = [(Named::Event, Code(1), bought), (Named::Property, Code(1), price)];
    assert_eq!(loaded.names, names);
    assert_eq!(loaded.verdicts, [(VerdictId(0), told.key, told.mask)]);
    let (person, subject) = (Person::from(leaf(1)), Subject::Device);
    let saved = |number, moved| {
        let (leaf, index, moved) = (leaf(number), Some(index(number)), Version(moved));
        LoadedLeaf { leaf, index, subject, person, moved }
    };
    assert_eq!(loaded.leaves, [saved(1, 0), saved(2, 1)]);
    let mut acts = Acts::default();
    acts.record(told.act, 4);
    acts.state(statement());
    acts.restrict(Some(NOW));
    assert_eq!(loaded.acts, [(leaf(2), acts)]);
    assert_eq!(loaded.cuts, [(leaf(2), vec![told.cut])]);
    told.counts.add(Outcome::Accepted);
    assert_eq!(loaded.counts, [(SourceId(2), told.counts)]);
    let purposes = Purposes::only(Purpose::MEASURE);
    let (event, source) = (Code(1), SourceId(2));
    let last = Time(NOW.0 + 9);
    let seen = EventStatistic { event, source, purposes, count: 2, first: NOW, last };
    assert_eq!(loaded.events, [seen]);
    assert_eq!(loaded.properties.len(), 2);
    assert_eq!(loaded.properties[0], PropertyStatistic { property: Code(1), seen: 2, last });
    let clear = vault.clear_id(leaf(2)).await.unwrap();
    assert_eq!(clear.as_deref(), Some("person-2@example.org"));
}

fn row(number: u64, time: Time) -> Record {
    let row = Kept {
        time,
        received: NOW,
        sequence: 0,
        event: Code(1),
        leaf: leaf(number),
        source: SourceId(2),
        verdict: VerdictId(0),
        purposes: Purposes::only(Purpose::MEASURE),
        session: 0,
        columns: vec![(Code(1), Value::Integer(3))],
        sealed: vec![(Class::General, Code(2), Value::Flag(true))],
    };
    Record::Row { row: Box::new(row), duplicate: None }
}

#[tokio::test]
async fn what_was_folded_is_not_folded_again() {
    let (_folder, vault) = vault().await;
    fold(&vault, 2, &[new_leaf(1), row(1, NOW)]).await.unwrap();
    for segment in [1, 2] {
        let again = fold(&vault, segment, &[new_leaf(1), row(1, NOW)]).await.unwrap_err();
        assert!(matches!(again, VaultError::AlreadyFolded), "{again}");
    }
    fold(&vault, 3, &[row(1, NOW)]).await.unwrap();
    assert_eq!(vault.load_truth().await.unwrap().events[0].count, 2);
}

#[tokio::test]
async fn a_change_that_does_not_fit_changes_nothing() {
    let (_folder, vault) = vault().await;
    let mut change = at(1);
    change.added = vec![file(&vault, None)];
    change.removed = vec![FileId(77)];
    let commit = Commit { change: &change, records: &[new_leaf(1)], facts: &[] };
    let failed = vault.commit(&commit).await.unwrap_err();
    assert!(matches!(failed, VaultError::NotFound { .. }), "{failed}");
    assert!(vault.manifest().await.unwrap().is_empty());
    let loaded = vault.load_truth().await.unwrap();
    assert!(loaded.leaves.is_empty() && loaded.position.is_none());
    change.removed.clear();
    vault.commit(&Commit { change: &change, records: &[new_leaf(1)], facts: &[] }).await.unwrap();
    let gone = Change { removed: vec![change.added[0].id], ..Change::default() };
    vault.commit(&Commit { change: &gone, records: &[], facts: &[] }).await.unwrap();
    assert!(vault.manifest().await.unwrap().is_empty());
}

/// The saved mapping after any folds is that of an `Identity` that saw all records at once.
#[tokio::test]
async fn merges_across_folds_are_saved_as_they_hold() {
    let folder = Folder::new();
    let vault = folder.open().await.unwrap();
    let mut identity = Identity::new(Region(0));
    let mut chance = 7_u64;
    let mut below = move |end: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (chance >> 33) % end
    };
    let mut known = 0;
    for segment in 1..=12 {
        let mut records = Vec::new();
        for _ in 0..12 {
            match below(4) {
                0 | 1 => {
                    known += 1;
                    identity.enter(index(known), leaf(known), Subject::Device);
                    records.push(new_leaf(known));
                }
                2 if known > 1 => {
                    let (first, second) = (leaf(1 + below(known)), leaf(1 + below(known)));
                    identity.link(first, second);
                    records.push(Record::Link { first, second });
                }
                _ if known > 1 => {
                    let leaves = vec![leaf(1 + below(known))];
                    identity.unlink(&leaves);
                    records.push(Record::Unlink { leaves });
                }
                _ => {}
            }
        }
        fold(&vault, segment, &records).await.unwrap();
        let loaded = vault.load_truth().await.unwrap();
        assert_eq!(loaded.version, identity.version());
        for found in loaded.leaves {
            assert_eq!(
                found.person,
                identity.person(found.leaf),
                "fold {segment}: {:?}",
                found.leaf
            );
        }
    }
    assert!(identity.person_count() < identity.leaf_count());
}

#[tokio::test]
async fn an_erased_leaf_is_hidden_suppressed_and_nameless() {
    let (folder, vault) = vault().await;
    fold(&vault, 1, &[new_leaf(1), new_leaf(2)]).await.unwrap();
    let act = Act { time: NOW, yes: Purposes(8), no: Purposes::NONE };
    let erase = Record::Erase { leaves: vec![leaf(1)], at: Time(NOW.0 + 3) };
    let records = [Record::Act { leaf: leaf(1), act, cut: None }, stated(1), erase];
    fold(&vault, 2, &records).await.unwrap();
    let loaded = vault.load_truth().await.unwrap();
    assert_eq!(loaded.hidden, [leaf(1)]);
    assert_eq!(loaded.suppressed, [(index(1), Time(NOW.0 + 3))]);
    assert_eq!(loaded.leaves[0].index, None);
    assert_eq!(loaded.leaves[1].index, Some(index(2)));
    assert!(loaded.acts.is_empty());
    assert_eq!(vault.clear_id(leaf(1)).await.unwrap(), None);
    let persons = [Person::from(leaf(2))];
    vault.custody().destroy_persons(&persons, &[]).await.unwrap();
    assert_eq!(vault.clear_id(leaf(2)).await.unwrap(), None);
    for entry in std::fs::read_dir(folder.data()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let found = bytes.windows(9).any(|part| part == b"@example.");
        assert!(!found, "no clear id is ever on disk");
    }
}

#[tokio::test]
async fn a_leaf_whose_key_is_gone_is_saved_without_its_id() {
    let (_folder, vault) = vault().await;
    vault.custody().destroy_persons(&[Person::from(leaf(1))], &[]).await.unwrap();
    fold(&vault, 1, &[new_leaf(1), new_leaf(2)]).await.unwrap();
    assert_eq!(vault.clear_id(leaf(1)).await.unwrap(), None);
    assert!(vault.clear_id(leaf(2)).await.unwrap().is_some());
}

#[tokio::test]
async fn withdrawals_are_kept_as_short_as_their_meaning() {
    let (_folder, vault) = vault().await;
    let act = |time: i64| Act { time: Time(time), yes: Purposes::NONE, no: Purposes(8) };
    let cut = |purposes: u64, before: i64| Cut::before(Purposes(purposes), Time(before));
    let withdraw = |purposes, before| Record::Act {
        leaf: leaf(1),
        act: act(before),
        cut: Some(cut(purposes, before)),
    };
    fold(&vault, 1, &[new_leaf(1), withdraw(8, 1), withdraw(16, 2)]).await.unwrap();
    fold(&vault, 2, &[withdraw(8, 3), withdraw(8, 2)]).await.unwrap();
    let loaded = vault.load_truth().await.unwrap();
    assert_eq!(loaded.cuts, [(leaf(1), vec![cut(16, 2), cut(8, 3)])]);
}

#[tokio::test]
async fn a_source_keeps_its_number() {
    let (folder, vault) = vault().await;
    assert_eq!(vault.source("shop-web").await.unwrap(), SourceId(1));
    assert_eq!(vault.source("shop-server").await.unwrap(), SourceId(2));
    drop(vault);
    let vault = folder.open_seeded(2).await.unwrap();
    assert_eq!(vault.source("shop-web").await.unwrap(), SourceId(1));
    let names = [(SourceId(1), "shop-web".to_owned()), (SourceId(2), "shop-server".to_owned())];
    assert_eq!(vault.sources().await.unwrap(), names);
}

#[tokio::test]
async fn many_new_people_in_one_fold() {
    let (_folder, vault) = vault().await;
    const LEAVES: u64 = 20_000;
    let mut records: Vec<Record> = (1..=LEAVES).map(new_leaf).collect();
    records.extend((1..LEAVES).step_by(4).map(|number| link(number, number + 1)));
    fold(&vault, 1, &records).await.unwrap();
    let loaded = vault.load_truth().await.unwrap();
    assert_eq!(loaded.leaves.len() as u64, LEAVES);
    let moved = loaded.leaves.iter().filter(|found| found.person != Person::from(found.leaf));
    assert_eq!(moved.count() as u64, LEAVES / 4);
    let keys = vault.custody().persons();
    for number in [1, 777, LEAVES] {
        let person = Person::from(leaf(number));
        assert!(keys.seal(person, Class::General, b"", b"plain").is_ok());
        let clear = vault.clear_id(leaf(number)).await.unwrap().unwrap();
        assert_eq!(clear, format!("person-{number}@example.org"));
    }
}
