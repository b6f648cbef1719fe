//! Fetches in a world, whose server answers as the test says.

use lumenize::http::{self, Request, header};
use lumenize::testing::{Asked, Served, World};
use lumenize::{FetchError, FetchId, Phase, Why};
use lumenize_tests::fetcher::{Fetcher, Wanted};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// What a server was asked, in order.
pub(super) type Heard = Rc<RefCell<Vec<Asked>>>;

/// What a server does with a request.
pub(super) type Answer = fn(&Asked) -> Served;

/// A world whose server answers like this, and what it hears.
pub(super) fn serving(mut answer: impl FnMut(&Asked) -> Served + 'static) -> (World, Heard) {
    let mut world = World::new(1);
    let heard = Heard::default();
    let hears = Rc::clone(&heard);
    world.serve(move |asked| {
        hears.borrow_mut().push(asked.clone());
        answer(asked)
    });
    (world, heard)
}

pub(super) fn fetch(world: &mut World, about: &str, wanted: Wanted) -> FetchId {
    let steps = Fetcher::c().fetch(about, wanted);
    world.object::<Fetcher>("a").run(steps).unwrap()
}

pub(super) fn log(world: &mut World) -> Vec<String> {
    let mut object = world.object::<Fetcher>("a");
    object.run_at_least_once(Fetcher::c().log()).unwrap()
}

/// Lets all that is under way end, and says what was logged; nothing may be left.
pub(super) fn ended(world: &mut World) -> Vec<String> {
    world.run_until_idle().unwrap();
    let mut object = world.object::<Fetcher>("a");
    assert_eq!(object.pending().unwrap(), []);
    assert_eq!(object.failed().unwrap(), []);
    log(world)
}

pub(super) const URL: &str = "https://example.com/data?key=secret";

#[test]
fn a_response_is_handled_once() {
    let (mut world, heard) = serving(|_| Served::status(200, "hello"));
    let id = fetch(&mut world, "x", Wanted::get(URL));
    let known = Fetcher::c().known(id);
    let known = world.object::<Fetcher>("a").run(known).unwrap().unwrap();
    let Why::Fetching { method, url, .. } = &known.why else {
        panic!("{known:?}");
    };
    assert_eq!(
        (method.as_str(), url.as_str()),
        ("GET", "https://example.com/data")
    );
    assert_eq!(
        (known.attempts, known.steps[0].handler.as_str()),
        (1, "got")
    );
    assert_eq!(ended(&mut world), ["x: 200 hello (1)"]);
    let last = world.object::<Fetcher>("a").run(Fetcher::c().last());
    let last = last.unwrap().unwrap();
    assert_eq!(
        (last.url(), last.bytes().as_ref()),
        (URL, b"hello".as_slice())
    );
    let heard = heard.borrow();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0].id, id);
    assert_eq!(heard[0].request.uri(), URL);
    assert!(heard[0].request.headers().is_empty());
}

#[test]
fn any_status_is_a_response() {
    for status in [204, 304, 400, 401, 404, 409, 410, 422] {
        let (mut world, heard) = serving(move |_| Served::status(status, ""));
        fetch(&mut world, "x", Wanted::get(URL));
        assert_eq!(ended(&mut world), [format!("x: {status}  (1)")]);
        assert_eq!(heard.borrow().len(), 1);
    }
}

#[test]
fn what_passes_is_tried_again() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        let (mut world, heard) = serving(move |asked| match asked.attempt {
            1 | 2 => Served::status(status, "no"),
            _ => Served::status(200, "yes"),
        });
        fetch(&mut world, "x", Wanted::get(URL));
        assert_eq!(ended(&mut world), ["x: 200 yes (3)"]);
        let attempts: Vec<_> = heard.borrow().iter().map(|asked| asked.attempt).collect();
        assert_eq!(attempts, [1, 2, 3]);
    }
    for error in [
        FetchError::Connect { reason: "r".into() },
        FetchError::Network { reason: "r".into() },
        FetchError::Timeout { phase: Phase::Body },
    ] {
        let (mut world, _) = serving(move |asked| match asked.attempt {
            1 => Served::error(error.clone()),
            _ => Served::status(200, "yes"),
        });
        fetch(&mut world, "x", Wanted::get(URL));
        assert_eq!(ended(&mut world), ["x: 200 yes (2)"]);
    }
}

