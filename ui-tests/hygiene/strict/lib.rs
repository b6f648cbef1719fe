//! The objects of `../objects.rs`, under every lint that a crate may reasonably deny.

#[path = "../objects.rs"]
pub mod objects;

#[test]
fn they_run() {
    assert!(matches!(objects::run(), Ok(done) if done == "tidy 5 0 1"));
}
