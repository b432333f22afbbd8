//! What happens right now, for whoever watches: verdicts without payload, and rows as they become
//! durable.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use life::admit::Source;
use life::keep::Row;
use serde::Serialize;
use tokio::sync::broadcast;
use utoipa::ToSchema;
use vocabulary::Time;

use super::collect::EventOutcome;

/// What became of one event, as it is remembered: put into words when somebody looks.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub sequence: u64,
    pub time: Time,
    pub source: Arc<Source>,
    pub protocol: &'static str,
    pub ending: EventOutcome,
}

/// What became of one event: when, where, why; never what it said or whose it was.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictLine {
    pub sequence: u64,
    #[schema(value_type = String)]
    pub time: Time,
    pub source: String,
    pub protocol: &'static str,
    /// `accepted`, `duplicate`, `filtered`, `refused`, `invalid`, `limited` or `quarantined`.
    pub outcome: &'static str,
    /// The stable code of a refusal or of what was invalid.
    pub code: Option<String>,
    pub remedy: Option<String>,
    pub purposes: Vec<String>,
}

/// A bounded memory of the latest lines, and a channel that carries each new one.
#[derive(Debug)]
pub struct Stream<T> {
    latest: Mutex<VecDeque<T>>,
    lines_max: usize,
    sender: broadcast::Sender<T>,
}

impl<T: Clone> Stream<T> {
    /// A stream that remembers this many lines.
    #[must_use]
    pub fn new(lines_max: usize) -> Self {
        let (sender, _) = broadcast::channel(1024);
        Self { latest: Mutex::default(), lines_max, sender }
    }

    /// Adds lines and shows them to everybody who watches.
    pub fn push(&self, lines: impl Iterator<Item = T>) {
        let is_watched = self.sender.receiver_count() > 0;
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        for line in lines {
            if latest.len() >= self.lines_max {
                latest.pop_back();
            }
            if is_watched {
                // Nobody watching any more is no failure.
                let _ = self.sender.send(line.clone());
            }
            latest.push_front(line);
        }
    }

    /// The latest lines, newest first.
    #[must_use]
    pub fn latest(&self, lines: usize, keep: impl Fn(&T) -> bool) -> Vec<T> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.iter().filter(|line| keep(line)).take(lines).cloned().collect()
    }

    /// Forgets lines.
    pub fn retain(&self, keep: impl Fn(&T) -> bool) {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).retain(|line| keep(line));
    }

    /// Follows the stream from here on.
    #[must_use]
    pub fn follow(&self) -> broadcast::Receiver<T> {
        self.sender.subscribe()
    }
}

/// The streams of a region.
#[derive(Debug)]
pub struct Streams {
    pub verdicts: Stream<Verdict>,
    pub rows: Stream<Arc<Row>>,
}

impl Streams {
    #[must_use]
    pub fn new() -> Self {
        Self { verdicts: Stream::new(2_000), rows: Stream::new(2_000) }
    }
}

impl Default for Streams {
    fn default() -> Self {
        Self::new()
    }
}
