//! From read events to answered ones: blinded, judged, kept, counted.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use lake::keep::keeper::{Heard, Submission, Unavailable};
use life::admit::{Act, Blinded, Gate, Identified, Index, Judged, KeyKind, Seen, Source, Standing};
use life::arrive::{Arrival, Invalid};
use metrics::Counter;
use tracing::Instrument;
use vocabulary::{Outcome, Purposes, Time};

use super::App;
use super::streams::{Verdict, VerdictLine};

/// Who sends events: a source and what its key may say.
#[derive(Debug, Clone)]
pub struct Caller {
    pub source: Arc<Source>,
    pub kind: KeyKind,
}

/// What became of one event of a request.
#[derive(Debug, Clone)]
pub struct EventOutcome {
    /// The client's key of the event, if it sent one.
    pub message: Option<String>,
    pub outcome: Outcome,
    /// What was wrong with it, when it was invalid.
    pub invalid: Option<Invalid>,
    /// The purposes that it was kept for.
    pub purposes: Purposes,
}

/// The counters of a source's events, by how they ended: finding one by its labels would cost more
/// than counting.
#[derive(Default)]
pub(crate) struct Counters([OnceLock<Counter>; OUTCOMES.len()]);

/// The words for how an event ends, each in the place that `place` gives it.
const OUTCOMES: [&str; 7] =
    ["accepted", "duplicate", "filtered", "refused", "invalid", "limited", "quarantined"];

const fn place(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Accepted => 0,
        Outcome::Duplicate => 1,
        Outcome::Filtered => 2,
        Outcome::Refused(_) => 3,
        Outcome::Invalid => 4,
        Outcome::Limited => 5,
        Outcome::Quarantined => 6,
    }
}

impl Counters {
    fn add(&self, source: &str, counts: [u64; OUTCOMES.len()]) {
        for ((held, outcome), count) in self.0.iter().zip(OUTCOMES).zip(counts) {
            if count > 0 {
                let labels = [("source", source.to_owned()), ("outcome", outcome.to_owned())];
                let counter = || metrics::counter!("candor_events_total", &labels);
                held.get_or_init(counter).increment(count);
            }
        }
    }
}

impl App {
    /// Verdicts of one request that are shown live; all of them are counted.
    const LINES_SHOWN: usize = 50;

    /// Judges the events of a request and keeps what the gate lets through. The answer means:
    /// durable.
    pub async fn collect(
        &self,
        caller: &Caller,
        protocol: &'static str,
        arrival: Arrival<'_>,
    ) -> Result<Vec<EventOutcome>, Unavailable> {
        let now = self.now();
        let events = arrival.events.len();
        let mut endings = Vec::with_capacity(events);
        let mut judged = Vec::with_capacity(events);
        tracing::debug_span!("judge", events, protocol)
            .in_scope(|| self.judge(caller, arrival, now, &mut endings, &mut judged));
        let submission = Submission { source: caller.source.id, judged, now };
        // From here until the disk has it.
        let durable = tracing::debug_span!("journal", events);
        let outcomes = self.keeper()?.keep(submission).instrument(durable).await?;
        for (ending, outcome) in endings.iter_mut().zip(outcomes) {
            ending.outcome = outcome;
            if outcome != Outcome::Accepted {
                ending.purposes = Purposes::NONE;
            }
        }
        self.report(caller, protocol, now, &endings);
        Ok(endings)
    }

    fn judge(
        &self,
        caller: &Caller,
        arrival: Arrival<'_>,
        now: Time,
        endings: &mut Vec<EventOutcome>,
        judged: &mut Vec<Judged>,
    ) {
        let mut said = Said::default();
        let mut seen = Seen::default();
        let gate: &Gate = self.gate();
        let source = &caller.source;
        for event in arrival.events {
            let mut ending = EventOutcome {
                message: None,
                outcome: Outcome::Invalid,
                invalid: None,
                purposes: Purposes::NONE,
            };
            let verdict = match event {
                Err(invalid) => Judged::Invalid(invalid),
                Ok(raw) => {
                    ending.message = raw.message.as_deref().map(str::to_owned);
                    match gate.identify(raw, source, caller.kind, self.blinder()) {
                        Err(ended) => ended,
                        Ok(identified) => {
                            let index = identified.whose().index;
                            let time = identified.happened();
                            let standing =
                                self.region().truth(|truth| truth.standing(&identified, now));
                            let standing = said.over(standing, &index, time);
                            if let Some(act) = identified.act() {
                                said.hear(index, act);
                            }
                            gate.judge(identified, source, standing, self.blinder(), &mut seen)
                        }
                    }
                }
            };
            match &verdict {
                Judged::Admitted(admitted) => ending.purposes = admitted.purposes(),
                Judged::Invalid(invalid) => ending.invalid = Some(invalid.clone()),
                Judged::Refused { .. } | Judged::Filtered | Judged::Limited => {}
            }
            endings.push(ending);
            judged.push(verdict);
        }
        self.note_seen(source.id, seen);
    }

