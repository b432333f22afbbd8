//! Tests of erasures and tombstones.

use vocabulary::{Class, PersonSealer, Region, SealError, Span};

use super::*;
use crate::vault::tests::{NOW, vault};

fn leaf(number: u64) -> Leaf {
    Leaf::new(Region(0), number)
}

fn stone(number: u64, act: Buried) -> Tombstone {
    Tombstone { region: Region(0), leaf: leaf(number), class: Class::General, act, at: NOW }
}

#[tokio::test]
async fn an_erasure_goes_through_its_states_in_one_direction() {
    let (folder, vault) = vault().await;
    let planned = vault.plan_erasure("actor", &[leaf(1)], &[FileId(4)], NOW).await.unwrap();
    let id = planned.id.clone();
    let none = Progress::default();
    let skipped =
        vault.advance_erasure(&id, ErasureState::Rewriting, &none, &[], NOW).await.unwrap_err();
    assert!(matches!(skipped, VaultError::Conflict { .. }), "{skipped}");
    assert_eq!(vault.erasure(&id).await.unwrap(), planned, "a refusal changes nothing");

    vault.advance_erasure(&id, ErasureState::Invisible, &none, &[], NOW).await.unwrap();
    let keys = Progress { keys_destroyed: 2, ..Progress::default() };
    let fact = Fact::Rewritten { at: NOW, erasure: id.clone(), files: 1, rows: 3 };
    let state = ErasureState::KeysDestroyed;
    vault.advance_erasure(&id, state, &keys, &[fact], NOW + Span::SECOND).await.unwrap();
    drop(vault);

    let vault = folder.open_seeded(2).await.unwrap();
    assert_eq!(vault.open_erasures().await.unwrap().len(), 1);
    vault.advance_erasure(&id, ErasureState::Rewriting, &none, &[], NOW).await.unwrap();
    let rows = Progress { rows_removed: 3, files: Some(Vec::new()), ..Progress::default() };
    vault.advance_erasure(&id, ErasureState::Rewriting, &rows, &[], NOW).await.unwrap();
    let done = vault.advance_erasure(&id, ErasureState::Done, &rows, &[], NOW).await.unwrap();
    assert_eq!((done.keys_destroyed, done.rows_removed, done.files.len()), (2, 6, 0));
    assert_eq!(done.steps.len(), 5);
    assert_eq!(done.steps[2], Step { state, at: NOW + Span::SECOND });
    assert!(vault.open_erasures().await.unwrap().is_empty());
    assert_eq!(vault.erasures(10).await.unwrap(), [done]);
    assert_eq!(vault.drain(10).await.unwrap().len(), 1);
    let back =
        vault.advance_erasure(&id, ErasureState::Planned, &none, &[], NOW).await.unwrap_err();
    assert!(back.to_string().contains("is done"), "{back}");
}

#[tokio::test]
async fn tombstones_survive_a_torn_line() {
    let (folder, vault) = vault().await;
    vault.bury(&[stone(1, Buried::Withdrawal)]).await.unwrap();
    drop(vault);
    let path = folder.data().join("tombstones.log");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(b"0123abcd {\"region\":0,\"le");
    std::fs::write(&path, bytes).unwrap();
    let vault = folder.open_seeded(2).await.unwrap();
    vault.bury(&[stone(2, Buried::Retention)]).await.unwrap();
    let whole = [stone(1, Buried::Withdrawal), stone(2, Buried::Retention)];
    assert_eq!(vault.tombstones().unwrap(), whole);
}

#[tokio::test]
async fn a_restored_copy_forgets_again() {
    let (folder, vault) = vault().await;
    let keys = [(Person::from(leaf(1)), Class::General), (Person::from(leaf(2)), Class::General)];
    vault.custody().ensure_person_keys(&keys).await.unwrap();
    let sealer = vault.custody().persons();
    let sealed = sealer.seal(keys[0].0, Class::General, b"", b"plain").unwrap();
    // Only the log was written: the state of a copy that is older than the erasure.
    vault.bury(&[stone(1, Buried::Erasure), stone(3, Buried::Restriction)]).await.unwrap();
    assert!(sealer.open(keys[0].0, Class::General, b"", &sealed).is_ok());
    drop(vault);
    let vault = folder.open_seeded(2).await.unwrap();
    let sealer = vault.custody().persons();
    let gone = sealer.open(keys[0].0, Class::General, b"", &sealed);
    assert_eq!(gone, Err(SealError::Destroyed));
    assert!(sealer.seal(keys[1].0, Class::General, b"", b"plain").is_ok());
    assert_eq!(vault.load_truth().await.unwrap().hidden, [leaf(1), leaf(3)]);
}
