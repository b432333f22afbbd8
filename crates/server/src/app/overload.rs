//! Overload: more events come than can be kept in good time. Then only a few requests are at work
//! at once, and whoever comes beside them is told to come again, so that nothing piles up.
//!
//! A burst is no overload: it is taken as long as somebody was answered in good time lately.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use lake::keep::keeper::Unavailable;
use vocabulary::{Limits, Span, Time};

use super::App;

/// How many requests are at work, and since when that is too many.
#[derive(Debug, Default)]
pub struct Load {
    at_work: AtomicUsize,
    /// When somebody was last answered in good time, or came and found nobody waiting.
    calm: AtomicI64,
    /// When somebody was last told to come again.
    refused: AtomicI64,
    /// When several were last at work together.
    busy: AtomicI64,
}

/// So many at work together are several.
const SEVERAL: usize = 8;
/// For how long the machine is taken to be busy after that.
const BUSY: Span = Span::seconds(5);

/// For how long nobody may have been refused before everybody is taken again.
const QUIET: Span = Span::SECOND;

impl Load {
    /// Counts a request in, or says that it has to come again, unless it is taken `anyway`.
    fn enter(&self, now: Time, anyway: bool, limits: &Limits) -> Result<(), Unavailable> {
        let others = self.at_work.fetch_add(1, Ordering::Relaxed);
        if others == 0 {
            self.calm.fetch_max(now.0, Ordering::Relaxed);
        }
        if others >= SEVERAL {
            self.busy.fetch_max(now.0, Ordering::Relaxed);
        }
        let is_over =
            || since(&self.calm, now) > limits.burst_time || is_within(&self.refused, now, QUIET);
        if !anyway && others >= limits.requests_at_work && is_over() {
            self.refused.fetch_max(now.0, Ordering::Relaxed);
            self.at_work.fetch_sub(1, Ordering::Relaxed);
            return Err(Unavailable::Busy);
        }
        Ok(())
    }

    fn leave(&self, came: Time, now: Time, limits: &Limits) {
        self.at_work.fetch_sub(1, Ordering::Relaxed);
        if now - came <= limits.good_wait {
            self.calm.fetch_max(now.0, Ordering::Relaxed);
        }
    }
}

/// Whether an instant lies so little back. A clock that was set back makes no instant lately.
fn is_within(held: &AtomicI64, now: Time, span: Span) -> bool {
    (Span(0)..span).contains(&since(held, now))
}

fn since(held: &AtomicI64, now: Time) -> Span {
    now - Time(held.load(Ordering::Relaxed))
}

/// A request at work, until it is dropped.
#[derive(Debug)]
pub struct AtWork {
    app: App,
    came: Time,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.app.inner().load.leave(self.came, self.app.now(), self.app.limits());
    }
}

impl App {
    /// Lets a request begin its work, or says that it has to come again, unless it is taken
    /// `anyway`.
    pub fn begin_work(&self, came: Time, anyway: bool) -> Result<AtWork, Unavailable> {
        if let Err(why) = self.inner().load.enter(came, anyway, self.limits()) {
            metrics::counter!("candor_requests_refused_total").increment(1);
            return Err(why);
        }
        Ok(AtWork { app: self.clone(), came })
    }

    /// Whether events come so fast that what can wait should.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        is_within(&self.inner().load.busy, self.now(), BUSY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_overload_is_refused_until_it_ends() {
        let limits = Limits {
            requests_at_work: 2,
            good_wait: Span(20_000),
            burst_time: Span(100_000),
            ..Limits::default()
        };
        let load = Load::default();
        let at = |millis: i64| Time(1_700_000_000_000_000 + millis * 1_000);
        let enter = |millis| load.enter(at(millis), false, &limits).is_ok();
        let leave = |came, now| load.leave(at(came), at(now), &limits);
        assert!((0..10).all(|_| enter(0)), "a burst");
        leave(0, 10);
        assert!(enter(110), "somebody was answered in good time");
        (0..7).for_each(|_| leave(0, 110));
        assert!(!enter(111), "three are at work, and nobody was for a while");
        leave(110, 111);
        leave(110, 111);
        assert!(enter(112), "a few are always taken");
        assert!(!enter(113), "good answers to the few do not open the door to the many");
        assert!(!enter(1_000));
        assert!(load.enter(at(1_000), true, &limits).is_ok(), "a person's choice is taken");
        leave(1_000, 1_001);
        leave(2_090, 2_095);
        assert!(enter(2_096));
        assert!(enter(2_100), "nobody was refused for a second, and answers are good");
    }
}
