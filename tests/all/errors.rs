//! What a handler fails with comes to its caller as it is: the code, the details, the causes.

use lumenize::prelude::*;
use lumenize::testing::World;
use lumenize::{CodecError, Outcome};

/// How a shop fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    Plain,
    Boxed,
    Anyhow,
    AnyhowInContext,
    Transparent,
    TransparentInAnyhow,
}

const WAYS: [Way; 6] = [
    Way::Plain,
    Way::Boxed,
    Way::Anyhow,
    Way::AnyhowInContext,
    Way::Transparent,
    Way::TransparentInAnyhow,
];

#[derive(Debug, thiserror::Error)]
enum ShopError {
    #[error(transparent)]
    Code(#[from] ErrorCode),
}

/// The release that was first.
mod first {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Shortage {
        pub need: u64,
        pub have: u8,
    }

    pub struct Shop {
        svc: Services<Self>,
    }

    fn short(need: u64) -> Result<ErrorCode> {
        let shortage = Shortage { need, have: 12 };
        Ok(ErrorCode::new("shortage", "not enough").with_details(&shortage)?)
    }

    #[durable_object]
    impl Shop {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        pub fn order(&mut self, need: u64, way: Way) -> Result<()> {
            let error = short(need)?;
            let anyhow = |error| Err::<(), anyhow::Error>(error);
            match way {
                Way::Plain => Err(error)?,
                Way::Boxed => Err(Box::<dyn std::error::Error>::from(error))?,
                Way::Anyhow => anyhow(error.into())?,
                Way::AnyhowInContext => anyhow(
                    anyhow::Error::from(error)
                        .context("ordering")
                        .context("shopping"),
                )?,
                Way::Transparent => Err(ShopError::from(error))?,
                Way::TransparentInAnyhow => anyhow(ShopError::from(error).into())?,
            }
            Ok(())
        }

        pub fn order_as_anyhow(&mut self, need: u64) -> anyhow::Result<()> {
            // A `HandlerError` is made of any error, and is none.
            let error = short(need).map_err(|error| anyhow::anyhow!("{error}"))?;
            Err(error.into())
        }

        pub fn order_later(&mut self, need: u64) -> Result<()> {
            let once = self.svc.alarms.retry(RetryPolicy::none());
            once.schedule(Duration::from_secs(1), Self::c().order(need, Way::Plain))?;
            Ok(())
        }

        pub fn order_from(&mut self, shop: String, need: u64) -> Result<()> {
            self.svc
                .call(shop, Shop::c().order(need, Way::Plain))
                .on_error(|error| Self::c().note(error))
                .send()?;
            Ok(())
        }

        pub fn say_from(&mut self, shop: String, text: u32, causes: u32) -> Result<()> {
            self.svc
                .call(shop, Shop::c().say(text, causes))
                .on_error(|error| Self::c().note(error))
                .send()?;
            Ok(())
        }

        /// Fails with texts of so many bytes.
        pub fn say(&mut self, text: u32, causes: u32) -> anyhow::Result<()> {
            // Cut where it can be cut: a letter takes two bytes, and one is in front.
            let text = format!("x{}", "é".repeat(text as usize / 2));
            let mut error = anyhow::Error::from(ErrorCode::new(text.clone(), text.clone()));
            for _ in 0..causes {
                error = error.context(text.clone());
            }
            Err(error)
        }

        pub fn many_details(&mut self, bytes: u32) -> Result<()> {
            let details = "x".repeat(bytes as usize);
            Err(ErrorCode::new("many", "many details").with_details(&details)?)?
        }

        fn note(&mut self, error: CallError) -> Result<()> {
            Ok(self.svc.put("noted", &error)?)
        }

        pub fn noted(&self) -> Result<Option<CallError>> {
            Ok(self.svc.get("noted")?)
        }
    }
}

/// The release after it: the details have other fields, in another order, and one more.
mod second {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Shortage {
        pub have: u64,
        pub need: u64,
        #[serde(default)]
        pub unit: Option<String>,
    }

