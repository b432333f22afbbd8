//! know: questions over the rows that a purpose may see, answered by the reference of each plan.

use std::collections::BTreeMap;

use life::admit::{Actor, Authority, Grant, Verb};
use life::keep::Row;
use life::know::funnel::FunnelStep;
use life::know::measure::Figure;
use life::know::trend::TrendLine;
use life::know::{Answer, PersonRow, Plan, Setting, Words};
use vocabulary::{Categories, Code, Purposes, Span};

use super::admit::text;
use super::stage::{Stage, Taken, equal, told};

impl Stage {
    /// Asks a question of one kind.
    pub(super) fn ask(&mut self, kind: &str, json: &str) -> Taken {
        let words = Words::of(self.gate.catalogue());
        let setting = Setting {
            words: &words,
            names: &self.truth.names,
            zone: "UTC",
            week_start: "monday",
            limits: &self.limits,
            now: self.now,
            cohorts: &BTreeMap::new(),
        };
        if !Plan::KINDS.contains(&kind) {
            return Err(format!("`{kind}` is no kind of question"));
        }
        let plan = Plan::resolve(kind, json, setting);
        self.answer = Some(plan.map_err(|faults| faults.code().to_owned()).and_then(|plan| {
            self.permit(&plan)?;
            let answer = plan.reference(&self.person_rows(&plan));
            let sentence = plan.sentence(&answer);
            Ok((answer, sentence))
        }));
        Ok(())
    }

    /// Whoever asks may ask everything; the purpose still reads only its own categories.
    fn permit(&self, plan: &Plan) -> Result<(), String> {
        let authority = Authority {
            actor: Actor("analyst".to_owned()),
            purposes: Purposes::ALL,
            verbs: vec![Verb::Ask],
            categories: Categories::ALL,
            until: self.now + Span::HOUR,
        };
        let (catalogue, scope) = (self.gate.catalogue(), plan.scope());
        let grant = Grant::issue(catalogue, &authority, scope.purpose, Verb::Ask, self.now);
        let readable = grant.map_err(|why| why.code().to_owned())?.categories();
        let is_covered = scope.categories.0 & !readable.0 == 0;
        if is_covered { Ok(()) } else { Err("grant-other-category".to_owned()) }
    }

    fn person_rows(&self, plan: &Plan) -> Vec<PersonRow> {
        let scope = plan.scope();
        let rows = self.visible(scope.purpose).map(|(arrival, row)| PersonRow {
            person: self.truth.identity.person(row.leaf),
            time: row.time,
            sequence: row.sequence,
            arrival: arrival as u64,
            event: row.event,
            leaf: row.leaf,
            session: row.session,
            values: scope.columns.iter().map(|column| value(row, column.code)).collect(),
        });
        rows.collect()
    }

    /// What the last question was answered.
    pub(super) fn expect_known(&self, words: &[&str]) -> Option<Taken> {
        let [what @ ("answer" | "sentence" | "unanswered"), ref expected @ ..] = *words else {
            return None;
        };
        let expected = expected.join(" ");
        Some(match (what, &self.answer) {
            (_, None) => Err("nothing was asked yet".to_owned()),
            ("answer", Some(Ok((answer, _)))) => equal(what, &expected, &numbers(answer)),
            ("sentence", Some(Ok((_, sentence)))) => equal(what, &expected, sentence),
            (_, Some(Ok((answer, _)))) => Err(format!(
                "expected unanswered {expected}, but the answer is {}",
                numbers(answer)
            )),
            ("unanswered", Some(Err(code))) => equal(what, &expected, code),
            (_, Some(Err(code))) => {
                told(false, || format!("expected {what} {expected}, but it is unanswered: {code}"))
            }
        })
    }
}

fn value(row: &Row, code: Code) -> Option<String> {
    let columns = row.columns.iter().map(|(held, value)| (*held, value));
    let sealed = row.sealed.iter().map(|(_, held, value)| (*held, value));
    columns.chain(sealed).find(|(held, _)| *held == code).map(|(_, value)| text(value))
}

/// An answer as numbers: those of a line with spaces, lines with `|` between them, a breakdown's
/// value before its line.
fn numbers(answer: &Answer) -> String {
    let line = |value: Option<&str>, numbers: &[String]| {
        let numbers = numbers.join(" ");
        value.map_or(numbers.clone(), |value| format!("{value}: {numbers}"))
    };
    let texts = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>();
    let people =
        |steps: &[FunnelStep]| steps.iter().map(|step| step.people.to_string()).collect::<Vec<_>>();
    let lines: Vec<String> = match answer {
        Answer::Trend(trend) => {
            let lines = trend.series.iter();
            let line = |one: &TrendLine| {
                let figures = one.figures.values.iter().map(figure);
                line(one.breakdown.as_deref(), &figures.collect::<Vec<_>>())
            };
            lines.map(line).collect()
        }
        Answer::Funnel(funnel) => {
            let lines = funnel.breakdown.iter();
            let lines = lines.map(|one| line(Some(&one.value), &people(&one.steps)));
            std::iter::once(line(None, &people(&funnel.steps))).chain(lines).collect()
        }
        Answer::Retention(grid) => {
            grid.cohorts.iter().map(|cohort| line(None, &texts(&cohort.values))).collect()
        }
        Answer::Cohort(cohort) => vec![cohort.people.to_string()],
        Answer::Sessions(sessions) => {
            let entry = sessions
                .entry
                .iter()
                .map(|one| line(Some(&one.page), &texts(&[one.sessions, one.bounces])));
            let counts = [&sessions.sessions, &sessions.people, &sessions.bounces];
            counts.into_iter().map(|counts| line(None, &texts(counts))).chain(entry).collect()
        }
        Answer::Lifecycle(lifecycle) => {
            let (new, returning) = (&lifecycle.new, &lifecycle.returning);
            let counts = [new, returning, &lifecycle.resurrecting, &lifecycle.dormant];
            counts.into_iter().map(|counts| line(None, &texts(counts))).collect()
        }
        Answer::Stickiness(sticky) => {
            sticky.series.iter().map(|one| line(None, &texts(&one.people))).collect()
        }
        Answer::Paths(paths) => {
            let ways = paths.top.iter();
            ways.map(|way| line(Some(&way.path.join(" ")), &texts(&[way.count]))).collect()
        }
        Answer::Values(values) => {
            let seen = values.values.iter();
            let seen = seen.map(|one| line(Some(&one.value), &texts(&[one.events, one.people])));
            seen.chain([texts(&[values.different, values.missing]).join(" ")]).collect()
        }
    };
    lines.join(" | ")
}

fn figure(figure: &Figure) -> String {
    figure.number().map_or("-".to_owned(), |number| number.to_string())
}
