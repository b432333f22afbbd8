//! By which act a yes was given, and what that opens.

use super::*;

#[test]
fn a_yes_that_nobody_chose_opens_nothing_and_is_stated_all_the_same() {
    let bench = Bench::new(SourceKind::Site);
    let measure = bench.purposes(&["measure"]);
    for manner in vocabulary::Manner::EVERY {
        let told = Some(Box::new(crate::arrive::Told { manner: Some(manner), notice: None }));
        let choices = vec![("measure".into(), true)];
        let raw = Raw { choices, told, ..raw("consent") };
        let found = bench.gate.identify(raw, &bench.source, KeyKind::Site, &bench.blinder).unwrap();
        let act = manner.opens().then_some(Act { time: NOON, yes: measure, no: Purposes::NONE });
        assert_eq!(found.act(), act, "{manner:?}");
        let stated = found.statement().unwrap();
        assert_eq!((stated.yes, stated.manner), (measure, manner));
    }
    let opening = vocabulary::Manner::EVERY.into_iter().filter(|manner| manner.opens());
    assert_eq!(opening.count(), 2, "a choice, and one that is proved");
}
