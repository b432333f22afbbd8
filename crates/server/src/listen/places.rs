//! Places for connections: how many there are, and how many of them one household may hold, so that
//! nobody locks everybody out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::http::caller::Peer;

/// Connections at one time: fewer than the files that a process may usually have open.
const ALL: usize = 800;
/// Of one household. A proxy and this machine itself stand for many.
const EACH: usize = 200;

/// Who holds how many places.
#[derive(Debug, Clone, Default)]
pub struct Places(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// A place, until it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Places,
    whose: IpAddr,
}

impl Places {
    /// A place for somebody at this address; none when there is none left for them.
    #[must_use]
    pub fn take(&self, peer: IpAddr, stands_for_many: bool) -> Option<Place> {
        let whose = Peer(Some(peer)).household().unwrap_or(peer);
        self.with(|held| {
            let own = held.get(&whose).copied().unwrap_or(0);
            let is_free = held.values().sum::<usize>() < ALL && (stands_for_many || own < EACH);
            is_free.then(|| held.insert(whose, own + 1))?;
            Some(())
        })?;
        Some(Place { places: self.clone(), whose })
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<IpAddr, usize>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.with(|held| match held.get_mut(&self.whose) {
            Some(own) if *own > 1 => *own -= 1,
            Some(_) | None => drop(held.remove(&self.whose)),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_household_leaves_room_for_others() {
        let places = Places::default();
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let of_one = |number: usize| address(&format!("2001:db8::{number:x}"));
        let mut held: Vec<_> = (0..EACH).map(|n| places.take(of_one(n), false).unwrap()).collect();
        assert!(places.take(of_one(EACH), false).is_none(), "another of the same network");
        let other = places.take(address("192.0.2.7"), false);
        assert!(other.is_some());
        held.pop();
        assert!(places.take(of_one(EACH), false).is_some(), "one was given back");
        drop((held, other));
        assert!(places.with(|held| held.is_empty()), "all were given back");
        let proxy: Vec<_> = (0..ALL).map_while(|_| places.take(of_one(1), true)).collect();
        assert_eq!(proxy.len(), ALL);
        assert!(places.take(address("192.0.2.7"), false).is_none(), "there are no more");
    }
}
