//! Consent against an exact model that remembers every act: never wider, and the same where it
//! matters.

use proptest::prelude::*;

use super::*;

const ACTS_MAX: usize = 1_000;

fn act(time: i64, yes: u64, no: u64) -> Act {
    Act { time: Time(time), yes: Purposes(yes), no: Purposes(no) }
}

fn recorded(acts: &[Act], acts_max: usize) -> Acts {
    let mut recorded = Acts::default();
    for act in acts {
        recorded.record(*act, acts_max);
    }
    recorded
}

/// The rule as it is written: for each purpose the latest act that names it, a no before a yes.
fn exact(acts: &[Act], time: i64) -> (Purposes, Purposes) {
    let (mut yes, mut no) = (Purposes::NONE, Purposes::NONE);
    for purpose in Purposes(0b111).iter() {
        let named = acts.iter().filter(|act| act.time.0 <= time && (act.yes | act.no).has(purpose));
        match named.max_by_key(|act| (act.time, act.no.has(purpose))) {
            Some(act) if act.no.has(purpose) => no = no.with(purpose),
            Some(_) => yes = yes.with(purpose),
            None => {}
        }
    }
    (yes, no)
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let one = (0i64..8, 0u64..8, 0u64..8).prop_map(|(time, yes, no)| act(time, yes, no));
    prop::collection::vec(one, 0..10)
}

/// Few different acts, so that the same one is often repeated.
fn echoes() -> impl Strategy<Value = Vec<Act>> {
    let one = (0i64..12, 0usize..3).prop_map(|(time, which)| match which {
        0 => act(time, 0b1, 0),
        1 => act(time, 0, 0b1),
        _ => act(time, 0b10, 0b1),
    });
    prop::collection::vec(one, 0..12)
}

/// The same acts in their order and in another.
fn shuffled(acts: impl Strategy<Value = Vec<Act>>) -> impl Strategy<Value = (Vec<Act>, Vec<Act>)> {
    acts.prop_flat_map(|acts| (Just(acts.clone()), Just(acts).prop_shuffle()))
}

/// Without repetition: each act says something that no other says.
fn different(mut acts: Vec<Act>) -> Vec<Act> {
    acts.sort_by_key(|act| (act.yes.without(act.no).0, act.no.0));
    acts.dedup_by_key(|act| (act.yes.without(act.no), act.no));
    acts
}

fn is_within(narrow: (Purposes, Purposes), wide: (Purposes, Purposes)) -> bool {
    narrow.0.without(wide.0).is_empty() && wide.1.without(narrow.1).is_empty()
}

proptest! {
    #[test]
    fn the_order_of_arrival_is_irrelevant(
        (acts, shuffled) in shuffled(acts())
    ) {
        let (one, other) = (recorded(&acts, ACTS_MAX), recorded(&shuffled, ACTS_MAX));
        prop_assert_eq!(one.at(Time(100)), other.at(Time(100)));
        prop_assert_eq!(one.at(Time(100)), exact(&acts, 100));
    }

    #[test]
    fn echoes_change_neither_the_end_nor_widen_the_past(
        (acts, shuffled) in shuffled(echoes())
    ) {
        let held = recorded(&shuffled, ACTS_MAX);
        prop_assert_eq!(held.at(Time(100)), exact(&acts, 100));
        for time in -1..14 {
            prop_assert!(is_within(held.at(Time(time)), exact(&acts, time)), "at {}", time);
        }
    }

    #[test]
    fn without_repetition_each_instant_is_exact(acts in acts(), time in -1i64..9) {
        let different = different(acts);
        let held = recorded(&different, ACTS_MAX);
        prop_assert_eq!(held.at(Time(time)), exact(&different, time));
    }

    #[test]
    fn forgetting_old_acts_never_widens(
        acts in prop_oneof![acts(), echoes()], acts_max in 1usize..4, time in -1i64..14
    ) {
        let held = recorded(&acts, acts_max);
        prop_assert!(held.runs.len() <= acts_max);
        prop_assert!(is_within(held.at(Time(time)), exact(&acts, time)));
    }

    #[test]
    fn forgetting_in_order_keeps_what_stands(acts in acts(), acts_max in 1usize..4) {
        let mut ordered = acts;
        ordered.sort_by_key(|act| act.time);
        ordered.dedup_by_key(|act| act.time);
        prop_assert_eq!(recorded(&ordered, acts_max).at(Time(100)), exact(&ordered, 100));
    }

    #[test]
    fn a_no_more_or_a_yes_less_never_widens(
        acts in acts(), place in 0usize..10, no in 0u64..8, time in -1i64..9
    ) {
        let mut narrower = acts.clone();
        match narrower.get_mut(place) {
            Some(act) => {
                act.no = act.no | Purposes(no);
                act.yes = act.yes.without(Purposes(no));
            }
            None => narrower.push(act(time, 0, no)),
        }
        let held = recorded(&narrower, ACTS_MAX).at(Time(time)).0;
        prop_assert!(held.without(exact(&acts, time).0).is_empty());
    }

    #[test]
    fn an_event_hears_its_own_act_as_if_it_were_recorded(
        acts in acts(), own in (0i64..8, 0u64..8, 0u64..8)
    ) {
        let acts = different(acts);
        let own = act(own.0, own.1, own.2);
        let heard = recorded(&acts, ACTS_MAX).standing(own.time, Time(100)).hearing(Some(own));
        let mut with_own = acts;
        with_own.push(own);
        let then = exact(&with_own, own.time.0);
        let now = exact(&with_own, 100);
        prop_assert!(heard.0.without(then.0 & now.0).is_empty(), "{heard:?} {then:?} {now:?}");
        prop_assert_eq!((then.0 & now.0).without(heard.0).0 & !(then.1 | now.1).0, 0);
    }
}

