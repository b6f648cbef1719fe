//! Arguments are known by their names: of work that waits, of calls between releases, of what was planned under
//! a name.

use lumenize::prelude::*;
use lumenize::testing::World;

/// A release of an object that moves amounts, and of one that has it do so.
macro_rules! release {
    ($module:ident { $($bank:tt)* } { $($desk:tt)* }) => {
        mod $module {
            use lumenize::prelude::*;

            pub struct Bank {
                svc: Services<Self>,
            }

            #[durable_object]
            impl Bank {
                pub fn new(svc: Services<Self>) -> Self {
                    Self { svc }
                }

                pub fn log(&self) -> Result<Vec<String>> {
                    Ok(self.svc.get("log")?.unwrap_or_default())
                }

                #[handler(skip)]
                fn note(&mut self, line: String) -> Result<()> {
                    let mut log = self.log()?;
                    log.push(line);
                    Ok(self.svc.put("log", &log)?)
                }

                $($bank)*
            }

            pub struct Desk {
                svc: Services<Self>,
            }

            #[durable_object]
            impl Desk {
                pub fn new(svc: Services<Self>) -> Self {
                    Self { svc }
                }

                pub fn heard(&self) -> Result<Vec<String>> {
                    Ok(self.svc.get("heard")?.unwrap_or_default())
                }

                #[handler(skip)]
                #[allow(dead_code)] // where there is nothing to note
                fn note(&mut self, line: String) -> Result<()> {
                    let mut heard = self.heard()?;
                    heard.push(line);
                    Ok(self.svc.put("heard", &heard)?)
                }

                $($desk)*
            }
        }
    };
}

release! { first
    {
        pub fn pay(&mut self, from: String, to: String) -> Result<String> {
            self.note(format!("first: {from} to {to}"))?;
            Ok(format!("{from}-{to}"))
        }
        pub fn plan(&mut self) -> Result<ScheduleId> {
            let pay = Self::c().pay("Ada", "Eve");
            Ok(self.svc.alarms.named("monthly").schedule(Duration::from_secs(60), pay)?.id)
        }
    }
    {
        pub fn ask(&mut self) -> Result<()> {
            let pay = Bank::c().pay("Ada", "Eve");
            self.svc
                .call("main", pay)
                .on_success(|receipt| Self::c().paid("rent".to_owned(), receipt, "unused".to_owned()))
                .on_error(|error| Self::c().refused("rent".to_owned(), error))
                .send()?;
            Ok(())
        }
        fn paid(&mut self, what: String, receipt: String, _channel: String) -> Result<()> {
            self.note(format!("first: {what} paid, {receipt}"))
        }
        fn refused(&mut self, what: String, error: CallError) -> Result<()> {
            self.note(format!("first: {what} refused, {error}"))
        }
    }
}

// All texts, so nothing but the names tells which is which.
release! { second
    {
        pub fn pay(&mut self, #[handler(was = "to")] payee: String, from: String, note: Option<String>) -> Result<String> {
            self.note(format!("second: {from} to {payee}, {note:?}"))?;
            Ok(format!("{from}-{payee}"))
        }
        pub fn plan(&mut self) -> Result<ScheduleId> {
            let pay = Self::c().pay("Eve", "Ada", None);
            Ok(self.svc.alarms.named("monthly").schedule(Duration::from_secs(60), pay)?.id)
        }
    }
    {
        pub fn ask(&mut self) -> Result<()> {
            let pay = Bank::c().pay("Eve", "Ada", Some("thanks".to_owned()));
            self.svc
                .call("main", pay)
                .on_success(|receipt| Self::c().paid(receipt, "rent".to_owned(), 2))
                .send()?;
            Ok(())
        }
        fn paid(&mut self, receipt: String, what: String, #[handler(default)] times: u8) -> Result<()> {
            self.note(format!("second: {what} paid {times} times, {receipt}"))
        }
        // It does not look at the error any more.
        fn refused(&mut self, #[handler(was = "what")] subject: String) -> Result<()> {
            self.note(format!("second: {subject} refused"))
        }
    }
}

