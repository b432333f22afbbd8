//! What people have said, and what that means at an instant.
//!
//! The latest act by corrected time wins, `no` on ties; the order of arrival is irrelevant. An
//! unknown is a no. Nothing here says what a purpose needs; that is the plan's word.

use serde::{Deserialize, Serialize};
use vocabulary::{Answer, Purpose, Purposes, Time};

mod statement;
#[cfg(test)]
mod tests;

pub use statement::Statement;

/// One act of a person: these purposes yes, those no, from this instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    pub time: Time,
    pub yes: Purposes,
    pub no: Purposes,
}

/// The same act said at least twice, with nothing else known in between.
///
/// Only the first and the last instant are remembered, because clients repeat a choice with each
/// event. Between them a `no` is taken to have held throughout, a `yes` to have been said at the
/// first alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    first: Time,
    last: Time,
    yes: Purposes,
    no: Purposes,
}

/// The acts of one leaf.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Acts {
    /// Ordered by first instant, then by last, then by content.
    runs: Vec<Run>,
    /// Before this instant nothing is remembered, so everything counts as a no.
    floor: Option<Time>,
    /// What was stated for itself, as it was heard.
    #[serde(default)]
    statements: Vec<Statement>,
    /// Since when the person wants nothing more done with what is kept of them.
    #[serde(default)]
    restricted: Option<Time>,
}

/// What is known about a person at the instant of an event, before that event is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Purposes with a yes, at the event's time and now.
    pub yes: Purposes,
    /// Purposes with a no, at the event's time or now.
    pub no: Purposes,
    /// Those of `yes` that were stated expressly, for themselves and with what was shown.
    pub explicit: Purposes,
    /// Those of `no` that were said at the event's time or later: a yes on the event does not lift
    /// them.
    pub later_no: Purposes,
    /// Somebody whom the event names was forgotten; what was collected up to here is refused.
    pub forgotten: Option<Time>,
}

impl Acts {
    /// Records an act and answers whether that changed anything that has to be durable.
    ///
    /// When there are more than `acts_max`, the oldest are replaced by what they came to.
    pub fn record(&mut self, act: Act, acts_max: usize) -> bool {
        let mut act = Act { yes: act.yes.without(act.no), ..act };
        if let Some(floor) = self.floor.filter(|floor| act.time < *floor) {
            // What it would have lifted is no longer known, so only its protective half counts.
            act = Act { time: floor, yes: Purposes::NONE, no: act.no };
        }
        if act.yes.is_empty() && act.no.is_empty() || self.runs.iter().any(|run| run.covers(&act)) {
            return false;
        }
        if !self.extend(act) {
            self.insert(Run { first: act.time, last: act.time, yes: act.yes, no: act.no });
        }
        while self.runs.len() > acts_max.max(1) {
            self.merge_oldest();
        }
        true
    }

    /// Keeps a statement; of too many the oldest go, and what proves a yes goes last: else whoever
    /// holds a public key could drive the proof out.
    pub fn state(&mut self, statement: Statement) {
        if self.statements.contains(&statement) {
            return;
        }
        self.statements.push(statement);
        if self.statements.len() > Statement::COUNT_MAX {
            let spare = self.statements.iter().position(|held| !held.proves());
            self.statements.remove(spare.unwrap_or(0));
        }
    }

    /// What was stated for itself, in the order in which it was heard.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Restricts the use of what is kept, or lifts that.
    pub fn restrict(&mut self, since: Option<Time>) {
        self.restricted = since;
    }

    /// Since when the use of what is kept is restricted.
    #[must_use]
    pub fn restricted(&self) -> Option<Time> {
        self.restricted
    }

    /// The purposes with a yes and those with a no at an instant.
    #[must_use]
    pub fn at(&self, time: Time) -> (Purposes, Purposes) {
        if self.floor.is_some_and(|floor| time < floor) {
            return (Purposes::NONE, Purposes::ALL);
        }
        let known = self.runs.iter().filter(|run| run.first <= time);
        let mut said: Vec<(Time, bool, Purposes)> = Vec::with_capacity(self.runs.len() * 2);
        for run in known {
            let yes_at = if time < run.last { run.first } else { run.last };
            said.push((yes_at, false, run.yes));
            said.push((time.min(run.last), true, run.no));
        }
        // At one instant a `no` sorts behind a `yes` and so stands.
        said.sort_unstable_by_key(|(when, is_no, _)| (*when, *is_no));
        let fold = |(yes, no): (Purposes, Purposes), (_, is_no, purposes)| {
            if is_no {
                (yes.without(purposes), no | purposes)
            } else {
                (yes | purposes, no.without(purposes))
            }
        };
        said.into_iter().fold((Purposes::NONE, Purposes::NONE), fold)
    }

    /// The answer for one purpose at an instant.
    #[must_use]
    pub fn answer(&self, purpose: Purpose, time: Time) -> Answer {
        let (yes, no) = self.at(time);
        if no.has(purpose) {
            Answer::No
        } else if yes.has(purpose) {
            Answer::Yes
        } else {
            Answer::Unknown
        }
    }

