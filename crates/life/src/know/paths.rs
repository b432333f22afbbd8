//! Paths: which ways people take from one thing to the next.
//!
//! A path is what one person did without a silence longer than the gap. A way is the part of a path
//! that is looked at: its first steps; from a start on; up to an end; or from a start to an end.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Code, Span, Time};

use super::about::About;
use super::condition::{Condition, Deed};
use super::fault::{Faults, Flaw};
use super::funnel::window;
use super::kind::{Asked, Question};
use super::phrase::count;
use super::resolve::{CONDITIONS_MAX, Resolver};
use super::row::PersonRow;
use super::scope::{Scope, Who};
use super::tick::Tick;
use super::words::Setting;

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Paths {
    #[serde(flatten)]
    pub about: About,
    /// Ways begin at the first of these in a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Deed>,
    /// Ways end at the first of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Deed>,
    /// A property whose values are the steps; without it the events' names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How many steps a way has at most; 3 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<usize>,
    /// How many edges, and how many whole ways, are shown; 50 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// A longer silence begins a new path, such as `30m`, which it is when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
    /// Events that are passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
}

/// The people of one edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PathsPick {
    /// The number of the step that the edge leaves, from 1.
    pub step: usize,
    pub from: String,
    pub to: String,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq)]
pub struct PathsPlan {
    pub scope: Scope,
    pub starts: Option<Condition>,
    pub ends: Option<Condition>,
    /// The column whose values are the steps, by its place in the scope.
    pub by: Option<usize>,
    /// The names of events, where they are the steps.
    pub names: BTreeMap<Code, String>,
    pub length: usize,
    pub limit: usize,
    pub gap: Span,
    pub exclude: Vec<Condition>,
    pub picked: Option<PathsPick>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PathsAnswer {
    /// How many steps a way has at most.
    pub steps: usize,
    /// What stands at each step, the most frequent first. Where ways only end at something, the
    /// last step is that.
    pub nodes: Vec<PathNode>,
    /// The most frequent edges.
    pub edges: Vec<PathEdge>,
    /// The most frequent ways; where they neither start nor end anywhere, every stretch of so many
    /// steps counts as one.
    pub top: Vec<Way>,
    /// How often an edge was taken that is not shown.
    pub other: u64,
}

/// What stands at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PathNode {
    pub step: usize,
    pub name: String,
    pub count: u64,
}

/// One step to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PathEdge {
    pub step: usize,
    pub from: String,
    pub to: String,
    pub count: u64,
    pub people: u64,
    /// Half of the times it took no longer than this.
    pub median_seconds: Option<f64>,
}

/// A way, and how often it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Way {
    pub path: Vec<String>,
    pub count: u64,
}

/// An edge by its step and its two names.
pub type Edge = (usize, String, String);

/// What was gathered before anything is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trodden {
    pub nodes: BTreeMap<(usize, String), u64>,
    /// For each edge: its people, and the ticks of each time that it was taken.
    pub edges: BTreeMap<Edge, (u64, Vec<u32>)>,
    pub ways: BTreeMap<Vec<String>, u64>,
}

impl Paths {
    const LENGTH: usize = 3;
    const LENGTH_MAX: usize = 10;
    const LIMIT: usize = 50;
}

impl Question for Paths {
    type Plan = PathsPlan;

