//! What can be stored, and who may write.

use lumenize::prelude::*;
use lumenize::testing::World;
use std::cell::RefCell;
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize)]
pub struct Skips {
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Untagged {
    Number(u32),
}

#[derive(Serialize, Deserialize)]
pub struct Flat {
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
}

pub struct Payloads {
    svc: RefCell<Services<Self>>,
}

#[durable_object]
impl Payloads {
    pub fn new(svc: Services<Self>) -> Self {
        Self {
            svc: RefCell::new(svc),
        }
    }

    fn skips(&mut self, _value: Skips) {}
    fn untagged(&mut self, _value: Untagged) {}
    fn flat(&mut self, _value: Flat) {}
    fn value(&mut self, _value: serde_json::Value) {}
    fn large(&mut self, _value: Vec<u8>) {}

    fn json(&mut self, value: Json<serde_json::Value>) -> Result<()> {
        Ok(self.svc.get_mut().put("json", &value)?)
    }

    /// Tries to schedule each of the bad payloads and returns what it is told.
    pub fn schedule_bad(&mut self) -> Vec<String> {
        let alarms = &mut self.svc.get_mut().alarms;
        let now = Duration::ZERO;
        [
            alarms.schedule(now, Self::c().skips(Skips { first: None })),
            alarms.schedule(now, Self::c().untagged(Untagged::Number(1))),
            alarms.schedule(
                now,
                Self::c().flat(Flat {
                    rest: BTreeMap::new(),
                }),
            ),
            alarms.schedule(now, Self::c().value(serde_json::json!(1))),
            alarms.schedule(now, Self::c().large(vec![0; 1 << 20])),
        ]
        .map(|refused| refused.unwrap_err().to_string())
        .into()
    }

    pub fn schedule_json(&mut self) -> Result<()> {
        let value = Json(serde_json::json!({"a": [1, null]}));
        let next = Self::c().json(value);
        self.svc.get_mut().alarms.schedule(Duration::ZERO, next)?;
        Ok(())
    }

    pub fn stored(&self) -> Result<Option<Json<serde_json::Value>>> {
        Ok(self.svc.borrow().get("json")?)
    }

    /// Writes from behind a shared reference.
    pub fn sneak(&self) -> Vec<String> {
        let mut svc = self.svc.borrow_mut();
        let schedule = svc
            .alarms
            .schedule(Duration::ZERO, Self::c().schedule_bad());
        [
            svc.put("json", &Json(serde_json::json!(7))).unwrap_err(),
            svc.delete("json").unwrap_err(),
            svc.failed.retry_all().unwrap_err(),
            schedule.unwrap_err(),
        ]
        .map(|error| error.to_string())
        .into()
    }

    /// The same within a program that writes otherwise.
    pub fn write_then_sneak(&mut self) -> Result<()> {
        Ok(self
            .svc
            .get_mut()
            .put("json", &Json(serde_json::json!(1)))?)
    }

    pub fn too_large(&mut self) -> String {
        let value = vec![0_u8; 2_000_000];
        self.svc
            .get_mut()
            .put("large", &value)
            .unwrap_err()
            .to_string()
    }
}

#[test]
fn what_cannot_be_read_back_or_is_too_large_is_refused_when_it_is_scheduled() {
    let mut world = World::new(1);
    let mut object = world.object::<Payloads>("main");
    let refusals = object.run(Payloads::c().schedule_bad()).unwrap();
    for (refusal, handler) in refusals.iter().zip(["skips", "untagged", "flat", "value"]) {
        assert!(refusal.contains(&format!("`{handler}`")), "{refusal}");
        assert!(refusal.contains("Json<T>"), "{refusal}");
    }
    assert!(
        refusals[4].contains("the limit is 1048576"),
        "{}",
        refusals[4]
    );
    assert_eq!(object.pending().unwrap(), []);
}

#[test]
fn json_is_stored() {
    let mut world = World::new(1);
    let mut object = world.object::<Payloads>("main");
    object.run(Payloads::c().schedule_json()).unwrap();
    world.advance(Duration::from_millis(1));
    let mut object = world.object::<Payloads>("main");
    let stored = object.run(Payloads::c().stored()).unwrap();
    assert_eq!(stored, Some(Json(serde_json::json!({"a": [1, null]}))));
}

#[test]
fn a_write_behind_a_shared_reference_is_a_typed_error() {
    let mut world = World::new(1);
    let mut object = world.object::<Payloads>("main");
    for answers in [
        object.run(Payloads::c().sneak()).unwrap(),
        object
            .run(Payloads::c().write_then_sneak().sneak())
            .unwrap(),
    ] {
        assert_eq!(answers.len(), 4);
        for answer in answers {
            assert!(answer.contains("take `&mut self`"), "{answer}");
        }
    }
    let stored = object.run(Payloads::c().stored()).unwrap();
    assert_eq!(stored, Some(Json(serde_json::json!(1))));
    assert_eq!(object.pending().unwrap(), []);
}

#[test]
fn an_entry_over_the_limit_of_a_row_is_refused() {
    let mut world = World::new(1);
    let mut object = world.object::<Payloads>("main");
    let refusal = object.run(Payloads::c().too_large()).unwrap();
    assert!(refusal.contains("the limit is 1999000"), "{refusal}");
}
