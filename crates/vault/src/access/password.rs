//! Passwords of the console, hashed with Argon2id, and the names of those who act.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::VaultError;
use crate::sql;
use crate::vault::Vault;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const CHARS_MIN: usize = 8;
const CHARS_MAX: usize = 256;

sql::statements! {
    NAME = "select name from actors where actor = $1";
    NAME_SET = "insert into actors (actor, name) values ($1, $2) \
                on conflict (actor) do update set name = excluded.name";
    PASSWORD = "select password from actors where actor = $1";
    PASSWORD_SET = "insert into actors (actor, name, password) values ($1, $1, $2) \
                    on conflict (actor) do update set password = excluded.password";
}

fn hasher() -> Result<Argon2<'static>, VaultError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.map_err(|why| VaultError::corrupt("password parameters", why))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Vault {
    /// The name of somebody who acts.
    pub async fn actor_name(&self, actor: &str) -> Result<Option<String>, VaultError> {
        let query = sqlx::query_scalar(NAME).bind(actor);
        Ok(query.fetch_optional(&self.inner.readers).await?)
    }

    /// Names somebody who acts.
    pub async fn name_actor(&self, actor: &str, name: &str) -> Result<(), VaultError> {
        sqlx::query(NAME_SET).bind(actor).bind(name).execute(&self.inner.writer).await?;
        Ok(())
    }

    /// Whether this actor has set a password.
    pub async fn has_password(&self, actor: &str) -> Result<bool, VaultError> {
        Ok(self.password_hash(actor).await?.is_some())
    }

    /// Sets a password. Every session of the actor ends; the caller begins a new one.
    pub async fn set_password(&self, actor: &str, password: &str) -> Result<(), VaultError> {
        let chars = password.chars().count();
        if !(CHARS_MIN..=CHARS_MAX).contains(&chars) {
            let message = "a password has 8 to 256 characters; choose another length";
            return Err(VaultError::Refused(message));
        }
        let salt = SaltString::encode_b64(&self.inner.custody.draw::<16>());
        let salt = salt.map_err(|why| VaultError::corrupt("salt", why))?;
        let password = password.to_owned();
        let hash = self.hashing(move || {
            let hash = hasher()?.hash_password(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|why| VaultError::corrupt("password", why))
        });
        let hash = hash.await?;
        sqlx::query(PASSWORD_SET).bind(actor).bind(hash).execute(&self.inner.writer).await?;
        self.end_sessions(actor).await
    }

    /// Whether the password is right. Takes as long when there is none, so that nothing shows.
    pub async fn check_password(&self, actor: &str, password: &str) -> Result<bool, VaultError> {
        let hash = self.password_hash(actor).await?;
        let password = password.chars().take(CHARS_MAX + 1).collect::<String>();
        self.hashing(move || {
            let is_set = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
            let hash = PasswordHash::new(&hash);
            let hash = hash.map_err(|why| VaultError::corrupt("password hash", why))?;
            let right = hasher()?.verify_password(password.as_bytes(), &hash).is_ok();
            Ok(is_set && right)
        })
        .await
    }

    async fn password_hash(&self, actor: &str) -> Result<Option<String>, VaultError> {
        let query = sqlx::query_scalar(PASSWORD).bind(actor);
        let hash: Option<Option<String>> = query.fetch_optional(&self.inner.readers).await?;
        Ok(hash.flatten())
    }

    /// Runs a hash aside, so many at once and no more.
    async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let _turn = self.inner.hashing.acquire().await;
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|why| VaultError::corrupt("password", why))?
    }
}

/// The hash of a password that nobody knows, for actors who have none.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