    fn resolve(&self, setting: Setting<'_>) -> Result<PathsPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let scope = resolver.scope(&self.about);
        let starts = self.starts.as_ref().and_then(|deed| resolver.deed("/starts", deed));
        let ends = self.ends.as_ref().and_then(|deed| resolver.deed("/ends", deed));
        let by = self.by.as_deref().and_then(|property| resolver.shown("/by", property));
        let length = self.length.unwrap_or(Self::LENGTH);
        resolver.count("/length", length, 2, Self::LENGTH_MAX);
        let limit = self.limit.unwrap_or(Self::LIMIT);
        resolver.count("/limit", limit, 1, setting.limits.breakdown_lines);
        let gap = window(self.gap.as_deref().unwrap_or("30m"));
        let gap = resolver.faults.keep("/gap", gap).unwrap_or_default();
        resolver.count("/exclude", self.exclude.len(), 0, CONDITIONS_MAX - 2);
        let exclude = self.exclude.iter().enumerate().filter_map(|(number, event)| {
            resolver.condition(&format!("/exclude/{number}"), Some(event), &[])
        });
        let exclude: Vec<Condition> = exclude.collect();
        let names = if by.is_none() { setting.events() } else { BTreeMap::new() };
        let (scope, picked) = (resolver.finish(scope)?, None);
        Ok(PathsPlan { scope, starts, ends, by, names, length, limit, gap, exclude, picked })
    }
}

impl Asked for PathsPlan {
    type Answer = PathsAnswer;
    type Pick = PathsPick;

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn reference(&self, rows: &[PersonRow]) -> PathsAnswer {
        let (tick, mut trodden) = (self.tick(), Trodden::default());
        for (_, rows) in self.scope.rows(rows) {
            let mut mine = BTreeSet::new();
            for path in self.paths(&rows) {
                for way in self.ways(&path) {
                    *trodden.ways.entry(names(way)).or_default() += 1;
                }
                let Some((first, way)) = self.way(&path) else { continue };
                for (number, (name, _, _)) in way.iter().enumerate() {
                    *trodden.nodes.entry((first + number, name.clone())).or_default() += 1;
                }
                for (edge, taken) in edges(first, way) {
                    let (people, ticks) = trodden.edges.entry(edge.clone()).or_default();
                    *people += u64::from(mine.insert(edge));
                    ticks.push(tick.count(taken));
                }
            }
        }
        self.answer(trodden)
    }

    fn sentence(&self, answer: &PathsAnswer) -> String {
        let time = self.scope.time();
        match answer.top.first() {
            None => format!("Nobody went any such way {time}."),
            Some(way) => {
                let path = way.path.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
                let times =
                    if way.count == 1 { "once" } else { &*format!("{} times", count(way.count)) };
                format!("The way taken most, {times}, is {} {time}.", path.join(" → "))
            }
        }
    }

    fn pick(&mut self, pick: PathsPick) -> Result<(), Faults> {
        if pick.step == 0 || pick.step >= self.length {
            return Err(Faults::one("/pick/step", Flaw::UnknownPick));
        }
        self.picked = Some(pick);
        Ok(())
    }

    fn members(&self, rows: &[PersonRow]) -> BTreeSet<Who> {
        let Some(PathsPick { step, from, to }) = &self.picked else { return BTreeSet::new() };
        let wanted = (*step, from.clone(), to.clone());
        let took = |rows: &[&PersonRow]| {
            self.paths(rows).iter().any(|path| {
                let way = self.way(path);
                way.is_some_and(|(first, way)| edges(first, way).any(|(edge, _)| edge == wanted))
            })
        };
        let whose = self.scope.rows(rows).into_iter();
        whose.filter(|(_, rows)| took(rows)).map(|(who, _)| who).collect()
    }
}

/// A step as the reference sees it: its name, when, and whether it is a start and an end.
type Step = (String, Time, (bool, bool));

fn names(way: &[Step]) -> Vec<String> {
    way.iter().map(|(name, _, _)| name.clone()).collect()
}

/// The edges of a way whose first step has this number, with the time that each took.
fn edges(first: usize, way: &[Step]) -> impl Iterator<Item = (Edge, Span)> + '_ {
    (first..).zip(way.windows(2)).filter_map(|(step, pair)| match pair {
        [(from, left, _), (to, came, _)] => Some(((step, from.clone(), to.clone()), *came - *left)),
        _ => None,
    })
}

impl PathsPlan {
    /// How finely the time of an edge is kept.
    #[must_use]
    pub fn tick(&self) -> Tick {
        Tick::within(self.gap)
    }