#[test]
fn what_does_not_pass_is_not() {
    for error in [
        FetchError::Certificate { reason: "r".into() },
        FetchError::TooLarge { limit: 7 },
        FetchError::Redirect { reason: "r".into() },
        FetchError::Refused {
            url: "u".into(),
            reason: "r".into(),
        },
        FetchError::HandOver { reason: "r".into() },
    ] {
        let line = format!("x: {error} ({:?})", error.outcome());
        let (mut world, heard) = serving(move |_| Served::error(error.clone()));
        fetch(&mut world, "x", Wanted::get(URL));
        assert_eq!(ended(&mut world), [line]);
        assert_eq!(heard.borrow().len(), 1);
    }
}

#[test]
fn the_last_response_is_the_outcome_when_the_retries_are_used_up() {
    for retries in 0..4 {
        let (mut world, heard) = serving(|_| Served::status(503, "busy"));
        let wanted = Wanted {
            retries: Some(retries),
            ..Wanted::get(URL)
        };
        fetch(&mut world, "x", wanted);
        assert_eq!(
            ended(&mut world),
            [format!("x: 503 busy ({})", retries + 1)]
        );
        assert_eq!(heard.borrow().len() as u32, retries + 1);
    }
}

#[test]
fn retry_after_is_honoured_up_to_the_deadline() {
    let again = |value: &'static str| {
        move |asked: &Asked| match asked.attempt {
            1 => {
                let response = http::Response::builder().status(429);
                let response = response.header(header::RETRY_AFTER, value);
                Served::response(response.body("slow down").unwrap())
            }
            _ => Served::status(200, "yes"),
        }
    };
    // A world begins at 2026-01-01T00:00:00Z.
    for (value, seconds) in [("90", 90), ("Thu, 01 Jan 2026 00:02:00 GMT", 119)] {
        let (mut world, heard) = serving(again(value));
        fetch(&mut world, "x", Wanted::get(URL));
        assert_eq!(ended(&mut world), ["x: 200 yes (2)"]);
        let heard = heard.borrow();
        let waited = heard[1].at - heard[0].at;
        assert!(waited >= chrono::TimeDelta::seconds(seconds), "{waited}");
        assert!(
            waited <= chrono::TimeDelta::seconds(seconds + 2),
            "{waited}"
        );
    }
    let (mut world, heard) = serving(again("901"));
    fetch(&mut world, "x", Wanted::get(URL));
    assert_eq!(ended(&mut world), ["x: 429 slow down (1)"]);
    assert_eq!(heard.borrow().len(), 1);
}

#[test]
fn delays_double_from_the_first_with_full_jitter() {
    let mut longest = [0; 4];
    for seed in 0..40 {
        let mut world = World::new(seed);
        let at = Rc::new(RefCell::new(Vec::new()));
        let hears = Rc::clone(&at);
        world.serve(move |asked| {
            hears.borrow_mut().push(asked.at.timestamp_millis());
            Served::status(500, "")
        });
        let wanted = Wanted {
            retries: Some(4),
            delay_ms: Some(10_000),
            ..Wanted::get(URL)
        };
        fetch(&mut world, "x", wanted);
        world.run_until_idle().unwrap();
        for (place, pair) in at.borrow().windows(2).enumerate() {
            longest[place] = longest[place].max(pair[1] - pair[0]);
        }
    }
    for (place, longest) in longest.into_iter().enumerate() {
        let bound = 10_000 << place;
        // Of 40 draws, one is in the upper quarter, but for a chance of 1 in 100,000.
        assert!(longest > bound * 3 / 4, "{place}: {longest}");
        assert!(longest <= bound + 30, "{place}: {longest}");
    }
}

