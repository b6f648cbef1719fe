//! What parameters were called before, and what takes their place.
#![deny(warnings)]

use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

/// Has a default.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tone(u8);

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Documented, and with all that there is.
    pub fn greet(
        &mut self,
        #[handler(was = "whom", was = "_who")] name: &str,
        #[handler(default)]
        #[handler(was = "type")]
        r#match: Tone,
        #[handler(default)] mut times: Vec<(u8, String)>,
        #[allow(unused_variables)]
        #[handler(was = "date")]
        at: Option<u64>,
        #[handler(default)] (left, right): (u8, u8),
    ) -> Result<()> {
        times.push((left + right, name.to_owned()));
        Ok(self.svc.put("greeted", &(r#match, times))?)
    }

    // Names that are not used.
    fn unused(&self, _name: String, _: u8, __: u8, #[handler(default)] __other: u8) {}

    pub fn start(&mut self) -> Result<()> {
        let greet = Self::c().greet("Ada", Tone(1), vec![], None, (1, 2));
        self.svc.alarms.schedule(Duration::ZERO, greet.unused("Eve", 1, 2, 3))?;
        Ok(())
    }

    pub fn greeted(&self) -> Result<Option<(Tone, Vec<(u8, String)>)>> {
        Ok(self.svc.get("greeted")?)
    }
}

// As macros write them.
macro_rules! object {
    ($name:ident { $($body:tt)* } $(#[$of_handler:meta])* ($($(#[$attr:meta])* $arg:ident: $ty:ty),*)) => {
        pub struct $name {
            svc: Services<Self>,
        }
        #[durable_object]
        impl $name {
            pub fn new(svc: Services<Self>) -> Self {
                Self { svc }
            }
            $(#[$of_handler])*
            pub fn take(&mut self, $($(#[$attr])* $arg: $ty),*) { let _ = &self.svc; $(let _ = $arg;)* $($body)* }
        }
    };
}
object!(Taken { } #[handler(was = "get")] (#[handler(was = "title")] name: String, #[handler(default)] count: u8));

fn main() {
    let mut world = lumenize::testing::World::new(1);
    world.object::<Desk>("main").run(Desk::c().start()).unwrap();
    world.run_until_idle().unwrap();
    let greeted = world.object::<Desk>("main").run(Desk::c().greeted()).unwrap();
    assert_eq!(greeted, Some((Tone(1), vec![(3, "Ada".to_owned())])));
    world.object::<Taken>("main").run(Taken::c().take("Ada", 1)).unwrap();
}
