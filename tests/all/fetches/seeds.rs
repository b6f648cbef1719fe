//! Objects fetch while everything goes wrong: see `lumenize_tests::fetching`, and its program for many
//! seeds.

#[test]
fn each_fetch_has_one_outcome() {
    lumenize_tests::many::some(lumenize_tests::fetching::run);
}
