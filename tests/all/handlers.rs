//! What was stored for the handlers of one release, and what becomes of it under those of another.

use crate::redeploy::hold_table;
use chrono::TimeDelta;
use lumenize::Object;
use lumenize::prelude::*;
use lumenize::testing::{Impact, Lock, LockError, World, WorldObject};
use std::fmt::Write as _;

/// A row of the table.
struct Change {
    what: &'static str,
    old: String,
    new: String,
    outcome: String,
    /// What a lock file of the old handlers says of the new ones, if anything.
    plan: Option<Impact>,
}

/// Handlers as they are shown, without the bodies that the macro gives them.
macro_rules! shown {
    ($(
        $(#[$($attr:tt)*])* $vis:vis fn $name:ident($self:ident $(, $(#[$($of:tt)*])* $arg:ident: $ty:ty)*);
    )*) => {
        [$(stringify!($(#[$($attr)*])* $vis fn $name(&mut self $(, $(#[$($of)*])* $arg: $ty)*))),*]
    };
}

/// An object whose handlers keep what they were called with.
macro_rules! release {
    ({ $($plan:tt)* } $(
        $(#[$($attr:tt)*])* $vis:vis fn $name:ident($self:ident $(, $(#[$($of:tt)*])* $arg:ident: $ty:ty)*);
    )*) => {
        pub struct Desk {
            svc: Services<Self>,
        }

        #[durable_object]
        impl Desk {
            pub fn new(svc: Services<Self>) -> Self {
                Self { svc }
            }

            pub fn log(&self) -> Result<Vec<String>> {
                Ok(self.svc.get("log")?.unwrap_or_default())
            }

            $($plan)*

            $(
                #[allow(dead_code)] // what is no handler any more
                $(#[$($attr)*])*
                $vis fn $name(&mut $self $(, $(#[$($of)*])* $arg: $ty)*) -> Result<()> {
                    let args: &[String] = &[$(format!("{:?}", $arg)),*];
                    let mut log = $self.log()?;
                    log.push(format!("{}({})", stringify!($name), args.join(", ")));
                    Ok($self.svc.put("log", &log)?)
                }
            )*
        }
    };
}

/// What becomes of `$planned` when it is due under the new handlers, and, if that was nothing, when the
/// old ones are back.
macro_rules! change {
    ($table:ident, $what:literal, { $($old:tt)* } $plan:ident($($value:expr),*) $(nameless $names:literal)? ran $ran:literal,
        { $($new:tt)* } => $expected:literal) => {{
        mod old {
            use lumenize::prelude::*;
            release! {
                {
                    pub fn plan(&mut self, due: DateTime<Utc>) -> Result<()> {
                        self.svc.alarms.schedule(due, Self::c().$plan($($value),*))?;
                        Ok(())
                    }
                }
                $($old)*
            }
        }
        mod new {
            use lumenize::prelude::*;
            release! { {} $($new)* }
        }
        let mut world = World::new(1);
        let due = world.now() + TimeDelta::seconds(1);
        world.object::<old::Desk>("main").run(old::Desk::c().plan(due)).unwrap();
        $(forget_names(&mut world.object::<old::Desk>("main"), $names);)?
        world.redeploy::<new::Desk>();
        let ran = run_and_read!(world, new);
        let mut failed = world.object::<new::Desk>("main").failed().unwrap();
        world.redeploy::<old::Desk>();
        let again = run_and_read!(world, old);
        assert_eq!(world.object::<old::Desk>("main").failed().unwrap(), [], $what);
        let outcome = match (ran.as_slice(), failed.pop()) {
            ([_, ..], None) => {
                assert_eq!(again, ran, $what);
                format!("runs: `{}`", ran.join("`, `"))
            }
            ([], Some(work)) => {
                assert_eq!((work.parked, work.attempts), (true, 0), $what);
                assert_eq!(again.join(", "), $ran, $what);
                format!("parked: {}", work.why.message)
            }
            both => panic!("{}: {both:?}", $what),
        };
        assert!(failed.is_empty(), $what);
        assert!(outcome.contains($expected), "{}: {outcome}", $what);
        $table.push(Change {
            what: $what,
            old: code(&shown! { $($old)* }),
            new: code(&shown! { $($new)* }),
            outcome,
            plan: {
                let directory = tempfile::tempdir().unwrap();
                let path = directory.path().join("lumenize.lock");
                Lock::at(&path).object::<old::Desk>().update().unwrap();
                impact(Lock::at(&path).object::<new::Desk>().check())
            },
        });
    }};
}

/// What the changes mean, that of the handler aside which is there to plan the others.
fn impact(checked: std::result::Result<(), LockError>) -> Option<Impact> {
    match checked {
        Ok(()) => None,
        Err(LockError::Differs { plan, .. }) => {
            let mut changes = plan.changes().iter();
            let change = changes.find(|change| change.place != "Desk::plan");
            change.map(|change| change.impact)
        }
        Err(error) => panic!("{error}"),
    }
}

macro_rules! run_and_read {
    ($world:ident, $release:ident) => {{
        let ask = $release::Desk::c().log();
        // Parked work is tried when its object is asked.
        let _ = $world.object::<$release::Desk>("main").run(ask);
        $world.advance(Duration::from_secs(2));
        let ask = $release::Desk::c().log();
        $world.object::<$release::Desk>("main").run(ask).unwrap()
    }};
}

/// Makes of what is planned what a release stored before arguments had names.
fn forget_names<D: Object>(object: &mut WorldObject<'_, D>, names: &str) {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<String>()
    };
    let count = hex(&[names.split(',').count() as u8]);
    let named = format!(
        "{count}{}{}",
        hex(&[names.len() as u8]),
        hex(names.as_bytes())
    );
    let program = format!("'02' || substr(replace(hex(program), '{named}', '{count}'), 3)");
    object
        .tamper(&format!(
            "UPDATE lumenize_queue SET program = unhex({program})"
        ))
        .unwrap();
    let view = &object.pending().unwrap()[0].steps[0];
    assert!(view.names.is_empty() && !view.args.is_empty(), "{view}");
}

/// As people write it.
fn code(handlers: &[&str]) -> String {
    let written = handlers.iter().map(|handler| {
        let pairs = [
            (" (", "("),
            ("& mut", "&mut"),
            (" : ", ": "),
            ("  ", " "),
            (" :(", ": ("),
            ("# [", "#["),
        ];
        let written = pairs
            .iter()
            .fold((*handler).to_owned(), |text, (from, to)| {
                text.replace(from, to)
            });
        format!("`{}`", written.trim())
    });
    match handlers {
        [] => "—".to_owned(),
        _ => written.collect::<Vec<_>>().join(" and "),
    }
}

fn table() -> Vec<Change> {
    let mut t = Vec::new();
    change!(t, "a handler is renamed, with `was`", { fn old(self, a: u32); } old(1) ran "old(1)",
        { #[handler(was = "old")] fn young(self, a: u32); } => "runs: `young(1)`");
    change!(t, "it is renamed, without", { fn old(self, a: u32); } old(1) ran "old(1)",
        { fn young(self, a: u32); } => "parked: there is no handler `old`");
    change!(t, "it is renamed for the second time", { fn older(self); } older() ran "older()",
        { #[handler(was = "older", was = "old")] fn young(self); } => "runs: `young()`");
    change!(t, "two become one", { fn one(self, a: u8); fn other(self, a: u8); } other(1) ran "other(1)",
        { #[handler(was = "other")] fn one(self, a: u8); } => "runs: `one(1)`");
    change!(t, "it is removed", { fn old(self); } old() ran "old()", { } => "parked: there is no handler `old`");
    change!(t, "it becomes a helper", { fn old(self); } old() ran "old()",
        { #[handler(skip)] fn old(self); } => "parked: there is no handler `old`");
    change!(t, "others may no longer run it", { pub fn old(self); } old() ran "old()",
        { fn old(self); } => "runs: `old()`");
    change!(t, "it is renamed, and its argument widened", { fn old(self, a: u8); } old(1) ran "old(1)",
        { #[handler(was = "old")] fn young(self, a: u64); } => "runs: `young(1)`");
    change!(t, "an argument is borrowed from now on", { fn old(self, a: String); } old("x".to_owned()) ran "old(\"x\")",
        { fn old(self, a: &str); } => "runs: `old(\"x\")`");
    change!(t, "an argument gets another type", { fn old(self, a: u32); } old(1) ran "old(1)",
        { fn old(self, a: String); } => "`old`: the argument `a`:");
    change!(t, "it is renamed, and its argument gets another type", { fn old(self, a: u32); } old(1) ran "old(1)",
        { #[handler(was = "old")] fn young(self, a: String); } => "`old`: the argument `a`:");
    change!(t, "an argument is renamed, with `was`", { fn old(self, a: u8); } old(1) ran "old(1)",
        { fn old(self, #[handler(was = "a")] b: u8); } => "runs: `old(1)`");
    change!(t, "an argument is renamed, without", { fn old(self, a: u8); } old(1) ran "old(1)",
        { fn old(self, b: u8); } => "`old`: the argument `b` was not stored, but `a`:");
    change!(t, "an argument is renamed for the second time", { fn old(self, older: u8); } old(1) ran "old(1)",
        { fn old(self, #[handler(was = "older", was = "a")] b: u8); } => "runs: `old(1)`");
    change!(t, "an argument is no longer used", { fn old(self, a: u8); } old(1) ran "old(1)",
        { fn old(self, _a: u8); } => "runs: `old(1)`");
    change!(t, "an argument is used from now on", { fn old(self, _a: u8); } old(1) ran "old(1)",
        { fn old(self, a: u8); } => "runs: `old(1)`");
    change!(t, "handler and argument are renamed, with `was`", { fn old(self, a: u8); } old(1) ran "old(1)",
        { #[handler(was = "old")] fn young(self, #[handler(was = "a")] b: u16); } => "runs: `young(1)`");
    change!(t, "two arguments change places", { fn old(self, a: u32, b: String); } old(1, "x".to_owned()) ran "old(1, \"x\")",
        { fn old(self, b: String, a: u32); } => "runs: `old(\"x\", 1)`");
    change!(t, "two arguments of one type change places",
        { fn old(self, from: String, to: String); } old("me".to_owned(), "you".to_owned()) ran "old(\"me\", \"you\")",
        { fn old(self, to: String, from: String); } => "runs: `old(\"you\", \"me\")`");
    change!(t, "two arguments swap their types", { fn old(self, a: u32, b: String); } old(1, "x".to_owned()) ran "old(1, \"x\")",
        { fn old(self, a: String, b: u32); } => "`old`: the argument `a`:");
    change!(t, "an argument is added, with a default", { fn old(self, a: u32); } old(1) ran "old(1)",
        { fn old(self, a: u32, #[handler(default)] b: Vec<u8>); } => "runs: `old(1, [])`");
    change!(t, "an optional argument is added", { fn old(self, a: u32); } old(1) ran "old(1)",
        { fn old(self, b: Option<u32>, a: u32); } => "runs: `old(None, 1)`");
    change!(t, "the first arguments are added", { fn old(self); } old() ran "old()",
        { fn old(self, a: Option<u32>, #[handler(default)] b: u32); } => "runs: `old(None, 0)`");
    change!(t, "an argument is added, without a default", { fn old(self, a: u32); } old(1) ran "old(1)",
        { fn old(self, a: u32, b: u32); } => "`old`: the argument `b` was not stored, but `a`:");
    change!(t, "an argument is added where there was none", { fn old(self); } old() ran "old()",
        { fn old(self, a: u32); } => "`old`: the argument `a` was not stored, nor any other:");
    change!(t, "an argument becomes optional", { fn old(self, a: u32); } old(1) ran "old(1)",
        { fn old(self, a: Option<u32>); } => "runs: `old(Some(1))`");
    change!(t, "what was stored comes before the default", { fn old(self, a: u32); } old(1) ran "old(1)",
        { fn old(self, #[handler(default)] a: u32); } => "runs: `old(1)`");
    change!(t, "an argument is removed", { fn old(self, a: u32, b: u32); } old(1, 2) ran "old(1, 2)",
        { fn old(self, b: u32); } => "runs: `old(2)`");
    change!(t, "all arguments are removed", { fn old(self, a: u32, b: u32); } old(1, 2) ran "old(1, 2)",
        { fn old(self); } => "runs: `old()`");
    change!(t, "one is removed, and another added", { fn old(self, a: u32, b: u32); } old(1, 2) ran "old(1, 2)",
        { fn old(self, b: u32, #[handler(default)] c: u32); } => "runs: `old(2, 0)`");
    change!(t, "a former name moves to another argument", { fn old(self, a: u8, b: u8); } old(1, 2) ran "old(1, 2)",
        { fn old(self, #[handler(default)] c: u8, #[handler(was = "a")] d: u8); } => "runs: `old(0, 1)`");
    change!(t, "one is removed, and another gets its name, with `was`", { fn old(self, a: u8, b: u8); } old(1, 2) ran "old(1, 2)",
        { fn old(self, #[handler(was = "a")] b: u8); } => "the argument `b` was stored twice, as `a` and as `b`");
    change!(t, "a step before gives an argument that is removed",
        { fn made(self); fn old(self, a: (), b: u8); } old(Self::c().made(), 2) ran "made(), old((), 2)",
        { fn made(self); fn old(self, b: u8); } => "runs: `made()`, `old(2)`");
    change!(t, "a step before gives one, and another is added",
        { fn made(self); fn old(self, a: ()); } old(Self::c().made()) ran "made(), old(())",
        { fn made(self); fn old(self, #[handler(default)] b: u8, #[handler(was = "a")] c: ()); } => "runs: `made()`, `old(0, ())`");
    change!(t, "stored without names: an argument is renamed", { fn old(self, a: u8); } old(1) nameless "a" ran "old(1)",
        { fn old(self, b: u8); } => "runs: `old(1)`");
    change!(t, "stored without names: one is added", { fn old(self, a: u8); } old(1) nameless "a" ran "old(1)",
        { fn old(self, a: u8, b: Option<u8>); } => "`old` was stored with 1 argument, and takes 2");
    change!(t, "stored without names: one is removed", { fn old(self, a: u8, b: u8); } old(1, 2) nameless "a,b" ran "old(1, 2)",
        { fn old(self, a: u8); } => "`old` was stored with 2 arguments, and takes 1");
    change!(t, "stored without names: two of other types change places",
        { fn old(self, a: u32, b: String); } old(1, "x".to_owned()) nameless "a,b" ran "old(1, \"x\")",
        { fn old(self, b: String, a: u32); } => "`old`: the argument `b`:");
    t
}

/// `UPDATE=1` writes the table into the guide.
#[test]
fn each_change_of_a_handler_runs_or_is_parked_with_the_reason() {
    let mut text = String::new();
    for change in table() {
        let Change {
            what,
            old,
            new,
            outcome,
            plan,
        } = change;
        let runs = outcome.starts_with("runs: ");
        // No lock file has that.
        let is_older = what.starts_with("stored without names");
        let plan = plan.filter(|_| !is_older);
        match plan {
            _ if is_older => {}
            // What was stored may be lost without a word.
            Some(Impact::NeedsName) => {}
            None | Some(Impact::Safe) => assert!(runs, "{what}"),
            // Others' calls are refused.
            Some(_) if what == "others may no longer run it" => assert!(runs),
            Some(_) => assert!(!runs, "{what}"),
        }
        let plan = plan.map_or("—".to_owned(), |plan| plan.to_string());
        writeln!(
            text,
            "| {what} | {old} | {new} | {} | {plan} |",
            outcome.replace('|', "\\|")
        )
        .unwrap();
    }
    hold_table(
        "<!-- the table of handlers: written by tests/all/handlers.rs -->\n\n",
        "| What changes | Stored under | Due under | Outcome | In the plan |\n",
        &text,
    );
}
