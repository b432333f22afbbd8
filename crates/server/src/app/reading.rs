//! Reading people's data: each reading is for the purpose of its grant and shows only what that
//! purpose may see.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use life::admit::{Acts, AdmissionPlan, Grant, Statement, Subject};
use life::keep::Row;
use life::keep::mask::Masked;
use life::keep::names::Named;
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;
use vocabulary::{Categories, Code, Leaf, Person, Purpose, Purposes, Time, Value, VerdictId};

use super::App;
use crate::problem::Problem;

/// An event as it is shown live: its promoted properties, as far as the purpose may see them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventView {
    #[schema(value_type = String)]
    pub time: Time,
    #[schema(value_type = String)]
    pub received: Time,
    pub event: String,
    pub source: String,
    pub person: String,
    pub purposes: Vec<String>,
    #[schema(value_type = Object)]
    pub properties: BTreeMap<String, Json>,
}

/// One event of a person, with every property that the purpose may see, sealed ones opened.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonEvent {
    #[schema(value_type = String)]
    pub time: Time,
    pub event: String,
    pub source: String,
    #[schema(value_type = Object)]
    pub properties: BTreeMap<String, Json>,
}

/// A record of consent, as it was heard.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Stated {
    #[schema(value_type = String, format = DateTime)]
    pub time: Time,
    #[schema(value_type = String, format = DateTime)]
    pub heard: Time,
    pub source: String,
    pub yes: Vec<String>,
    pub no: Vec<String>,
    /// By which act: `choice`, `proved`, `pre-set`, `bundled`, `implied`, `inactive`, `unproved`.
    pub given: &'static str,
    /// Whether a yes that is given so opens anything.
    pub opens: bool,
    /// The version, language and digest of the text that was shown.
    pub notice: Option<String>,
}

/// What a person says to a purpose, as it stands now. What was never answered is not listed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Choice {
    pub purpose: String,
    /// `yes` or `no`.
    pub answer: &'static str,
}

/// A time at which a person said something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Said {
    #[schema(value_type = String)]
    pub time: Time,
    pub yes: Vec<String>,
    pub no: Vec<String>,
}

/// How a person is named in a request; exactly one of the three.
#[derive(Debug, Clone)]
pub struct Whose {
    pub user_id: Option<String>,
    pub device_id: Option<String>,
    /// Such as `p123`.
    pub person: Option<String>,
}

impl App {
    /// A purpose by name.
    pub fn purpose(&self, name: &str) -> Result<Purpose, Problem> {
        self.catalogue().purpose(name).ok_or_else(|| {
            let detail =
                format!("`{name}` is no purpose: `GET /api/catalogue/purposes` lists them");
            Problem::new(StatusCode::BAD_REQUEST, "unknown-purpose", detail).at("/purpose")
        })
    }

    /// The short names of purposes.
    #[must_use]
    pub fn purpose_names(&self, purposes: Purposes) -> Vec<String> {
        let names = purposes.iter().filter_map(|purpose| self.catalogue().purpose_name(purpose));
        names.map(str::to_owned).collect()
    }

    /// The latest events that a purpose may see, newest first.
    #[must_use]
    pub fn latest(&self, grant: &Grant, limit: usize, event: Option<&str>) -> Vec<EventView> {
        let rows: Vec<Arc<Row>> = self.streams().rows.latest(usize::MAX, |_| true);
        let views = rows.iter().filter_map(|row| self.view(grant, row));
        views.filter(|view| event.is_none_or(|event| view.event == event)).take(limit).collect()
    }

    /// A row as the grant shows it; `None` when it does not, or no longer holds.
    #[must_use]
    pub fn view(&self, grant: &Grant, row: &Row) -> Option<EventView> {
        if !grant.holds(self.now()) {
            return None;
        }
        let (event, person) = self.region().truth(|truth| {
            let shown = truth.shows(grant.purpose(), masked(row));
            let event = truth.names.text(Named::Event, row.event)?.to_owned();
            shown.then(|| (event, truth.identity.person(row.leaf)))
        })?;
        Some(EventView {
            time: row.time,
            received: row.received,
            event,
            source: self.source_name(row.source),
            person: format!("p{}", person.0),
            purposes: self.purpose_names(row.purposes),
            properties: self.properties(
                grant,
                row,
                row.columns.iter().map(|(code, value)| (*code, value)),
            ),
        })
    }

