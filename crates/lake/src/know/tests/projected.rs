//! A run that has a projection, over the facts of a random small lake.

use life::keep::manifest::FileId;
use vocabulary::Time;

use super::{Fact, Pond, leaf};
use crate::keep::chunk::Chunk;
use crate::keep::projected::{Projecting, QUARTER};
use crate::keep::stretches::Stretches;
use crate::know::{AskError, MemoryRun, Run, Scan};

/// Facts, each with whether columns existed.
pub(super) type Facts<'a> = Vec<(&'a Fact, bool)>;

/// A run that has a projection: each row is a part of it.
pub(super) struct Compacted<'a> {
    pub(super) pond: &'a Pond,
    pub(super) scan: Scan,
    pub(super) version: usize,
    pub(super) facts: Facts<'a>,
    /// Gone once the projection was asked.
    pub(super) run: Option<MemoryRun<std::vec::IntoIter<Chunk>>>,
}

impl Run for Compacted<'_> {
    fn next(&mut self) -> Result<Option<Chunk>, AskError> {
        self.run.as_mut().map_or(Ok(None), Run::next)
    }

    fn project(
        &mut self,
        projecting: &Projecting<'_>,
        take: &mut dyn FnMut(Chunk) -> Result<(), AskError>,
    ) -> Result<(), AskError> {
        if self.facts.iter().any(|(fact, _)| projecting.masked.contains(&leaf(fact.leaf))) {
            return Ok(());
        }
        self.run = None;
        for fact in &self.facts {
            let mut chunk = self.pond.chunk(self.version, &[*fact], &self.scan);
            let is_asked = (projecting.from..projecting.until).contains(&fact.0.time());
            if is_asked && (projecting.is_wanted)(chunk.stamp(0).unwrap()) {
                chunk.time = vec![fact.0.time().floor(QUARTER).0].into();
                chunk.person = Stretches::of(0, 1);
                take(chunk)?;
            }
        }
        Ok(())
    }

    fn span(&self) -> (Time, Time) {
        self.run.as_ref().map_or_else(Default::default, Run::span)
    }

    fn order(&self) -> u64 {
        self.run.as_ref().map_or(0, Run::order)
    }

    fn file(&self) -> Option<FileId> {
        None
    }

    fn bytes(&self) -> u64 {
        0
    }
}
