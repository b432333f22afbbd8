//! The one cipher: AES-256-GCM with a random nonce in front and the context as associated data.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use vocabulary::{SealError, Sealer};

use super::chance::{self, Draw};

pub(super) const NONCE_BYTES: usize = 12;

/// A key of 32 bytes. It prints nothing.
#[derive(Clone)]
pub(super) struct Key([u8; 32]);

impl Key {
    pub(super) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Result<Self, SealError> {
        bytes.try_into().map(Self).map_err(|_| SealError::Broken)
    }

    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn cipher(&self) -> Result<LessSafeKey, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, &self.0).map_err(|_| SealError::Broken)?;
        Ok(LessSafeKey::new(key))
    }

    /// Nonce, ciphertext and tag.
    pub(super) fn seal(
        &self,
        nonce: [u8; NONCE_BYTES],
        context: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let mut sealed = Vec::with_capacity(NONCE_BYTES + plain.len() + AES_256_GCM.tag_len());
        seal(&self.cipher()?, nonce, context, plain, &mut sealed)?;
        Ok(sealed)
    }

    /// The plain bytes again.
    pub(super) fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        open(&self.cipher()?, context, sealed)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.fill(0);
        std::hint::black_box(&self.0);
    }
}

fn seal(
    cipher: &LessSafeKey,
    nonce: [u8; NONCE_BYTES],
    context: &[u8],
    plain: &[u8],
    sealed: &mut Vec<u8>,
) -> Result<(), SealError> {
    sealed.extend_from_slice(&nonce);
    let start = sealed.len();
    sealed.extend_from_slice(plain);
    let (_, body) = sealed.split_at_mut(start);
    let tag = cipher
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), body)
        .map_err(|_| SealError::Broken)?;
    sealed.extend_from_slice(tag.as_ref());
    Ok(())
}

fn open(cipher: &LessSafeKey, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (nonce, body) = sealed.split_at_checked(NONCE_BYTES).ok_or(SealError::Broken)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Broken)?;
    let mut plain = body.to_vec();
    let bytes = cipher
        .open_in_place(nonce, Aad::from(context), &mut plain)
        .map_err(|_| SealError::Broken)?
        .len();
    plain.truncate(bytes);
    Ok(plain)
}

/// A key that is set up once and seals many times: a journal segment's.
pub(super) struct StandingSealer {
    cipher: LessSafeKey,
    draw: Draw,
}

impl StandingSealer {
    pub(super) fn new(key: &Key, draw: Draw) -> Result<Self, SealError> {
        Ok(Self { cipher: key.cipher()?, draw })
    }
}

impl Sealer for StandingSealer {
    fn seal(&self, context: &[u8], plain: &[u8], sealed: &mut Vec<u8>) -> Result<(), SealError> {
        seal(&self.cipher, chance::draw(&self.draw), context, plain, sealed)
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        open(&self.cipher, context, sealed)
    }
}