#[test]
fn an_older_no_does_not_hold_back_a_later_yes_of_the_same_instant_as_another_act() {
    let acts = [act(1, 0, 0b1), act(5, 0b10, 0), act(5, 0b1, 0)];
    assert_eq!(recorded(&acts, ACTS_MAX).at(Time(5)), (Purposes(0b11), Purposes::NONE));
}

#[test]
fn a_repeated_act_costs_no_memory() {
    let mut acts = Acts::default();
    for time in 0..1_000 {
        assert!(acts.record(act(time, 0b1, 0b10), 64));
    }
    assert_eq!(acts.runs.len(), 1);
    assert!(!acts.record(act(500, 0b1, 0b10), 64));
    assert_eq!(acts.all().count(), 2);
    assert_eq!(acts.answer(Purpose::OPERATE, Time(2_000)), Answer::Yes);
    assert_eq!(acts.answer(Purpose::SECURE, Time(2_000)), Answer::No);
    assert_eq!(acts.answer(Purpose::DUTY, Time(2_000)), Answer::Unknown);
    assert_eq!(acts.answer(Purpose::OPERATE, Time(-1)), Answer::Unknown);
}

#[test]
fn a_late_no_between_two_yes_counts_until_the_second() {
    let acts = recorded(&[act(1, 0b1, 0), act(9, 0b1, 0), act(5, 0, 0b1)], ACTS_MAX);
    assert_eq!(acts.at(Time(4)).0, Purposes(0b1));
    assert_eq!(acts.at(Time(6)).1, Purposes(0b1));
    assert_eq!(acts.at(Time(9)).0, Purposes(0b1));
}

#[test]
fn before_what_is_remembered_everything_is_a_no() {
    let acts = recorded(&[act(1, 0b1, 0), act(3, 0b11, 0), act(5, 0b1, 0)], 2);
    assert_eq!(acts.at(Time(2)), (Purposes::NONE, Purposes::ALL));
    assert_eq!(acts.at(Time(5)), (Purposes(0b11), Purposes::NONE));
    let mut late = acts;
    late.record(act(2, 0b100, 0b10), 2);
    assert_eq!(late.at(Time(5)), (Purposes(0b1), Purposes(0b10)));
}

#[test]
fn a_late_event_cannot_lift_a_no_that_came_after_it() {
    let acts = recorded(&[act(1, 0, 0b1), act(9, 0, 0b10)], ACTS_MAX);
    let (yes, no) = acts.standing(Time(5), Time(10)).hearing(Some(act(5, 0b11, 0)));
    assert_eq!((yes, no), (Purposes(0b1), Purposes(0b10)));
}

#[test]
fn at_its_own_instant_a_no_holds_against_the_event() {
    let acts = recorded(&[act(6, 0b1, 0), act(5, 0, 0b1)], ACTS_MAX);
    let (yes, no) = acts.standing(Time(5), Time(100)).hearing(Some(act(5, 0b1, 0)));
    assert_eq!((yes, no), (Purposes::NONE, Purposes(0b1)));
}

#[test]
fn of_two_leaves_a_no_wins_and_a_device_keeps_its_own_word() {
    let on_device = Purposes(0b1);
    let own = Standing { yes: Purposes(0b100), ..Standing::default() };
    let other = Standing { yes: Purposes(0b1011), no: Purposes(0b100), ..Standing::default() };
    let both = own.with(other, on_device);
    // A yes of the other leaf is never taken over, its no is.
    assert_eq!((both.yes, both.no), (Purposes::NONE, Purposes(0b100)));
    let (yes, _) = both.hearing(Some(act(0, 0b101, 0)));
    assert_eq!(yes, Purposes(0b1));
}

#[test]
fn what_proves_a_yes_is_not_driven_out_by_what_proves_nothing() {
    let said = |number: usize, yes, manner| Statement {
        time: Time(i64::try_from(number).unwrap()),
        heard: Time(0),
        source: vocabulary::SourceId(1),
        yes,
        no: Purposes::NONE,
        manner,
        notice: None,
    };
    let measure = Purposes::only(Purpose::MEASURE);
    let proof = said(0, measure, vocabulary::Manner::Choice);
    let mut acts = Acts::default();
    acts.state(proof.clone());
    for number in 1..200 {
        acts.state(said(number, measure, vocabulary::Manner::Implied));
        acts.state(said(number, Purposes::NONE, vocabulary::Manner::Choice));
    }
    assert_eq!(acts.statements().len(), Statement::COUNT_MAX);
    assert_eq!(acts.statements().first(), Some(&proof));
    for number in 200..300 {
        acts.state(said(number, measure, vocabulary::Manner::Choice));
    }
    assert_eq!(acts.statements().len(), Statement::COUNT_MAX);
    assert!(acts.statements().iter().all(Statement::proves));
}
