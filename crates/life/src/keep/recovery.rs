//! Replaying the journal onto the state that was saved.
//!
//! INVARIANT(orphan): a number of a lost frame (name, verdict, leaf) never comes to mean something
//! else, and what refers to it is not kept: a row under a wrong verdict would be seen by whom it
//! was never open to, and one of a lost leaf could not be erased.

use std::collections::HashSet;

use vocabulary::{Code, Leaf, VerdictId};

use super::frame::{Kept, Record};
use super::names::Named;
use super::row::Row;
use super::truth::Truth;

/// The state as it grows with each frame.
#[derive(Debug)]
pub struct Recovery<'t> {
    truth: &'t mut Truth,
    /// The numbers from which on only what the frames entered is known.
    next_leaf: Leaf,
    next_verdict: VerdictId,
    leaves: HashSet<Leaf>,
    verdicts: HashSet<VerdictId>,
    /// Records that refer to something that was lost.
    pub orphans: u64,
}

impl<'t> Recovery<'t> {
    /// Starts from what was saved.
    #[must_use]
    pub fn new(truth: &'t mut Truth) -> Self {
        let (next_leaf, next_verdict) = (truth.identity.next(), truth.next_verdict());
        let (leaves, verdicts) = (HashSet::new(), HashSet::new());
        Self { truth, next_leaf, next_verdict, leaves, verdicts, orphans: 0 }
    }

    /// Lets a frame take effect; answers what of it is kept.
    #[must_use]
    pub fn take(&mut self, kept: Kept) -> Kept {
        let mut records = kept.into_records();
        records.retain(|record| {
            let is_whole = self.enter(record);
            if is_whole {
                self.truth.apply(record);
            } else {
                self.orphans += 1;
            }
            is_whole
        });
        Kept::of(records)
    }

    /// Whether all that a record refers to is known; it and what it refers to keep their numbers.
    fn enter(&mut self, record: &Record) -> bool {
        match record {
            Record::Name { .. } | Record::Counts { .. } => true,
            Record::Verdict { id, .. } => {
                self.verdicts.insert(*id);
                true
            }
            Record::Leaf { leaf, .. } => {
                self.leaves.insert(*leaf);
                true
            }
            Record::Link { first, second } => self.leaf(*first) & self.leaf(*second),
            // Whoever is named here is hidden, taken apart or has said no, known or not.
            Record::Unlink { leaves } | Record::Erase { leaves, .. } => {
                leaves.iter().for_each(|leaf| self.truth.identity.reserve(*leaf));
                true
            }
            Record::Act { leaf, .. }
            | Record::Statement { leaf, .. }
            | Record::Restrict { leaf, .. } => self.leaf(*leaf),
            Record::Grounds { id, .. } => self.verdict(*id),
            Record::Row { row, .. } => self.row(row),
        }
    }

    fn row(&mut self, row: &Row) -> bool {
        let columns = row.columns.iter().map(|(code, _)| *code);
        let sealed = row.sealed.iter().map(|(_, code, _)| *code);
        let mut is_whole = self.leaf(row.leaf) & self.verdict(row.verdict);
        is_whole &= self.name(Named::Event, row.event);
        for code in columns.chain(sealed) {
            is_whole &= self.name(Named::Property, code);
        }
        is_whole
    }

    fn leaf(&mut self, leaf: Leaf) -> bool {
        self.truth.identity.reserve(leaf);
        leaf < self.next_leaf || self.leaves.contains(&leaf)
    }

    fn verdict(&mut self, id: VerdictId) -> bool {
        self.truth.reserve_verdict(id);
        id < self.next_verdict || self.verdicts.contains(&id)
    }

    fn name(&mut self, named: Named, code: Code) -> bool {
        self.truth.names.reserve(named, code);
        self.truth.names.text(named, code).is_some()
    }
}
