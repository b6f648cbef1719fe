//! Stored work as text and as JSON, without the types that it was made of, and why it is parked.

use crate::memory::alone;
use chrono::TimeDelta;
use lumenize::prelude::*;
use lumenize::testing::World;
use lumenize::{ArgView, HandlerError};
use serde_json::{Value, json};

/// The release that stores.
mod old {
    use lumenize::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Serialize, Deserialize)]
    pub struct Order {
        pub id: u64,
        pub to: Address,
        pub items: Vec<Item>,
        pub note: Option<String>,
    }

    #[derive(Serialize, Deserialize)]
    pub struct Address {
        pub street: String,
        pub zip: u32,
    }

    #[derive(Serialize, Deserialize)]
    pub enum Item {
        Gift,
        Book(String),
        Pair(u8, i8),
        Parcel {
            kilos: f64,
            labels: BTreeMap<u16, String>,
        },
    }

    pub struct Depot {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Depot {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        pub fn plan(&mut self, due: DateTime<Utc>, order: Order) -> Result<()> {
            let steps = Self::c()
                .weigh(order)
                .then(|kilos| Self::c().send(kilos, "fast".to_owned()));
            self.svc.alarms.named("order").schedule(due, steps)?;
            Ok(())
        }

        pub fn plan_numbers(&mut self, due: DateTime<Utc>, many: u32) -> Result<()> {
            self.svc
                .alarms
                .schedule(due, Self::c().numbers((0..many).collect::<Vec<_>>()))?;
            Ok(())
        }

        pub fn plan_odd(&mut self, due: DateTime<Utc>, number: u32) -> Result<()> {
            self.svc.alarms.schedule(due, Self::c().odd(number))?;
            Ok(())
        }

        fn weigh(&self, _order: Order) -> f64 {
            1.5
        }
        fn send(&mut self, _kilos: f64, _how: String) {}
        fn numbers(&mut self, _all: Vec<u32>) {}
        fn odd(&mut self, _number: u32) {}
    }
}

/// One that has none of its handlers, and is told of nothing.
mod none {
    use lumenize::prelude::*;

    pub struct Depot {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Depot {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        pub fn shown(&self) -> Result<Vec<String>> {
            let page = self.svc.failed.list(FailedFilter::default())?;
            Ok(page.items.iter().map(FailedWork::to_text).collect())
        }
    }
}

/// One whose types have changed.
mod changed {
    use lumenize::prelude::*;
    use lumenize_tests::Odd;

    #[derive(Serialize, Deserialize)]
    pub struct Order {
        to: Address,
    }

    #[derive(Serialize, Deserialize)]
    pub struct Address {
        zip: String,
    }

