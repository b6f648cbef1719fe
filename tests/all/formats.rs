//! Directories of the embedded host as releases left them: one of each format of the store so far. What they
//! are made of, and how, stands in `tests/formats/README.md`.

use lumenize::CallError;
use lumenize::native::Host;
use lumenize::prelude::*;
use lumenize_runtime::host::{End, SqlValue, Storage, sqlite::Sqlite};
use std::path::{Path, PathBuf};

/// The newest format, which is that of this release.
const NEWEST: u8 = 4;

/// The directories, each with its format. In the last, arguments have names.
const KEPT: [(&str, u8); 5] = [("1", 1), ("2", 2), ("3", 3), ("4", 4), (NAMED, 4)];
const NAMED: &str = "4-names";

/// The object as it is now. What it was is in the README beside the files.
pub struct Archive {
    svc: Services<Self>,
}

/// Grown, and in another order; before there were shapes, values were read by their places alone.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    #[serde(default)]
    email: String,
    age: u32,
    name: String,
}

/// As it was, and as it must stay for values that have no shape.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct First {
    name: String,
    age: u8,
}

#[durable_object]
impl Archive {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// What was done by this release.
    pub fn log(&self) -> Result<Vec<String>> {
        Ok(self.svc.get("log")?.unwrap_or_default())
    }

    /// What is kept, the person read as the type that it was, and as what it is.
    pub fn state(&self) -> Result<(Option<First>, Option<u32>)> {
        Ok((self.svc.get("person")?, self.svc.get("count")?))
    }

    pub fn person(&self) -> Result<Option<Person>> {
        Ok(self.svc.get("person")?)
    }

    #[handler(skip)]
    fn write(&mut self, line: String) -> Result<()> {
        let mut log = self.log()?;
        log.push(line);
        Ok(self.svc.put("log", &log)?)
    }

    fn note(&mut self, line: &str) -> Result<()> {
        self.write(line.to_owned())
    }

    fn greet(&mut self, person: First, word: String) -> Result<()> {
        self.write(format!("{word}, {} ({})", person.name, person.age))
    }

    fn size(&self) -> u32 {
        3
    }

    /// It was `keep`.
    #[handler(was = "keep")]
    fn store(&mut self, size: u64) -> Result<()> {
        self.write(format!("stored {size}"))
    }

    fn stumble(&mut self) -> Result<()> {
        let attempt = self.svc.attempt();
        self.write(format!("attempt {attempt}"))
    }

    fn fail(&mut self, why: String) -> Result<()> {
        self.write(format!("failed before: {why}"))
    }

    fn tick(&mut self) {}

    pub fn retry_failed(&mut self) -> Result<u32> {
        Ok(self.svc.failed.retry_all()? as u32)
    }
}

/// Asks again and again until there is an answer.
async fn until<T, F: Future<Output = Option<T>>>(ask: impl Fn() -> F) -> T {
    let begin = std::time::Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "nothing came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A copy of the directory of a format, with the file of the object in it.
fn copy(kept: &str) -> (tempfile::TempDir, PathBuf) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("formats/{kept}"));
    let directory = tempfile::tempdir().unwrap();
    let class = directory.path().join("Archive");
    std::fs::create_dir(&class).unwrap();
    let mut object = None;
    for (from, to) in [
        (kept.clone(), directory.path().to_owned()),
        (kept.join("Archive"), class),
    ] {
        for file in from.read_dir().unwrap() {
            let file = file.unwrap();
            if file.file_type().unwrap().is_file() {
                let copied = to.join(file.file_name());
                std::fs::copy(file.path(), &copied).unwrap();
                object = Some(copied);
            }
        }
    }
    (directory, object.unwrap())
}

/// Runs a statement on the file, which no host has open.
fn sql(object: &Path, statement: &str) -> Vec<Vec<SqlValue>> {
    let file = Sqlite::open(object).unwrap();
    let mut rows = Vec::new();
    let ended = file.transaction(&mut || {
        rows = file.query(statement, &[]).unwrap();
        End::Commit
    });
    ended.unwrap();
    rows
}

