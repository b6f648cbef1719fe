//! Values whose shape is of a format version that is newer than the code.

use lumenize::prelude::*;
use lumenize::testing::World;
use lumenize_runtime::codec::{encode_into, with_shape};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Book {
    title: String,
    pages: u32,
    lent: Option<String>,
}

fn book() -> Book {
    Book {
        title: "Dune".to_owned(),
        pages: 412,
        lent: Some("Ada".to_owned()),
    }
}

pub struct Shelf {
    svc: Services<Self>,
}

#[durable_object]
impl Shelf {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    pub fn plan(&mut self) -> Result<()> {
        let second = Duration::from_secs(1);
        self.svc.put("book", &book())?;
        let alarms = &mut self.svc.alarms;
        alarms.schedule(second, Self::c().take(book()).count(7))?;
        Ok(())
    }

    pub fn stored(&self) -> Result<Option<Book>> {
        Ok(self.svc.get("book")?)
    }

    /// Writes, so that there is a commit.
    pub fn touch(&mut self) -> Result<()> {
        Ok(self.svc.put("touched", &true)?)
    }

    pub fn log(&self) -> Result<Vec<String>> {
        Ok(self.svc.get("log")?.unwrap_or_default())
    }

    fn take(&mut self, book: Book) -> Result<()> {
        self.note(book.title)
    }

    fn count(&mut self, number: u32) -> Result<()> {
        self.note(number.to_string())
    }

    fn note(&mut self, line: String) -> Result<()> {
        let mut log = self.log()?;
        log.push(line);
        Ok(self.svc.put("log", &log)?)
    }
}

/// What a newer release would have stored: SQL that makes all stored values of this one refer to shapes of
/// version 99, and SQL that takes it back.
fn shapes_of_version_99() -> [String; 2] {
    // By its hash, and one in full that is as short as that.
    let mut stored = Vec::new();
    encode_into(&book(), &mut stored).unwrap();
    let whole = with_shape(&stored).into_owned();
    assert!((9..254).contains(&whole[0]), "{whole:?}");
    let shape = &whole[1..=whole[0].into()];
    let newer = [&[99], &shape[1..]].concat();
    let reference = |shape: &[u8]| {
        let hash = xxhash_rust::xxh64::xxh64(shape, 0).to_le_bytes();
        [&[255], &hash[..]].concat()
    };
    let (old, new) = (hex(&reference(shape)), hex(&reference(&newer)));
    let keep = format!(
        "INSERT OR IGNORE INTO lumenize_shapes VALUES (unhex('{}'), unhex('{}'))",
        &new[2..],
        hex(&newer)
    );
    // The 7 that `count` takes.
    let mut seven = Vec::new();
    encode_into(&7_u32, &mut seven).unwrap();
    let mut newer_seven = seven.clone();
    assert_eq!(std::mem::replace(&mut newer_seven[1], 99), 1);
    let replace = |from: [&str; 2], to: [&str; 2]| {
        let replaced = |column: &str| {
            format!(
                "CAST(unhex(replace(replace(hex({column}), '{}', '{}'), '{}', '{}')) AS BLOB)",
                from[0], to[0], from[1], to[1]
            )
        };
        let program = replaced("program");
        format!(
            "UPDATE lumenize_queue SET program = {program};
             UPDATE lumenize_failed SET program = {program};
             UPDATE lumenize_state SET shape = {} WHERE key = 'book'",
            replaced("shape")
        )
    };
    let before = [&*old, &hex(&seven)];
    let after = [&*new, &hex(&newer_seven)];
    [
        format!("{keep}; {}", replace(before, after)),
        replace(after, before),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

const NEWER: &str = "its shape is of format version 99, this code reads version 1";

/// It is parked with the reason, which names both versions, and shown with it; it goes on when code that
/// reads it is back.
#[test]
fn values_of_a_newer_shape_are_kept_until_they_are_read() {
    let [to_newer, back] = shapes_of_version_99();
    let mut world = World::new(1);
    let mut shelf = world.object::<Shelf>("main");
    shelf.run(Shelf::c().plan()).unwrap();
    shelf.tamper(&to_newer).unwrap();
    shelf.evict();
    world.advance(Duration::from_secs(2));

    let mut shelf = world.object::<Shelf>("main");
    let failed = shelf.failed().unwrap();
    let [work] = &failed[..] else {
        panic!("{failed:?}")
    };
    assert!(work.parked && work.attempts == 0, "{work:?}");
    let reason = &work.why.message;
    assert!(
        reason.starts_with("`take`: the argument `book`: ") && reason.ends_with(NEWER),
        "{reason}"
    );
    for (step, name) in work.steps.iter().zip(["book", "number"]) {
        let arg = step.args[0].to_json();
        assert_eq!(arg["unreadable"], NEWER, "{name}: {arg}");
    }
    // Its state, too.
    let error = shelf.run(Shelf::c().stored()).unwrap_err().to_string();
    assert!(error.ends_with(NEWER), "{error}");
    shelf.run(Shelf::c().touch()).unwrap();
    assert_eq!(shelf.failed().unwrap(), failed);

    shelf.tamper(&back).unwrap();
    world.redeploy::<Shelf>();
    let mut shelf = world.object::<Shelf>("main");
    shelf.run(Shelf::c().touch()).unwrap();
    world.run_until_idle().unwrap();
    let mut shelf = world.object::<Shelf>("main");
    assert_eq!(shelf.failed().unwrap(), []);
    assert_eq!(shelf.run(Shelf::c().log()).unwrap(), ["Dune", "7"]);
    assert_eq!(shelf.run(Shelf::c().stored()).unwrap(), Some(book()));
}