    /// The person whom a request names, and all leaves.
    pub fn find(&self, whose: &Whose) -> Result<(Person, Vec<Leaf>), Problem> {
        self.named(whose)?.ok_or_else(|| Problem::not_found("person"))
    }

    /// The same; nothing when there is nobody of that name.
    fn named(&self, whose: &Whose) -> Result<Option<(Person, Vec<Leaf>)>, Problem> {
        let named = [&whose.user_id, &whose.device_id, &whose.person]
            .iter()
            .filter(|name| name.is_some())
            .count();
        if named != 1 {
            let detail = "name the person by exactly one of `user_id`, `device_id` and `person`";
            return Err(
                Problem::new(StatusCode::BAD_REQUEST, "person-unclear", detail).at("/user_id")
            );
        }
        let indexes = [(Subject::User, &whose.user_id), (Subject::Device, &whose.device_id)];
        let index = indexes
            .iter()
            .find_map(|(subject, id)| Some(self.blinder().index(*subject, id.as_ref()?)));
        let number =
            whose.person.as_deref().and_then(|text| text.strip_prefix('p')?.parse::<u64>().ok());
        Ok(self.region().truth(|truth| {
            let leaf = match index {
                Some(index) => truth.identity.leaf(&index),
                None => number.map(Leaf).filter(|leaf| truth.identity.knows(*leaf)),
            };
            let person = truth.identity.person(leaf.filter(|leaf| !truth.hidden().contains(leaf))?);
            Some((person, truth.identity.leaves_of(person)))
        }))
    }

    /// What a purpose may see of one person, oldest first; the reading is logged before it is
    /// answered.
    ///
    /// Nobody at all and somebody of whom the purpose may see nothing are looked for alike, logged
    /// alike and answered alike: who is known is no answer that a purpose is owed.
    pub async fn person_events(
        &self,
        whose: &Whose,
        grant: Grant,
    ) -> Result<Vec<PersonEvent>, Problem> {
        let leaves = self.named(whose)?.map(|(_, leaves)| leaves).unwrap_or_default();
        let app = self.clone();
        let (grant, rows) = tokio::task::spawn_blocking(move || {
            let rows = app.with_table(|_| true, |table| table.rows_of(&grant, &leaves));
            (grant, rows)
        })
        .await
        .map_err(|error| Problem::internal(&error))?;
        let rows = rows.map_err(|error| Problem::internal(&error))?;
        self.read_log(&grant, grant.verb().code(), rows.len()).await?;
        if rows.is_empty() {
            return Err(Problem::not_found("person of whom this purpose may see something"));
        }
        Ok(rows.iter().filter_map(|row| self.person_event(&grant, row)).collect())
    }

    /// What a person says now, and each time that they said something, the newest last, about
    /// those purposes that may be shown. A purpose has a yes where one of their ids says so and
    /// none of them says no.
    pub fn choices(
        &self,
        whose: &Whose,
        shown: Purposes,
    ) -> Result<(Vec<Choice>, Vec<Said>), Problem> {
        let (_, leaves) = self.find(whose)?;
        let acts: Vec<Acts> =
            self.region().truth(|truth| leaves.iter().map(|leaf| truth.acts(*leaf)).collect());
        let now = self.now();
        let (yes, no) = acts
            .iter()
            .map(|acts| acts.at(now))
            .fold((Purposes::NONE, Purposes::NONE), |(all_yes, all_no), (yes, no)| {
                (all_yes | yes & shown, all_no | no & shown)
            });
        let answered = |purposes, answer| {
            self.purpose_names(purposes).into_iter().map(move |purpose| Choice { purpose, answer })
        };
        let choices = answered(yes.without(no), "yes").chain(answered(no, "no")).collect();
        let mut said: Vec<Said> = acts
            .iter()
            .flat_map(Acts::all)
            .filter(|act| !((act.yes | act.no) & shown).is_empty())
            .map(|act| Said {
                time: act.time,
                yes: self.purpose_names(act.yes & shown),
                no: self.purpose_names(act.no & shown),
            })
            .collect();
        said.sort_by_key(|said| said.time);
        Ok((choices, said))
    }

