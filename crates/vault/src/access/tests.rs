//! Tests of keys of callers, links, sessions and passwords.

use life::admit::Actor;
use vocabulary::{Fact, Purpose, Purposes, Span};

use super::*;
use crate::VaultError;
use crate::vault::tests::{NOW, vault};

fn token() -> NewKey {
    NewKey {
        kind: KeyKind::Token,
        source: None,
        name: "for a report".into(),
        actor: Actor("token-1".into()),
        purposes: Purposes::only(Purpose::MEASURE),
        expires: Some(NOW + Span::DAY),
    }
}

#[tokio::test]
async fn a_key_is_known_by_its_digest_until_it_ends() {
    let (folder, vault) = vault().await;
    let fact = Fact::SignedIn { at: NOW, actor: "a".into(), success: true };
    let (key, clear) = vault.create_key(token(), &[fact], NOW).await.unwrap();
    assert!(clear.0.starts_with(&format!("{}_", key.prefix())), "{}", clear.0);
    assert_eq!(format!("{clear:?}"), "ClearKey(..)");
    let known = vault.lookup_key(&clear.0, NOW + Span::HOUR).unwrap();
    assert_eq!((&known.actor, &known.id), (&key.actor, &key.id));
    assert_eq!(vault.keys()[0].used, Some(NOW + Span::HOUR));
    assert_eq!(vault.lookup_key(&clear.0, NOW + Span::DAY), None, "expired");
    let change = life::keep::manifest::Change::default();
    vault.commit(&crate::Commit { change: &change, records: &[], facts: &[] }).await.unwrap();
    drop(vault);

    let again = folder.open_seeded(3).await.unwrap();
    assert_eq!(again.keys()[0].used, Some(NOW + Span::HOUR));
    assert!(again.lookup_key(&clear.0, NOW).is_some());
    again.revoke_key(&key.id, &[], NOW).await.unwrap();
    assert_eq!(again.lookup_key(&clear.0, NOW), None, "revoked");
    let twice = again.revoke_key(&key.id, &[], NOW).await.unwrap_err();
    assert!(matches!(twice, VaultError::NotFound { .. }), "{twice}");
    assert_eq!(again.drain(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_with_a_wrong_letter_is_nobodys() {
    let (_folder, vault) = vault().await;
    let (key, clear) = vault.create_key(token(), &[], NOW).await.unwrap();
    for wrong in ["", "cnd", "cnd_token_", "é1234567"] {
        assert_eq!(vault.lookup_key(wrong, NOW), None, "{wrong}");
    }
    for place in 0..clear.0.len() {
        let mut letters = clear.0.clone().into_bytes();
        letters[place] = if letters[place] == b'0' { b'1' } else { b'0' };
        let wrong = String::from_utf8(letters).unwrap();
        assert_eq!(vault.lookup_key(&wrong, NOW), None, "letter {place}");
    }
    let mut forged = format!("{}_{}", key.prefix(), "0".repeat(48));
    forged.push_str(&format!("{:08x}", crc32fast::hash(forged.as_bytes())));
    assert_eq!(vault.lookup_key(&forged, NOW), None, "right form, wrong secret");
}

#[tokio::test]
async fn a_link_opens_once_and_in_time() {
    let (_folder, vault) = vault().await;
    let actor = Actor("operator".into());
    let link = vault.create_link(&actor, Span::HOUR, NOW).await.unwrap();
    assert_eq!(vault.take_link("another", NOW).await.unwrap(), None);
    assert_eq!(vault.take_link(&link.0, NOW).await.unwrap(), Some(actor.clone()));
    assert_eq!(vault.take_link(&link.0, NOW).await.unwrap(), None, "used up");
    let late = vault.create_link(&actor, Span::HOUR, NOW).await.unwrap();
    assert_eq!(vault.take_link(&late.0, NOW + Span::HOUR).await.unwrap(), None, "expired");
}

#[tokio::test]
async fn a_session_ends_when_idle_when_old_and_when_told() {
    let (_folder, vault) = vault().await;
    let actor = Actor("operator".into());
    let minutes = |count: i64| NOW + Span(Span::MINUTE.0 * count);
    let secret = vault.begin_session(&actor, NOW).await.unwrap();
    assert_eq!(secret.0.len(), 64);
    assert_eq!(vault.session("another", NOW).await.unwrap(), None);
    for step in 0..=24 {
        let now = minutes(step * 29);
        assert!(vault.session(&secret.0, now).await.unwrap().is_some(), "in use at {now}");
    }
    assert_eq!(vault.session(&secret.0, minutes(720)).await.unwrap(), None, "older than 12 hours");
    let idle = vault.begin_session(&actor, NOW).await.unwrap();
    assert_eq!(vault.session(&idle.0, minutes(30)).await.unwrap(), None, "idle for 30 minutes");
    vault.end_session(&idle.0).await.unwrap();
    assert_eq!(vault.session(&idle.0, NOW).await.unwrap(), None, "ended");
}

#[tokio::test]
async fn a_password_is_hashed_slowly_and_ends_sessions_when_it_changes() {
    let (_folder, vault) = vault().await;
    let actor = Actor("operator".into());
    assert!(!vault.has_password("operator").await.unwrap());
    assert!(!vault.check_password("operator", "correct horse").await.unwrap());
    assert!(vault.set_password("operator", "short").await.is_err());
    let session = vault.begin_session(&actor, NOW).await.unwrap();
    vault.set_password("operator", "correct horse").await.unwrap();
    assert_eq!(vault.session(&session.0, NOW).await.unwrap(), None);
    assert!(vault.has_password("operator").await.unwrap());
    assert!(vault.check_password("operator", "correct horse").await.unwrap());
    assert!(!vault.check_password("operator", "correct horsf").await.unwrap());
    let stored: String = sqlx::query_scalar("select password from actors")
        .fetch_one(&vault.inner.readers)
        .await
        .unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    vault.name_actor("operator", "Mira").await.unwrap();
    assert_eq!(vault.actor_name("operator").await.unwrap().as_deref(), Some("Mira"));
    assert!(vault.check_password("operator", "correct horse").await.unwrap());
}
