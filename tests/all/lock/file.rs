//! The file itself: written when it is asked for, whole, and refused when it can't be understood.

use super::{locked, place};
use lumenize::prelude::*;
use lumenize::testing::{Impact, Lock, LockError};
use std::fs;

mod one {
    use lumenize::prelude::*;

    pub(super) struct Desk;

    #[durable_object]
    impl Desk {
        pub fn new(_svc: Services<Self>) -> Self {
            Self
        }

        pub fn take(&mut self, _number: u8) {}
    }
}

pub(super) struct Shelf;

#[durable_object]
impl Shelf {
    pub fn new(_svc: Services<Self>) -> Self {
        Self
    }

    pub fn hold(&mut self, _text: String) {}
}

#[test]
fn a_missing_file_is_told_and_written_when_asked() {
    let (_directory, path) = place();
    let lock = Lock::at(&path).object::<Shelf>();
    let missing = lock.check().unwrap_err();
    assert!(matches!(missing, LockError::Missing { .. }));
    let text = missing.to_string();
    assert!(
        text.contains("lumenize.lock") && text.contains("UPDATE=1"),
        "{text}"
    );
    assert!(!path.exists());

    lock.update().unwrap();
    lock.check().unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "\
# What stored work may have in it: the handlers of each object, and the shapes of what they are given.
# Checked and written by `assert_lock!`; look at each change of this file before you release it.
lumenize lock 1

object Shelf
  pub fn hold(&mut self, text: string)
"
    );
}

#[test]
fn an_update_writes_what_a_check_refused() {
    let (directory, path) = place();
    let old = locked!(path, {} { fn take(&mut self, a: u8) {} });
    let new = locked!(path, {} { fn take(&mut self, a: u64) {} });
    old.update().unwrap();
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    old.update().unwrap();
    let after = fs::metadata(&path).unwrap().modified().unwrap();
    assert_eq!(before, after, "nothing to write");
    let Err(LockError::Differs { plan, .. }) = new.check() else {
        panic!("it differs");
    };
    assert_eq!((plan.impact(), plan.changes().len()), (Impact::Safe, 1));
    old.check().unwrap();
    new.update().unwrap();
    new.check().unwrap();
    assert!(matches!(old.check(), Err(LockError::Differs { .. })));
    // No other file is left.
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn many_write_at_once_and_the_file_is_whole() {
    let (directory, path) = place();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| Lock::at(&path).object::<Shelf>().update().unwrap());
        }
    });
    Lock::at(&path).object::<Shelf>().check().unwrap();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_file_has_the_objects_that_are_named_and_no_others() {
    let (_directory, path) = place();
    Lock::at(&path)
        .object::<Shelf>()
        .object::<one::Desk>()
        .update()
        .unwrap();
    Lock::at(&path)
        .object::<one::Desk>()
        .object::<Shelf>()
        .check()
        .unwrap();
    let Err(LockError::Differs { plan, .. }) = Lock::at(&path).object::<Shelf>().check() else {
        panic!("it differs");
    };
    let [change] = plan.changes() else {
        panic!("{plan}");
    };
    assert_eq!((change.impact, &*change.place), (Impact::Breaking, "Desk"));
    Lock::at(&path).object::<Shelf>().update().unwrap();
    let both = Lock::at(&path).object::<Shelf>().object::<one::Desk>();
    let Err(LockError::Differs { plan, .. }) = both.check() else {
        panic!("it differs");
    };
    assert_eq!(plan.to_string(), "safe\n  Desk: is new\n");
}

#[test]
fn two_objects_of_one_name_are_refused() {
    struct Desk;

    #[durable_object]
    impl Desk {
        pub fn new(_svc: Services<Self>) -> Self {
            Self
        }
    }

    let (_directory, path) = place();
    let lock = Lock::at(&path).object::<Desk>().object::<one::Desk>();
    for refused in [lock.check(), lock.update(), lock.text().map(drop)] {
        assert!(matches!(refused, Err(LockError::Twice { class }) if class == "Desk"));
    }
    assert!(!path.exists());
}

