//! Cohorts over random small lakes.

use life::know::cohort::Did;
use life::know::{Cohort, Plan, Question as _};
use proptest::prelude::*;

use super::{World, about, check, deed, demands, event, pond};

fn cohort() -> impl Strategy<Value = Cohort> {
    let most = prop::option::of(0u32..3);
    let did = (event(), 1u32..4, most, demands()).prop_map(|(event, at_least, more, demands)| {
        Did { event, at_least, at_most: more.map(|more| at_least + more), demands }
    });
    let all = prop::collection::vec(did, 1..4);
    let none = prop::collection::vec(deed(), 0..3);
    (about(), all, none).prop_map(|(about, all, none)| Cohort { about, all, none })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_cohort_is_what_the_reference_says(pond in pond(), cohort in cohort()) {
        check(&pond, &Plan::Cohort(cohort.resolve(World::new().setting()).unwrap()))?;
    }
}
