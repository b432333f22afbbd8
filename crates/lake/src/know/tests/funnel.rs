//! Funnels over random small lakes.

use life::know::funnel::Step;
use life::know::{Funnel, Plan};
use proptest::prelude::*;
use proptest::sample::select;

use super::{World, breakdown, check, demands, event, pond, purpose, range};

fn funnel() -> impl Strategy<Value = Funnel> {
    let step = (event(), demands()).prop_map(|(event, demands)| Step { event, demands });
    let steps = prop::collection::vec(step, 1..5);
    let window = select(vec!["30m", "3h", "1d", "2w", "60d"]);
    (purpose(), range(), steps, window, breakdown(), 1usize..4).prop_map(
        |(purpose, (from, to), steps, window, breakdown, limit)| Funnel {
            purpose,
            from,
            to,
            zone: None,
            steps,
            window: window.to_owned(),
            breakdown,
            limit: Some(limit),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_funnel_is_what_the_reference_says(pond in pond(), funnel in funnel()) {
        check(&pond, &Plan::Funnel(funnel.resolve(World::new().setting()).unwrap()))?;
    }
}
