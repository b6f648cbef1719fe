//! Money moves between accounts while everything goes wrong: see `lumenize_tests::transfers`, and its
//! program for many seeds.

#[test]
fn money_is_neither_made_nor_lost() {
    lumenize_tests::many::some(lumenize_tests::transfers::run);
}
