//! Caller and callee of different releases, and what is stored in a format that is newer than the code.

use lumenize::native::Host;
use lumenize::prelude::*;
use lumenize::testing::World;
use lumenize::{CallError, Outcome};
use lumenize_runtime::continuation::program::ProgramError;
use std::time::Instant;

/// A release of a desk, which asks, and of a shop, which answers: both know the orders and the prices of
/// their release, and the name that a handler has in it.
macro_rules! release {
    ($module:ident, $order:expr, { $($types:tt)* }, $quote:ident, { $($quoted:tt)* }, $price:expr) => {
        mod $module {
            use lumenize::prelude::*;
            use lumenize::CallError;

            $($types)*

            pub struct Desk {
                svc: Services<Self>,
            }

            #[durable_object]
            impl Desk {
                pub fn new(svc: Services<Self>) -> Self {
                    Self { svc }
                }

                /// By the name that the handler has in this release.
                pub fn ask_quote(&mut self) -> Result<()> {
                    let quote = Shop::c().$quote($order);
                    self.svc
                        .call("main", quote)
                        .on_success(|price| Self::c().heard(price))
                        .on_error(|error| Self::c().not_heard(error))
                        .send()?;
                    Ok(())
                }

                /// By the name that it has in all.
                pub fn ask_stock(&mut self) -> Result<()> {
                    self.svc
                        .call("main", Shop::c().stock($order))
                        .on_success(|price| Self::c().heard(price))
                        .on_error(|error| Self::c().not_heard(error))
                        .send()?;
                    Ok(())
                }

                pub fn log(&self) -> Result<Vec<String>> {
                    Ok(self.svc.get("log")?.unwrap_or_default())
                }

                fn heard(&mut self, price: Price) -> Result<()> {
                    self.note(format!("{price:?}"))
                }

                fn not_heard(&mut self, error: CallError) -> Result<()> {
                    self.note(format!("{error} ({:?})", error.outcome()))
                }

                #[handler(skip)]
                fn note(&mut self, line: String) -> Result<()> {
                    let mut log = self.log()?;
                    log.push(line);
                    Ok(self.svc.put("log", &log)?)
                }
            }

            pub struct Shop {
                svc: Services<Self>,
            }

            #[durable_object]
            impl Shop {
                pub fn new(svc: Services<Self>) -> Self {
                    Self { svc }
                }

                $($quoted)*
                pub fn $quote(&mut self, order: Order) -> Result<Price> {
                    self.stock(order)
                }

                pub fn stock(&mut self, order: Order) -> Result<Price> {
                    let mut log = self.log()?;
                    log.push(format!("{order:?}"));
                    self.svc.put("log", &log)?;
                    Ok($price)
                }

                pub fn log(&self) -> Result<Vec<String>> {
                    Ok(self.svc.get("log")?.unwrap_or_default())
                }
            }
        }
    };
}

release!(
    first,
    order(),
    {
        #[derive(Debug, Serialize, Deserialize)]
        pub struct Order {
            item: String,
            count: u8,
        }

        pub fn order() -> Order {
            Order {
                item: "tea".to_owned(),
                count: 2,
            }
        }

        #[derive(Debug, Serialize, Deserialize)]
        pub struct Price {
            pub cents: u32,
        }
    },
    price,
    {},
    Price { cents: 250 }
);

