//! ledger: facts in the real ledger of a scenario, what somebody does to its files, what an auditor
//! finds.

use std::collections::BTreeMap;
use std::path::Path;

use life::ledger::tile::{read_entries, write_entry};
use life::ledger::{Batch, Files, Salt, verify};
use tempfile::TempDir;
use vault::ledger::Ledger;
use vocabulary::{Counts, Fact, SourceId};

use super::stage::{Stage, Taken, equal, told};

/// The ledger of a scenario, and the copy of its files that an auditor gets.
#[derive(Default)]
pub(super) struct Book {
    open: Option<(Ledger, TempDir)>,
    copy: Copied,
    /// By name: the checkpoints that somebody kept elsewhere, with the files of that time.
    kept: BTreeMap<String, Copied>,
    pub(super) facts: Vec<Fact>,
    counts: BTreeMap<SourceId, Counts>,
}

/// Files by path.
#[derive(Default, Clone)]
struct Copied(BTreeMap<String, Vec<u8>>);

impl Files for Copied {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.0.get(path).cloned()
    }
}

impl Copied {
    /// Takes a copy of a directory.
    fn take(&mut self, root: &Path, below: &Path) -> std::io::Result<()> {
        for entry in std::fs::read_dir(root.join(below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.take(root, &path)?;
            } else {
                self.0.insert(path.display().to_string(), std::fs::read(entry.path())?);
            }
        }
        Ok(())
    }

    /// Changes the entries, and nothing else, in the first file of entries.
    fn change(&mut self, change: impl FnOnce(&mut Vec<Vec<u8>>) -> Option<()>) -> Taken {
        let mut files = self.0.iter_mut().filter(|(path, _)| path.starts_with("tile/entries/"));
        let (_, bytes) = files.next().ok_or("the ledger has no entries")?;
        let entries = read_entries(bytes).ok_or("the entries cannot be read")?;
        let mut entries: Vec<Vec<u8>> = entries.into_iter().map(<[u8]>::to_vec).collect();
        change(&mut entries).ok_or("there is no such entry")?;
        bytes.clear();
        entries.iter().for_each(|entry| assert!(write_entry(bytes, entry)));
        Ok(())
    }
}

impl Book {
    /// Writes a fact into the ledger; the auditor's copy is up to date afterwards.
    pub(super) fn note(&mut self, fact: &Fact) -> Taken {
        let said = |error: &dyn std::error::Error| error.to_string();
        self.facts.push(fact.clone());
        let sequence = self.facts.len() as u64;
        let (ledger, folder) = match &mut self.open {
            Some(open) => open,
            closed => {
                let folder = tempfile::tempdir().map_err(|error| said(&error))?;
                let ledger = Ledger::open(folder.path(), "scenario.example/eu", &[9; 32]);
                closed.insert((ledger.map_err(|error| said(&error))?, folder))
            }
        };
        let text = serde_json::to_string(fact).map_err(|error| said(&error))?;
        ledger.append(&[(sequence, text)]).map_err(|error| said(&error))?;
        self.copy = Copied::default();
        self.copy.take(folder.path(), Path::new("")).map_err(|error| said(&error))
    }

    /// All that an auditor finds wrong, as codes with the entry's number.
    fn problems(&self, since: Option<&str>) -> Result<String, String> {
        let (ledger, _) = self.open.as_ref().ok_or("nothing was written yet")?;
        let since = match since {
            None => None,
            Some(name) => {
                let kept = self.kept.get(name);
                let kept = kept.ok_or_else(|| format!("no checkpoint is called `{name}`"))?;
                let text = kept.read(life::ledger::CHECKPOINT).unwrap_or_default();
                Some(String::from_utf8_lossy(&text).into_owned())
            }
        };
        let report = verify(&self.copy, &ledger.public_key().to_string(), since.as_deref());
        let line = |problem: &life::ledger::Problem| {
            let code = serde_json::to_value(problem.code).unwrap_or_default();
            let index = problem.index.map_or_else(String::new, |index| format!(" {index}"));
            format!("{}{index}", code.as_str().unwrap_or_default())
        };
        let problems: Vec<String> = report.problems.iter().map(line).collect();
        Ok(if problems.is_empty() { "whole".to_owned() } else { problems.join(", ") })
    }
}

impl Stage {
    /// Counts how the events of a request ended, for the next fold.
    pub(super) fn count(&mut self, source: SourceId, counts: Counts) {
        self.book.counts.entry(source).or_default().merge(&counts);
    }