// As the first, in another order.
release! { reordered
    {
        pub fn pay(&mut self, to: String, from: String) -> Result<String> {
            self.note(format!("{from} to {to}"))?;
            Ok(String::new())
        }
        pub fn plan(&mut self) -> Result<ScheduleId> {
            let pay = Self::c().pay("Eve", "Ada");
            Ok(self.svc.alarms.named("monthly").schedule(Duration::from_secs(60), pay)?.id)
        }
        pub fn plan_another(&mut self) -> Result<ScheduleId> {
            let pay = Self::c().pay("Ada", "Eve");
            Ok(self.svc.alarms.named("monthly").schedule(Duration::from_secs(60), pay)?.id)
        }
    }
    {}
}

fn log(world: &mut World) -> Vec<String> {
    let mut bank = world.object::<first::Bank>("main");
    bank.run(first::Bank::c().log()).unwrap()
}

fn heard(world: &mut World) -> Vec<String> {
    let mut desk = world.object::<first::Desk>("main");
    desk.run(first::Desk::c().heard()).unwrap()
}

#[test]
fn callers_of_another_release_name_what_they_give() {
    let mut world = World::new(1);
    world.redeploy::<second::Bank>();
    // A caller that is older, and one that is newer.
    let mut bank = world.object::<first::Bank>("main");
    let receipt = bank.run(first::Bank::c().pay("Ada", "Eve")).unwrap();
    assert_eq!(receipt, "Ada-Eve");
    assert_eq!(log(&mut world), ["second: Ada to Eve, None"]);
    world.redeploy::<first::Bank>();
    let mut bank = world.object::<second::Bank>("main");
    let error = bank
        .run(second::Bank::c().pay("Eve", "Ada", None))
        .unwrap_err();
    assert_eq!(error.outcome(), lumenize::Outcome::NotExecuted);
    let said = error.to_string();
    assert!(
        said.contains("`pay`: the argument `to` was not stored, but `payee`, `from`, `note`"),
        "{said}"
    );
    assert_eq!(log(&mut world).len(), 1);

    // Between objects.
    world.register::<first::Bank>();
    world.redeploy::<second::Bank>();
    let mut desk = world.object::<first::Desk>("main");
    desk.run(first::Desk::c().ask()).unwrap();
    world.run_until_idle().unwrap();
    assert_eq!(log(&mut world)[1..], ["second: Ada to Eve, None"]);
    assert_eq!(heard(&mut world), ["first: rent paid, Ada-Eve"]);
}

/// What waits for the outcome of a call names where it goes.
#[test]
fn outcomes_find_their_argument_under_another_release() {
    for cut in [false, true] {
        let mut world = World::new(1);
        world.register::<first::Bank>();
        world.cut_off::<first::Bank>("main", true);
        let mut desk = world.object::<first::Desk>("main");
        desk.run(first::Desk::c().ask()).unwrap();
        world.advance(Duration::from_millis(10));
        world.redeploy::<second::Desk>();
        world.cut_off::<first::Bank>("main", cut);
        world.advance(Duration::from_secs(24 * 3_600));
        let expected = match cut {
            false => "second: rent paid 0 times, Ada-Eve",
            true => "second: rent refused",
        };
        assert_eq!(heard(&mut world), [expected]);
    }
}