// More fields, in another order, and wider ones; `price` is `quote`.
release!(second, Order { note: "soon".to_owned(), count: 3, item: "tea".to_owned() }, {
    #[derive(Debug, Serialize, Deserialize)]
    pub struct Order {
        #[serde(default)]
        note: String,
        count: u64,
        item: String,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Price {
        #[serde(default)]
        currency: Option<String>,
        cents: u64,
    }
}, quote, { #[handler(was = "price")] }, Price { currency: Some("EUR".to_owned()), cents: 375 });

// What a price is no other release can read.
release!(third, Order { item: "tea".to_owned(), count: 4 }, {
    #[derive(Debug, Serialize, Deserialize)]
    pub struct Order {
        item: String,
        count: u64,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Price {
        cents: String,
    }
}, quote, { #[handler(was = "price")] }, Price { cents: "5.00".to_owned() });

/// What the first release asks the second, by a name that the handler had: what is new in the order has its
/// default, what is new in the price is left out.
const OLD_ASKS_NEW: [&str; 2] = [
    r#"Order { note: "", count: 2, item: "tea" }"#,
    "Price { cents: 375 }",
];
/// What the second release asks the first: by a name that it has, and by one that it has not.
const NEW_ASKS_OLD: [&str; 3] = [
    r#"Order { item: "tea", count: 3 }"#,
    "Price { currency: None, cents: 250 }",
    "refused: `Shop` has no handler `quote` (NotExecuted)",
];
/// What the first asks the third, of whose answer it understands nothing.
const ASKS_A_STRANGER: [&str; 2] = [
    r#"Order { item: "tea", count: 2 }"#,
    r#"Price { cents: "5.00" }"#,
];

#[test]
fn releases_ask_and_answer_each_other_in_a_world() {
    let mut world = World::new(1);
    world.redeploy::<second::Shop>();
    let mut desk = world.object::<first::Desk>("main");
    desk.run(first::Desk::c().ask_quote()).unwrap();
    world.run_until_idle().unwrap();
    let mut shop = world.object::<second::Shop>("main");
    let asked = shop.run(second::Shop::c().log()).unwrap();
    let mut desk = world.object::<first::Desk>("main");
    let heard = desk.run(first::Desk::c().log()).unwrap();
    assert_eq!([asked, heard].concat(), OLD_ASKS_NEW);

    let mut world = World::new(1);
    world.redeploy::<first::Shop>();
    let mut desk = world.object::<second::Desk>("main");
    desk.run(second::Desk::c().ask_stock()).unwrap();
    world.run_until_idle().unwrap();
    let mut desk = world.object::<second::Desk>("main");
    desk.run(second::Desk::c().ask_quote()).unwrap();
    world.run_until_idle().unwrap();
    let mut shop = world.object::<first::Shop>("main");
    let asked = shop.run(first::Shop::c().log()).unwrap();
    let mut desk = world.object::<second::Desk>("main");
    let heard = desk.run(second::Desk::c().log()).unwrap();
    assert_eq!([asked, heard].concat(), NEW_ASKS_OLD);
}

#[test]
fn an_answer_that_its_handler_can_t_read_is_parked_until_it_can_in_a_world() {
    let mut world = World::new(1);
    world.redeploy::<third::Shop>();
    let mut desk = world.object::<first::Desk>("main");
    desk.run(first::Desk::c().ask_stock()).unwrap();
    world.run_until_idle().unwrap();
    let mut desk = world.object::<first::Desk>("main");
    is_parked(&desk.failed().unwrap());
    assert!(desk.pending().unwrap().is_empty());
    assert_eq!(desk.run(first::Desk::c().log()).unwrap(), [""; 0]);

    world.redeploy::<third::Desk>();
    let mut desk = world.object::<third::Desk>("main");
    desk.run(third::Desk::c().log()).unwrap();
    world.run_until_idle().unwrap();
    let mut desk = world.object::<third::Desk>("main");
    assert_eq!(desk.failed().unwrap(), []);
    let heard = desk.run(third::Desk::c().log()).unwrap();
    let mut shop = world.object::<third::Shop>("main");
    let asked = shop.run(third::Shop::c().log()).unwrap();
    assert_eq!([asked, heard].concat(), ASKS_A_STRANGER);
}

/// The answer, with the reason and with no attempt spent.
fn is_parked(failed: &[FailedWork]) {
    let [work] = failed else { panic!("{failed:?}") };
    assert!(work.parked && work.attempts == 0, "{work:?}");
    let reason = &work.why.message;
    assert!(
        reason.starts_with("`heard`: the argument `price`: "),
        "{reason}"
    );
    assert!(
        reason.contains("at `cents`: a string was stored, u32 is expected"),
        "{reason}"
    );
}

/// Asks again and again until there is an answer.
async fn until<T, F: Future<Output = Option<T>>>(ask: impl Fn() -> F) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "nothing came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

macro_rules! lines {
    ($host:ident, $object:path, $count:literal) => {{
        let object = $host.object::<$object>("main");
        until(|| async {
            let log = object.run(<$object>::c().log()).await.unwrap();
            (log.len() >= $count).then_some(log)
        })
        .await
    }};
}

#[tokio::test]
async fn releases_ask_and_answer_each_other_on_the_native_host() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::open(directory.path()).unwrap();
    let host = host
        .register::<first::Desk>()
        .register::<second::Shop>()
        .start()
        .unwrap();
    let desk = host.object::<first::Desk>("main");
    desk.run(first::Desk::c().ask_quote()).await.unwrap();
    let heard = lines!(host, first::Desk, 1);
    let asked = lines!(host, second::Shop, 1);
    assert_eq!([asked, heard].concat(), OLD_ASKS_NEW);
    host.shutdown().unwrap();

    let directory = tempfile::tempdir().unwrap();
    let host = Host::open(directory.path()).unwrap();
    let host = host
        .register::<second::Desk>()
        .register::<first::Shop>()
        .start()
        .unwrap();
    let desk = host.object::<second::Desk>("main");
    desk.run(second::Desk::c().ask_stock()).await.unwrap();
    lines!(host, second::Desk, 1);
    desk.run(second::Desk::c().ask_quote()).await.unwrap();
    let heard = lines!(host, second::Desk, 2);
    let asked = lines!(host, first::Shop, 1);
    assert_eq!([asked, heard].concat(), NEW_ASKS_OLD);
    host.shutdown().unwrap();
}

#[tokio::test]
async fn an_answer_that_its_handler_can_t_read_is_parked_until_it_can_on_the_native_host() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::open(directory.path()).unwrap();
    let host = host
        .register::<first::Desk>()
        .register::<third::Shop>()
        .start()
        .unwrap();
    let desk = host.object::<first::Desk>("main");
    desk.run(first::Desk::c().ask_stock()).await.unwrap();
    let failed = until(|| async {
        let failed = desk.failed().await.unwrap();
        (!failed.is_empty()).then_some(failed)
    })
    .await;
    is_parked(&failed);
    host.shutdown().unwrap();

    let host = Host::open(directory.path()).unwrap();
    let host = host
        .register::<third::Desk>()
        .register::<third::Shop>()
        .start()
        .unwrap();
    let heard = lines!(host, third::Desk, 1);
    let asked = lines!(host, third::Shop, 1);
    assert_eq!([asked, heard].concat(), ASKS_A_STRANGER);
    let desk = host.object::<third::Desk>("main");
    assert_eq!(desk.failed().await.unwrap(), []);
    host.shutdown().unwrap();
}

/// As a caller outside of the objects.
#[test]
fn a_caller_outside_asks_another_release() {
    let mut world = World::new(1);
    world.redeploy::<second::Shop>();
    let mut shop = world.object::<first::Shop>("main");
    let order = || first::Shop::c().price(first::order());
    let price = shop.run(order()).unwrap();
    assert_eq!(format!("{price:?}"), "Price { cents: 375 }");

    world.redeploy::<third::Shop>();
    let mut shop = world.object::<first::Shop>("main");
    let error = shop.run(order()).unwrap_err();
    let CallError::Result { reason } = &error else {
        panic!("{error:?}")
    };
    assert!(
        reason.contains("a string was stored, u32 is expected"),
        "{reason}"
    );
    assert_eq!(error.outcome(), Outcome::Unknown);
}

/// What a newer release stored in a newer format is parked, whatever it is, and goes on when that is back.
#[test]
fn what_is_stored_in_a_newer_format_is_parked_until_it_is_read() {
    let row = |what: &str, newest: u8| {
        format!("{what} is of format version 99, this code reads version {newest}")
    };
    let call = row("what is to be sent", 1);
    let detail = row("its retry policy or recurrence", 3);
    for (column, reasons) in [
        (
            "program",
            [ProgramError::Version { found: 99 }.to_string(), call],
        ),
        ("detail", [detail.clone(), detail]),
    ] {
        let mut world = World::new(1);
        world.register::<first::Shop>();
        world.cut_off::<first::Shop>("main", true);
        let mut desk = world.object::<keeping::Desk>("main");
        desk.run(keeping::Desk::c().begin()).unwrap();
        desk.tamper("CREATE TABLE before AS SELECT id, program, detail FROM lumenize_queue")
            .unwrap();
        desk.tamper(&format!(
            "UPDATE lumenize_queue SET {column} = CAST(x'63' || substr({column}, 2) AS BLOB)"
        ))
        .unwrap();
        desk.evict();
        world.advance(Duration::from_secs(60));
        let mut desk = world.object::<keeping::Desk>("main");
        let failed = desk.failed().unwrap();
        let mut why: Vec<_> = failed.iter().map(|work| &*work.why.message).collect();
        let mut reasons = reasons.each_ref().map(String::as_str);
        why.sort_unstable();
        reasons.sort_unstable();
        assert_eq!(why, reasons);
        assert!(
            failed.iter().all(|work| work.parked && work.attempts <= 1),
            "{failed:?}"
        );
        assert!(desk.pending().unwrap().is_empty());
        if column == "program" {
            // Nor is it edited by what can't read it, and a call has nothing to edit before its outcome.
            let mut refused: Vec<_> = (failed.iter())
                .map(|work| desk.run(keeping::Desk::c().repair(work.id)).unwrap_err())
                .map(|error| error.to_string())
                .collect();
            refused.sort_unstable();
            assert!(refused[0].contains("the work can't be read"), "{refused:?}");
            assert!(
                refused[1].contains("a call or a fetch without an outcome"),
                "{refused:?}"
            );
            assert_eq!(desk.failed().unwrap(), failed);
        }

        // It waits for as long as this release runs, and goes on when the other is back.
        desk.evict();
        world.advance(Duration::from_secs(60));
        let mut desk = world.object::<keeping::Desk>("main");
        desk.run(keeping::Desk::c().touch()).unwrap();
        assert_eq!(desk.failed().unwrap().len(), 2);
        desk.tamper(&format!("UPDATE lumenize_failed SET {column} = (SELECT {column} FROM before WHERE before.id = lumenize_failed.id)")).unwrap();
        world.redeploy::<keeping::Desk>();
        world.heal();
        let mut desk = world.object::<keeping::Desk>("main");
        desk.run(keeping::Desk::c().touch()).unwrap();
        world.run_until_idle().unwrap();
        let mut desk = world.object::<keeping::Desk>("main");
        assert_eq!(desk.failed().unwrap(), []);
        let mut log = desk.run(keeping::Desk::c().log()).unwrap();
        log.sort_unstable();
        assert_eq!(log, ["250 cents", "rung"], "{column}");
        let mut shop = world.object::<first::Shop>("main");
        assert_eq!(shop.run(first::Shop::c().log()).unwrap().len(), 1);
    }
}

mod keeping {
    use super::first;
    use lumenize::prelude::*;

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        /// A schedule, and a call with a key.
        pub fn begin(&mut self) -> Result<()> {
            self.svc
                .alarms
                .schedule(Duration::from_secs(1), Self::c().note("rung"))?;
            self.svc
                .call("main", first::Shop::c().price(first::order()))
                .named("price")
                .timeout(Duration::from_secs(3_600))
                .on_success(|price| Self::c().heard(price))
                .send()?;
            Ok(())
        }

        pub fn repair(&mut self, id: WorkId) -> Result<bool> {
            Ok(self
                .svc
                .failed
                .edit(id)
                .argument("line", &"mended".to_owned())
                .retry()?)
        }

        /// Writes, so that there is a commit.
        pub fn touch(&mut self) -> Result<()> {
            Ok(self.svc.put("touched", &true)?)
        }

        pub fn log(&self) -> Result<Vec<String>> {
            Ok(self.svc.get("log")?.unwrap_or_default())
        }

        fn note(&mut self, line: &str) -> Result<()> {
            let mut log = self.log()?;
            log.push(line.to_owned());
            Ok(self.svc.put("log", &log)?)
        }

        fn heard(&mut self, price: first::Price) -> Result<()> {
            self.note(&format!("{} cents", price.cents))
        }
    }
}
