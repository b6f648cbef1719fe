//! The lock and the plan that the guide shows are those that are printed.

use super::{locked, place};
use lumenize::testing::LockError;

#[test]
fn the_guide_shows_what_is_printed() {
    let (_directory, path) = place();
    let lock = locked!(path, {
        #[derive(Serialize, Deserialize)]
        struct Person { name: String, age: u64, city: Option<City> }
        #[derive(Serialize, Deserialize)]
        enum City { Berlin, Other(String) }
    } {
        pub fn greet(&mut self, person: Person) {}
        fn remind(&mut self, whom: String, times: u32) {}
    });
    lock.update().unwrap();
    let changed = locked!(path, {
        #[derive(Serialize, Deserialize)]
        struct Person { name: String, age: u8, city: Option<City>, #[serde(default)] nick: String }
        #[derive(Serialize, Deserialize)]
        enum City { Berlin, Rome, Other(String) }
    } {
        pub fn greet(&mut self, person: Person) {}
        fn notify(&mut self, whom: String, times: u32) {}
    });
    let Err(LockError::Differs { plan, .. }) = changed.check() else {
        panic!("it differs");
    };
    let guide = include_str!("../../../docs/redeploy.md");
    for text in [lock.text().unwrap(), plan.to_string()] {
        assert!(guide.contains(&format!("```text\n{text}```\n")), "{text}");
    }
}
