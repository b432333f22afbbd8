//! Tests of keys: where the root key may lie, what destroying means, and what cannot be moved.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use vocabulary::PersonSealer;

use super::*;
use crate::vault::tests::{Folder, NOW, Seed, vault};
use life::keep::identity::Version;
use life::keep::manifest::{Change, FileEntry, FileId};
use vocabulary::{Class, Leaf, Person, SealError};

fn person(number: u64) -> Person {
    Person::from(Leaf::new(Region(0), number))
}

const GENERAL: Class = Class::General;

#[test]
fn the_root_key_is_refused_where_others_could_read_it() {
    let folder = Folder::new();
    drop(FileRoot::create(&folder.key(), &folder.data(), &mut Seed(1)).unwrap());
    let mode = std::fs::metadata(folder.key()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o400);
    for open in [0o440, 0o404, 0o620] {
        std::fs::set_permissions(folder.key(), PermissionsExt::from_mode(open)).unwrap();
        let failed = FileRoot::open(&folder.key(), &folder.data()).unwrap_err();
        assert!(matches!(failed, RootError::TooOpen { .. }));
        assert!(failed.to_string().contains("chmod 0400"), "{failed}");
    }
    std::fs::set_permissions(folder.key(), PermissionsExt::from_mode(0o600)).unwrap();
    assert!(FileRoot::open(&folder.key(), &folder.data()).is_ok());
}

#[test]
fn the_root_key_is_refused_inside_the_data_also_through_links() {
    let folder = Folder::new();
    let inside = folder.data().join("root.key");
    let failed = FileRoot::create(&inside, &folder.data(), &mut Seed(1)).unwrap_err();
    assert!(matches!(failed, RootError::Inside { .. }), "{failed}");
    assert!(!inside.exists());
    write_key(&inside, &[7; 32]);
    let link = folder.key();
    std::os::unix::fs::symlink(&inside, &link).unwrap();
    for path in [&inside, &link] {
        let failed = FileRoot::open(path, &folder.data()).unwrap_err();
        assert!(matches!(failed, RootError::Inside { .. }), "{failed}");
    }
}

#[test]
fn the_root_key_is_32_bytes_raw_or_as_digits() {
    let folder = Folder::new();
    write_key(&folder.key(), &[7; 32]);
    let raw = FileRoot::open(&folder.key(), &folder.data()).unwrap();
    write_key(&folder.key(), (hex::encode([7; 32]) + "\n").as_bytes());
    let digits = FileRoot::open(&folder.key(), &folder.data()).unwrap();
    let wrapped = raw.wrap([1; 12], b"context", b"key").unwrap();
    assert_eq!(digits.unwrap(b"context", &wrapped).unwrap(), b"key");
    assert_eq!(digits.unwrap(b"another", &wrapped), Err(SealError::Broken));
    for wrong in [&b""[..], &[7; 31], &[7; 33], &[b'z'; 64]] {
        write_key(&folder.key(), wrong);
        let failed = FileRoot::open(&folder.key(), &folder.data()).unwrap_err();
        assert!(matches!(failed, RootError::Length { .. }), "{failed}");
    }
}

fn write_key(path: &Path, bytes: &[u8]) {
    drop(std::fs::remove_file(path));
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o400)).unwrap();
}

#[tokio::test]
async fn a_persons_bytes_open_only_as_that_persons() {
    let (folder, vault) = vault().await;
    let custody = vault.custody();
    let keys = custody.persons();
    assert_eq!(keys.seal(person(1), GENERAL, b"run", b"plain"), Err(SealError::Missing));
    let wanted = [(person(1), GENERAL), (person(1), Class::Sensitive), (person(65), GENERAL)];
    custody.ensure_person_keys(&wanted).await.unwrap();
    let sealed = keys.seal(person(1), GENERAL, b"run", b"plain").unwrap();
    assert_eq!(keys.open(person(1), GENERAL, b"run", &sealed).unwrap(), b"plain");
    custody.ensure_person_keys(&wanted).await.unwrap();
    assert_eq!(keys.open(person(1), GENERAL, b"run", &sealed).unwrap(), b"plain");
    assert_eq!(keys.open(person(1), GENERAL, b"row", &sealed), Err(SealError::Broken));
    assert_eq!(keys.open(person(1), Class::Sensitive, b"run", &sealed), Err(SealError::Broken));
    assert_eq!(keys.open(person(65), GENERAL, b"run", &sealed), Err(SealError::Broken));
    assert_eq!(keys.open(person(2), GENERAL, b"run", &sealed), Err(SealError::Missing));
    drop(vault);
    let again = folder.open_seeded(5).await.unwrap();
    let keys = again.custody().persons();
    assert_eq!(keys.open(person(1), GENERAL, b"run", &sealed).unwrap(), b"plain");
}