/// The schema that it says it has.
fn schema(object: &Path) -> u8 {
    match sql(
        object,
        "SELECT value FROM lumenize_meta WHERE key = 'schema'",
    )[0][0]
    {
        SqlValue::Integer(schema) => schema.try_into().unwrap(),
        ref other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_format_so_far_is_read_and_its_work_goes_on() {
    for (kept, format) in KEPT {
        let (directory, object) = copy(kept);
        assert_eq!(schema(&object), format);
        let host = Host::open(directory.path())
            .unwrap()
            .register::<Archive>()
            .start()
            .unwrap();
        let archive = host.object::<Archive>("main");

        // Nobody asks for it: it is overdue.
        let mut log = until(|| async {
            let log = archive.run(Archive::c().log()).await.unwrap();
            (log.len() >= 3 + usize::from(format >= 3)).then_some(log)
        })
        .await;
        log.sort_unstable();
        let mut expected = vec!["attempt 2", "hello, Ada (36)", "stored 3"];
        if format >= 3 {
            // Then there were names.
            expected.push("named");
            expected.sort_unstable();
        }
        assert_eq!(log, expected, "{kept}");

        let (person, count) = archive.run(Archive::c().state()).await.unwrap();
        let ada = First {
            name: "Ada".to_owned(),
            age: 36,
        };
        assert_eq!((person, count), (Some(ada), Some(7)), "{kept}");
        if format >= 2 {
            let ada = Person {
                email: String::new(),
                age: 36,
                name: "Ada".to_owned(),
            };
            let person = archive.run(Archive::c().person()).await.unwrap();
            assert_eq!(person, Some(ada), "{kept}");
        }

        let pending = archive.pending().await.unwrap();
        assert_eq!(pending.len(), 1, "{kept}: {pending:?}");
        let hourly = lumenize::Recurrence::Every(Duration::from_secs(3_600));
        assert_eq!(pending[0].recurrence, Some(hourly));

        let failed = archive.failed().await.unwrap();
        assert_eq!(
            (failed.len(), failed[0].parked, failed[0].attempts),
            (1, false, 1)
        );
        let value = match kept {
            "1" => "<9 bytes: it is from before there were shapes>",
            NAMED => "why: \"for good\"",
            _ => "\"for good\"",
        };
        assert_eq!(
            failed[0].to_text(),
            format!("failed: fail({value}): for good")
        );
        assert_eq!(archive.run(Archive::c().retry_failed()).await.unwrap(), 1);
        let last = until(|| async {
            let log = archive.run(Archive::c().log()).await.unwrap();
            (log.len() > expected.len()).then(|| log.last().cloned())
        })
        .await;
        assert_eq!(last.as_deref(), Some("failed before: for good"), "{kept}");
        host.shutdown().unwrap();
        assert_eq!(schema(&object), NEWEST);
    }
}

/// Refused with what to do, as often as it is asked, and without a change.
#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let (directory, object) = copy(NAMED);
    let set = |schema: u8| {
        let update = format!("UPDATE lumenize_meta SET value = {schema} WHERE key = 'schema'");
        sql(&object, &update);
    };
    set(NEWEST + 1);
    let open = || {
        Host::open(directory.path())
            .unwrap()
            .register::<Archive>()
            .start()
            .unwrap()
    };
    let host = open();
    let archive = host.object::<Archive>("main");
    for _ in 0..2 {
        let refused = archive.run(Archive::c().log()).await.unwrap_err();
        let CallError::Unreachable { reason, .. } = &refused else {
            panic!("{refused:?}");
        };
        let expected = format!(
            "the object was written by a newer release (schema {}, this one knows {NEWEST}); \
             deploy that release again",
            NEWEST + 1
        );
        assert!(reason.contains(&expected), "{reason}");
    }
    host.shutdown().unwrap();
    assert_eq!(schema(&object), NEWEST + 1);

    // That release again, which finds all that there was.
    set(NEWEST);
    let host = open();
    let archive = host.object::<Archive>("main");
    let log = until(|| async {
        let log = archive.run(Archive::c().log()).await.unwrap();
        (log.len() >= 4).then_some(log)
    });
    assert_eq!(log.await.len(), 4);
    host.shutdown().unwrap();
}
