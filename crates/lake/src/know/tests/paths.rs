//! Paths over random small lakes.

use life::know::{Asked as _, Paths, PathsPick, Plan, Question as _};
use proptest::prelude::*;
use proptest::sample::select;

use super::{EVENTS, World, about, breakdown, check, deed, pond};

fn paths() -> impl Strategy<Value = Paths> {
    let spot = || prop::option::of(deed());
    let by = prop_oneof![2 => Just(None), 1 => breakdown()];
    let gap = select(vec![None, Some("30m"), Some("2h"), Some("90d")]);
    let exclude = prop::collection::vec(select(EVENTS.to_vec()), 0..2);
    (about(), spot(), spot(), by, (2usize..5, 1usize..6, gap, exclude)).prop_map(
        |(about, starts, ends, by, (length, limit, gap, exclude))| Paths {
            about,
            starts,
            ends,
            by,
            length: Some(length),
            limit: Some(limit),
            gap: gap.map(str::to_owned),
            exclude: exclude.into_iter().map(str::to_owned).collect(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn paths_are_what_the_reference_says(
        pond in pond(),
        paths in paths(),
        (step, from, to) in (any::<usize>(), select(EVENTS.to_vec()), select(EVENTS.to_vec())),
    ) {
        let mut plan = paths.resolve(World::new().setting()).unwrap();
        let step = 1 + step % (plan.length - 1);
        plan.pick(PathsPick { step, from: from.to_owned(), to: to.to_owned() }).unwrap();
        check(&pond, &Plan::Paths(plan))?;
    }
}
