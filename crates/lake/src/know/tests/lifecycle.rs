//! Lifecycles over random small lakes.

use life::know::lifecycle::Phase;
use life::know::{Asked as _, Lifecycle, LifecyclePick, Plan, Question as _};
use proptest::prelude::*;
use proptest::sample::select;

use super::{World, about, check, demands, event, interval, pond};

fn lifecycle() -> impl Strategy<Value = Lifecycle> {
    let parts = (about(), interval(), event(), demands());
    parts.prop_map(|(about, interval, event, demands)| Lifecycle {
        about,
        interval,
        event,
        demands,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_lifecycle_is_what_the_reference_says(
        pond in pond(),
        lifecycle in lifecycle(),
        place in any::<usize>(),
        state in select(vec![Phase::New, Phase::Returning, Phase::Resurrecting, Phase::Dormant]),
    ) {
        let mut plan = lifecycle.resolve(World::new().setting()).unwrap();
        let start = plan.periods.starts[place % plan.periods.count()];
        plan.pick(LifecyclePick { start, state }).unwrap();
        check(&pond, &Plan::Lifecycle(plan))?;
    }
}
