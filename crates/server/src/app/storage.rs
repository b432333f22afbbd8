//! Where the bytes of the lake go, in names.

use lake::keep::storage::Held;
use vocabulary::Class;

use super::App;
use crate::http::keep::storage::{Storage, StoragePart};
use crate::problem::Problem;

impl App {
    /// The bytes of all files, by what they hold.
    pub async fn storage(&self) -> Result<Storage, Problem> {
        let app = self.clone();
        let read = move || app.with_table(|_| true, |table| table.storage());
        let read = tokio::task::spawn_blocking(read).await;
        let read = read.map_err(|error| Problem::internal(&error))?;
        let found = read.map_err(|error| Problem::internal(&error))?;
        let part =
            |(held, bytes): (&Held, &u64)| StoragePart { holds: self.holds(*held), bytes: *bytes };
        let mut parts: Vec<StoragePart> = found.held.iter().map(part).collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.bytes));
        let bytes = parts.iter().map(|part| part.bytes).sum();
        Ok(Storage { files: found.files, rows: found.rows, bytes, parts })
    }

    fn holds(&self, held: Held) -> String {
        let word = match held {
            Held::Person => "person",
            Held::Leaf => "leaf",
            Held::Stamp => "stamp",
            Held::Time => "time",
            Held::Sequence => "sequence",
            Held::Received => "received",
            Held::Session => "session",
            Held::Projections => "projections",
            Held::Footers => "footers",
            Held::Sealed(Class::General) => "sealed general",
            Held::Sealed(Class::Sensitive) => "sealed sensitive",
            Held::Sealed(Class::Replay) => "sealed replay",
            Held::Sealed(Class::Duty) => "sealed duty",
            Held::Property(code) => {
                let name = self.property_of(code).map(|property| property.name.as_str());
                return format!("property {}", name.unwrap_or("that the catalogue no longer has"));
            }
        };
        word.to_owned()
    }
}
