//! The people behind a number: who is listed, in which order. The reading is logged before it is
//! answered.

use lake::know::{AskError, Member, Watch};
use life::admit::Grant;
use life::know::{Plan, Scanned, Table, Tabled, Who};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Time;

use super::App;
use super::asking::refused;
use super::running::Running;
use crate::problem::Problem;

/// What comes first in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sorted {
    /// Whoever was seen last.
    #[default]
    Last,
    /// Whoever was seen first.
    First,
    /// Whoever did most.
    Events,
}

/// Some of the people behind a number.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Behind {
    pub people: Vec<Seen>,
    /// How many there are, listed or not.
    pub total: u64,
    /// The same in words.
    pub sentence: String,
    pub scanned: Scanned,
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Time,
    pub purpose: String,
}

/// Somebody, with what the purpose sees of them in the time of the question.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PersonSeen)]
pub struct Seen {
    /// Such as `p123`; where groups were asked about, the group's name.
    pub person: String,
    #[schema(value_type = String, format = DateTime)]
    pub first: Time,
    #[schema(value_type = String, format = DateTime)]
    pub last: Time,
    pub events: u64,
}

impl App {
    /// The people behind the number that a plan picked.
    pub async fn behind(
        &self,
        plan: Plan,
        grant: Grant,
        sort: Sorted,
        limit: Option<usize>,
        running: &Running,
    ) -> Result<Behind, Problem> {
        let (app, start, query) = (self.clone(), self.now(), running.query());
        let worked = tokio::task::spawn_blocking(move || {
            let found = app.members(&plan, &grant, query.watch());
            (found, plan, grant)
        });
        let (found, plan, grant) = worked.await.map_err(|error| Problem::internal(&error))?;
        let (mut members, scanned) = found.map_err(|error| refused(&error))?;
        let total = members.len() as u64;
        members.sort_unstable_by(|one, two| {
            let order = match sort {
                Sorted::Last => two.last.cmp(&one.last),
                Sorted::First => one.first.cmp(&two.first),
                Sorted::Events => two.events.cmp(&one.events),
            };
            order.then_with(|| one.who.cmp(&two.who))
        });
        members.truncate(limit.unwrap_or(Self::LISTED).min(self.limits().page_rows));
        self.read_log(&grant, &format!("behind {plan:?}"), members.len()).await?;
        let took = self.inner().clock.since(start).as_seconds();
        Ok(Behind {
            people: members.into_iter().map(Seen::from).collect(),
            total,
            sentence: format!("{} {}.", life::know::phrase::people(total), plan.scope().time()),
            scanned: Scanned { seconds: took, ..scanned },
            as_of: start,
            purpose: self.catalogue().purpose_name(grant.purpose()).unwrap_or_default().to_owned(),
        })
    }

    /// People that are listed when the request does not say.
    const LISTED: usize = 100;

    fn members(
        &self,
        plan: &Plan,
        grant: &Grant,
        watch: &Watch,
    ) -> Result<(Vec<Member>, Scanned), AskError> {
        self.asking(watch, |asking| lake::know::members(asking, plan, grant, self.now()))
    }
}

impl Tabled for Behind {
    fn table(&self) -> Table {
        Table::of("people", self)
    }
}

impl From<Member> for Seen {
    fn from(member: Member) -> Self {
        let Member { who, first, last, events } = member;
        let person = match who {
            Who::Person(person) => format!("p{}", person.0),
            Who::Group(name) => name,
        };
        Self { person, first, last, events }
    }
}
