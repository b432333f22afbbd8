//! Cohorts over random small lakes.

use life::know::cohort::{Did, DidNot};
use life::know::{Cohort, Plan};
use proptest::prelude::*;

use super::{World, check, demands, event, pond, purpose, range};

fn cohort() -> impl Strategy<Value = Cohort> {
    let did = (event(), 1u32..4, demands()).prop_map(|(event, at_least, demands)| Did {
        event,
        at_least,
        demands,
    });
    let did_not = (event(), demands()).prop_map(|(event, demands)| DidNot { event, demands });
    let (all, none) = (prop::collection::vec(did, 1..3), prop::collection::vec(did_not, 0..2));
    (purpose(), range(), all, none).prop_map(|(purpose, (from, to), all, none)| Cohort {
        purpose,
        from,
        to,
        zone: None,
        all,
        none,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_cohort_is_what_the_reference_says(pond in pond(), cohort in cohort()) {
        check(&pond, &Plan::Cohort(cohort.resolve(World::new().setting()).unwrap()))?;
    }
}
