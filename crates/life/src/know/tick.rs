//! How finely lengths of time are kept, so that one fits into 32 bits.

use vocabulary::Span;

/// The unit of some lengths of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick(Span);

impl Tick {
    /// The unit for lengths up to this: a millisecond, or a second beyond 49 days.
    #[must_use]
    pub fn within(longest: Span) -> Self {
        let millisecond = Span(1_000);
        Self(if longest <= Span::days(49) { millisecond } else { Span::SECOND })
    }

    /// A length in whole ticks.
    #[must_use]
    pub fn count(self, length: Span) -> u32 {
        u32::try_from(length.0 / self.0.0).unwrap_or(u32::MAX)
    }

    /// So many ticks in seconds.
    #[must_use]
    pub fn seconds(self, ticks: u64) -> f64 {
        ticks as f64 * self.0.as_seconds()
    }

    /// The median in seconds: the lower of the two middle ones when there is an even number.
    #[must_use]
    pub fn median(self, ticks: &mut [u32]) -> Option<f64> {
        let middle = ticks.len().checked_sub(1)? / 2;
        let (_, median, _) = ticks.select_nth_unstable(middle);
        Some(Span(i64::from(*median) * self.0.0).as_seconds())
    }
}
