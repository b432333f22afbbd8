//! How fast a source may send: past its declared pace it is told when to come again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use life::admit::Source;
use vocabulary::{SourceId, Span, Time};

/// The pace of every source; there are no more entries than declared sources.
#[derive(Debug, Clone, Default)]
pub struct Paces(Arc<Mutex<HashMap<SourceId, Time>>>);

impl Paces {
    /// What a source may send at once, as the time that it would take at its pace.
    const BURST: Span = Span::SECOND;

    /// Takes so many events now, or says in how many seconds to come again.
    ///
    /// A request is taken whole once the one before it is paid for, so none is too large for ever.
    pub fn take(&self, source: &Source, events: usize, now: Time) -> Result<(), u64> {
        let per_second = i64::from(source.events_per_second_max);
        if per_second == 0 {
            return Ok(());
        }
        let events = i64::try_from(events).unwrap_or(i64::MAX);
        let cost = Span(events.saturating_mul(Span::SECOND.0) / per_second);
        let mut paid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let paid = paid.entry(source.id).or_insert(now);
        if *paid > now + Self::BURST {
            let wait = (*paid - now).0 - Self::BURST.0;
            let seconds = u64::try_from(wait).unwrap_or_default().div_ceil(1_000_000);
            return Err(seconds.max(1));
        }
        *paid = (*paid).max(now) + cost;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use life::admit::{Audience, SourceKind};

    use super::*;

    fn source(id: u16, events_per_second_max: u32) -> Source {
        Source {
            id: SourceId(id),
            name: "web".into(),
            kind: SourceKind::Site,
            audience: Audience::General,
            markets: Vec::new(),
            regimes: vocabulary::Regimes::NONE,
            is_sensitive: false,
            asks: vocabulary::Manner::Choice,
            bases: Default::default(),
            keeps_unclassified: false,
            url_parameters: Vec::new(),
            filtered_events: Vec::new(),
            events_per_second_max,
            is_test: true,
        }
    }

    #[test]
    fn a_source_without_a_pace_is_never_limited() {
        let paces = Paces::default();
        assert_eq!(paces.take(&source(1, 0), usize::MAX, Time(0)), Ok(()));
        assert_eq!(paces.take(&source(1, 0), usize::MAX, Time(0)), Ok(()));
    }

    #[test]
    fn past_its_pace_a_source_is_told_when_to_come_again() {
        let paces = Paces::default();
        let at = |seconds| Time(0) + Span::seconds(seconds);
        let (slow, other) = (source(1, 10), source(2, 10));
        // A batch of a minute's worth is taken, and then paid for.
        assert_eq!(paces.take(&slow, 600, at(0)), Ok(()));
        assert_eq!(paces.take(&slow, 1, at(0)), Err(59));
        assert_eq!(paces.take(&slow, 1, at(30)), Err(29));
        assert_eq!(paces.take(&other, 1, at(30)), Ok(()));
        assert_eq!(paces.take(&slow, 1, at(59)), Ok(()));
        // Time that was not used is not saved up.
        assert_eq!(paces.take(&slow, 21, at(1_000)), Ok(()));
        assert_eq!(paces.take(&slow, 1, at(1_000)), Err(2));
    }
}