    /// Records a person's choice that was sent for itself; false when it was said before an
    /// erasure.
    pub async fn consent(&self, whose: Blinded, choice: Heard) -> Result<bool, Unavailable> {
        let now = self.now();
        self.keeper()?.consent(whose, choice, now).await
    }

    /// Whether a choice that was told for itself may be from before an erasure of somebody whom it
    /// names.
    #[must_use]
    pub fn forgets(&self, choice: &Identified<'_>) -> bool {
        self.region().truth(|truth| truth.forgets(choice, self.limits()))
    }

    /// Counts events of a request that ended before they were judged.
    pub async fn count_unjudged(
        &self,
        caller: &Caller,
        protocol: &'static str,
        outcome: Outcome,
        events: usize,
    ) -> Result<(), Unavailable> {
        let now = self.now();
        let unread = |code| Invalid { code, pointer: String::new(), problem: String::new() };
        let ended = || match outcome {
            Outcome::Limited => Judged::Limited,
            Outcome::Invalid
            | Outcome::Accepted
            | Outcome::Duplicate
            | Outcome::Filtered
            | Outcome::Refused(_)
            | Outcome::Quarantined => Judged::Invalid(unread("request-broken")),
        };
        let judged = std::iter::repeat_with(ended).take(events).collect();
        self.keeper()?.keep(Submission { source: caller.source.id, judged, now }).await?;
        let ending =
            EventOutcome { message: None, outcome, invalid: None, purposes: Purposes::NONE };
        self.report(caller, protocol, now, &vec![ending; events]);
        Ok(())
    }

    /// Counts every ending, and shows the first ones to whoever watches.
    fn report(&self, caller: &Caller, protocol: &'static str, now: Time, endings: &[EventOutcome]) {
        let mut counts = [0; OUTCOMES.len()];
        for ending in endings {
            if let Some(count) = counts.get_mut(place(ending.outcome)) {
                *count += 1;
            }
        }
        if let Some(counters) = self.inner().counters.get(&caller.source.id) {
            counters.add(&caller.source.name, counts);
        }
        let verdict = |ending: &EventOutcome| Verdict {
            sequence: self.next_sequence(),
            time: now,
            source: Arc::clone(&caller.source),
            protocol,
            // Whose event it was is nobody's business here.
            ending: EventOutcome { message: None, invalid: ending.invalid.clone(), ..*ending },
        };
        self.streams().verdicts.push(endings.iter().take(Self::LINES_SHOWN).map(verdict));
    }

    /// A verdict in words.
    #[must_use]
    pub fn verdict_line(&self, verdict: &Verdict) -> VerdictLine {
        let (outcome, code, remedy) = words(&verdict.ending);
        VerdictLine {
            sequence: verdict.sequence,
            time: verdict.time,
            source: verdict.source.name.clone(),
            protocol: verdict.protocol,
            outcome,
            code,
            remedy,
            purposes: self.purpose_names(verdict.ending.purposes),
        }
    }
}

/// The words for an ending: outcome, code, remedy.
#[must_use]
pub fn words(ending: &EventOutcome) -> (&'static str, Option<String>, Option<String>) {
    let outcome = OUTCOMES.get(place(ending.outcome)).copied().unwrap_or_default();
    let (code, remedy) = match (ending.outcome, &ending.invalid) {
        (Outcome::Refused(why), _) => (Some(why.code().to_owned()), Some(why.remedy().to_owned())),
        (Outcome::Invalid, Some(invalid)) => (
            Some(invalid.code.to_owned()),
            Some(format!("{}: {}", invalid.pointer, invalid.problem)),
        ),
        (
            Outcome::Accepted
            | Outcome::Duplicate
            | Outcome::Filtered
            | Outcome::Invalid
            | Outcome::Limited
            | Outcome::Quarantined,
            _,
        ) => (None, None),
    };
    (outcome, code, remedy)
}

/// What earlier events of the same request said, which the truth does not know yet.
#[derive(Debug, Default)]
struct Said(HashMap<Index, Vec<Act>>);

impl Said {
    fn hear(&mut self, index: Index, act: Act) {
        self.0.entry(index).or_default().push(act);
    }

    fn over(&self, mut standing: Standing, index: &Index, time: Time) -> Standing {
        for act in self.0.get(index).into_iter().flatten() {
            if act.time <= time {
                (standing.yes, standing.no) = standing.hearing(Some(*act));
            } else {
                // A no that was said later closes what came before it, too.
                standing.no = standing.no | act.no;
                standing.later_no = standing.later_no | act.no;
                standing.yes = standing.yes.without(act.no);
            }
        }
        standing
    }
}