#[test]
fn unsafe_methods_carry_a_key_and_without_one_are_not_repeated() {
    let key = |asked: &Asked| {
        let key = asked.request.headers().get("idempotency-key");
        key.map(|key| key.to_str().unwrap().to_owned())
    };
    let keys = |wanted: Wanted| {
        let (mut world, heard) = serving(|asked| match asked.attempt {
            1 => Served::error(FetchError::Network { reason: "r".into() }),
            _ => Served::status(200, "yes"),
        });
        let id = fetch(&mut world, "x", wanted);
        let keys: Vec<_> = {
            world.run_until_idle().unwrap();
            heard.borrow().iter().map(key).collect()
        };
        (id, keys, ended(&mut world).join(", "))
    };
    let (id, sent, log) = keys(Wanted::post(URL, "{}"));
    assert_eq!(sent, vec![Some(format!("\"{id}\"")); 2]);
    assert_eq!(log, "x: 200 yes (2)");

    let own = |key: &str| Wanted {
        key: Some(key.to_owned()),
        ..Wanted::post(URL, "{}")
    };
    let (_, sent, log) = keys(own("mine"));
    assert_eq!(sent, vec![Some("mine".to_owned()); 2]);
    assert_eq!(log, "x: 200 yes (2)");

    let (_, sent, log) = keys(own(""));
    assert_eq!(
        (sent, log.as_str()),
        (vec![None], "x: the connection failed: r (Unknown)")
    );

    let header = Wanted {
        headers: vec![("Idempotency-Key".into(), "given".into())],
        ..Wanted::post(URL, "{}")
    };
    let (_, sent, log) = keys(header);
    assert_eq!(sent, vec![Some("given".to_owned()); 2]);
    assert_eq!(log, "x: 200 yes (2)");

    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let wanted = Wanted {
            method: method.to_owned(),
            ..Wanted::get(URL)
        };
        let (_, sent, log) = keys(wanted);
        assert_eq!(
            (sent, log.as_str()),
            (vec![None, None], "x: 200 yes (2)"),
            "{method}"
        );
    }
}

#[test]
fn an_executor_that_dies_is_noticed_after_the_attempts_time() {
    let (mut world, heard) = serving(|asked| match asked.attempt {
        1 => Served::silence(),
        _ => Served::status(200, "yes"),
    });
    let wanted = Wanted {
        timeout_ms: Some(2_000),
        ..Wanted::get(URL)
    };
    fetch(&mut world, "x", wanted);
    let began = world.now();
    assert_eq!(ended(&mut world), ["x: 200 yes (2)"]);
    let waited = heard.borrow()[1].at - began;
    assert!(waited > chrono::TimeDelta::milliseconds(7_000), "{waited}");
    assert!(waited < chrono::TimeDelta::milliseconds(7_100), "{waited}");

    // What may have been done, and would be done twice, is not tried again.
    let (mut world, heard) = serving(|_| Served::silence());
    let wanted = Wanted {
        key: Some(String::new()),
        ..Wanted::post(URL, "{}")
    };
    fetch(&mut world, "x", wanted);
    let log = ended(&mut world);
    assert!(log[0].starts_with("x: nothing was heard of it"), "{log:?}");
    assert!(log[0].ends_with("(Unknown)") && log.len() == 1, "{log:?}");
    assert_eq!(heard.borrow().len(), 1);
}

#[test]
fn the_deadline_bounds_attempts_and_retries() {
    // No attempt lasts longer.
    let (mut world, heard) = serving(|_| Served::status(200, "late").after(Duration::from_secs(9)));
    let wanted = Wanted {
        deadline_ms: Some(3_000),
        ..Wanted::get(URL)
    };
    fetch(&mut world, "x", wanted);
    let began = world.now();
    assert_eq!(
        ended(&mut world),
        ["x: timed out before the response began (Unknown)"]
    );
    assert!(world.now() - began < chrono::TimeDelta::milliseconds(3_100));
    assert_eq!(heard.borrow().len(), 1);

    // None begins later, though it was to: the host was down.
    let (mut world, heard) = serving(|_| Served::status(503, "busy"));
    let wanted = Wanted {
        deadline_ms: Some(60_000),
        delay_ms: Some(10_000),
        ..Wanted::get(URL)
    };
    fetch(&mut world, "x", wanted);
    while heard.borrow().is_empty() {
        world.advance_to_next();
    }
    world.advance(Duration::from_millis(15));
    world.set_clock(world.now() + chrono::TimeDelta::minutes(5));
    let log = ended(&mut world);
    assert!(log[0].starts_with("x: its time was over before"), "{log:?}");
    assert!(log[0].contains("503"), "{log:?}");
    assert_eq!(heard.borrow().len(), 1);
}

