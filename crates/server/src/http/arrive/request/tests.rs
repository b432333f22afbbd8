use axum::http::HeaderValue;
use life::arrive::Invalid;
use vocabulary::Purposes;

use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

#[test]
fn only_trusted_proxies_say_where_a_request_came_from() {
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    let (proxy, outer, person) = (address("10.0.0.1"), address("10.0.0.2"), address("203.0.113.7"));
    let told = headers(&[
        ("x-forwarded-for", "198.51.100.9, 203.0.113.7"),
        ("x-forwarded-for", "10.0.0.2"),
    ]);
    assert_eq!(client(person, &told, &[proxy, outer]), person);
    assert_eq!(client(proxy, &told, &[proxy]), outer);
    assert_eq!(client(proxy, &told, &[proxy, outer]), person);
    assert_eq!(client(proxy, &headers(&[]), &[proxy]), proxy);
    // Whatever a client wrote itself stands on the left of what the proxy heard.
    for chain in [
        "junk, 203.0.113.7",
        "10.0.0.1, unknown,, 203.0.113.7 , 10.0.0.2,",
        "\u{fc}, 203.0.113.7:51234",
    ] {
        let mut told = HeaderMap::new();
        told.append("x-forwarded-for", HeaderValue::from_bytes(chain.as_bytes()).unwrap());
        assert_eq!(client(proxy, &told, &[proxy, outer]), person, "{chain}");
    }
    let nobody = headers(&[("x-forwarded-for", "203.0.113.7, junk")]);
    assert_eq!(client(proxy, &nobody, &[proxy]), proxy, "the proxy itself heard nobody");
}

#[test]
fn a_host_that_is_no_host_is_not_repeated() {
    assert_eq!(
        host(&headers(&[("host", "collect.shop.example:8787")])),
        Some("collect.shop.example:8787")
    );
    assert_eq!(host(&headers(&[("host", "[::1]:8787")])), Some("[::1]:8787"));
    assert_eq!(host(&headers(&[("host", "evil\"/><script>")])), None);
    assert_eq!(host(&headers(&[])), None);
}

#[test]
fn what_the_gate_says_of_one_event_points_into_the_list() {
    let ending = |pointer: Option<&str>| EventOutcome {
        message: None,
        outcome: Outcome::Invalid,
        invalid: pointer.map(|pointer| Invalid {
            code: "c",
            pointer: pointer.to_owned(),
            problem: "p".to_owned(),
        }),
        purposes: Purposes::NONE,
    };
    let endings = [ending(None), ending(Some("/event")), ending(Some("/batch/2/type"))];
    let pointers = |list| {
        problems(list, &endings).into_iter().map(|problem| problem.pointer).collect::<Vec<_>>()
    };
    assert_eq!(pointers(Some("batch")), ["/batch/1/event", "/batch/2/type"]);
    assert_eq!(pointers(Some("")), ["/1/event", "/2/batch/2/type"]);
    assert_eq!(pointers(None), ["/event", "/batch/2/type"]);
}
