//! What people have said, and what that means at an instant.
//!
//! The latest act by corrected time wins, `no` on ties; the order of arrival is irrelevant. An unknown is a no.

use serde::{Deserialize, Serialize};
use vocabulary::{Answer, Purpose, Purposes, Time};

/// One act of a person: these purposes yes, those no, from this instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    pub time: Time,
    pub yes: Purposes,
    pub no: Purposes,
}

/// The acts of one leaf, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Acts(Vec<Act>);

/// What is known about a person at the instant of an event, before that event is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Purposes with a yes, at the event's time and now.
    pub yes: Purposes,
    /// Purposes with a no.
    pub no: Purposes,
    /// The person was forgotten; what was collected up to here is refused.
    pub forgotten: Option<Time>,
}

impl Acts {
    /// Records an act; repeating what already holds changes nothing. Answers whether it changed anything.
    ///
    /// When there are more than `acts_max`, the two oldest are merged in the protective sense.
    pub fn record(&mut self, act: Act, acts_max: usize) -> bool {
        if !self.would_change(act) {
            return false;
        }
        let place = self.0.partition_point(|other| other.time <= act.time);
        self.0.insert(place, act);
        if self.0.len() > acts_max {
            self.merge_oldest();
        }
        true
    }

    /// Whether recording an act would change anything: repeating what holds does not.
    #[must_use]
    pub fn would_change(&self, act: Act) -> bool {
        let (yes, no) = self.at(act.time);
        !act.yes.without(yes).is_empty() || !act.no.without(no).is_empty()
    }

    /// The purposes with a yes and those with a no at an instant.
    #[must_use]
    pub fn at(&self, time: Time) -> (Purposes, Purposes) {
        let mut yes = Purposes::NONE;
        let mut no = Purposes::NONE;
        let mut last = None;
        for act in self.0.iter().take_while(|act| act.time <= time) {
            // On a tie a `no` stands, whichever of the two came first.
            let held = if last == Some(act.time) { no } else { Purposes::NONE };
            yes = (yes | act.yes.without(held)).without(act.no);
            no = no.without(act.yes.without(held)) | act.no;
            last = Some(act.time);
        }
        (yes, no)
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

    /// All acts, oldest first.
    #[must_use]
    pub fn all(&self) -> &[Act] {
        &self.0
    }

    fn merge_oldest(&mut self) {
        let [first, second, ..] = self.0.as_slice() else { return };
        let merged = Act {
            time: second.time,
            yes: (first.yes | second.yes).without(first.no | second.no),
            no: first.no.without(second.yes) | second.no,
        };
        self.0.remove(0);
        if let Some(oldest) = self.0.first_mut() {
            *oldest = merged;
        }
    }
}