#[test]
fn a_response_beyond_the_limit_is_an_error() {
    for (bytes, max, outcome) in [
        (1_000, Some(1_000), "x: 200 <1000 bytes> (1)"),
        (1_001, Some(1_000), "more than 1000 bytes"),
        (1 << 20, None, "x: 200 <1048576 bytes> (1)"),
        ((1 << 20) + 1, None, "more than 1048576 bytes"),
        (1_800_000, Some(1_800_000), "x: 200 <1800000 bytes> (1)"),
    ] {
        let (mut world, heard) = serving(move |_| Served::status(200, vec![b'.'; bytes]));
        let wanted = Wanted {
            max_bytes: max,
            ..Wanted::get(URL)
        };
        fetch(&mut world, "x", wanted);
        let log = ended(&mut world);
        assert!(log[0].contains(outcome), "{bytes}: {log:?}");
        assert_eq!((log.len(), heard.borrow().len()), (1, 1));
    }
    // The headers count, too.
    let (mut world, _) = serving(|_| {
        let response = http::Response::builder().header("x-long", "x".repeat(200_000));
        Served::response(response.body(vec![b'.'; 1_800_000]).unwrap())
    });
    let wanted = Wanted {
        max_bytes: Some(1_800_000),
        ..Wanted::get(URL)
    };
    fetch(&mut world, "x", wanted);
    let log = ended(&mut world);
    assert!(log[0].contains("more than 1800000 bytes"), "{log:?}");
}

