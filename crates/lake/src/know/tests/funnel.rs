//! Funnels over random small lakes.

use life::know::funnel::{Came, Exclusion, Order};
use life::know::{Asked as _, Funnel, FunnelPick, NONE, Plan, Question as _};
use proptest::prelude::*;
use proptest::sample::select;

use super::{World, about, breakdown, check, deed, demands, event, interval, pond};

fn funnel() -> impl Strategy<Value = Funnel> {
    let steps = prop::collection::vec(deed(), 1..5);
    let window = select(vec!["30m", "2h", "1d", "2w", "60d"]);
    let order = select(vec![Order::Loose, Order::Strict, Order::Any]);
    let exclude = prop::option::of((event(), demands(), any::<usize>(), any::<usize>()));
    let over = prop::option::of(interval());
    (about(), steps, window, order, exclude, (breakdown(), 1usize..4, over)).prop_map(
        |(about, steps, window, order, exclude, (breakdown, limit, over))| {
            let last = steps.len();
            let can_exclude = last > 1 && order != Order::Strict;
            let exclude = exclude.filter(|_| can_exclude).map(|(event, demands, one, two)| {
                let after = 1 + one % (last - 1);
                let before = after + 1 + two % (last - after);
                Exclusion { event, demands, after: Some(after), before: Some(before) }
            });
            Funnel {
                about,
                steps,
                window: window.to_owned(),
                order,
                exclude: exclude.into_iter().collect(),
                breakdown,
                limit: Some(limit),
                over,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_funnel_is_what_the_reference_says(
        pond in pond(),
        funnel in funnel(),
        (step, drops, value) in (any::<usize>(), any::<bool>(), 0u8..5),
    ) {
        let mut plan = funnel.resolve(World::new().setting()).unwrap();
        let count = plan.steps.len();
        let drops = drops && count > 1;
        let step = if drops { 2 + step % (count - 1) } else { 1 + step % count };
        let value = if value == 0 { NONE.to_owned() } else { format!("tone {value}") };
        let breakdown = plan.breakdown.filter(|_| value != "tone 4").map(|_| value);
        let state = if drops { Came::Dropped } else { Came::Reached };
        plan.pick(FunnelPick { step, state, breakdown }).unwrap();
        check(&pond, &Plan::Funnel(plan))?;
    }
}
