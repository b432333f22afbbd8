//! Tests of what is saved and of its secrets.

use vocabulary::Span;

use super::*;
use crate::vault::tests::{NOW, vault};

const KIND: &str = "dashboard";

fn text<'a>(name: &'a str, body: &'a str) -> Text<'a> {
    Text { kind: KIND, name, body }
}

fn actor() -> Actor {
    Actor("operator".into())
}

#[tokio::test]
async fn what_is_saved_is_there_after_a_start_and_goes_when_told() {
    let (folder, vault) = vault().await;
    let saved = vault.save(text("week", "{}"), &actor(), 2, NOW).await.unwrap();
    assert_eq!((saved.version, saved.created, saved.changed), (1, NOW, NOW));
    let other = vault.save(text("day", "{}"), &actor(), 2, NOW).await.unwrap();
    let full = vault.save(text("third", "{}"), &actor(), 2, NOW).await.unwrap_err();
    assert!(matches!(full, VaultError::Full { max: 2, .. }), "{full}");
    vault.save(Text { kind: "question", name: "n", body: "{}" }, &actor(), 2, NOW).await.unwrap();
    drop(vault);
    let vault = folder.open_seeded(5).await.unwrap();
    let names: Vec<String> =
        vault.every_saved(KIND).await.unwrap().into_iter().map(|saved| saved.name).collect();
    assert_eq!(names, ["day", "week"]);
    let elsewhere = vault.saved("question", &saved.id).await.unwrap_err();
    assert!(matches!(elsewhere, VaultError::NotFound { .. }), "{elsewhere}");
    vault.remove_saved(KIND, &other.id).await.unwrap();
    assert!(vault.remove_saved(KIND, &other.id).await.is_err(), "it is gone already");
    assert_eq!(vault.every_saved(KIND).await.unwrap(), [saved]);
}

#[tokio::test]
async fn of_two_who_change_one_version_the_second_is_told() {
    let (_folder, vault) = vault().await;
    let saved = vault.save(text("week", "1"), &actor(), 9, NOW).await.unwrap();
    let later = NOW + Span::HOUR;
    let first = vault.change_saved(&saved.id, text("week", "2"), Some(1), later).await.unwrap();
    assert_eq!((first.version, first.changed, first.created), (2, later, NOW));
    let late = vault.change_saved(&saved.id, text("week", "3"), Some(1), later).await;
    assert!(matches!(late, Err(VaultError::Conflict { .. })), "{late:?}");
    let now = vault.saved(KIND, &saved.id).await.unwrap();
    let noted = vault.note_saved(KIND, &now, "looked").await.unwrap().unwrap();
    let held = vault.saved(KIND, &saved.id).await.unwrap();
    assert_eq!(held, noted);
    assert_eq!((held.body.as_str(), held.version), ("2", 2));
    assert_eq!(held.state.as_deref(), Some("looked"));
    vault.change_saved(&saved.id, text("week", "4"), None, later).await.unwrap();
    assert_eq!(vault.saved(KIND, &saved.id).await.unwrap().state.as_deref(), Some("looked"));
}

#[tokio::test]
async fn a_secret_signs_over_epochs_and_lies_nowhere_in_the_clear() {
    let (folder, vault) = vault().await;
    let saved = vault.save(text("alert", "{}"), &actor(), 9, NOW).await.unwrap();
    assert!(!vault.has_secret(KIND, &saved.id).await.unwrap());
    assert!(vault.sign_saved(KIND, &saved.id, b"m").await.is_err(), "it has no secret yet");
    let secret = vault.make_secret(KIND, &saved.id).await.unwrap();
    let clear = hex::decode(&secret.0).unwrap();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &clear);
    let expected = aws_lc_rs::hmac::sign(&key, b"a message");
    for _ in 0..4 {
        vault.rotate(NOW).await.unwrap();
        let signed = vault.sign_saved(KIND, &saved.id, b"a message").await.unwrap();
        assert_eq!(&signed[..], expected.as_ref());
    }
    let other = vault.save(text("other", "{}"), &actor(), 9, NOW).await.unwrap();
    let swap = "update saved set epoch = (select epoch from saved where secret is not null), \
                secret = (select secret from saved where secret is not null) where id = $1";
    sqlx::query(swap).bind(&other.id).execute(&vault.inner.writer).await.unwrap();
    assert!(vault.sign_saved(KIND, &other.id, b"m").await.is_err(), "it is bound to its row");
    drop(vault);
    for entry in std::fs::read_dir(folder.data()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let found = bytes.windows(clear.len()).any(|window| window == clear);
        assert!(!found, "{} holds it", path.display());
    }
}

