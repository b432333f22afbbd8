//! Trying to get in: how often somebody has failed, and when they may try again.
//!
//! A try counts as failed when it begins and is forgiven when it succeeds, so that many at once
//! gain nothing. A try that comes too early is not counted: it neither helps nor harms.

use std::collections::HashMap;
use std::hash::Hash;

use vocabulary::{Limits, Span, Time};

/// The failed attempts by whom they are laid to: an account, an address. Memory is bounded.
#[derive(Debug, Clone)]
pub struct Attempts<K> {
    failed: HashMap<K, Failed>,
}

#[derive(Debug, Clone, Copy)]
struct Failed {
    times: u32,
    /// Before this instant nothing is tried.
    again: Time,
}

impl<K> Default for Attempts<K> {
    fn default() -> Self {
        Self { failed: HashMap::new() }
    }
}

impl<K: Clone + Eq + Hash> Attempts<K> {
    /// Begins a try that is laid to all of these, or says how long to wait.
    pub fn begin(&mut self, whose: &[K], now: Time, limits: &Limits) -> Result<(), Span> {
        self.forget(now, limits);
        let waits = whose.iter().filter_map(|one| Some(self.failed.get(one)?.again - now));
        if let Some(wait) = waits.max().filter(|wait| *wait > Span::default()) {
            return Err(wait);
        }
        for one in whose {
            let times = self.failed.get(one).map_or(0, |failed| failed.times).saturating_add(1);
            self.make_room(one, limits);
            self.failed.insert(one.clone(), Failed { times, again: now + wait(times, limits) });
        }
        Ok(())
    }

    /// Forgives all of these: one of their attempts was right.
    pub fn succeeded(&mut self, whose: &[K]) {
        for one in whose {
            self.failed.remove(one);
        }
    }

    /// How many are remembered.
    #[must_use]
    pub fn count(&self) -> usize {
        self.failed.len()
    }

    fn forget(&mut self, now: Time, limits: &Limits) {
        if self.failed.len() >= limits.sign_in_peers {
            self.failed.retain(|_, failed| now < failed.again + limits.sign_in_memory);
        }
    }

    /// Whoever may try again soonest is forgotten first: a flood of addresses displaces itself and
    /// not an account that it fails at.
    fn make_room(&mut self, newcomer: &K, limits: &Limits) {
        if self.failed.contains_key(newcomer) || self.failed.len() < limits.sign_in_peers.max(1) {
            return;
        }
        let first = self.failed.iter().min_by_key(|(_, failed)| (failed.again, failed.times));
        if let Some(first) = first.map(|(one, _)| one.clone()) {
            self.failed.remove(&first);
        }
    }
}

/// The pause after so many failed attempts: none at first, then a second, then twice as long.
fn wait(times: u32, limits: &Limits) -> Span {
    let Some(late) = times.checked_sub(limits.sign_in_free + 1) else { return Span::default() };
    let seconds = 1i64.checked_shl(late.min(32)).unwrap_or(i64::MAX);
    Span::seconds(seconds).min(limits.sign_in_wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Time = Time(1_000_000_000_000);

    /// The seconds that somebody who never gets in has to wait between attempts.
    fn waits(
        attempts: &mut Attempts<&'static str>,
        whose: &[&'static str],
        count: usize,
    ) -> Vec<i64> {
        let limits = Limits::default();
        let mut now = START;
        let mut waits = Vec::new();
        for _ in 0..count {
            let mut waited = 0;
            while let Err(wait) = attempts.begin(whose, now, &limits) {
                waited += wait.0;
                now = now + wait;
            }
            waits.push(waited / 1_000_000);
        }
        waits
    }

    #[test]
    fn each_failure_past_the_free_ones_doubles_the_wait() {
        let mut attempts = Attempts::default();
        let waited = waits(&mut attempts, &["operator", "192.0.2.1"], 16);
        assert_eq!(waited, [0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    }

    #[test]
    fn an_account_is_slowed_for_all_and_an_address_for_every_account() {
        let limits = Limits::default();
        let mut attempts = Attempts::default();
        for _ in 0..=limits.sign_in_free {
            assert_eq!(attempts.begin(&["operator", "192.0.2.1"], START, &limits), Ok(()));
        }
        let second = Err(Span::SECOND);
        assert_eq!(attempts.begin(&["operator", "192.0.2.2"], START, &limits), second);
        assert_eq!(attempts.begin(&["other", "192.0.2.1"], START, &limits), second);
        assert_eq!(attempts.begin(&["other", "192.0.2.2"], START, &limits), Ok(()));
        // What came too early did not lengthen the wait.
        assert_eq!(attempts.begin(&["operator"], START + Span::SECOND, &limits), Ok(()));
    }

    #[test]
    fn a_success_forgives_and_time_does_too() {
        let limits = Limits { sign_in_peers: 1, ..Limits::default() };
        let mut attempts = Attempts::default();
        waits(&mut attempts, &["operator"], 8);
        attempts.succeeded(&["operator"]);
        assert_eq!(waits(&mut attempts, &["operator"], 6), [0; 6]);
        let later = START + Span::HOUR + Span::HOUR;
        assert_eq!(attempts.begin(&["operator"], later, &limits), Ok(()));
        assert_eq!(attempts.begin(&["operator"], later, &limits), Ok(()));
    }

    #[test]
    fn many_at_once_gain_nothing() {
        let limits = Limits::default();
        let mut attempts = Attempts::default();
        let begun = (0..1_000).filter(|_| attempts.begin(&["operator"], START, &limits).is_ok());
        assert_eq!(begun.count(), usize::try_from(limits.sign_in_free).unwrap() + 1);
    }

    #[test]
    fn memory_is_bounded_and_a_flood_of_addresses_lifts_nothing() {
        let limits = Limits { sign_in_peers: 10, ..Limits::default() };
        let mut attempts: Attempts<u32> = Attempts::default();
        for _ in 0..=limits.sign_in_free {
            attempts.begin(&[0], START, &limits).unwrap();
        }
        for address in 1..1_000 {
            attempts.begin(&[address], START, &limits).unwrap();
        }
        assert_eq!(attempts.count(), 10);
        assert_eq!(attempts.begin(&[0], START, &limits), Err(Span::SECOND));
    }
}