    pub struct Depot {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Depot {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        fn weigh(&mut self, order: Order) -> Result<f64> {
            self.svc.put("zip", &order.to.zip)?;
            Ok(0.0)
        }
        fn send(&mut self, _kilos: f64, _how: String) {}
        fn numbers(&mut self, _all: [u32; 3]) {}
        fn odd(&mut self, _number: Odd) {}
    }
}

fn order() -> old::Order {
    let labels = [(7, "heavy".to_owned()), (9, "\"new\"".to_owned())];
    old::Order {
        id: u64::MAX,
        to: old::Address {
            street: "Hauptstraße 1".to_owned(),
            zip: 10_115,
        },
        items: vec![
            old::Item::Gift,
            old::Item::Book("Dune".to_owned()),
            old::Item::Pair(1, -2),
            old::Item::Parcel {
                kilos: 2.5,
                labels: labels.into(),
            },
        ],
        note: None,
    }
}

fn order_as_json() -> Value {
    json!({
        "id": u64::MAX,
        "to": { "street": "Hauptstraße 1", "zip": 10_115 },
        "items": [
            "Gift",
            { "Book": "Dune" },
            { "Pair": [1, -2] },
            { "Parcel": { "kilos": 2.5, "labels": { "7": "heavy", "9": "\"new\"" } } },
        ],
        "note": null,
    })
}

/// A world in which an order was planned, and is due.
fn planned() -> World {
    let mut world = World::new(1);
    let due = world.now() + TimeDelta::seconds(1);
    let mut depot = world.object::<old::Depot>("main");
    depot.run(old::Depot::c().plan(due, order())).unwrap();
    world
}

/// What is parked by a process that has never seen the types.
fn parked<D: lumenize::Object>(mut world: World) -> (World, FailedWork) {
    world.redeploy::<D>();
    // What is known of shapes is the process's own; all that is stored must do.
    lumenize_runtime::codec::forget();
    world.advance(Duration::from_secs(2));
    lumenize_runtime::codec::forget();
    let mut failed = world.object::<D>("main").failed().unwrap();
    assert_eq!(failed.len(), 1);
    (world, failed.remove(0))
}

#[test]
fn parked_work_is_shown_field_by_field_without_its_types() {
    let _alone = alone();
    let (mut world, work) = parked::<none::Depot>(planned());
    // Whoever has the view shows it: it is sent to others, who know no shapes.
    let sent = serde_json::to_string(&work).unwrap();
    lumenize_runtime::codec::forget();
    let work: FailedWork = serde_json::from_str(&sent).unwrap();

    let text = "parked: weigh(order: {\"id\":18446744073709551615,\"to\":{\"street\":\"Hauptstraße 1\",\"zip\":10115},\
        \"items\":[\"Gift\",{\"Book\":\"Dune\"},{\"Pair\":[1,-2]},\
        {\"Parcel\":{\"kilos\":2.5,\"labels\":{\"7\":\"heavy\",\"9\":\"\\\"new\\\"\"}}}],\"note\":null})\
        .send(kilos: result of step 0, how: \"fast\"): there is no handler `weigh`";
    assert_eq!(work.to_text(), text);
    let json = work.to_json();
    assert_eq!(
        json["steps"],
        json!([
            { "handler": "weigh", "args": [{ "name": "order", "value": order_as_json() }] },
            { "handler": "send", "args": [{ "name": "kilos", "result_of": 0 }, { "name": "how", "value": "fast" }] },
        ])
    );
    assert_eq!(
        (
            &json["parked"],
            &json["name"],
            &json["attempts"],
            &json["outcome"]
        ),
        (&json!(true), &json!("order"), &json!(0), &Value::Null)
    );
    assert_eq!(json["why"]["message"], "there is no handler `weigh`");
    assert_eq!(json["id"], work.id.to_string());

    // The object itself shows the same.
    let mut depot = world.object::<none::Depot>("main");
    assert_eq!(depot.run(none::Depot::c().shown()).unwrap(), [text]);
}

#[test]
fn pending_work_is_shown_too() {
    let _alone = alone();
    let mut world = planned();
    world.redeploy::<none::Depot>();
    lumenize_runtime::codec::forget();
    let pending = world.object::<none::Depot>("main").pending().unwrap();
    let first = pending[0].steps[0].to_json();
    assert_eq!(first["args"][0]["value"], order_as_json());
}

/// What is shown is bounded, and says that there is more.
#[test]
fn long_values_are_cut() {
    let _alone = alone();
    let mut world = World::new(1);
    let due = world.now() + TimeDelta::seconds(1);
    let mut depot = world.object::<old::Depot>("main");
    depot
        .run(old::Depot::c().plan_numbers(due, 50_000))
        .unwrap();
    let (_, work) = parked::<none::Depot>(world);
    let text = work.to_text();
    assert!(text.len() < 1_200, "{}", text.len());
    assert!(text.starts_with("parked: numbers(all: [0,1,2,3,"), "{text}");
    assert!(
        text.ends_with("…): there is no handler `numbers`"),
        "{text}"
    );
    let json = work.steps[0].args[0].to_json();
    let shown = json["value"].as_array().unwrap();
    assert_eq!(shown[4_000], 4_000);
    assert_eq!(shown.last().unwrap(), "…");
    assert!((5_000..20_000).contains(&shown.len()), "{}", shown.len());
}

#[test]
fn what_is_damaged_says_so() {
    let _alone = alone();
    for (damage, reason) in [
        ("DELETE FROM lumenize_shapes", "its shape is missing"),
        (
            "UPDATE lumenize_shapes SET shape = x'ff'",
            "its shape is missing",
        ),
    ] {
        let mut world = planned();
        world.object::<old::Depot>("main").tamper(damage).unwrap();
        let (_, work) = parked::<none::Depot>(world);
        assert!(work.to_text().contains(reason), "{}", work.to_text());
        let arg = work.steps[0].args[0].to_json();
        assert_eq!(
            (&arg["unreadable"], &arg["bytes"]),
            (&json!(reason), &json!(72))
        );
    }

    // A value that is cut short, of a shape that is known.
    let mut stored = Vec::new();
    lumenize_runtime::codec::encode_into(&order(), &mut stored).unwrap();
    let mut whole = lumenize_runtime::codec::with_shape(&stored).into_owned();
    whole.pop();
    let shown = |value: &[u8]| {
        let sent = json!({ "Value": value });
        let arg: ArgView = serde_json::from_value(sent).unwrap();
        (arg.to_string(), arg.to_json()["unreadable"].clone())
    };
    let (text, unreadable) = shown(&whole);
    let reason = "the bytes are damaged: they are none of what was stored";
    assert_eq!(text, format!("<{} bytes: {reason}>", whole.len()));
    assert_eq!(unreadable, reason);
    whole.extend([0, 0]);
    assert_eq!(shown(&whole).1, "1 bytes are left over");
    assert_eq!(shown(&[]).1, "what refers to its shape is damaged");
    assert_eq!(shown(&[2, 1, 200, 0]).1, "a shape with an unknown part");
    assert_eq!(
        shown(&[2, 200, 200, 0]).1,
        "its shape is of format version 200, this code reads version 1"
    );
}

/// Which handler, which argument, which field, what was stored and what is expected.
#[test]
fn the_reason_is_exact() {
    let _alone = alone();
    let why = |mut world: World, plan: &dyn Fn(&mut World, DateTime<Utc>)| -> HandlerError {
        let due = world.now() + TimeDelta::seconds(1);
        plan(&mut world, due);
        parked::<changed::Depot>(world).1.why
    };
    let by = |reason: &HandlerError| reason.to_string();

    let order = why(World::new(1), &|world, due| {
        let mut depot = world.object::<old::Depot>("main");
        depot.run(old::Depot::c().plan(due, order())).unwrap();
    });
    let expected = "`weigh`: the argument `order`: the bytes are not a hostile::shown::changed::Order: \
        at `to.zip`: a u32 was stored, a string is expected";
    assert_eq!(by(&order), expected);

    let numbers = why(World::new(1), &|world, due| {
        let mut depot = world.object::<old::Depot>("main");
        depot.run(old::Depot::c().plan_numbers(due, 4)).unwrap();
    });
    let expected = "`numbers`: the argument `all`: the bytes are not a [u32; 3]: 4 values were stored, 3 are taken";
    assert_eq!(by(&numbers), expected);

    // Of the same shape, as the first one shows; so the second is read by position.
    for number in [2, 4] {
        let odd = why(World::new(1), &|world, due| {
            let mut depot = world.object::<old::Depot>("main");
            for number in [3, number] {
                depot.run(old::Depot::c().plan_odd(due, number)).unwrap();
            }
        });
        let expected = format!(
            "`odd`: the argument `number`: the bytes are not a lumenize_tests::Odd: {number} is even"
        );
        assert_eq!(by(&odd), expected);
    }
}
