//! Every notable thing is a variant of `Fact`; log line, metric and ledger entry derive from it.
//!
//! A fact holds no personal data: people appear as commitments, actors as opaque ids.

use serde::{Deserialize, Serialize};

use crate::{Counts, Purpose, SourceId, Time};

/// One step in the life of data, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "fact")]
pub enum Fact {
    /// The installation began; the first fact of every ledger.
    Founded { at: Time, controller: String },
    /// Events were judged and kept or refused: one fact for each source and fold.
    Collected { at: Time, source: SourceId, counts: Counts, commitment: Digest, test: bool },
    /// Somebody's choice was recorded.
    Consented { at: Time, person: Digest, yes: Vec<Purpose>, no: Vec<Purpose>, test: bool },
    /// A question was answered, an export was handed out.
    Answered { at: Time, actor: String, purpose: Purpose, verb: String, plan: Digest, rows: u64 },
    /// A question was refused.
    Denied { at: Time, actor: String, purpose: Purpose, verb: String, code: String },
    /// What is stored was judged again, and the rules of that instant close these purposes for some
    /// of what a source brought.
    Rejudged { at: Time, source: SourceId, purposes: Vec<Purpose>, law: String },
    /// The use of what is known of a person was restricted, or that was lifted.
    Restricted { at: Time, actor: String, person: Digest, lifted: bool },
    /// A person was made invisible and the key destroyed.
    Forgotten { at: Time, erasure: String, person: Digest, keys: u32 },
    /// The rewrite that erasure planned was carried out.
    Rewritten { at: Time, erasure: String, files: u32, rows: u64 },
    /// A key of a caller was made or revoked.
    KeyChanged { at: Time, actor: String, key: String, kind: String, revoked: bool },
    /// Somebody signed in or failed to.
    SignedIn { at: Time, actor: String, success: bool },
    /// Bytes on disk did not authenticate; they were kept aside.
    Quarantined { at: Time, what: String, reason: String, bytes: u64 },
}

impl Fact {
    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Time {
        match self {
            Fact::Founded { at, .. }
            | Fact::Collected { at, .. }
            | Fact::Consented { at, .. }
            | Fact::Answered { at, .. }
            | Fact::Denied { at, .. }
            | Fact::Rejudged { at, .. }
            | Fact::Restricted { at, .. }
            | Fact::Forgotten { at, .. }
            | Fact::Rewritten { at, .. }
            | Fact::KeyChanged { at, .. }
            | Fact::SignedIn { at, .. }
            | Fact::Quarantined { at, .. } => *at,
        }
    }

    /// The stable name of its kind: the ledger's, and that of log lines and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Fact::Founded { .. } => "founded",
            Fact::Collected { .. } => "collected",
            Fact::Consented { .. } => "consented",
            Fact::Answered { .. } => "answered",
            Fact::Denied { .. } => "denied",
            Fact::Rejudged { .. } => "rejudged",
            Fact::Restricted { .. } => "restricted",
            Fact::Forgotten { .. } => "forgotten",
            Fact::Rewritten { .. } => "rewritten",
            Fact::KeyChanged { .. } => "key-changed",
            Fact::SignedIn { .. } => "signed-in",
            Fact::Quarantined { .. } => "quarantined",
        }
    }
}

/// A SHA-256, as text in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Digest(pub String);