    pub struct Shop {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Shop {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        pub fn shortages(&self) -> Result<Vec<Shortage>> {
            let mut shortages = Vec::new();
            for work in self.svc.failed.list(FailedFilter::default())?.items {
                shortages.extend(work.why.details()?);
            }
            let noted: Option<CallError> = self.svc.get("noted")?;
            if let Some(noted) = noted {
                shortages.extend(noted.details()?);
            }
            Ok(shortages)
        }
    }
}

use first::{Shop, Shortage};

fn shortage(error: &CallError) -> Option<Shortage> {
    error.details().unwrap()
}

#[test]
fn a_code_and_its_details_come_to_the_caller_however_they_are_wrapped() {
    let mut world = World::new(1);
    let mut shop = world.object::<Shop>("main");
    let expected = Shortage { need: 30, have: 12 };
    for way in WAYS {
        let error = shop.run(Shop::c().order(30, way)).unwrap_err();
        assert_eq!(error.code(), Some("shortage"), "{way:?}");
        assert_eq!(shortage(&error), Some(expected.clone()), "{way:?}");
        assert_eq!(error.outcome(), Outcome::NotExecuted);
        let said = match way {
            Way::AnyhowInContext => "the handler failed: shopping: ordering: not enough",
            _ => "the handler failed: not enough",
        };
        assert_eq!(error.to_string(), said);
        // Another type is refused, and no details are none.
        let wrong = error.details::<Vec<u8>>().unwrap_err();
        assert!(matches!(wrong, CodecError::Decode { .. }), "{wrong}");
    }
    let error = shop.run(Shop::c().order_as_anyhow(30)).unwrap_err();
    assert_eq!(error.code(), Some("shortage"));
    assert_eq!(shortage(&error), Some(expected));
    let error = HandlerError::from(ErrorCode::new("plain", "no details"));
    assert_eq!(error.details::<Shortage>(), Ok(None));
    assert_eq!(CallError::Gone.details::<Shortage>(), Ok(None));
    assert_eq!(CallError::Gone.code(), None);
}

#[test]
fn details_come_with_a_call_and_stand_in_failed_and_survive_a_redeploy() {
    let mut world = World::new(1);
    world.register::<Shop>();
    let mut shop = world.object::<Shop>("main");
    shop.run(Shop::c().order_later(40)).unwrap();
    shop.run(Shop::c().order_from("other", 50)).unwrap();
    world.run_until_idle().unwrap();
    let mut shop = world.object::<Shop>("main");
    let noted = shop.run(Shop::c().noted()).unwrap().unwrap();
    assert_eq!(noted.code(), Some("shortage"));
    assert_eq!(shortage(&noted), Some(Shortage { need: 50, have: 12 }));
    let failed = shop.failed().unwrap();
    assert_eq!(failed.len(), 1);
    let details: Option<Shortage> = failed[0].why.details().unwrap();
    assert_eq!(details, Some(Shortage { need: 40, have: 12 }));
    world.redeploy::<second::Shop>();
    let steps = second::Shop::c().shortages();
    let shortages = world.object::<second::Shop>("main").run(steps).unwrap();
    let expected = |need| second::Shortage {
        have: 12,
        need,
        unit: None,
    };
    assert_eq!(shortages, [expected(40), expected(50)]);
}

#[test]
fn too_many_details_are_refused_where_they_are_made() {
    let details = "x".repeat(70_000);
    let refused = ErrorCode::new("many", "many details").with_details(&details);
    let said = "alloc::string::String takes 70006 bytes, the limit is 65536; keep the data in the \
                object's state and pass its key";
    assert_eq!(refused.unwrap_err().to_string(), said);
    // What can't be stored is refused, too.
    let refused = ErrorCode::new("json", "no").with_details(&serde_json::json!({"a": 1}));
    assert!(refused.unwrap_err().to_string().contains("`Json<T>`"));
    // The handler fails with that reason instead.
    let mut world = World::new(1);
    let mut shop = world.object::<Shop>("main");
    let error = shop.run(Shop::c().many_details(70_000)).unwrap_err();
    assert_eq!(error.code(), None);
    assert!(error.to_string().contains("the limit is 65536"), "{error}");
    let error = shop.run(Shop::c().many_details(65_000)).unwrap_err();
    let details: Option<String> = error.details().unwrap();
    assert_eq!(details.map(|details| details.len()), Some(65_000));
}

#[test]
fn an_error_of_any_length_is_an_answer() {
    let mut world = World::new(1);
    world.register::<Shop>();
    let steps = Shop::c().say_from("other", 3 << 20, 40);
    world.object::<Shop>("main").run(steps).unwrap();
    world.run_until_idle().unwrap();
    let mut shop = world.object::<Shop>("main");
    let noted = shop.run(Shop::c().noted()).unwrap().unwrap();
    let CallError::Handler(error) = noted else {
        panic!("{noted}");
    };
    // An odd number of bytes: no letter is cut in two.
    let longest = (16 << 10) - 1;
    assert_eq!(error.code.as_ref().map(String::len), Some(longest));
    assert_eq!(error.message.len(), longest);
    // For causes there is no room left but for what is in front of each.
    assert_eq!(error.causes, ["x", "x"]);
    assert_eq!(shop.pending().unwrap(), []);
    assert_eq!(shop.failed().unwrap(), []);
}

#[test]
fn details_that_are_damaged_are_refused() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Deep {
        End,
        More(Box<Deep>),
    }
    let deep = Deep::More(Box::new(Deep::More(Box::new(Deep::End))));
    let error = ErrorCode::new("deep", "deep").with_details(&deep).unwrap();
    let error = HandlerError::from(error);
    assert_eq!(error.details(), Ok(Some(deep)));
    let mut json = serde_json::to_value(&error).unwrap();
    let whole = json["details"].as_array().unwrap().clone();
    let with = |json: &mut serde_json::Value, details: Vec<serde_json::Value>| {
        json["details"] = details.into();
        let error: HandlerError = serde_json::from_value(json.clone()).unwrap();
        error.details::<Deep>()
    };
    for end in 0..whole.len() {
        let cut = with(&mut json, whole[..end].to_vec());
        assert!(matches!(cut, Err(CodecError::Decode { .. })), "{cut:?}");
    }
    // A million levels end nobody's stack.
    let bytes = [&whole[..whole.len() - 1], &vec![1.into(); 1_000_000]].concat();
    assert!(with(&mut json, bytes).is_err());
    let none: HandlerError =
        serde_json::from_str(r#"{"code":null,"message":"","causes":[]}"#).unwrap();
    assert_eq!(none.details::<Deep>(), Ok(None));
}

/// What was stored of errors before there were details.
#[test]
fn errors_of_older_releases_are_read() {
    #[derive(Serialize, Deserialize)]
    struct OldHandlerError {
        code: Option<String>,
        message: String,
        causes: Vec<String>,
    }
    #[derive(Serialize, Deserialize)]
    enum OldCallError {
        Handler(OldHandlerError),
        Refused { reason: String },
    }
    pub struct Museum {
        svc: Services<Self>,
    }
    #[durable_object]
    impl Museum {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn keep(&mut self) -> Result<()> {
            let error = OldHandlerError {
                code: Some("old".into()),
                message: "of old".into(),
                causes: vec!["older".into()],
            };
            self.svc.put("error", &OldCallError::Handler(error))?;
            let reason = "no".to_owned();
            Ok(self.svc.put("refusal", &OldCallError::Refused { reason })?)
        }
        pub fn show(&self, key: String) -> Result<Option<CallError>> {
            Ok(self.svc.get(&key)?)
        }
    }
    let mut world = World::new(1);
    let mut museum = world.object::<Museum>("main");
    museum.run(Museum::c().keep()).unwrap();
    let error = museum.run(Museum::c().show("error")).unwrap().unwrap();
    assert_eq!(error.code(), Some("old"));
    assert_eq!(error.details::<Shortage>(), Ok(None));
    assert_eq!(error.to_string(), "the handler failed: of old: older");
    let error = museum.run(Museum::c().show("refusal")).unwrap().unwrap();
    assert_eq!(error.to_string(), "refused: no");
}

pub struct Clumsy {
    svc: Services<Self>,
}

#[durable_object]
impl Clumsy {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    pub fn misspells(&mut self) -> Result<()> {
        Ok(self.svc.execute("DELETE FROM nothing_here", ()).map(drop)?)
    }

    pub fn begins(&mut self) -> Result<()> {
        Ok(self.svc.execute("BEGIN", ()).map(drop)?)
    }

    pub fn fetches(&mut self) -> Result<()> {
        self.svc.proxy_fetch("ftp://a.example/").send()?;
        Ok(())
    }
}

/// An error that has another's words in its own has no cause that says them again.
#[test]
fn nothing_is_said_twice() {
    let mut world = World::new(1);
    for (steps, words) in [
        (Clumsy::c().misspells(), "no such table: nothing_here"),
        (Clumsy::c().begins(), "`BEGIN`"),
        (Clumsy::c().fetches(), "`ftp` can't be fetched"),
    ] {
        let error = world.object::<Clumsy>("main").run(steps).unwrap_err();
        let CallError::Handler(error) = error else {
            panic!("{error}");
        };
        assert!(error.message.contains(words), "{error}");
        assert_eq!(error.causes, [""; 0]);
    }
}