    /// What the ids of a person stated for themselves about those purposes that may be shown, the
    /// newest last, whatever it opened.
    pub fn statements(&self, whose: &Whose, shown: Purposes) -> Result<Vec<Stated>, Problem> {
        let (_, leaves) = self.find(whose)?;
        let mut stated: Vec<Statement> = self.region().truth(|truth| {
            leaves.iter().flat_map(|leaf| truth.acts(*leaf).statements().to_vec()).collect()
        });
        stated.retain(|one| !((one.yes | one.no) & shown).is_empty());
        stated.sort_by_key(|one| (one.time, one.heard));
        let told = stated.into_iter().map(|one| Stated {
            time: one.time,
            heard: one.heard,
            source: self.source_name(one.source),
            yes: self.purpose_names(one.yes & shown),
            no: self.purpose_names(one.no & shown),
            given: one.manner.code(),
            opens: one.manner.opens(),
            notice: one.notice.map(|notice| {
                format!("{} ({}) sha256:{}", notice.version, notice.language, notice.sha256)
            }),
        });
        Ok(told.collect())
    }

    /// A row with every property that the grant shows.
    pub(super) fn person_event(&self, grant: &Grant, row: &Row) -> Option<PersonEvent> {
        let event = self
            .region()
            .truth(|truth| truth.names.text(Named::Event, row.event).map(str::to_owned))?;
        let columns = row.columns.iter().map(|(code, value)| (*code, value));
        let sealed = row.sealed.iter().map(|(_, code, value)| (*code, value));
        Some(PersonEvent {
            time: row.time,
            event,
            source: self.source_name(row.source),
            properties: self.properties(grant, row, columns.chain(sealed)),
        })
    }

    fn properties<'r>(
        &self,
        grant: &Grant,
        row: &Row,
        values: impl Iterator<Item = (Code, &'r Value)>,
    ) -> BTreeMap<String, Json> {
        let readable = self.readable(grant, row.verdict);
        let shown = values.filter_map(|(code, value)| {
            let property = self.property_of(code)?;
            readable.has(property.category).then(|| (property.name.clone(), json(value)))
        });
        shown.collect()
    }
}

impl App {
    /// The categories that a grant shows of rows with this verdict, in the form that they were kept
    /// in: whole, or coarse where the purpose may see that form and no more was kept.
    ///
    /// INVARIANT(protective): where the plan behind a verdict is not known for sure, only what the
    /// purpose may see whole is shown.
    fn readable(&self, grant: &Grant, verdict: VerdictId) -> Categories {
        let (purpose, whole) = (grant.purpose(), grant.categories());
        let Some(plan) = self.plan_of(verdict) else { return whole };
        let readable = plan.readable_for(purpose);
        // Whoever may not see all that the purpose may is shown no coarse form of anything.
        let is_narrowed = whole != self.catalogue().readable_for(purpose);
        if is_narrowed { Categories(readable.0 & whole.0) } else { readable }
    }

    /// The plan that a verdict was given by, as long as its source and the catalogue are as they
    /// were.
    fn plan_of(&self, verdict: VerdictId) -> Option<Arc<AdmissionPlan>> {
        let key = self.region().truth(|truth| truth.verdict_key(verdict))?;
        let source = self.sources().find(|source| source.id == key.source)?;
        let now = self.now();
        let terms = self.gate().terms(source, (now, now));
        let again = terms.key((key.yes, key.no), key.global_privacy_control);
        (again == key).then(|| self.gate().plan(key, terms))
    }
}

/// The fields of a row that decide whether it is visible.
#[must_use]
pub fn masked(row: &Row) -> Masked {
    let Row { leaf, time, received, verdict, purposes, .. } = *row;
    Masked { leaf, time, received, verdict, purposes }
}

/// A value as JSON.
fn json(value: &Value) -> Json {
    match value {
        Value::Flag(flag) => Json::Bool(*flag),
        Value::Integer(number) => (*number).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => Json::String(text.to_string()),
        Value::Time(time) => Json::String(time.to_string()),
        Value::Json(text) => serde_json::from_str(text).unwrap_or(Json::Null),
    }
}
