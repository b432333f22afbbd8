//! Leaf to person as saved. Merges of a fold are worked out on the persons that they touch, with
//! the rule that the journal's other readers use, so that what is saved is exactly what held at the
//! position.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use life::keep::identity::Version;
use life::keep::{Identity, Record};
use sqlx::SqliteConnection;
use vocabulary::{Leaf, Person, Region};

use super::state;
use crate::VaultError;
use crate::sql;

const WIDE_IN: usize = 64;

sql::statements! {
    MOVE = "update leaves set person = $2, moved = $3 where leaf = $1";
}

sql::wide_statements! {
    persons_of = "select leaf, person, moved from leaves where leaf in", WIDE_IN, 1, "";
    members_of = "select leaf, person, moved from leaves where person <> leaf and person in",
        WIDE_IN, 1, "";
}

/// Where leaves stand after a fold: those that moved, with their person and the version of the
/// move.
pub(super) type Moves = BTreeMap<Leaf, (Person, Version)>;

/// Works out which leaves move, and saves the new version of the mapping.
pub(super) async fn moves(
    write: &mut SqliteConnection,
    region: Region,
    records: &[Record],
    fresh: &HashSet<Leaf>,
) -> Result<Moves, VaultError> {
    let mentioned = mentioned(records);
    if mentioned.is_empty() {
        return Ok(Moves::new());
    }
    let known: Vec<Leaf> = mentioned.into_iter().filter(|leaf| !fresh.contains(leaf)).collect();
    let mut identity = Identity::new(region);
    identity.restore_version(state::version(write).await?);
    let mut persons = BTreeSet::new();
    for (_, person, _) in select(write, persons_of(), &numbers(&known)).await? {
        persons.insert(person.0);
    }
    let persons: Vec<u64> = persons.into_iter().collect();
    for (leaf, person, moved) in select(write, members_of(), &persons).await? {
        identity.restore(leaf, person, moved);
    }
    let mut touched = BTreeSet::new();
    for record in records {
        match record {
            Record::Link { first, second } => touched.extend(identity.link(*first, *second)),
            Record::Unlink { leaves } => {
                identity.unlink(leaves);
                touched.extend(leaves.iter().copied());
            }
            Record::Name { .. }
            | Record::Verdict { .. }
            | Record::Grounds { .. }
            | Record::Leaf { .. }
            | Record::Act { .. }
            | Record::Statement { .. }
            | Record::Restrict { .. }
            | Record::Erase { .. }
            | Record::Counts { .. }
            | Record::Row { .. } => {}
        }
    }
    state::set_version(write, identity.version()).await?;
    let place = |leaf: Leaf| {
        let moved = identity.moved_at(leaf).unwrap_or_default();
        (leaf, (identity.person(leaf), moved))
    };
    Ok(touched.into_iter().map(place).collect())
}

/// Saves the moves of leaves that were there before.
pub(super) async fn save(
    write: &mut SqliteConnection,
    moves: &Moves,
    fresh: &HashSet<Leaf>,
) -> Result<(), VaultError> {
    for (leaf, (person, moved)) in moves.iter().filter(|(leaf, _)| !fresh.contains(leaf)) {
        let query = sqlx::query(MOVE).bind(sql::signed(leaf.0)).bind(sql::signed(person.0));
        query.bind(sql::signed(moved.0)).execute(&mut *write).await?;
    }
    Ok(())
}

fn mentioned(records: &[Record]) -> BTreeSet<Leaf> {
    let mut mentioned = BTreeSet::new();
    for record in records {
        match record {
            Record::Link { first, second } => mentioned.extend([*first, *second]),
            Record::Unlink { leaves } => mentioned.extend(leaves.iter().copied()),
            Record::Name { .. }
            | Record::Verdict { .. }
            | Record::Grounds { .. }
            | Record::Leaf { .. }
            | Record::Act { .. }
            | Record::Statement { .. }
            | Record::Restrict { .. }
            | Record::Erase { .. }
            | Record::Counts { .. }
            | Record::Row { .. } => {}
        }
    }
    mentioned
}

fn numbers(leaves: &[Leaf]) -> Vec<u64> {
    leaves.iter().map(|leaf| leaf.0).collect()
}

async fn select(
    read: &mut SqliteConnection,
    text: &'static str,
    numbers: &[u64],
) -> Result<Vec<(Leaf, Person, Version)>, VaultError> {
    let mut found = Vec::new();
    for part in numbers.chunks(WIDE_IN) {
        let Some(last) = part.last() else { continue };
        let mut query = sqlx::query(text);
        for place in 0..WIDE_IN {
            // Places beyond the end repeat the last number, which changes nothing.
            query = query.bind(sql::signed(*part.get(place).unwrap_or(last)));
        }
        for row in query.fetch_all(&mut *read).await? {
            let (leaf, person) = (sql::unsigned(&row, 0)?, sql::unsigned(&row, 1)?);
            found.push((Leaf(leaf), Person(person), Version(sql::unsigned(&row, 2)?)));
        }
    }
    Ok(found)
}
