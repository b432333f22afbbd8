//! keep: what was admitted becomes rows, once; who is who; what a purpose still sees.

use life::admit::Judged;
use life::keep::mask::Masked;
use life::keep::{Draft, Record, Row};
use vocabulary::{Outcome, Purpose};

use super::arrive::unkept;
use super::stage::{Ended, Stage, Taken, ending, equal, told};

impl Stage {
    /// Keeps an event that was judged, unless it was kept before; answers how it ended.
    pub(super) fn keep(&mut self, judged: Judged) -> Outcome {
        let key = match &judged {
            Judged::Admitted(admitted) => admitted.duplicate(),
            Judged::Refused { .. } | Judged::Filtered | Judged::Limited | Judged::Invalid(_) => {
                None
            }
        };
        let mut ended = Ended::default();
        let mut draft = Draft::new(&mut self.truth, &self.limits);
        let outcome;
        (ended.outcome, outcome) = match judged {
            Judged::Admitted(_) if key.is_some_and(|key| self.keys.contains(&key)) => {
                (ending(Outcome::Duplicate), Outcome::Duplicate)
            }
            Judged::Admitted(admitted) => {
                let outcome = draft.admit(*admitted, self.now);
                (ending(outcome), outcome)
            }
            judged => {
                let how = unkept(&judged);
                if let Judged::Refused { whose, act: Some(act), .. } = judged {
                    draft.heed(&whose, act, self.now);
                }
                how
            }
        };
        for record in draft.finish().into_records() {
            match record {
                Record::Row { row, .. } => ended.row = Some(*row),
                Record::Link { .. } => ended.linked = true,
                Record::Name { .. }
                | Record::Verdict { .. }
                | Record::Grounds { .. }
                | Record::Restrict { .. }
                | Record::Leaf { .. }
                | Record::Unlink { .. }
                | Record::Act { .. }
                | Record::Statement { .. }
                | Record::Erase { .. }
                | Record::Counts { .. } => {}
            }
        }
        if let Some(row) = &ended.row {
            self.rows.push(row.clone());
            self.keys.extend(key);
        }
        self.last.get_or_insert_default().push(ended);
        outcome
    }

    /// Takes a leaf out of its person again.
    /// Restricts the use of what is known of a person, or lifts that.
    pub(super) fn restrict(&mut self, subject: &str, id: &str, lift: bool) -> Taken {
        let leaf = self.leaf(subject, id)?;
        let since = (!lift).then_some(self.now);
        Draft::new(&mut self.truth, &self.limits).restrict(leaf, since);
        Ok(())
    }

    pub(super) fn unlink(&mut self, subject: &str, id: &str) -> Taken {
        let leaf = self.leaf(subject, id)?;
        Draft::new(&mut self.truth, &self.limits).unlink(vec![leaf]);
        Ok(())
    }

    /// The rows that a purpose may see now, in the order of arrival, each with its number.
    pub(super) fn visible(&self, purpose: Purpose) -> impl Iterator<Item = (usize, &Row)> {
        self.rows.iter().enumerate().filter(move |(_, row)| {
            let Row { leaf, time, received, verdict, purposes, .. } = **row;
            self.truth.shows(purpose, Masked { leaf, time, received, verdict, purposes })
        })
    }

    /// What is kept, of whom, and who sees it.
    pub(super) fn expect_kept(&self, words: &[&str]) -> Option<Taken> {
        let taken = match *words {
            ["linked"] => self.last().and_then(|last| {
                told(last.linked, || "expected linked, but nothing was".to_owned())
            }),
            ["unlinked"] => self.last().and_then(|last| {
                told(!last.linked, || "expected unlinked, but two leaves were linked".to_owned())
            }),
            ["persons", number] => {
                let count = self.truth.identity.person_count().to_string();
                told(count == number, || {
                    format!("expected persons {number}, but there are {count}")
                })
            }
            ["rows", number] => equal("rows", number, &self.rows.len().to_string()),
            ["visible", purpose, number] => self.purpose(purpose).and_then(|known| {
                let what = format!("visible {purpose}");
                equal(&what, number, &self.visible(known).count().to_string())
            }),
            ["one", "person", ref ids @ ..] => self.persons(ids).and_then(|persons| {
                told(persons == 1, || format!("expected one person, but they are {persons}"))
            }),
            ["apart", ref ids @ ..] => self.persons(ids).and_then(|persons| {
                told(persons == ids.len() / 2, || {
                    format!("expected them apart, but they are {persons}")
                })
            }),
            _ => return None,
        };
        Some(taken)
    }

    /// How many different persons these are, such as `user u1 device d1`.
    fn persons(&self, ids: &[&str]) -> Result<usize, String> {
        let mut persons = Vec::new();
        for pair in ids.chunks(2) {
            let [subject, id] = *pair else { return Err("name each as `user u1`".to_owned()) };
            persons.push(self.truth.identity.person(self.leaf(subject, id)?));
        }
        persons.sort_unstable();
        persons.dedup();
        Ok(persons.len())
    }

    pub(super) fn purpose(&self, name: &str) -> Result<Purpose, String> {
        let found = self.gate.catalogue().purpose(name);
        found.ok_or_else(|| format!("`{name}` is no purpose"))
    }
}
