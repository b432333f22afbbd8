//! A region: what is true in it, what readers see of it, and which keys were met. The keeper writes
//! it and everybody reads; nothing here decides what becomes of an event.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use life::keep::Truth;
use life::keep::manifest::FileEntry;
use life::keep::truth::{Narrowed, Plans};
use vocabulary::{Limits, SourceId};

use super::duplicates::Duplicates;
use super::fresh::Fresh;

/// What readers of a region see: the files of the manifest and the rows that are not in files yet.
#[derive(Debug, Clone, Default)]
pub struct View {
    pub files: Vec<Arc<FileEntry>>,
    pub fresh: Vec<(u64, Arc<Fresh>)>,
}

/// The state of a region that the keeper writes and everybody reads.
#[derive(Debug)]
pub struct Region {
    pub truth: RwLock<Truth>,
    pub view: RwLock<View>,
    pub duplicates: Mutex<Duplicates>,
    pub limits: Limits,
}

impl Region {
    /// Reads the truth.
    pub fn truth<T>(&self, read: impl FnOnce(&Truth) -> T) -> T {
        read(&self.truth.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Judges what is stored again, by the plan that the rules of now make of each verdict.
    pub fn rejudge(&self, plan: Plans<'_>) -> BTreeMap<SourceId, Narrowed> {
        self.truth.write().unwrap_or_else(PoisonError::into_inner).rejudge(plan)
    }

    /// What readers see now.
    #[must_use]
    pub fn view(&self) -> View {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many rows are not in files yet.
    #[must_use]
    pub fn fresh_rows(&self) -> usize {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner);
        view.fresh.iter().map(|(_, fresh)| fresh.len()).sum()
    }

    /// Replaces what was folded or rewritten by its files, for every question that starts from here
    /// on.
    pub fn publish(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.view.write().unwrap_or_else(PoisonError::into_inner));
    }
}
