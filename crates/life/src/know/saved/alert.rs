//! Alerts: one line of a trend is looked at again and again, and people are told when its last
//! whole interval crosses a limit, and when that is over. Never twice in between.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use vocabulary::{Purpose, Span, Time};

use super::dashboard::Filters;
use super::notice::{Delivery, To};
use super::{Amiss, Asked, Complaints, Saveable, head};
use crate::know::period::{self, Interval};

const TO_MAX: usize = 10;
/// Intervals that an alert asks for: the first may be cut off and the last one is not over, so two
/// whole ones lie between them.
const INTERVALS: i64 = 4;
/// How long after its end an interval is judged: events arrive late.
const LATE: Span = Span(2 * Span::MINUTE.0);

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// A trend without a breakdown. Its dates are not used: the last whole intervals are.
    pub question: Asked,
    /// The line of the trend, from 0.
    #[serde(default)]
    pub series: usize,
    pub when: When,
    /// At least how often it is looked at; it is soon after each interval has ended, too.
    pub every: Every,
    pub to: Vec<To>,
    /// Whether it rests.
    #[serde(default)]
    pub paused: bool,
}

/// What the last whole interval has to be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// More than this.
    Above(f64),
    /// Less than this.
    Below(f64),
    /// More than the interval before it by at least so many percent.
    Rises(f64),
    /// Less than the interval before it by at least so many percent.
    Falls(f64),
}

/// At least how often an alert is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    Hour,
    Day,
}

/// The last whole interval, and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Look {
    /// The start of the interval.
    #[schema(value_type = String, format = DateTime)]
    pub start: Time,
    pub value: f64,
    /// The interval before; null where it is not known.
    pub before: Option<f64>,
}

/// The intervals of a question: how long they are, and where they begin.
#[derive(Debug, Clone)]
pub struct Intervals {
    interval: Interval,
    zone: TimeZone,
    week_start: Weekday,
}

/// What became of an alert, and who has yet to be told. Kept beside the alert's own text.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Standing {
    /// The interval since which it fires.
    pub firing: Option<Time>,
    /// Why the last look found nothing out, as a stable word.
    pub failed: Option<String>,
    /// Nothing until it is looked at, also anew.
    pub looked: Option<Time>,
    pub last: Option<Look>,
    /// What the last look was for: its question may serve another purpose since.
    #[serde(default)]
    pub purpose: Option<Purpose>,
    /// Messages that could not be delivered, also after the last try.
    #[serde(default)]
    pub lost: u64,
    #[serde(default)]
    pub waiting: Vec<Delivery>,
}

/// What a look has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    Firing,
    Over,
    /// Nothing turned: somebody wants to see that messages arrive.
    Test,
}

/// How an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was not looked at yet, or is to be looked at anew.
    New,
    Ok,
    Firing,
    /// The last look found nothing out, or nobody could be told.
    Failed,
}

impl Saveable for Alert {
    const KIND: &'static str = "alert";

    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self, amiss: &mut Complaints) {
        head(&self.name, self.about.as_deref(), amiss);
        self.question.check("/question", amiss);
        if let Asked::Here(posed) = &self.question
            && let Err(why) = watches(&posed.kind, &posed.question)
        {
            amiss.add("/question", why);
        }
        let (number, least) = match self.when {
            When::Above(number) | When::Below(number) => (number, f64::MIN),
            When::Rises(percent) | When::Falls(percent) => (percent, f64::MIN_POSITIVE),
        };
        let is_reached = !matches!(self.when, When::Falls(percent) if percent > 100.0);
        if !(number.is_finite() && number >= least && is_reached) {
            amiss.add("/when", Amiss::Unreachable);
        }
        if self.to.is_empty() {
            amiss.add("/to", Amiss::None);
        } else if self.to.len() > TO_MAX {
            amiss.add("/to", Amiss::TooMany { count: self.to.len(), max: TO_MAX });
        }
        for (number, to) in self.to.iter().enumerate() {
            if let Err(why) = to.check() {
                amiss.add(format!("/to/{number}"), why);
            }
        }
    }

    fn posed(&self) -> Vec<(String, &str, &Value)> {
        self.question.posed("/question".to_owned()).into_iter().collect()
    }

    fn hooks(&self) -> Vec<(String, &str)> {
        let to = self.to.iter().enumerate();
        to.filter_map(|(number, to)| Some((format!("/to/{number}"), to.hook()?))).collect()
    }
}

/// Whether an alert can watch a question.
fn watches(kind: &str, question: &Value) -> Result<(), Amiss> {
    if kind != "trend" {
        return Err(Amiss::NotATrend);
    }
    let is_broken = question.get("breakdown").is_some_and(|property| !property.is_null());
    if is_broken { Err(Amiss::BrokenDown) } else { Ok(()) }
}

impl Alert {
    /// Whether it is time to look: soon after an interval of the question has ended, and at least
    /// as often as the alert says.
    #[must_use]
    pub fn is_due(&self, standing: &Standing, intervals: Option<&Intervals>, now: Time) -> bool {
        let every = match self.every {
            Every::Hour => Span::HOUR,
            Every::Day => Span::DAY,
        };
        let ended = intervals.and_then(|intervals| intervals.ended(now));
        let is_time =
            |looked| looked + every <= now || ended.is_some_and(|end| end >= seen(looked));
        !self.paused && standing.looked.is_none_or(is_time)
    }