#[test]
fn a_damaged_file_is_refused_with_the_line_and_kept() {
    let (_directory, path) = place();
    let lock = locked!(path, {
        #[derive(Serialize, Deserialize)]
        struct Task { name: String, kind: Kind }
        #[derive(Serialize, Deserialize)]
        enum Kind { Soon, At(u64) }
    } { fn take(&mut self, task: Task) {} });
    lock.update().unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    let line = |text: &str| whole.lines().position(|line| line.contains(text)).unwrap() + 1;
    for (from, to, at, reason) in [
        (
            "lumenize lock 1",
            "<<<<<<< HEAD",
            line("lumenize lock 1"),
            "`lumenize lock 1` is expected",
        ),
        (
            "object Desk",
            "objekt Desk",
            line("object Desk"),
            "`object` is expected",
        ),
        (
            "task: Task",
            "task Task",
            line("task:"),
            "`:` is expected before `Task)`",
        ),
        (
            "task: Task",
            "task: Tusk",
            line("task:"),
            "the type `Tusk` is nowhere below",
        ),
        ("(u64)", "(u64", line("At"), "`,` is expected before ``"),
        (
            "    Soon",
            "     Soon",
            line("Soon"),
            "it is indented in no way that is known",
        ),
        (
            "    Soon",
            "    Soon later",
            line("Soon"),
            "`later` is left over",
        ),
        (
            "struct Task",
            "enum Kind",
            line("struct Task"),
            "the type is in line",
        ),
        (
            "name: string",
            "name: \"string",
            line("name:"),
            "a type is expected before `\"string`",
        ),
    ] {
        let damaged = whole.replacen(from, to, 1);
        assert_ne!(damaged, whole);
        fs::write(&path, &damaged).unwrap();
        for refused in [lock.check(), lock.update()] {
            match refused.unwrap_err() {
                LockError::Damaged {
                    line, reason: said, ..
                } => {
                    assert!(said.contains(reason), "{to}: {said}");
                    assert_eq!(line, at, "{to}: {said}");
                }
                other => panic!("{other}"),
            }
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), damaged);
    }
    fs::write(&path, "").unwrap();
    assert!(matches!(
        lock.check(),
        Err(LockError::Damaged { line: 1, .. })
    ));
    fs::write(&path, whole.replace('\n', "\r\n")).unwrap();
    lock.check().unwrap();
}