    /// `fold`, `note`, `checkpoint` and `tamper`: what is written, and what is done to it.
    pub(super) fn write(&mut self, step: &str, words: &[&str], json: &str) -> Taken {
        match (step, words) {
            ("fold", []) => self.fold(),
            ("note", []) => {
                let fact: Result<Fact, _> = serde_json::from_str(json);
                self.book.note(&fact.map_err(|error| format!("this is no fact: {error}"))?)
            }
            ("checkpoint", [name]) => {
                self.book.kept.insert((*name).to_owned(), self.book.copy.clone());
                Ok(())
            }
            ("tamper", ["flip", entry]) => {
                let entry = number(entry)?;
                self.book.copy.change(|entries| {
                    // The last sign but one stands inside of the fact, whatever it says.
                    let bytes = entries.get_mut(entry)?;
                    let place = bytes.len().checked_sub(2)?;
                    *bytes.get_mut(place)? ^= 1;
                    Some(())
                })
            }
            ("tamper", ["swap", one, two]) => {
                let (one, two) = (number(one)?, number(two)?);
                self.book.copy.change(|entries| {
                    (one.max(two) < entries.len()).then(|| entries.swap(one, two))
                })
            }
            ("tamper", ["cut", "back", "to", name]) => {
                let kept = self.book.kept.get(*name);
                self.book.copy =
                    kept.ok_or_else(|| format!("no checkpoint is called `{name}`"))?.clone();
                Ok(())
            }
            _ => Err(format!("`{step} {}` is no step", words.join(" "))),
        }
    }

    /// One fact for each source: how its events ended since the last fold.
    fn fold(&mut self) -> Taken {
        for (source, counts) in std::mem::take(&mut self.book.counts) {
            let rows = (0u64..).zip(&self.rows).filter(|(_, row)| row.source == source);
            let salted =
                rows.map(|(index, row)| (Salt::derive(&[3; 32], index), row.leaf, row.verdict));
            let commitment = Batch::new(salted).root();
            let (at, test) = (self.now, true);
            self.book.note(&Fact::Collected { at, source, counts, commitment, test })?;
        }
        Ok(())
    }

    /// What the ledger holds, and what an auditor finds in the copy.
    pub(super) fn expect_written(&self, words: &[&str]) -> Option<Taken> {
        let taken = match *words {
            ["facts", ref names @ ..] => {
                let found: Vec<&str> = self.book.facts.iter().map(Fact::name).collect();
                equal("facts", &names.join(" "), &found.join(" "))
            }
            ["fact", number, ref fields @ ..] => self.expect_fact(number, fields),
            ["ledger", "without", ref text @ ..] => {
                let text = text.join(" ");
                let is_there =
                    self.book.facts.iter().any(|fact| format!("{fact:?}").contains(&text));
                told(!is_there, || format!("expected a ledger without {text}, but it is there"))
            }
            ["ledger", ref found @ .., "since", name] => {
                let found = found.join(" ");
                self.book.problems(Some(name)).and_then(|is| equal("ledger", &found, &is))
            }
            ["ledger", ref found @ ..] => {
                self.book.problems(None).and_then(|is| equal("ledger", &found.join(" "), &is))
            }
            _ => return None,
        };
        Some(taken)
    }

    /// Whether a fact has these fields, such as `accepted=3`; fields of counts are found, too.
    fn expect_fact(&self, place: &str, fields: &[&str]) -> Taken {
        let fact = number(place).ok().and_then(|place| self.book.facts.get(place));
        let fact = fact.ok_or_else(|| format!("there is no fact {place}"))?;
        let json = serde_json::to_value(fact).map_err(|error| error.to_string())?;
        for field in fields {
            let (name, expected) =
                field.split_once('=').ok_or_else(|| format!("`{field}` needs a value"))?;
            let places = [json.get(name), json.pointer(&format!("/counts/{name}"))];
            let refused = json.pointer(&format!("/counts/refused/{name}"));
            let found = places.into_iter().flatten().chain(refused).next();
            let found = found.map_or("absent".to_owned(), |value| {
                value.as_str().map_or_else(|| value.to_string(), str::to_owned)
            });
            equal(name, expected, &found)?;
        }
        Ok(())
    }
}

fn number(word: &str) -> Result<usize, String> {
    word.parse().map_err(|_| format!("`{word}` is no number"))
}
