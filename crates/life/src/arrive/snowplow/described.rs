//! Self-describing data: an event's own fields and the contexts that ride along with it, each with
//! the name of its schema. It holds data against the schema and guesses nothing.

use std::borrow::Cow;
use std::collections::BTreeSet;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::schema::{SchemaName, Schemas};
use crate::arrive::Invalid;
use crate::arrive::body::depth;
use crate::arrive::json::Place;

/// Data with the name of what describes it.
pub(super) struct Entity {
    pub(super) schema: SchemaName,
    pub(super) data: Value,
}

#[derive(Deserialize)]
struct Described<'a> {
    #[serde(borrow)]
    schema: Cow<'a, str>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// Reads entities out of one field of an event.
pub(super) struct Reader<'r> {
    pub(super) schemas: &'r Schemas,
    pub(super) wanted: &'r mut BTreeSet<SchemaName>,
    pub(super) place: Place,
    /// The field that they stand in.
    pub(super) field: &'static str,
    pub(super) depth_max: usize,
}

/// How many schemas that nobody knows a request may name. Whoever fetches them remembers more than
/// these that could not be found, so a request is done with after some time.
const WANTED_MAX: usize = 500;

const TOLERANT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// The text behind base64 in either alphabet.
pub(super) fn unpack(packed: &str) -> Option<String> {
    let is_url_safe = packed.bytes().any(|byte| matches!(byte, b'-' | b'_'));
    let alphabet = if is_url_safe { &URL_SAFE } else { &STANDARD };
    let bytes = GeneralPurpose::new(alphabet, TOLERANT).decode(packed.trim()).ok()?;
    String::from_utf8(bytes).ok()
}

impl Reader<'_> {
    /// The event that stands in an `unstruct_event`.
    pub(super) fn event(&mut self, text: &str) -> Result<Entity, Invalid> {
        let outer = self.outer(text, "unstruct_event")?;
        let inner: Described<'_> =
            serde_json::from_str(outer.get()).map_err(|_| self.unreadable())?;
        self.entity(&inner)
    }

    /// The entities that stand in `contexts`.
    pub(super) fn contexts(&mut self, text: &str) -> Result<Vec<Entity>, Invalid> {
        let outer = self.outer(text, "contexts")?;
        let members: Vec<Described<'_>> =
            serde_json::from_str(outer.get()).map_err(|_| self.unreadable())?;
        // All are looked at, also behind one that nobody knows: whoever fetches schemas is told of
        // each.
        let read: Vec<_> = members.iter().map(|member| self.entity(member)).collect();
        read.into_iter().collect()
    }

    fn outer<'t>(&self, text: &'t str, name: &str) -> Result<&'t RawValue, Invalid> {
        depth(text.as_bytes(), self.depth_max).map_err(|_| self.unreadable())?;
        let outer: Described<'t> = serde_json::from_str(text).map_err(|_| self.unreadable())?;
        let schema = SchemaName::parse(&outer.schema).filter(|schema| schema.is(name));
        schema.map(|_| outer.data).ok_or_else(|| self.unreadable())
    }

    fn entity(&mut self, described: &Described<'_>) -> Result<Entity, Invalid> {
        let Some(schema) = SchemaName::parse(&described.schema) else {
            let problem = "a schema is named wrongly: write `iglu:vendor/name/jsonschema/1-0-0`";
            return Err(self.place.invalid("schema-misnamed", self.field, problem));
        };
        let data: Value =
            serde_json::from_str(described.data.get()).map_err(|_| self.unreadable())?;
        match self.schemas.check(&schema, &data) {
            Some(Ok(())) => Ok(Entity { schema, data }),
            Some(Err(misfit)) => {
                let (name, what) = (schema.shown(), misfit.what);
                let problem = match misfit.field.as_str() {
                    "" => format!("the data of `{name}` {what}: send what its schema says"),
                    field => format!("`{field}` of `{name}` {what}: send what its schema says"),
                };
                Err(self.place.invalid("data-off-schema", self.field, problem))
            }
            None => Err(self.unknown(schema)),
        }
    }

    /// A schema that nobody knows. It is wanted; without a registry the complaint stands.
    fn unknown(&mut self, schema: SchemaName) -> Invalid {
        if self.wanted.len() >= WANTED_MAX && !self.wanted.contains(&schema) {
            let problem = format!(
                "nobody knows more than {WANTED_MAX} schemas of this request: send fewer events \
                 at once"
            );
            return self.place.invalid("schemas-too-many", self.field, problem);
        }
        let problem = format!(
            "nobody knows the schema `{}` in this version: put it into the folder \
             `snowplow.schemas`, or name a registry that has it in `snowplow.iglu`",
            schema.shown()
        );
        self.wanted.insert(schema);
        self.place.invalid("schema-unknown", self.field, problem)
    }

    fn unreadable(&self) -> Invalid {
        let problem = format!(
            "`{}` is no self-describing JSON: send {{\"schema\": …, \"data\": …}}",
            self.field
        );
        self.place.invalid("described-unreadable", self.field, problem)
    }
}
