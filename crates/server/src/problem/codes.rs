//! Every code that an answer can carry, with what it means and how to put it right.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use vocabulary::Refusal;

/// Codes that belong together.
#[derive(Debug, Deserialize)]
pub struct Group {
    pub title: String,
    /// By code: what it means and how to put it right.
    pub codes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Shipped {
    group: Vec<Group>,
}

static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let refused = Refusal::EVERY.map(|why| (why.code().to_owned(), why.remedy().to_owned()));
    let gate = Group { title: "Refused by the gate".to_owned(), codes: refused.into() };
    let shipped = toml::from_str(include_str!("codes.toml")).map(|shipped: Shipped| shipped.group);
    [gate].into_iter().chain(shipped.unwrap_or_default()).collect()
});

/// All groups: the gate's first.
#[must_use]
pub fn groups() -> &'static [Group] {
    &GROUPS
}

/// Whether a code is explained.
#[must_use]
pub fn explain(code: &str) -> bool {
    GROUPS.iter().any(|group| group.codes.contains_key(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_in_one_group() {
        let shipped: Shipped = toml::from_str(include_str!("codes.toml")).expect("it is TOML");
        assert_eq!(groups().len(), shipped.group.len() + 1);
        let mut codes: Vec<&String> =
            groups().iter().flat_map(|group| group.codes.keys()).collect();
        let all = codes.len();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
