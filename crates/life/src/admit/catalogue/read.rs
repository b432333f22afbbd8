//! Reading the catalogue's files and holding them against each other.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use vocabulary::{Category, Class, Code, Purpose, Purposes};

use super::{
    Catalogue, CatalogueError, DeclaredCategory, DeclaredProperty, DeclaredPurpose, PropertyType,
};
use crate::admit::plan::{Action, Basis};

const SHIPPED: &[(&str, &str)] = &[
    ("categories.toml", include_str!("../../../../../catalog/categories.toml")),
    ("consent.toml", include_str!("../../../../../catalog/consent.toml")),
    ("events/ecommerce.toml", include_str!("../../../../../catalog/events/ecommerce.toml")),
    ("events/email.toml", include_str!("../../../../../catalog/events/email.toml")),
    ("events/mobile.toml", include_str!("../../../../../catalog/events/mobile.toml")),
    ("events/posthog.toml", include_str!("../../../../../catalog/events/posthog.toml")),
    ("events/segment.toml", include_str!("../../../../../catalog/events/segment.toml")),
    ("events/snowplow.toml", include_str!("../../../../../catalog/events/snowplow.toml")),
    ("events/web.toml", include_str!("../../../../../catalog/events/web.toml")),
    ("identifiers.toml", include_str!("../../../../../catalog/identifiers.toml")),
    ("purposes.toml", include_str!("../../../../../catalog/purposes.toml")),
    ("schemas/snowplow.toml", crate::arrive::snowplow::schema::SHIPPED),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PurposesFile {
    purpose: Vec<PurposeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PurposeEntry {
    number: u8,
    name: String,
    title: String,
    description: String,
    key: String,
    #[serde(default)]
    tcf: Vec<u8>,
    #[serde(default)]
    gpp: Vec<String>,
    bases: Vec<Basis>,
    #[serde(default)]
    on_device: bool,
    #[serde(default)]
    closed_by_signal: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoriesFile {
    #[serde(default)]
    sets: HashMap<String, Vec<String>>,
    category: Vec<CategoryEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryEntry {
    number: u8,
    key: String,
    title: String,
    class: Option<Class>,
    #[serde(default)]
    identifying: bool,
    kept_for: Vec<String>,
    #[serde(default)]
    coarse_for: Vec<String>,
    otherwise: Option<Action>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentFile {
    choices: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentifiersFile {
    never: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventsFile {
    #[serde(default)]
    url_parameters: Vec<String>,
    /// Other fronts of names: what starts with the key is the property that starts with the value.
    #[serde(default)]
    fronts: HashMap<String, String>,
    #[serde(default)]
    events: HashMap<String, String>,
    #[serde(default)]
    properties: HashMap<String, PropertyEntry>,
}

/// A schema of self-describing data. Which fields it needs is for `arrive` to read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaEntry {
    #[serde(rename = "of")]
    _of: Vec<String>,
    #[serde(rename = "required", default)]
    _required: Vec<String>,
    /// What happened, for the schemas of events.
    event: Option<String>,
    #[serde(default)]
    fields: HashMap<String, PropertyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PropertyEntry {
    #[serde(rename = "type")]
    kind: PropertyType,
    category: String,
    #[serde(default)]
    column: bool,
    #[serde(default)]
    page: bool,
    description: String,
    filled: Option<Filled>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Filled {
    Address,
    Unclassified,
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, CatalogueError> {
    toml::from_str(text).map_err(|error| CatalogueError::Syntax {
        file: file.to_owned(),
        problem: error.to_string().trim_end().to_owned(),
    })
}

impl Catalogue {
    /// The catalogue that the program ships with.
    pub fn shipped() -> Result<Self, CatalogueError> {
        Self::parse(SHIPPED)
    }

    /// Reads a catalogue from its files, given as (name below `catalog/`, text).
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, CatalogueError> {
        let mut files = files.to_vec();
        files.sort_unstable();
        let mut catalogue = Catalogue { version: digest(&files), ..Catalogue::default() };
        // Each kind of file names things that the kinds before it declare.
        for kind in [
            "purposes.toml",
            "categories.toml",
            "consent.toml",
            "identifiers.toml",
            "events/",
            "schemas/",
        ] {
            for (file, text) in files.iter().filter(|(file, _)| file.starts_with(kind)) {
                match kind {
                    "purposes.toml" => catalogue.read_purposes(file, parse(file, text)?)?,
                    "categories.toml" => catalogue.read_categories(file, parse(file, text)?)?,
                    "consent.toml" => catalogue.read_consent(file, parse(file, text)?)?,
                    "identifiers.toml" => catalogue.read_identifiers(parse(file, text)?),
                    "events/" => catalogue.read_events(file, parse(file, text)?)?,
                    _ => catalogue.read_schemas(file, parse(file, text)?)?,
                }
            }
        }
        let known = |file: &str| {
            let top = ["purposes.toml", "categories.toml", "consent.toml", "identifiers.toml"];
            top.contains(&file) || file.starts_with("events/") || file.starts_with("schemas/")
        };
        if let Some((file, _)) = files.iter().find(|(file, _)| !known(file)) {
            return Err(CatalogueError::File { file: (*file).to_owned() });
        }
        catalogue.finish();
        Ok(catalogue)
    }

    fn read_purposes(&mut self, file: &str, read: PurposesFile) -> Result<(), CatalogueError> {
        for entry in read.purpose {
            let taken = self.purposes.iter().any(|other| other.purpose.number() == entry.number);
            let purpose = Purpose::new(entry.number).filter(|_| !taken);
            let Some(purpose) = purpose else {
                let (file, key) = (file.to_owned(), entry.name);
                return Err(CatalogueError::Number { file, key, number: entry.number });
            };
            if self.purpose(&entry.name).is_some() {
                return Err(CatalogueError::Twice { file: file.to_owned(), key: entry.name });
            }
            if entry.bases.is_empty() {
                return Err(CatalogueError::Baseless { file: file.to_owned(), key: entry.name });
            }
            self.choices.insert(entry.name.to_lowercase(), Purposes::only(purpose));
            self.purposes.push(DeclaredPurpose {
                purpose,
                name: entry.name,
                title: entry.title,
                description: entry.description,
                key: entry.key,
                tcf: entry.tcf,
                gpp: entry.gpp,
                bases: entry.bases,
                on_device: entry.on_device,
                closed_by_signal: entry.closed_by_signal,
            });
        }
        self.purposes.sort_by_key(|declared| declared.purpose);
        Ok(())
    }

    fn read_categories(&mut self, file: &str, read: CategoriesFile) -> Result<(), CatalogueError> {
        let mut sets = HashMap::new();
        for (name, members) in &read.sets {
            if self.purpose(name).is_some() {
                return Err(CatalogueError::Twice { file: file.to_owned(), key: name.clone() });
            }
            sets.insert(name.as_str(), self.named(file, name, members, &HashMap::new())?);
        }
        for entry in read.category {
            let taken = self.categories.iter().any(|other| other.category.number() == entry.number);
            let Some(category) = Category::new(entry.number).filter(|_| !taken) else {
                let (file, key) = (file.to_owned(), entry.key);
                return Err(CatalogueError::Number { file, key, number: entry.number });
            };
            if self.categories.iter().any(|other| other.key == entry.key) {
                return Err(CatalogueError::Twice { file: file.to_owned(), key: entry.key });
            }
            let kept_for = self.named(file, &entry.key, &entry.kept_for, &sets)?;
            let coarse_for = self.named(file, &entry.key, &entry.coarse_for, &sets)?;
            let otherwise = entry.otherwise.unwrap_or(Action::Drop);
            let is_reduced = matches!(otherwise, Action::Coarsen | Action::Mask);
            if is_reduced == coarse_for.is_empty() {
                return Err(CatalogueError::Unread { file: file.to_owned(), key: entry.key });
            }
            self.categories.push(DeclaredCategory {
                category,
                key: entry.key,
                title: entry.title,
                class: entry.class.unwrap_or(Class::General),
                is_identifying: entry.identifying,
                kept_for,
                coarse_for,
                otherwise,
            });
        }
        self.categories.sort_by_key(|declared| declared.category);
        Ok(())
    }

    fn read_consent(&mut self, file: &str, read: ConsentFile) -> Result<(), CatalogueError> {
        for (name, members) in read.choices {
            let purposes = self.named(file, &name, &members, &HashMap::new())?;
            let explicit = self.purposes.iter().find(|declared| {
                purposes.has(declared.purpose) && !declared.bases.contains(&Basis::Consent)
            });
            if let Some(explicit) = explicit {
                let (file, purpose) = (file.to_owned(), explicit.name.clone());
                return Err(CatalogueError::Bundled { file, key: name, purpose });
            }
            if self.choices.insert(name.to_lowercase(), purposes).is_some() {
                return Err(CatalogueError::Twice { file: file.to_owned(), key: name });
            }
        }
        Ok(())
    }

    fn read_identifiers(&mut self, read: IdentifiersFile) {
        self.bad_identifiers = read.never.iter().map(|id| id.trim().to_lowercase()).collect();
    }

    fn read_events(&mut self, file: &str, read: EventsFile) -> Result<(), CatalogueError> {
        self.url_parameters.extend(read.url_parameters);
        for (name, description) in read.events {
            if self.events.insert(name.clone(), description).is_some() {
                return Err(CatalogueError::Twice { file: file.to_owned(), key: name });
            }
        }
        for (name, entry) in read.properties {
            let fronts = read.fronts.iter().filter_map(|(other, own)| {
                name.strip_prefix(own.as_str()).map(|rest| format!("{other}{rest}"))
            });
            let spellings: Vec<String> = fronts.collect();
            let place = self.properties.len();
            match entry.filled {
                Some(Filled::Address) => self.address = Some(place),
                Some(Filled::Unclassified) => self.unclassified = Some(place),
                None => {}
            }
            let property = self.property_of(file, &name, entry)?;
            for spelling in spellings.into_iter().chain([name]) {
                if self.places.insert(spelling.clone(), place).is_some() {
                    return Err(CatalogueError::Twice { file: file.to_owned(), key: spelling });
                }
            }
            self.properties.push(property);
        }
        Ok(())
    }

    /// A schema's fields are properties under its name, its event is declared like any other.
    fn read_schemas(
        &mut self,
        file: &str,
        read: HashMap<String, SchemaEntry>,
    ) -> Result<(), CatalogueError> {
        for (schema, entry) in read {
            let fields = entry.fields.into_iter();
            let properties = fields.map(|(name, field)| (format!("{schema}.{name}"), field));
            // Two protocols may call an event the same; then it is the same.
            let event = entry.event.filter(|_| !self.events.contains_key(&schema));
            self.read_events(
                file,
                EventsFile {
                    url_parameters: Vec::new(),
                    fronts: HashMap::new(),
                    events: event.into_iter().map(|event| (schema.clone(), event)).collect(),
                    properties: properties.collect(),
                },
            )?;
        }
        Ok(())
    }

    fn property_of(
        &self,
        file: &str,
        name: &str,
        entry: PropertyEntry,
    ) -> Result<DeclaredProperty, CatalogueError> {
        let declared = self.categories.iter().find(|declared| declared.key == entry.category);
        let (file, key) = (file.to_owned(), name.to_owned());
        let Some(declared) = declared else {
            return Err(CatalogueError::Unknown { file, key, unknown: entry.category });
        };
        let barred = match declared.class {
            _ if declared.is_identifying => Some("identifying"),
            Class::General => None,
            Class::Sensitive | Class::Replay | Class::Duty => Some("sealed with a key of its own"),
        };
        if let Some(why) = barred.filter(|_| entry.column) {
            return Err(CatalogueError::Column { file, key, category: entry.category, why });
        }
        let needed = match entry.filled {
            Some(Filled::Address) if entry.kind != PropertyType::Address => Some("address"),
            Some(Filled::Unclassified) if entry.kind != PropertyType::Json => Some("json"),
            Some(Filled::Address | Filled::Unclassified) | None => None,
        };
        if let Some(kind) = needed {
            return Err(CatalogueError::Filled { file, key, kind });
        }
        Ok(DeclaredProperty {
            name: key,
            kind: entry.kind,
            category: declared.category,
            is_column: entry.column,
            is_page: entry.page,
            description: entry.description,
            code: Code(0),
        })
    }

    /// The purposes with these names, or in the sets with these names.
    fn named(
        &self,
        file: &str,
        key: &str,
        names: &[String],
        sets: &HashMap<&str, Purposes>,
    ) -> Result<Purposes, CatalogueError> {
        let mut purposes = Purposes::NONE;
        for name in names {
            let one = self.purpose(name).map(Purposes::only);
            let Some(found) = one.or_else(|| sets.get(name.as_str()).copied()) else {
                let (file, key, unknown) = (file.to_owned(), key.to_owned(), name.clone());
                return Err(CatalogueError::Unknown { file, key, unknown });
            };
            purposes = purposes | found;
        }
        Ok(purposes)
    }

    /// Brings the properties into the order of their names, so that nothing depends on a hash
    /// map's.
    fn finish(&mut self) {
        let mut order: Vec<usize> = (0..self.properties.len()).collect();
        order
            .sort_by_key(|place| self.properties.get(*place).map(|property| property.name.clone()));
        let mut moved = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            if let Some(slot) = moved.get_mut(*old) {
                *slot = new;
            }
        }
        let to = |old: usize| moved.get(old).copied().unwrap_or(old);
        self.properties.sort_by(|one, other| one.name.cmp(&other.name));
        self.places.values_mut().for_each(|place| *place = to(*place));
        self.address = self.address.map(to);
        self.unclassified = self.unclassified.map(to);
        self.url_parameters.sort_unstable();
        self.url_parameters.dedup();
    }
}

fn digest(files: &[(&str, &str)]) -> u32 {
    let mut hash = Sha256::new();
    for (file, text) in files {
        for part in [file, text] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
    u32::from_be_bytes([a, b, c, d])
}
