//! Room for the bodies of requests.
//!
//! INVARIANT(limits): beyond a small part that each request has for itself, the bodies of all of
//! them together take no more than there is room for. Past it a request is told to come again.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vocabulary::{Limits, Span};

use super::App;
use crate::problem::Problem;

/// The room for large bodies, which all requests share.
#[derive(Debug, Clone)]
pub struct Room {
    units: Arc<Semaphore>,
    small_bytes: usize,
}

/// What one request holds of it.
#[derive(Debug)]
pub struct Held {
    room: Room,
    units: Option<OwnedSemaphorePermit>,
}

/// In what steps room is taken.
const UNIT_BYTES: usize = 64 << 10;

impl Room {
    /// All of it, empty.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let units = Arc::new(Semaphore::new(limits.bodies_bytes / UNIT_BYTES));
        Self { units, small_bytes: limits.small_body_bytes }
    }

    /// What a request holds at first: nothing.
    #[must_use]
    pub fn enter(&self) -> Held {
        Held { room: self.clone(), units: None }
    }
}

impl Held {
    /// Takes room for so many bytes in all. It waits for none: who waited would hold what others
    /// wait for.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Problem> {
        let needed = bytes.saturating_sub(self.room.small_bytes).div_ceil(UNIT_BYTES);
        let held = self.units.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(more) = needed.checked_sub(held).filter(|more| *more > 0) else { return Ok(()) };
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        let Ok(units) = Arc::clone(&self.room.units).try_acquire_many_owned(more) else {
            let detail = "too many large bodies are at work: send it again later, or less at once";
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "bodies-too-many", detail);
            return Err(problem.after(Span::SECOND));
        };
        match &mut self.units {
            Some(held) => held.merge(units),
            None => self.units = Some(units),
        }
        Ok(())
    }
}

impl App {
    /// The room for large bodies.
    #[must_use]
    pub fn room(&self) -> &Room {
        &self.inner().room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_share_a_room_and_small_ones_always_fit() {
        let limits = Limits {
            bodies_bytes: 4 * UNIT_BYTES,
            small_body_bytes: UNIT_BYTES,
            ..Limits::default()
        };
        let room = Room::new(&limits);
        let (mut one, mut other) = (room.enter(), room.enter());
        one.grow(4 * UNIT_BYTES).unwrap();
        one.grow(2 * UNIT_BYTES).unwrap();
        other.grow(UNIT_BYTES).unwrap();
        other.grow(2 * UNIT_BYTES).unwrap();
        let full = other.grow(2 * UNIT_BYTES + 1).unwrap_err();
        assert_eq!((full.status, full.retry_seconds), (503, Some(1)));
        drop(one);
        other.grow(5 * UNIT_BYTES).unwrap();
        assert!(room.enter().grow(5 * UNIT_BYTES).is_err(), "the other holds all of it");
        room.enter().grow(UNIT_BYTES).unwrap();
    }
}
