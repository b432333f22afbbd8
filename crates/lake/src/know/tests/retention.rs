//! Retention over random small lakes.

use life::know::retention::{Back, Entry};
use life::know::{Asked as _, Plan, Question as _, Retention, RetentionPick};
use proptest::prelude::*;
use proptest::sample::select;

use super::{World, about, check, deed, interval, pond};

fn retention() -> impl Strategy<Value = Retention> {
    let entry = select(vec![Entry::FirstInRange, Entry::FirstEver, Entry::Recurring]);
    let back = select(vec![Back::Exact, Back::Unbounded]);
    let periods = prop::option::of(1usize..5);
    (about(), interval(), deed(), deed(), entry, back, periods).prop_map(
        |(about, interval, start, comeback, entry, back, periods)| Retention {
            about,
            interval,
            start,
            comeback,
            entry,
            back,
            periods,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn retention_is_what_the_reference_says(
        pond in pond(),
        retention in retention(),
        (first, later) in (any::<usize>(), any::<usize>()),
    ) {
        let mut plan = retention.resolve(World::new().setting()).unwrap();
        let count = plan.periods.count();
        let first = first % count;
        let period = later % (count - first).min(plan.shown + 1);
        plan.pick(RetentionPick { cohort: plan.periods.starts[first], period }).unwrap();
        check(&pond, &Plan::Retention(plan))?;
    }
}
