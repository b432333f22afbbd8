//! Ways that were taken, and how often. The ways of few steps among few nodes, which nearly all
//! are, stand in a table; all others in a map.

use rustc_hash::FxHashMap;

/// Nodes that the table tells apart, as a power of two.
const BITS: u32 = 6;
const NODES: usize = 1 << BITS;

/// Steps that a way in the table has at most.
const STEPS_MAX: usize = 3;

/// Nodes beyond this have no place in the table.
const NODE_MAX: usize = 1 << 16;

/// Whole ways by their nodes.
#[derive(Debug)]
pub(super) struct Ways {
    length: usize,
    /// By node: its number in the table, from one.
    numbers: Vec<u8>,
    /// By number in the table, from zero.
    nodes: Vec<u32>,
    table: Vec<u64>,
    others: FxHashMap<Box<[u32]>, u64>,
}

/// The latest steps of a path as a place in the table.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trace {
    place: usize,
    /// How many of its latest steps have a number.
    steps: usize,
    /// How many steps there were.
    all: usize,
}

impl Ways {
    pub(super) fn new(length: usize) -> Self {
        let is_short = length <= STEPS_MAX;
        Self {
            length,
            numbers: Vec::new(),
            nodes: Vec::new(),
            table: if is_short { vec![0; 1 << (BITS * length as u32)] } else { Vec::new() },
            others: FxHashMap::default(),
        }
    }

    /// Counts the way that ends at the last of the held steps, once there are enough.
    #[inline]
    pub(super) fn step(&mut self, trace: &mut Trace, held: &[(u32, i64)]) {
        let Some((node, _)) = held.last() else { return };
        trace.all += 1;
        match self.number(*node) {
            Some(number) => {
                trace.place = (trace.place << BITS | number) & self.table.len().wrapping_sub(1);
                trace.steps += 1;
            }
            None => trace.steps = 0,
        }
        if trace.steps >= self.length {
            if let Some(count) = self.table.get_mut(trace.place) {
                *count += 1;
            }
        } else if trace.all >= self.length {
            let way = held.iter().rev().take(self.length).rev();
            self.add(way.map(|(node, _)| *node).collect(), 1);
        }
    }

    /// The number of a node in the table, which it gets if there is one left.
    #[inline]
    fn number(&mut self, node: u32) -> Option<usize> {
        match self.numbers.get(node as usize) {
            Some(number) if *number > 0 => Some(usize::from(*number) - 1),
            _ => self.give_number(node),
        }
    }

    #[cold]
    fn give_number(&mut self, node: u32) -> Option<usize> {
        if self.table.is_empty() || self.nodes.len() == NODES || node as usize >= NODE_MAX {
            return None;
        }
        if self.numbers.len() <= node as usize {
            self.numbers.resize(node as usize + 1, 0);
        }
        self.nodes.push(node);
        let number = self.nodes.len();
        *self.numbers.get_mut(node as usize)? = number as u8;
        Some(number - 1)
    }

    /// Counts a way so many times.
    pub(super) fn add(&mut self, way: Box<[u32]>, count: u64) {
        *self.others.entry(way).or_default() += count;
    }

    /// How many different ways are held beside the table.
    pub(super) fn len(&self) -> usize {
        self.others.len()
    }

    /// Each way and how often it was taken; one may come twice.
    fn every(&self, mut take: impl FnMut(&[u32], u64)) {
        let taken = self.table.iter().enumerate().filter(|(_, count)| **count > 0);
        for (place, count) in taken {
            let step = |step: usize| {
                let number = place >> (BITS * step as u32) & (NODES - 1);
                self.nodes.get(number).copied().unwrap_or(0)
            };
            let way: Vec<u32> = (0..self.length).rev().map(step).collect();
            take(&way, *count);
        }
        self.others.iter().for_each(|(way, count)| take(way, *count));
    }

    /// Each way once, and how often it was taken.
    pub(super) fn each(&self, mut take: impl FnMut(&[u32], u64)) {
        let mut all: FxHashMap<Box<[u32]>, u64> = FxHashMap::default();
        self.every(|way, count| *all.entry(way.into()).or_default() += count);
        all.iter().for_each(|(way, count)| take(way, *count));
    }
}