    /// What stands for an event of instant `time` that is judged at `now`.
    #[must_use]
    pub fn standing(&self, time: Time, now: Time) -> Standing {
        if self.runs.is_empty() && self.floor.is_none() {
            return Standing::default();
        }
        let (then_yes, then_no) = self.at(time);
        let (now_yes, now_no) = self.at(now);
        let later_no = (now_no & self.said_no(time, now)) | (then_no & self.said_no(time, time));
        let before_memory = self.floor.is_some_and(|floor| time < floor);
        let yes = then_yes & now_yes;
        Standing {
            yes,
            explicit: yes & self.explicit_at(time) & self.explicit_at(now),
            no: then_no | now_no,
            later_no: if before_memory { Purposes::ALL } else { later_no },
            forgotten: None,
        }
    }

    /// The purposes to which somebody had said yes expressly, and not no since.
    fn explicit_at(&self, time: Time) -> Purposes {
        let known = |statement: &&Statement| {
            let is_remembered = self.floor.is_none_or(|floor| statement.time >= floor);
            statement.is_explicit() && is_remembered && statement.time <= time
        };
        let stated = self.statements.iter().filter(known);
        stated.fold(Purposes::NONE, |explicit, one| {
            explicit | one.yes.without(self.said_no(one.time, time))
        })
    }

    /// Everything that was said no to within a span of time.
    fn said_no(&self, from: Time, until: Time) -> Purposes {
        let said = self.runs.iter().filter(|run| run.last >= from && run.first <= until);
        said.fold(Purposes::NONE, |no, run| no | run.no)
    }

    /// When a purpose was next said yes to after an instant, as far as is remembered.
    #[must_use]
    pub fn yes_after(&self, purpose: Purpose, time: Time) -> Option<Time> {
        let time = self.floor.map_or(time, |floor| floor.max(time));
        let said = self.runs.iter().filter(|run| run.yes.has(purpose));
        said.flat_map(|run| [run.first, run.last]).filter(|yes| *yes > time).min()
    }

    /// All acts that are remembered, by first instant; of a repeated one the first and the last.
    pub fn all(&self) -> impl Iterator<Item = Act> {
        self.runs.iter().flat_map(|run| {
            let first = Act { time: run.first, yes: run.yes, no: run.no };
            let last = (run.last > run.first).then_some(Act { time: run.last, ..first });
            [Some(first), last].into_iter().flatten()
        })
    }

    /// Lengthens the latest run if the act repeats it and nothing was said in between.
    fn extend(&mut self, act: Act) -> bool {
        let Some(place) = self.runs.iter().position(|run| run.says(&act) && run.last < act.time)
        else {
            return false;
        };
        let Some(run) = self.runs.get(place).copied() else { return false };
        let crosses = |other: &Run| other.last > run.first && other.first <= act.time;
        let others = self.runs.iter().enumerate().filter(|(other, _)| *other != place);
        if others.map(|(_, other)| other).any(crosses) {
            return false;
        }
        self.runs.remove(place);
        self.insert(Run { last: act.time, ..run });
        true
    }

    fn insert(&mut self, run: Run) {
        let place = self.runs.partition_point(|other| other.order() <= run.order());
        self.runs.insert(place, run);
    }

    /// Replaces the runs that ended first by what they came to, and forgets what was before.
    fn merge_oldest(&mut self) {
        let mut ends: Vec<Time> = self.runs.iter().map(|run| run.last).collect();
        ends.sort_unstable();
        let Some(floor) = ends.get(1).copied() else { return };
        let (yes, no) = self.at(floor);
        self.runs.retain(|run| run.last > floor);
        for run in &mut self.runs {
            run.first = run.first.max(floor);
        }
        self.floor = Some(floor);
        self.insert(Run { first: floor, last: floor, yes, no });
    }
}

impl Run {
    /// Whether an act adds nothing to this run.
    fn covers(&self, act: &Act) -> bool {
        self.says(act) && self.first <= act.time && act.time <= self.last
    }

    fn says(&self, act: &Act) -> bool {
        self.yes == act.yes && self.no == act.no
    }

    /// A total order, so that the same acts in another order make the same value.
    fn order(&self) -> (Time, Time, u64, u64) {
        (self.first, self.last, self.yes.0, self.no.0)
    }
}

impl Standing {
    /// What stands for a leaf when another leaf of the same person has said something too.
    ///
    /// A recorded `no` wins, and nothing else is inherited: a link is claimed by whoever holds a
    /// public key, so a yes of one leaf must never speak for another. What is said about purposes
    /// that read or store on a device stays with the device.
    #[must_use]
    pub fn with(self, other: Standing, on_device: Purposes) -> Standing {
        let other_no = other.no.without(on_device);
        let no = self.no | other_no;
        Standing {
            yes: self.yes.without(no),
            explicit: self.explicit.without(no),
            no,
            later_no: self.later_no | other_no,
            forgotten: self.forgotten.max(other.forgotten),
        }
    }

    /// What stands once the act that the event itself carries is heard: the yes and the no.
    #[must_use]
    pub fn hearing(&self, act: Option<Act>) -> (Purposes, Purposes) {
        let Some(act) = act else { return (self.yes.without(self.no), self.no) };
        let lifted = act.yes.without(act.no).without(self.later_no);
        let no = self.no.without(lifted) | act.no;
        ((self.yes | lifted).without(no), no)
    }
}
