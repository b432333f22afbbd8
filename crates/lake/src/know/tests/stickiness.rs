//! Stickiness over random small lakes.

use life::know::{Asked as _, Plan, Question as _, Stickiness, StickinessPick};
use proptest::prelude::*;

use super::{World, about, check, deed, interval, pond};

fn stickiness() -> impl Strategy<Value = Stickiness> {
    let series = prop::collection::vec(deed(), 1..4);
    (about(), interval(), series).prop_map(|(about, interval, series)| Stickiness {
        about,
        interval,
        series,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn stickiness_is_what_the_reference_says(
        pond in pond(),
        stickiness in stickiness(),
        (series, intervals) in (any::<usize>(), 0usize..4),
    ) {
        let mut plan = stickiness.resolve(World::new().setting()).unwrap();
        let (series, intervals) = (series % plan.series.len(), intervals % plan.periods.count());
        plan.pick(StickinessPick { series, intervals: 1 + intervals }).unwrap();
        check(&pond, &Plan::Stickiness(plan))?;
    }
}