#[test]
fn a_file_of_a_newer_format_is_refused_and_kept() {
    let (_directory, path) = place();
    let lock = Lock::at(&path).object::<Shelf>();
    let text = "# a comment\nlumenize lock 2\nwhatever comes\n";
    fs::write(&path, text).unwrap();
    for refused in [lock.check(), lock.update()] {
        let refused = refused.unwrap_err().to_string();
        assert!(
            refused.contains("is of version 2 of the format"),
            "{refused}"
        );
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_file_that_cannot_be_read_or_written_is_an_error() {
    let (directory, path) = place();
    let lock = Lock::at(directory.path()).object::<Shelf>();
    assert!(matches!(lock.check(), Err(LockError::Read { .. })));
    let nowhere = path.join("nowhere");
    let lock = Lock::at(&nowhere).object::<Shelf>();
    assert!(matches!(lock.check(), Err(LockError::Missing { .. })));
    assert!(matches!(lock.update(), Err(LockError::Write { .. })));
}

/// Whether values of a type were stored by this process must make no difference to a test.
#[test]
fn what_was_seen_stays_in_the_file() {
    /// Two releases of one object; of the values of the first, one is stored.
    macro_rules! release {
        ($module:ident) => {
            mod $module {
                use lumenize::prelude::*;

                #[derive(Clone, Serialize, Deserialize)]
                #[serde(try_from = "(u8, String)", into = "(u8, String)")]
                pub(super) struct Sealed(pub(super) String);

                impl TryFrom<(u8, String)> for Sealed {
                    type Error = &'static str;

                    fn try_from((_, text): (u8, String)) -> std::result::Result<Self, Self::Error> {
                        let fits = text.starts_with("sealed: ");
                        fits.then_some(Self(text)).ok_or("it has no seal")
                    }
                }

                impl From<Sealed> for (u8, String) {
                    fn from(sealed: Sealed) -> Self {
                        (1, sealed.0)
                    }
                }

                pub(super) struct Desk;

                #[durable_object]
                impl Desk {
                    pub fn new(_svc: Services<Self>) -> Self {
                        Self
                    }

                    pub fn take(&mut self, _pair: (Sealed, u8)) {}
                }
            }
        };
    }
    release!(first);
    release!(second);

    let (_directory, path) = place();
    let first = || Lock::at(&path).object::<first::Desk>();
    first().update().unwrap();
    let text = || fs::read_to_string(&path).unwrap();
    assert!(
        text().contains("take(&mut self, pair: ((u8, string), ?))"),
        "{}",
        text()
    );

    // To build a continuation is enough.
    let sealed = first::Sealed("sealed: a".to_owned());
    let _ = first::Desk::c().take((sealed, 1));
    first().check().unwrap();
    first().update().unwrap();
    assert!(
        text().contains("take(&mut self, pair: ((u8, string), ~u8))"),
        "{}",
        text()
    );

    let second = Lock::at(&path).object::<second::Desk>();
    second.check().unwrap();
    second.update().unwrap();
    assert!(
        text().contains("take(&mut self, pair: ((u8, string), ~u8))"),
        "{}",
        text()
    );
}

#[test]
fn names_of_any_kind_are_read_back() {
    let (_directory, path) = place();
    let lock = locked!(path, {
        #[derive(Serialize, Deserialize)]
        #[serde(rename = "a, type: 1")]
        struct Odd<T> {
            #[serde(rename = "a: \"b\" \\ ü\n", alias = "alias x")]
            a: T,
            #[serde(rename = "")]
            b: Option<u8>,
            #[serde(default)]
            u8: std::collections::BTreeMap<String, ()>,
        }
        #[derive(Serialize, Deserialize)]
        enum Option_ { #[serde(rename = "alias")] A { a: u8 }, #[serde(rename = "?")] B, C(()), D((), ()), E {} }
        #[derive(Serialize, Deserialize)]
        #[serde(rename = "string")]
        struct Text { default: u8 }
    } { fn take(&mut self, odd: Odd<Odd<Option_>>, text: Text, none: [u8; 0], r#type: [Option<()>; 3]) {} });
    lock.update().unwrap();
    lock.check().unwrap();
    lock.update().unwrap();
    lock.check().unwrap();
}

/// In processes of their own, since they share their environment with no other test.
#[test]
fn the_environment_decides_whether_it_is_written() {
    const PATH: &str = "LUMENIZE_TEST_LOCK";
    if let Some(path) = std::env::var_os(PATH) {
        let checked = Lock::at(path).object::<Shelf>().check_or_update();
        checked.unwrap_or_else(|error| panic!("{error}"));
        return;
    }
    let (_directory, path) = place();
    let run = |variables: &[(&str, &str)]| {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let test = "lock::file::the_environment_decides_whether_it_is_written";
        command.args(["--exact", test, "--nocapture"]);
        command.env_remove("UPDATE").env_remove("CI");
        command.env(PATH, &path).envs(variables.iter().copied());
        let ended = command.output().unwrap();
        (
            ended.status.success(),
            String::from_utf8_lossy(&ended.stderr).into_owned(),
        )
    };
    for (variables, reason) in [
        (&[][..], "run the test with UPDATE=1 to write it"),
        (
            &[("UPDATE", "0")][..],
            "run the test with UPDATE=1 to write it",
        ),
        (
            &[("CI", "true")][..],
            "run the test with UPDATE=1 to write it",
        ),
        (
            &[("UPDATE", "1"), ("CI", "true")][..],
            "is not written where CI is set",
        ),
    ] {
        let (passes, said) = run(variables);
        assert!(!passes && said.contains(reason), "{variables:?}: {said}");
        assert!(!path.exists());
    }
    let (passes, said) = run(&[("UPDATE", "1"), ("CI", "false")]);
    assert!(passes, "{said}");
    for variables in [&[][..], &[("UPDATE", "1"), ("CI", "true")][..]] {
        let (passes, said) = run(variables);
        assert!(passes, "{said}");
    }
}
