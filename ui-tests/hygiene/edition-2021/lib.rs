//! The objects of `../objects.rs`, in edition 2021.

#[path = "../objects.rs"]
pub mod objects;

#[test]
fn they_run() {
    assert_eq!(objects::run().unwrap(), "tidy 5 0 1");
}
