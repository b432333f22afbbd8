//! The keeper: the one writer of a region. It decides duplicates, gives numbers, writes the
//! journal, and only then lets events be answered and seen.
//!
//! One thread takes what is waiting, makes one frame of it, and syncs once: a group commit.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread;

use life::admit::{Act, Blinded, Judged, Statement};
use life::keep::{Draft, Kept, Record, Row};
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use vocabulary::{Counts, Leaf, Outcome, Sealer, SourceId, Time};

use super::control::{self, Protection};
use super::fresh::Fresh;
use super::journal::{Context, JournalError, Segment};
pub use super::region::{Region, View};

/// Gives out the keys of new segments; each is durable before it is returned.
pub trait SegmentKeys: Send {
    /// The sealer of a new segment.
    fn create(&mut self, segment: u64) -> Result<Arc<dyn Sealer>, String>;
}

/// What the keeper tells the rest of the program.
pub trait Listener: Send {
    /// Rows became durable.
    #[expect(clippy::vec_box, reason = "a record holds its row in a box, which goes on as it is")]
    fn kept(&mut self, rows: Vec<Box<Row>>);
    /// A segment was closed and waits for its fold.
    fn closed(&mut self, closed: Closed);
    /// The journal cannot be trusted any more: the process must stop.
    fn fatal(&mut self, error: KeeperError);
}

/// A closed segment on its way into files.
#[derive(Debug)]
pub struct Closed {
    pub segment: u64,
    pub fresh: Arc<Fresh>,
    /// Everything in it that is no row.
    pub records: Vec<Record>,
}

impl Closed {
    /// An empty segment whose rows go to `fresh`.
    #[must_use]
    pub fn new(segment: u64, fresh: Arc<Fresh>) -> Self {
        Self { segment, fresh, records: Vec::new() }
    }

    /// Takes in what one frame made durable; answers its rows, for whoever else wants them.
    #[expect(clippy::vec_box, reason = "a record holds its row in a box, which goes on as it is")]
    pub fn take(&mut self, kept: Kept) -> Vec<Box<Row>> {
        let records = kept.into_records();
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            match record {
                Record::Row { row, .. } => rows.push(row),
                Record::Name { .. }
                | Record::Verdict { .. }
                | Record::Grounds { .. }
                | Record::Leaf { .. }
                | Record::Link { .. }
                | Record::Unlink { .. }
                | Record::Act { .. }
                | Record::Statement { .. }
                | Record::Restrict { .. }
                | Record::Erase { .. }
                | Record::Counts { .. } => self.records.push(record),
            }
        }
        self.fresh.push(rows.iter().map(|row| &**row));
        rows
    }
}

/// A person's choice as it was told for itself: the act that it comes to, and the statement.
#[derive(Debug, Clone)]
pub struct Heard {
    pub act: Option<Act>,
    pub statement: Option<Statement>,
}

/// Why the keeper stopped.
#[derive(Debug, Error)]
pub enum KeeperError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("no key for a new journal segment: {0}")]
    Key(String),
    #[error("the keys of earlier events cannot be read: {0}")]
    Duplicates(String),
}

/// Why something was not kept; nothing of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unavailable {
    #[error("too many requests wait for the journal: send again in a second")]
    Busy,
    #[error("too many rows wait to be folded into files: send again in some seconds")]
    Full,
    #[error("the journal has stopped")]
    Stopped,
}

/// Events of one request, judged, on their way to be kept.
#[derive(Debug)]
pub struct Submission {
    pub source: SourceId,
    pub judged: Vec<Judged>,
    pub now: Time,
}

enum Message {
    Events(Submission, oneshot::Sender<Vec<Outcome>>),
    Change(Change),
    Tick(Time),
    Close(oneshot::Sender<()>),
}