#[tokio::test]
async fn of_two_who_note_a_state_the_second_is_told() {
    let (_folder, vault) = vault().await;
    let read = vault.save(text("alert", "{}"), &actor(), 9, NOW).await.unwrap();
    let first = vault.note_saved(KIND, &read, "same").await.unwrap().unwrap();
    assert_eq!(vault.note_saved(KIND, &read, "late").await.unwrap(), None);
    let again = vault.note_saved(KIND, &first, "same").await.unwrap().unwrap();
    assert_eq!(vault.note_saved(KIND, &first, "late").await.unwrap(), None, "the same, but anew");
    vault.change_saved(&read.id, text("alert", "[]"), None, NOW).await.unwrap();
    assert_eq!(vault.note_saved(KIND, &again, "late").await.unwrap(), None, "its text changed");
    let now = vault.saved(KIND, &read.id).await.unwrap();
    assert_eq!(now.state.as_deref(), Some("same"));
    vault.remove_saved(KIND, &read.id).await.unwrap();
    assert_eq!(vault.note_saved(KIND, &now, "late").await.unwrap(), None);
}

const STATE: &str = "a state that somebody could read";

/// The files of a data directory that hold the state in the clear.
fn clear(folder: &crate::vault::tests::Folder) -> Vec<std::path::PathBuf> {
    let paths = std::fs::read_dir(folder.data()).unwrap().map(|entry| entry.unwrap().path());
    let holds = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(STATE.len()).any(|window| window == STATE.as_bytes())
    };
    paths.filter(holds).collect()
}

#[tokio::test]
async fn a_state_is_read_over_epochs_and_lies_nowhere_in_the_clear() {
    let (folder, vault) = vault().await;
    let saved = vault.save(text("alert", "{}"), &actor(), 9, NOW).await.unwrap();
    vault.note_saved(KIND, &saved, STATE).await.unwrap().unwrap();
    for _ in 0..4 {
        vault.rotate(NOW).await.unwrap();
        let held = vault.saved(KIND, &saved.id).await.unwrap();
        assert_eq!(held.state.as_deref(), Some(STATE));
    }
    let other = vault.save(text("other", "{}"), &actor(), 9, NOW).await.unwrap();
    let swap = "update saved set (state_epoch, sealed) = \
                (select state_epoch, sealed from saved where sealed is not null) where id = $1";
    sqlx::query(swap).bind(&other.id).execute(&vault.inner.writer).await.unwrap();
    let moved = vault.saved(KIND, &other.id).await;
    assert!(matches!(moved, Err(VaultError::Seal(_))), "it is bound to its row: {moved:?}");
    assert_eq!(clear(&folder), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn a_state_in_the_clear_is_sealed_at_the_next_start() {
    let (folder, vault) = vault().await;
    let saved = vault.save(text("alert", "{}"), &actor(), 9, NOW).await.unwrap();
    let before = "update saved set state = $2 where id = $1";
    let query = sqlx::query(before).bind(&saved.id).bind(STATE);
    query.execute(&vault.inner.writer).await.unwrap();
    assert_ne!(clear(&folder), Vec::<std::path::PathBuf>::new(), "the control");
    drop(vault);
    let vault = folder.open_seeded(5).await.unwrap();
    assert_eq!(vault.saved(KIND, &saved.id).await.unwrap().state.as_deref(), Some(STATE));
    assert_eq!(clear(&folder), Vec::<std::path::PathBuf>::new());
}
