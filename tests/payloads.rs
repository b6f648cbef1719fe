//! An object that stores what can be stored, and tries what it must not do.

use lumenize::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// A type that postcard can't read back.
#[derive(Serialize, Deserialize)]
pub struct Skips {
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u8>,
}

/// A type that postcard can't read back.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Untagged {
    /// The one variant.
    Number(u32),
}

/// A type that postcard can't read back.
#[derive(Serialize, Deserialize)]
pub struct Flat {
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
}

/// Something of everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Also beyond what a JavaScript number holds.
    pub integers: Vec<i64>,
    /// Also infinity.
    pub floats: Vec<f64>,
    /// Also what is not in the basic plane.
    pub text: String,
    /// Also many.
    pub bytes: Vec<u8>,
    /// Keys that are no texts.
    pub map: BTreeMap<u64, Option<char>>,
}

/// A value as one release stores it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    /// Grows later.
    pub weight: u8,
    /// Has another name later.
    pub label: String,
    /// Its variants change places later.
    pub way: Vec<Way>,
    /// Is gone later.
    pub tags: Vec<String>,
}

/// How a parcel goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Way {
    /// On foot.
    Foot,
    /// On a lorry of this number.
    Lorry(u32),
    /// On a ship.
    Ship {
        /// From here.
        from: String,
        /// To there.
        to: String,
    },
}

/// The same value as a later release knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaterParcel {
    /// Its variants have changed places.
    pub way: Vec<LaterWay>,
    /// The former `label`.
    #[serde(alias = "label")]
    pub title: String,
    /// New.
    #[serde(default)]
    pub note: Option<String>,
    /// It has grown.
    pub weight: u64,
}

/// How a parcel goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LaterWay {
    /// On a ship.
    Ship {
        /// To there.
        to: String,
        /// From here.
        from: String,
        /// New.
        #[serde(default)]
        line: u32,
    },
    /// In the air.
    Air,
    /// On foot.
    Foot,
    /// On a lorry of this number.
    Lorry(u64),
}

/// What neither of them can be read as.
#[derive(Debug, Serialize, Deserialize)]
struct OtherParcel {
    weight: u8,
    height: u8,
}

/// An object that stores.
pub struct Payloads {
    svc: RefCell<Services<Self>>,
}

#[durable_object]
impl Payloads {
    /// Nothing is read.
    pub fn new(svc: Services<Self>) -> Self {
        Self {
            svc: RefCell::new(svc),
        }
    }

    /// Stores an entry.
    pub fn put(&mut self, key: String, entry: Entry) -> Result<()> {
        Ok(self.svc.get_mut().put(&key, &entry)?)
    }

    /// Reads an entry.
    pub fn get(&self, key: String) -> Result<Option<Entry>> {
        Ok(self.svc.borrow().get(&key)?)
    }

    /// Deletes an entry.
    pub fn delete(&mut self, key: String) -> Result<bool> {
        Ok(self.svc.get_mut().delete(&key)?)
    }

    /// Stores a parcel.
    pub fn put_parcel(&mut self, parcel: Parcel) -> Result<()> {
        Ok(self.svc.get_mut().put("parcel", &parcel)?)
    }

    /// Stores one of the later release, under the same key.
    pub fn put_later_parcel(&mut self, parcel: LaterParcel) -> Result<()> {
        Ok(self.svc.get_mut().put("parcel", &parcel)?)
    }

    /// Reads a parcel.
    pub fn parcel(&self) -> Result<Option<Parcel>> {
        Ok(self.svc.borrow().get("parcel")?)
    }

    /// Reads one of the later release.
    pub fn later_parcel(&self) -> Result<Option<LaterParcel>> {
        Ok(self.svc.borrow().get("parcel")?)
    }

    /// Reads it as what it is not, and returns what is said.
    pub fn other_parcel(&self) -> String {
        let read = self.svc.borrow().get::<OtherParcel>("parcel");
        read.map_or_else(|error| error.to_string(), |read| format!("{read:?}"))
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

    /// Schedules what describes itself, as JSON.
    pub fn schedule_json(&mut self) -> Result<()> {
        let value = Json(serde_json::json!({"a": [1, null]}));
        let next = Self::c().json(value);
        self.svc.get_mut().alarms.schedule(Duration::ZERO, next)?;
        Ok(())
    }

    /// What that stored.
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

    /// What is said to an entry over the limit.
    pub fn too_large(&mut self) -> String {
        let value = vec![0_u8; 2_000_000];
        self.svc
            .get_mut()
            .put("large", &value)
            .unwrap_err()
            .to_string()
    }
}