/// Something else that the journal has to hold: it is entered in the draft, and answered once that
/// is durable.
type Change = Box<dyn FnOnce(&mut Draft<'_>) -> Reply + Send>;

/// A handle on the keeper. When the last one is gone, the keeper stops.
#[derive(Debug, Clone)]
pub struct Keeper {
    sender: SyncSender<Message>,
    region: Arc<Region>,
}

/// Where the keeper starts: the number of the first segment to write.
#[derive(Debug)]
pub struct Start {
    pub directory: PathBuf,
    pub context: Context,
    pub segment: u64,
    pub now: Time,
}

impl Keeper {
    /// Starts the writer's thread. Join the handle to know that everything is written.
    pub fn start(
        region: Arc<Region>,
        start: Start,
        keys: Box<dyn SegmentKeys>,
        listener: Box<dyn Listener>,
    ) -> std::io::Result<(Self, thread::JoinHandle<()>)> {
        let (sender, receiver) = sync_channel(region.limits.queue_batches);
        let writer = Writer {
            region: Arc::clone(&region),
            start,
            keys,
            listener,
            current: None,
            held: None,
            runtime: Handle::try_current().ok(),
        };
        let thread =
            thread::Builder::new().name("keeper".into()).spawn(move || writer.run(&receiver))?;
        Ok((Self { sender, region }, thread))
    }

    /// Keeps events; answers how each ended once all of it is durable.
    pub async fn keep(&self, submission: Submission) -> Result<Vec<Outcome>, Unavailable> {
        if self.region.fresh_rows() + submission.judged.len() > self.region.limits.fresh_rows {
            return Err(Unavailable::Full);
        }
        self.ask(|reply| Message::Events(submission, reply)).await
    }

    /// Records a person's choice; answers once it is durable, and whether it counts at all.
    pub async fn consent(
        &self,
        whose: Blinded,
        choice: Heard,
        now: Time,
    ) -> Result<bool, Unavailable> {
        self.change(move |draft| {
            let Heard { act, statement } = choice;
            let counts = act.is_none_or(|act| draft.consent(&whose, act, now));
            if let Some(statement) = statement.filter(|_| counts) {
                draft.state(&whose, statement);
            }
            counts
        })
        .await
    }

    /// Makes the persons of two leaves one; answers whether they were two.
    pub async fn link(&self, first: Leaf, second: Leaf) -> Result<bool, Unavailable> {
        self.change(move |draft| draft.link(first, second)).await
    }

    /// Takes leaves out of their person again.
    pub async fn unlink(&self, leaves: Vec<Leaf>) -> Result<(), Unavailable> {
        self.change(move |draft| draft.unlink(leaves)).await
    }

    /// Restricts the use of what is known of a person from an instant on, or lifts that.
    pub async fn restrict(&self, leaf: Leaf, since: Option<Time>) -> Result<(), Unavailable> {
        self.change(move |draft| draft.restrict(leaf, since)).await
    }

    /// Makes leaves invisible for good; answers once that is durable.
    pub async fn erase(&self, leaves: Vec<Leaf>, at: Time) -> Result<(), Unavailable> {
        self.change(move |draft| draft.erase(leaves, at)).await
    }

    /// Gives names their codes.
    pub async fn name(
        &self,
        names: Vec<(life::keep::names::Named, String)>,
    ) -> Result<(), Unavailable> {
        self.change(move |draft| {
            for (named, text) in names {
                draft.name(named, &text);
            }
        })
        .await
    }

    /// Lets the keeper close a segment that has grown old.
    pub fn tick(&self, now: Time) {
        // A full queue is being worked off; the next tick comes soon enough.
        let _ = self.sender.try_send(Message::Tick(now));
    }

    /// Closes the current segment, so that it is folded now.
    pub async fn close(&self) -> Result<(), Unavailable> {
        self.ask(Message::Close).await
    }

    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Draft<'_>) -> T + Send + 'static,
    ) -> Result<T, Unavailable> {
        self.ask(|reply| {
            Message::Change(Box::new(move |draft| {
                let done = change(draft);
                Box::new(move || answer(reply, done))
            }))
        })
        .await
    }

    async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<T>) -> Message,
    ) -> Result<T, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.sender.try_send(message(reply)).map_err(|error| match error {
            TrySendError::Full(_) => Unavailable::Busy,
            TrySendError::Disconnected(_) => Unavailable::Stopped,
        })?;
        answer.await.map_err(|_| Unavailable::Stopped)
    }
}

/// The segment that is being written, and what of it is in memory.
struct Current {
    segment: Segment,
    closed: Closed,
    since: Time,
}

struct Writer {
    region: Arc<Region>,
    start: Start,
    keys: Box<dyn SegmentKeys>,
    listener: Box<dyn Listener>,
    current: Option<Current>,
    /// Records that were answered before they were written: only a negative control has any.
    held: Option<Kept>,
    /// Where those who wait are told.
    runtime: Option<Handle>,
}

type Reply = Box<dyn FnOnce() + Send>;

impl Writer {
    /// Events in one frame at most; more wait for the next.
    const FRAME_EVENTS: usize = 20_000;

    fn run(mut self, receiver: &Receiver<Message>) {
        while let Ok(first) = receiver.recv() {
            // Whoever runs on this core may have more to hand over: a frame that takes it along
            // costs one synchronisation less.
            thread::yield_now();
            let mut messages = vec![first];
            let mut events = size(messages.first());
            while events < Self::FRAME_EVENTS {
                let Ok(next) = receiver.try_recv() else { break };
                events += size(Some(&next));
                messages.push(next);
            }
            if let Err(error) = self.commit(messages) {
                self.listener.fatal(error);
                return;
            }
        }
        if let Err(error) = self.close() {
            self.listener.fatal(error);
        }
    }

