//! Frames of the journal: what one group commit writes, sealed as a whole.
//!
//! INVARIANT(kept): a `Kept` is made by sealing a draft of admitted events, or by opening an
//! authenticated frame. Nobody can make one out of plain bytes:
//!
//! ```compile_fail,E0451
//! let forged = life::keep::Kept { records: Vec::new() };
//! ```

use serde::{Deserialize, Serialize};
use thiserror::Error;
use vocabulary::{Code, Counts, Leaf, Purposes, SealError, Sealer, SourceId, Time, VerdictId};

use super::mask::Cut;
use super::names::Named;
use super::row::Row;
use crate::admit::{Act, Index, Sealable, Statement, Subject, VerdictKey};

/// One thing that changes what is true. The journal is the one order of them all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Record {
    Name {
        named: Named,
        code: Code,
        text: Box<str>,
    },
    /// Of the purposes that a no ends, `Grounds` says which it ends for good.
    Verdict {
        id: VerdictId,
        key: Box<VerdictKey>,
        purposes: Purposes,
        ending: Purposes,
    },
    Leaf {
        leaf: Leaf,
        index: Index,
        subject: Subject,
        clear: Sealable,
    },
    Link {
        first: Leaf,
        second: Leaf,
    },
    Unlink {
        leaves: Vec<Leaf>,
    },
    Act {
        leaf: Leaf,
        act: Act,
        cut: Option<Cut>,
    },
    Erase {
        leaves: Vec<Leaf>,
        at: Time,
    },
    Counts {
        source: SourceId,
        counts: Box<Counts>,
    },
    Row {
        row: Box<Row>,
        duplicate: Option<[u8; 16]>,
    },
    Statement {
        leaf: Leaf,
        statement: Box<Statement>,
    },
    Grounds {
        id: VerdictId,
        objectable: Purposes,
        explicit: Purposes,
    },
    /// Since when the use of somebody's data is restricted; nothing lifts it.
    Restrict {
        leaf: Leaf,
        since: Option<Time>,
    },
}

/// A segment's records wait in memory for their fold; the rare large ones must not widen all.
const _: () = assert!(size_of::<Record>() <= 64);

/// Records that are durable, or about to be with the frame that holds them.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    records: Vec<Record>,
}

/// Why a frame could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Broken {
    #[error("the frame does not authenticate")]
    Seal(#[from] SealError),
    #[error("the frame authenticates but is of a format that this program does not know")]
    Format,
}

impl Kept {
    /// Opens an authenticated frame.
    pub fn open(sealer: &dyn Sealer, context: &[u8], sealed: &[u8]) -> Result<Self, Broken> {
        let plain = sealer.open(context, sealed)?;
        let records = postcard::from_bytes(&plain).map_err(|_| Broken::Format)?;
        Ok(Self { records })
    }

    /// The records in the journal's order.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The records, to move out of.
    #[must_use]
    pub fn into_records(self) -> Vec<Record> {
        self.records
    }

    /// For the draft alone, whose rows come from admitted events.
    pub(super) fn of(records: Vec<Record>) -> Self {
        Self { records }
    }

    /// Seals the records as one frame, behind what is in `sealed`. `plain` is room to write them
    /// in, kept by the caller from one frame to the next.
    pub fn seal(
        &self,
        sealer: &dyn Sealer,
        context: &[u8],
        plain: &mut Vec<u8>,
        sealed: &mut Vec<u8>,
    ) -> Result<(), Broken> {
        plain.clear();
        let written = postcard::to_extend(&self.records, std::mem::take(plain));
        *plain = written.map_err(|_| Broken::Format)?;
        Ok(sealer.seal(context, plain, sealed)?)
    }
}