    /// The paths of somebody whose rows these are; for reference.
    fn paths(&self, rows: &[&PersonRow]) -> Vec<Vec<Step>> {
        let mut paths: Vec<Vec<Step>> = Vec::new();
        for row in rows.iter().filter(|row| !self.exclude.iter().any(|one| one.holds(row))) {
            let name = match self.by {
                None => self.names.get(&row.event).map(String::as_str),
                Some(column) => row.value(column),
            };
            let Some(name) = name else { continue };
            let holds = |spot: &Option<Condition>| spot.as_ref().is_some_and(|one| one.holds(row));
            let step = (name.to_owned(), row.time, (holds(&self.starts), holds(&self.ends)));
            let last = paths.last_mut().filter(|path| {
                path.last().is_some_and(|(_, before, _)| row.time - *before <= self.gap)
            });
            match last {
                Some(path) => path.push(step),
                None => paths.push(vec![step]),
            }
        }
        paths
    }

    /// The way of a path, with the number of its first step; for reference.
    fn way<'p>(&self, path: &'p [Step]) -> Option<(usize, &'p [Step])> {
        let start = match self.starts {
            Some(_) => path.iter().position(|(_, _, (is_start, _))| *is_start)?,
            None => 0,
        };
        let Some(_) = self.ends else {
            return Some((1, path.get(start..(start + self.length).min(path.len()))?));
        };
        let after = if self.starts.is_some() { start + 1 } else { start };
        let rest = path.get(after..)?;
        let end = after + rest.iter().position(|(_, _, (_, is_end))| *is_end)?;
        if self.starts.is_some() {
            let way = path.get(start..=end)?;
            return (way.len() <= self.length).then_some((1, way));
        }
        let from = (end + 1).saturating_sub(self.length);
        let way = path.get(from..=end)?;
        Some((self.length + 1 - way.len(), way))
    }

    /// The stretches of a path that count as whole ways; for reference.
    fn ways<'p>(&self, path: &'p [Step]) -> Vec<&'p [Step]> {
        if self.starts.is_none() && self.ends.is_none() {
            return path.windows(self.length).collect();
        }
        self.way(path).into_iter().map(|(_, way)| way).filter(|way| way.len() > 1).collect()
    }

    /// Chooses what is shown.
    #[must_use]
    pub fn answer(&self, trodden: Trodden) -> PathsAnswer {
        let Trodden { nodes, edges, ways } = trodden;
        let mut nodes: Vec<PathNode> =
            nodes.into_iter().map(|((step, name), count)| PathNode { step, name, count }).collect();
        nodes.sort_by(|one, two| {
            one.step.cmp(&two.step).then(two.count.cmp(&one.count)).then(one.name.cmp(&two.name))
        });
        let mut edges: Vec<(Edge, (u64, Vec<u32>))> = edges.into_iter().collect();
        edges.sort_by(|(one, (_, more)), (two, (_, less))| {
            less.len().cmp(&more.len()).then_with(|| one.cmp(two))
        });
        let rest = edges.split_off(self.limit.min(edges.len()));
        let edges = edges.into_iter().map(|((step, from, to), (people, mut ticks))| PathEdge {
            step,
            from,
            to,
            count: ticks.len() as u64,
            people,
            median_seconds: self.tick().median(&mut ticks),
        });
        let edges: Vec<PathEdge> = edges.collect();
        // Only what an edge that is shown leaves or reaches stands in the picture.
        nodes.retain(|node| {
            let is_end = |edge: &PathEdge| {
                (edge.step == node.step && edge.from == node.name)
                    || (edge.step + 1 == node.step && edge.to == node.name)
            };
            edges.iter().any(is_end)
        });
        let mut top: Vec<Way> = ways.into_iter().map(|(path, count)| Way { path, count }).collect();
        top.sort_by(|one, two| two.count.cmp(&one.count).then_with(|| one.path.cmp(&two.path)));
        top.truncate(self.limit);
        let other = rest.iter().map(|(_, (_, ticks))| ticks.len() as u64).sum();
        PathsAnswer { steps: self.length, nodes, edges, top, other }
    }
}