    /// One group commit: draft, write, sync, show, answer.
    fn commit(&mut self, messages: Vec<Message>) -> Result<(), KeeperError> {
        let mut replies: Vec<Reply> = Vec::with_capacity(messages.len());
        let mut counts = BTreeMap::new();
        let mut now = None;
        let mut wants_close = Vec::new();
        let kept = {
            let region = Arc::clone(&self.region);
            let mut truth = region.truth.write().unwrap_or_else(PoisonError::into_inner);
            let mut draft = Draft::new(&mut truth, &region.limits);
            for message in messages {
                match message {
                    Message::Tick(time) => now = Some(time),
                    Message::Close(reply) => wants_close.push(reply),
                    Message::Change(change) => replies.push(change(&mut draft)),
                    Message::Events(submission, reply) => {
                        let counts = counts.entry(submission.source).or_default();
                        let outcomes = self.enter_events(&mut draft, submission, counts)?;
                        replies.push(Box::new(move || answer(reply, outcomes)));
                    }
                }
            }
            for (source, counts) in counts {
                draft.count(source, counts);
            }
            draft.finish()
        };
        // Where that protection is switched off, the last commit's records are still in memory.
        let held = if control::is_off(Protection::WriteBeforeAnswer) {
            self.held.replace(kept)
        } else {
            Some(kept)
        };
        if let Some(kept) = held.filter(|kept| !kept.records().is_empty()) {
            self.write(kept)?;
        }
        self.tell(replies);
        let is_due = now.is_some_and(|now| self.is_old(now)) || self.is_large();
        if is_due || !wants_close.is_empty() {
            self.close()?;
        }
        for reply in wants_close {
            let _ = reply.send(());
        }
        Ok(())
    }

    /// Tells everybody in one go, on a thread of theirs: told one by one from here, each would take
    /// this core for its answer before the next is told.
    fn tell(&self, replies: Vec<Reply>) {
        let tell = move || replies.into_iter().for_each(|reply| reply());
        match &self.runtime {
            Some(runtime) => drop(runtime.spawn(async move { tell() })),
            None => tell(),
        }
    }

    fn enter_events(
        &mut self,
        draft: &mut Draft<'_>,
        submission: Submission,
        counts: &mut Counts,
    ) -> Result<Vec<Outcome>, KeeperError> {
        let region = Arc::clone(&self.region);
        let mut duplicates = region.duplicates.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is written before the frame of this draft, so its segment is known already.
        let segment =
            self.current.as_ref().map_or(self.start.segment, |current| current.segment.number);
        let Submission { judged, now, .. } = submission;
        let mut outcomes = Vec::with_capacity(judged.len());
        for judged in judged {
            let outcome = match judged {
                Judged::Admitted(admitted) => match admitted.duplicate() {
                    Some(key)
                        if duplicates
                            .seen(&key)
                            .map_err(|error| KeeperError::Duplicates(error.to_string()))? =>
                    {
                        Outcome::Duplicate
                    }
                    key => {
                        let outcome = draft.admit(*admitted, now);
                        if let (Outcome::Accepted, Some(key)) = (outcome, key) {
                            duplicates.insert(segment, key);
                        }
                        outcome
                    }
                },
                Judged::Refused { why, whose, act } => {
                    if let Some(act) = act {
                        draft.heed(&whose, act, now);
                    }
                    Outcome::Refused(why)
                }
                Judged::Filtered => Outcome::Filtered,
                Judged::Limited => Outcome::Limited,
                Judged::Invalid(_) => Outcome::Invalid,
            };
            counts.add(outcome);
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    fn write(&mut self, kept: Kept) -> Result<(), KeeperError> {
        if self.current.is_none() {
            self.open()?;
        }
        let Some(current) = &mut self.current else { return Ok(()) };
        current.segment.append(&kept)?;
        current.segment.sync()?;
        // INVARIANT(durable): only from here on may anybody see or be told of these records.
        self.listener.kept(current.closed.take(kept));
        Ok(())
    }

    fn open(&mut self) -> Result<(), KeeperError> {
        let number = self.start.segment;
        let sealer = self.keys.create(number).map_err(KeeperError::Key)?;
        let segment =
            Segment::create(&self.start.directory, number, sealer, self.start.context.clone())?;
        self.start.segment += 1;
        let fresh = Arc::new(Fresh::default());
        self.region.publish(|view| view.fresh.push((number, Arc::clone(&fresh))));
        self.current =
            Some(Current { segment, closed: Closed::new(number, fresh), since: self.start.now });
        Ok(())
    }

    fn close(&mut self) -> Result<(), KeeperError> {
        if let Some(current) = self.current.take() {
            self.listener.closed(current.closed);
        }
        Ok(())
    }

    fn is_large(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| current.segment.bytes >= self.region.limits.segment_bytes)
    }

    fn is_old(&mut self, now: Time) -> bool {
        self.start.now = now;
        let age = self.region.limits.segment_age;
        self.current.as_ref().is_some_and(|current| current.since + age <= now)
    }
}

fn size(message: Option<&Message>) -> usize {
    match message {
        Some(Message::Events(submission, _)) => submission.judged.len(),
        Some(Message::Change(_) | Message::Tick(_) | Message::Close(_)) | None => 1,
    }
}

/// Answers whoever asked; somebody who no longer waits is answered by what is on disk.
fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    let _ = reply.send(value);
}
