//! Sessions over random small lakes.

use life::know::sessions::By;
use life::know::{Asked as _, Plan, Question as _, Sessions, SessionsPick};
use proptest::prelude::*;
use proptest::sample::select;

use super::{World, about, breakdown, check, demands, event, interval, pond};

fn sessions() -> impl Strategy<Value = Sessions> {
    let by = select(vec![By::Derived, By::Client]);
    let gap = select(vec![None, Some("30m"), Some("1h"), Some("4h"), Some("2d")]);
    let parts = (about(), interval(), by, gap, breakdown(), event(), demands(), 1usize..4);
    parts.prop_map(|(about, interval, by, gap, page, event, demands, limit)| Sessions {
        about,
        interval,
        by,
        gap: gap.filter(|_| by == By::Derived).map(str::to_owned),
        page,
        event,
        demands,
        limit: Some(limit),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn sessions_are_what_the_reference_says(
        pond in pond(),
        sessions in sessions(),
        (interval, bounce) in (any::<Option<usize>>(), any::<bool>()),
    ) {
        let mut plan = sessions.resolve(World::new().setting()).unwrap();
        let starts = plan.periods.starts.clone();
        let start = interval.map(|place| starts[place % starts.len()]);
        plan.pick(SessionsPick { start, bounce }).unwrap();
        check(&pond, &Plan::Sessions(plan))?;
    }
}