#[tokio::test]
async fn a_wrapped_page_cannot_stand_in_for_another() {
    let (folder, vault) = vault().await;
    let custody = vault.custody();
    custody.ensure_person_keys(&[(person(1), GENERAL), (person(65), GENERAL)]).await.unwrap();
    let swap = "update person_pages set wrapped = \
                (select wrapped from person_pages where place = 0) where place = 1";
    sqlx::query(swap).execute(&custody.inner.pool).await.unwrap();
    drop(vault);
    let again = folder.open_seeded(5).await.unwrap();
    let keys = again.custody().persons();
    assert!(keys.seal(person(1), GENERAL, b"", b"plain").is_err(), "read together with the other");
    assert_eq!(keys.seal(person(65), GENERAL, b"", b"plain"), Err(SealError::Broken));
}

/// Whether these bytes stand anywhere in the data directory.
fn lies_about(data: &Path, needle: &[u8]) -> bool {
    let files = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    let mut bytes = files.filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap());
    bytes.any(|bytes| bytes.windows(needle.len()).any(|part| part == needle))
}

async fn wrapped_page(custody: &Custody) -> Vec<u8> {
    let text = "select wrapped from person_pages where place = 0";
    sqlx::query_scalar(text).fetch_one(&custody.inner.pool).await.unwrap()
}

