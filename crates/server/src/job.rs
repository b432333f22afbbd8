//! Work that nobody waits for: folding, compaction, erasure's rewriting, the ledger, alerts. One
//! file for each word.

use std::sync::{Mutex, PoisonError};

use lake::keep::keeper::Closed;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::app::App;

pub mod alerts;
pub mod certificate;
pub mod erase;
pub mod keep;
pub mod ledger;
pub mod rejudge;
pub mod rotation;

/// Closed segments that wait for the fold; then the keeper waits too.
const SEGMENTS_WAITING: usize = 8;

/// The running jobs and how to wake them.
#[derive(Debug)]
pub struct Jobs {
    running: Mutex<Vec<JoinHandle<()>>>,
    ledger: Notify,
    erase: Notify,
}

impl Jobs {
    /// Jobs that have not started, and the queue of segments to fold.
    #[must_use]
    pub fn new() -> (Self, keep::Folding) {
        let jobs = Self { running: Mutex::default(), ledger: Notify::new(), erase: Notify::new() };
        let (sender, receiver) = mpsc::channel(SEGMENTS_WAITING);
        (jobs, keep::Folding { sender, receiver })
    }

    /// Starts every job.
    pub(crate) fn start(&self, app: &App, folding: keep::Folding, waiting: Vec<Closed>) {
        let keep::Folding { sender, receiver } = folding;
        // The keeper's is the only other one: without it the fold knows that nothing more comes.
        drop(sender);
        let jobs = [
            tokio::spawn(keep::fold(app.clone(), waiting, receiver)),
            tokio::spawn(keep::tick(app.clone())),
            tokio::spawn(ledger::write(app.clone())),
            tokio::spawn(erase::rewrite(app.clone())),
            tokio::spawn(rotation::rotate(app.clone())),
            tokio::spawn(alerts::watch(app.clone())),
            tokio::spawn(rejudge::watch(app.clone())),
        ];
        self.running.lock().unwrap_or_else(PoisonError::into_inner).extend(jobs);
    }

    /// Adds a job that ends when the installation is stopping.
    pub fn add(&self, job: JoinHandle<()>) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).push(job);
    }

    /// Says that facts wait for the ledger.
    pub fn wake_ledger(&self) {
        self.ledger.notify_one();
    }

    /// Says that an erasure waits to be carried out.
    pub fn wake_erase(&self) {
        self.erase.notify_one();
    }

    pub(crate) async fn ledger_wanted(&self) {
        self.ledger.notified().await;
    }

    pub(crate) async fn erase_wanted(&self) {
        self.erase.notified().await;
    }

    /// Waits for the jobs to end; they end when the installation is stopping.
    pub async fn finish(&self) {
        self.ledger.notify_one();
        self.erase.notify_one();
        let running =
            std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        for job in running {
            // A job that failed has logged why.
            let _ = job.await;
        }
    }
}