    /// The question over the last whole intervals, whatever its own dates are.
    pub fn recent(&self, kind: &str, question: &Value, now: Time) -> Result<Value, Amiss> {
        watches(kind, question)?;
        let interval = question.get("interval").cloned().unwrap_or_default();
        // An interval that is none is found when the question is resolved.
        let interval = serde_json::from_value(interval).unwrap_or(Interval::Day);
        let longest = match interval {
            Interval::Hour => Span::HOUR,
            Interval::Day => Span(Span::DAY.0 + Span::HOUR.0),
            Interval::Week => Span::days(8),
            Interval::Month => Span::days(31),
        };
        let until = seen(now);
        let from = until - Span(longest.0 * INTERVALS);
        let dates = Filters {
            from: Some(from.to_string()),
            to: Some(until.to_string()),
            ..Filters::default()
        };
        dates.over(kind, question)
    }

    /// Whether the condition holds; `None` where that is not known.
    #[must_use]
    pub fn holds(&self, look: &Look) -> Option<bool> {
        let by = |percent: f64, sign: f64| {
            let before = look.before?;
            let change = sign * (look.value - before);
            Some(change > 0.0 && change >= before.abs() * percent / 100.0)
        };
        match self.when {
            When::Above(limit) => Some(look.value > limit),
            When::Below(limit) => Some(look.value < limit),
            When::Rises(percent) => by(percent, 1.0),
            When::Falls(percent) => by(percent, -1.0),
        }
    }
}

/// Until when a look asks: what is younger may not have arrived yet.
fn seen(looked: Time) -> Time {
    looked - LATE
}

impl Intervals {
    /// Those of a trend's question, in the zone and the week of the installation where it names
    /// none; `None` when they cannot be told, and then it cannot be asked.
    #[must_use]
    pub fn of(question: &Value, zone: &str, week_start: &str) -> Option<Self> {
        let text = |field| question.get(field).and_then(Value::as_str);
        Some(Self {
            interval: serde_json::from_value(question.get("interval")?.clone()).ok()?,
            zone: period::zone(text("zone").unwrap_or(zone)).ok()?,
            week_start: period::weekday(text("week_start").unwrap_or(week_start)).ok()?,
        })
    }

    /// The end of the last whole one that a look at this moment sees.
    fn ended(&self, now: Time) -> Option<Time> {
        period::begun(&self.zone, self.interval, self.week_start, seen(now))
    }
}

impl Look {
    /// Reads the last whole interval of a line out of a trend's answer that ends at this moment.
    #[must_use]
    pub fn read(answer: &Value, series: usize) -> Option<Look> {
        let starts = answer.get("intervals")?.as_array()?;
        let values = answer.get("series")?.get(series)?.get("values")?.as_array()?;
        // The last one goes on; the first may have begun before the question's time.
        let whole = starts.len().checked_sub(2).filter(|place| *place > 0)?;
        let number = |place: usize| values.get(place).and_then(Value::as_f64);
        let start = starts.get(whole)?.as_str().and_then(Time::parse)?;
        let before = whole.checked_sub(1).filter(|place| *place > 0).and_then(number);
        Some(Look { start, value: number(whole)?, before })
    }
}

impl Standing {
    /// Takes in what a look has found, and answers what has turned.
    pub fn take(&mut self, alert: &Alert, look: Option<Look>, now: Time) -> Option<Turn> {
        self.looked = Some(now);
        self.failed = None;
        let look = look?;
        self.last = Some(look);
        match (self.firing, alert.holds(&look)?) {
            (None, true) => {
                self.firing = Some(look.start);
                Some(Turn::Firing)
            }
            (Some(_), false) => {
                self.firing = None;
                Some(Turn::Over)
            }
            (None, false) | (Some(_), true) => None,
        }
    }

    /// Takes in that a look failed. What fires goes on firing: nobody knows better.
    pub fn fail(&mut self, code: &str, now: Time) {
        self.looked = Some(now);
        self.failed = Some(code.to_owned());
    }

    /// Lets the alert be looked at anew. Whether people were told that it fires stays known, so
    /// that they are told once, and once that it is over.
    pub fn renew(&mut self) {
        let (firing, lost) = (self.firing, self.lost);
        let waiting = std::mem::take(&mut self.waiting);
        *self = Self { firing, lost, waiting, ..Self::default() };
    }

    /// Forgets every number, because somebody who stood behind it is forgotten. Messages that wait
    /// go out without theirs.
    pub fn forget(&mut self) {
        self.renew();
        self.waiting.iter_mut().for_each(|delivery| delivery.notice.look = None);
    }

    /// The state as one word.
    #[must_use]
    pub fn state(&self) -> State {
        match (&self.failed, self.looked, self.firing) {
            (Some(_), _, _) => State::Failed,
            (None, None, _) => State::New,
            (None, Some(_), Some(_)) => State::Firing,
            (None, Some(_), None) => State::Ok,
        }
    }
}

#[cfg(test)]
mod tests;