#[tokio::test]
async fn a_destroyed_key_is_nowhere_and_never_made_again() {
    let (folder, vault) = vault().await;
    let custody = vault.custody();
    let both = [(person(1), GENERAL), (person(2), GENERAL), (person(1), Class::Duty)];
    custody.ensure_person_keys(&both).await.unwrap();
    let keys = custody.persons();
    let first = keys.seal(person(1), GENERAL, b"", b"first").unwrap();
    let duty = keys.seal(person(1), Class::Duty, b"", b"duty").unwrap();
    let second = keys.seal(person(2), GENERAL, b"", b"second").unwrap();
    let page = wrapped_page(custody).await;
    assert!(lies_about(&folder.data(), &page[..32]), "the search itself works");

    let gone = custody.destroy_persons(&[person(1)], &[Class::Duty]).await.unwrap();
    assert_eq!(gone, [(person(1), GENERAL)]);
    for part in page.chunks(32) {
        assert!(!lies_about(&folder.data(), part), "a part of the old page is still on disk");
    }
    assert_eq!(keys.open(person(1), GENERAL, b"", &first), Err(SealError::Destroyed));
    assert_eq!(keys.open(person(1), Class::Duty, b"", &duty).unwrap(), b"duty");
    assert_eq!(keys.open(person(2), GENERAL, b"", &second).unwrap(), b"second");

    let every = [(person(1), GENERAL), (person(1), Class::Sensitive)];
    custody.ensure_person_keys(&every).await.unwrap();
    for (person, class) in every {
        assert_eq!(keys.seal(person, class, b"", b"late"), Err(SealError::Destroyed));
    }
    assert!(custody.destroy_persons(&[person(1)], &[Class::Duty]).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_cache_never_keeps_a_page_that_changed_while_it_was_read() {
    let cache = page::Cache::new(4);
    let place = page::Place::of(person(1), GENERAL);
    let mut live = page::Page::empty();
    live.add(1, &[9; 32]);
    let before = cache.changes();
    let mut gone = page::Page::empty();
    gone.destroy(1);
    cache.change(vec![(place, gone)]);
    assert!(!cache.keep(before, &[(place, Arc::new(live))]));
    assert_eq!(cache.get(place).unwrap().key(1), Err(SealError::Destroyed));
}

#[tokio::test]
async fn a_segment_has_one_key_once() {
    let (folder, vault) = vault().await;
    let sealer = vault.custody().new_segment(7).await.unwrap();
    let mut sealed = Vec::new();
    sealer.seal(b"frame 0", b"events", &mut sealed).unwrap();
    assert!(vault.custody().new_segment(7).await.is_err());
    drop(vault);
    let again = folder.open_seeded(5).await.unwrap();
    assert_eq!(again.custody().segments().await.unwrap(), [7]);
    let sealer = again.custody().segment_key(7).await.unwrap();
    assert_eq!(sealer.open(b"frame 0", &sealed).unwrap(), b"events");
    assert_eq!(sealer.open(b"frame 1", &sealed), Err(SealError::Broken));

    let wrapped: Vec<u8> = sqlx::query_scalar("select wrapped from segment_keys")
        .fetch_one(&again.custody().inner.pool)
        .await
        .unwrap();
    assert!(lies_about(&folder.data(), &wrapped));
    again.custody().destroy_segment(7).await.unwrap();
    again.custody().destroy_segment(7).await.unwrap();
    assert!(!lies_about(&folder.data(), &wrapped));
    let gone = again.custody().segment_key(7).await.err().unwrap();
    assert!(matches!(gone, VaultError::Seal(SealError::Destroyed)), "{gone}");
}

fn file(vault: &crate::Vault) -> FileEntry {
    FileEntry {
        id: FileId(1),
        path: "0/1".into(),
        key: vault.custody().new_file_key(),
        level: 0,
        bucket: None,
        from: NOW,
        until: NOW,
        first: NOW,
        last: NOW,
        rows: 1,
        bytes: 1,
        digest: [3; 32],
        version: Version(0),
        bucket_rows: Vec::new(),
    }
}

#[tokio::test]
async fn a_new_epoch_opens_all_and_the_second_next_ends_old_copies() {
    let (folder, vault) = vault().await;
    let custody = vault.custody();
    let file = file(&vault);
    let change = Change { added: vec![file.clone()], ..Change::default() };
    vault.commit(&crate::Commit { change: &change, records: &[], facts: &[] }).await.unwrap();
    custody.ensure_person_keys(&[(person(1), GENERAL)]).await.unwrap();
    let sealed = custody.persons().seal(person(1), GENERAL, b"", b"plain").unwrap();
    let mut frame = Vec::new();
    custody.new_segment(1).await.unwrap().seal(b"", b"frame", &mut frame).unwrap();
    let old = wrapped_page(custody).await;
    let bound = custody.context("person-keys", 0);

    assert_eq!(vault.rotate(NOW).await.unwrap(), 2);
    assert_eq!(custody.epoch(), (2, NOW));
    assert_ne!(wrapped_page(custody).await, old);
    assert!(!matches!(
        custody.unwrap(1, &bound, &old),
        Err(VaultError::Seal(SealError::Destroyed))
    ));
    assert_eq!(vault.rotate(NOW).await.unwrap(), 3);
    let gone = custody.unwrap(1, &bound, &old).unwrap_err();
    assert!(matches!(gone, VaultError::Seal(SealError::Destroyed)), "{gone}");

    let seed = custody.ledger_seed();
    drop(vault);
    let again = folder.open_seeded(5).await.unwrap();
    assert_eq!(again.custody().ledger_seed(), seed);
    assert_eq!(again.manifest().await.unwrap(), [file]);
    let keys = again.custody().persons();
    assert_eq!(keys.open(person(1), GENERAL, b"", &sealed).unwrap(), b"plain");
    let segment = again.custody().segment_key(1).await.unwrap();
    assert_eq!(segment.open(b"", &frame).unwrap(), b"frame");
}