#[test]
fn a_named_schedule_is_the_same_in_another_order() {
    let mut world = World::new(1);
    let mut bank = world.object::<first::Bank>("main");
    let id = bank.run(first::Bank::c().plan()).unwrap();
    let due = bank.pending().unwrap()[0].due;
    world.redeploy::<reordered::Bank>();
    world.advance(Duration::from_secs(1));
    let mut bank = world.object::<reordered::Bank>("main");
    assert_eq!(bank.run(reordered::Bank::c().plan()).unwrap(), id);
    let pending = bank.pending().unwrap();
    assert_eq!((pending.len(), pending[0].due), (1, due));
    // As it was stored: a rollback finds it.
    assert_eq!(
        pending[0].steps[0].to_string(),
        r#"pay(from: "Ada", to: "Eve")"#
    );

    // The same texts in the same places, and yet another payment.
    bank.run(reordered::Bank::c().plan_another()).unwrap();
    let pending = bank.pending().unwrap();
    assert_eq!((pending.len(), pending[0].due > due), (1, true));
    assert_eq!(
        pending[0].steps[0].to_string(),
        r#"pay(to: "Ada", from: "Eve")"#
    );

    // With one argument more it is planned anew.
    world.redeploy::<second::Bank>();
    world
        .object::<second::Bank>("main")
        .run(second::Bank::c().plan())
        .unwrap();
    world.advance(Duration::from_secs(61));
    assert_eq!(log(&mut world), ["second: Ada to Eve, None"]);
}

#[test]
fn the_view_has_the_names() {
    let mut world = World::new(1);
    let mut bank = world.object::<first::Bank>("main");
    bank.run(first::Bank::c().plan()).unwrap();
    let step = &bank.pending().unwrap()[0].steps[0];
    assert_eq!(step.names, ["from", "to"]);
    let named: Vec<_> = step
        .named_args()
        .map(|(name, arg)| (name, arg.to_string()))
        .collect();
    assert_eq!(
        named,
        [
            (Some("from"), r#""Ada""#.to_owned()),
            (Some("to"), r#""Eve""#.to_owned())
        ]
    );
    let json = step.to_json();
    assert_eq!(json["args"][1]["name"], "to");
    assert_eq!(json["args"][1]["value"], "Eve");
}

/// Types that can be `None` without being called `Option`, and those that can't.
mod absent {
    use lumenize::prelude::*;

    pub type Maybe = Option<u8>;

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Wrapped(pub Option<String>);

    #[derive(Debug, Serialize, Deserialize)]
    pub enum Choice {
        None,
        Some(u8),
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Options {
        pub a: Option<u8>,
    }

    macro_rules! release {
        ($module:ident ($($arg:ident: $ty:ty),*)) => {
            pub mod $module {
                #[allow(unused_imports)]
                use super::*;
                pub struct Box_ {
                    svc: Services<Self>,
                }
                #[durable_object]
                impl Box_ {
                    pub fn new(svc: Services<Self>) -> Self {
                        Self { svc }
                    }
                    pub fn take(&self $(, $arg: $ty)*) -> Result<String> {
                        let taken: &[String] = &[$(format!("{:?}", $arg)),*];
                        Ok(format!("{} {:?}", self.svc.name(), taken))
                    }
                }
            }
        };
    }
    release! { none () }
    release! { maybe (a: Maybe, b: Wrapped, c: Option<Vec<Choice>>, d: std::option::Option<Options>) }
    release! { unit (a: ()) }
    release! { choice (a: Choice) }
    release! { options (a: Options) }
    release! { list (a: Vec<u8>) }
    release! { text (a: String) }
    release! { json (a: Json<Option<u8>>) }
}

#[test]
fn what_was_not_stored_is_none_where_that_can_be() {
    use absent::{choice, json, list, maybe, none, options, text, unit};
    let mut world = World::new(1);
    macro_rules! taken {
        ($release:ident) => {{
            world.redeploy::<$release::Box_>();
            let mut it = world.object::<none::Box_>("main");
            it.run(none::Box_::c().take())
                .map_err(|error| error.to_string())
        }};
    }
    let nothing = r#"main ["None", "Wrapped(None)", "None", "None"]"#;
    // The first time, and when it is known.
    for _ in 0..2 {
        assert_eq!(taken!(maybe).as_deref(), Ok(nothing));
    }
    // A variant called `None`, a list, and a struct of options are none; nor is `Json`, which is a text.
    for refused in [
        taken!(unit),
        taken!(choice),
        taken!(options),
        taken!(list),
        taken!(text),
        taken!(json),
    ] {
        let error = refused.unwrap_err();
        assert!(
            error.contains("`take`: the argument `a` was not stored"),
            "{error}"
        );
    }
}