#[test]
fn what_can_not_be_sent_is_refused_at_once() {
    let (mut world, heard) = serving(|_| Served::status(200, ""));
    let refused = [
        (Wanted::get("/relative"), "must be absolute"),
        (
            Wanted::get("ftp://example.com/"),
            "must be `http` or `https`",
        ),
        (Wanted::get("https://me:pw@example.com/"), "`Authorization`"),
        (
            Wanted {
                headers: vec![("Connection".into(), "close".into())],
                ..Wanted::get(URL)
            },
            "belongs to the connection",
        ),
        (
            Wanted {
                timeout_ms: Some(0),
                ..Wanted::get(URL)
            },
            "at least 1 ms and at most 1 h",
        ),
        (
            Wanted {
                timeout_ms: Some(3_600_001),
                ..Wanted::get(URL)
            },
            "at least 1 ms and at most 1 h",
        ),
        (
            Wanted {
                deadline_ms: Some(31 * 86_400_000),
                ..Wanted::get(URL)
            },
            "at most 30 days",
        ),
        (
            Wanted {
                retries: Some(1_001),
                ..Wanted::get(URL)
            },
            "at most 1,000",
        ),
        (
            Wanted {
                max_bytes: Some(1_800_001),
                ..Wanted::get(URL)
            },
            "at most 1,800,000",
        ),
        (
            Wanted {
                key: Some("line\nbreak".into()),
                ..Wanted::get(URL)
            },
            "the idempotency key",
        ),
        (
            Wanted {
                more_bytes: 1_900_000,
                ..Wanted::post(URL, "")
            },
            "an executor of your own",
        ),
    ];
    for (wanted, text) in refused {
        let steps = Fetcher::c().fetch("x", wanted);
        let error = world.object::<Fetcher>("a").run(steps).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
    assert_eq!(ended(&mut world), [""; 0]);
    assert_eq!(heard.borrow().len(), 0);
    // One beyond 1 MiB is not.
    let wanted = Wanted {
        more_bytes: 1_500_000,
        ..Wanted::post(URL, "")
    };
    fetch(&mut world, "x", wanted);
    assert_eq!(ended(&mut world), ["x: 200  (1)"]);
    assert_eq!(heard.borrow()[0].request.body().len(), 1_500_000);
}

#[test]
fn what_a_failed_handler_wanted_is_not_fetched() {
    let (mut world, heard) = serving(|_| Served::status(200, ""));
    let steps = Fetcher::c().fetch_and_fail(Wanted::get(URL));
    world.object::<Fetcher>("a").run(steps).unwrap_err();
    assert_eq!(ended(&mut world), [""; 0]);
    assert_eq!(heard.borrow().len(), 0);
}

#[test]
fn a_cancelled_fetch_has_no_outcome() {
    // Before it has begun.
    let (mut world, heard) = serving(|_| Served::status(200, "").after(Duration::from_secs(5)));
    let steps = Fetcher::c().fetch_and_cancel(Wanted::get(URL));
    assert!(world.object::<Fetcher>("a").run(steps).unwrap());
    assert_eq!(ended(&mut world), [""; 0]);
    assert_eq!(heard.borrow().len(), 0);

    // While it is under way.
    let id = fetch(&mut world, "x", Wanted::get(URL));
    world.advance(Duration::from_secs(1));
    let cancel = || Fetcher::c().cancel(id);
    assert_eq!(world.object::<Fetcher>("a").run(cancel()), Ok(true));
    assert_eq!(world.object::<Fetcher>("a").run(cancel()), Ok(false));
    let began = world.now();
    assert_eq!(ended(&mut world), [""; 0]);
    assert!(
        world.now() - began < chrono::TimeDelta::seconds(1),
        "it was not told"
    );

    // After its outcome.
    let id = fetch(&mut world, "y", Wanted::get(URL));
    assert_eq!(ended(&mut world), ["y: 200  (1)"]);
    let steps = Fetcher::c().cancel(id);
    assert_eq!(world.object::<Fetcher>("a").run(steps), Ok(false));

    // While its handler is to be tried again.
    let wanted = Wanted {
        fails: 1,
        ..Wanted::get(URL)
    };
    let id = fetch(&mut world, "z", wanted);
    world.advance(Duration::from_millis(5_020));
    let steps = Fetcher::c().known(id);
    let known = world.object::<Fetcher>("a").run(steps).unwrap().unwrap();
    assert!(matches!(known.why, Why::Retrying(_)), "{known:?}");
    let steps = Fetcher::c().cancel(id);
    assert_eq!(world.object::<Fetcher>("a").run(steps), Ok(true));
    assert_eq!(ended(&mut world), ["y: 200  (1)"]);
}

#[test]
fn a_handler_that_fails_is_tried_again_with_the_same_response() {
    let (mut world, heard) = serving(|_| Served::status(200, "once"));
    let wanted = Wanted {
        fails: 2,
        ..Wanted::get(URL)
    };
    fetch(&mut world, "x", wanted);
    assert_eq!(ended(&mut world), ["x: 200 once (1)"]);
    assert_eq!(heard.borrow().len(), 1);

    let wanted = Wanted {
        fails: 9,
        ..Wanted::get(URL)
    };
    fetch(&mut world, "y", wanted);
    world.run_until_idle().unwrap();
    let failed = world.object::<Fetcher>("a").failed().unwrap();
    assert_eq!((failed.len(), failed[0].attempts), (1, 5));
    assert_eq!(failed[0].steps[0].handler, "got");
    assert!(failed[0].outcome.is_some());
    assert_eq!(log(&mut world).len(), 1);
    assert_eq!(heard.borrow().len(), 2);
}

#[test]
fn nobody_hears_of_what_is_forgotten() {
    let (mut world, heard) = serving(|asked| match asked.attempt {
        1 => Served::status(503, ""),
        _ => Served::status(200, ""),
    });
    let wanted = Wanted {
        forgets: true,
        ..Wanted::get(URL)
    };
    fetch(&mut world, "x", wanted);
    assert_eq!(ended(&mut world), [""; 0]);
    assert_eq!(heard.borrow().len(), 2);
}

#[test]
fn an_executor_of_its_own_is_known_by_its_name() {
    let (mut world, heard) = serving(|asked| match asked.executor.as_str() {
        "mail" => Served::status(200, "posted"),
        other => Served::error(FetchError::HandOver {
            reason: other.to_owned(),
        }),
    });
    let wanted = Wanted {
        via: Some("mail".to_owned()),
        ..Wanted::post("mail://example.com/box", "hello")
    };
    fetch(&mut world, "x", wanted);
    assert_eq!(ended(&mut world), ["x: 200 posted (1)"]);
    assert_eq!(heard.borrow()[0].request.body(), "hello");
}

#[test]
fn a_world_without_a_server_says_so() {
    let mut world = World::new(1);
    fetch(&mut world, "x", Wanted::get(URL));
    let log = ended(&mut world);
    assert!(log[0].contains("world.serve"), "{log:?}");
}

#[test]
fn a_request_is_a_request_or_a_url() {
    use lumenize::IntoRequest;
    let sent = |request: Result<Request<_>, lumenize::RequestError>| {
        let request = request.unwrap();
        (
            request.method().to_string(),
            AsRef::<[u8]>::as_ref(request.body()).len(),
        )
    };
    assert_eq!(sent(URL.into_request()), ("GET".to_owned(), 0));
    assert_eq!(sent(URL.to_owned().into_request()), ("GET".to_owned(), 0));
    let post = Request::post(URL).body(vec![1_u8, 2]).unwrap();
    assert_eq!(sent(post.into_request()), ("POST".to_owned(), 2));
    let put = Request::put(URL).body("text").unwrap();
    assert_eq!(sent(put.into_request()), ("PUT".to_owned(), 4));
}
