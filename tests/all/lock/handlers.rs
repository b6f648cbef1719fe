//! What the plan says where handlers change.

use super::plan;

#[test]
fn safe_changes_are_told() {
    let plan = plan!(
        {} { fn same(&mut self) {} fn narrow(&mut self) {} fn old(&mut self, a: u8) {} fn asks(&mut self) {} }
        => {} {
            fn added(&mut self, number: u8) {}
            pub fn narrow(&mut self) {}
            #[handler(was = "old")]
            fn young(&mut self, a: u8) {}
            fn asks(&self) {}
            fn same(&mut self) {}
        }
    );
    assert_eq!(
        plan,
        "\
safe
  Desk::asks: takes `&self`, and may write nothing any more
  Desk::narrow: is `pub`, so others may call it
  Desk::old: is `young` now
  Desk::added: is new
"
    );
}

#[test]
fn a_handler_that_has_another_name_is_found_by_its_arguments() {
    let plan = plan!(
        {} { fn old(&mut self, a: u8, b: String) {} fn other(&mut self, a: u8) {} }
        => {} { fn young(&mut self, a: u8, b: String) {} fn another(&mut self, a: u16) {} }
    );
    assert_eq!(
        plan,
        "\
breaking: stored work that has it is parked
  Desk::other: is gone
    its work is parked: there is no handler `other`
needs a name: stored work that has it is parked, unless it is told
  Desk::old: is gone, and `young` takes the same
    if it is the same, write `#[handler(was = \"old\")]` above `young`; else its work is parked: there is no handler `old`
safe
  Desk::another: is new
"
    );
}

#[test]
fn breaking_changes_are_told_with_what_becomes_of_work() {
    let plan = plan!(
        {} { pub fn gone(&mut self) {} pub fn open(&mut self) {} #[handler(was = "old")] fn young(&mut self) {} }
        => {} { #[handler(skip)] fn gone(&mut self) {} fn open(&mut self) {} fn young(&mut self) {} }
    );
    assert_eq!(
        plan,
        "\
breaking: stored work that has it is parked
  Desk::open: is not `pub` any more
    calls of others are refused; what the object has stored itself runs
  Desk::young: `old` is no former name any more
    work that is left under it is parked: there is no handler `old`
  Desk::gone: is gone
    its work is parked: there is no handler `gone`
"
    );
}

#[test]
fn arguments_are_told_apart_by_their_names() {
    let plan = plan!(
        {} { fn take(&mut self, a: u8, b: String, gone: char, old: bool, named: i8, wide: u16) {} }
        => {} {
            fn take(
                &mut self,
                b: String,
                _a: u64,
                #[handler(was = "named")] renamed: i8,
                #[handler(default)] added: u64,
                maybe: Option<u64>,
                must: u64,
                young: bool,
                wide: u8,
            ) {}
        }
    );
    assert_eq!(
        plan,
        "\
breaking: stored work that has it is parked
  Desk::take, wide: `u16` becomes `u8`
    a value that is none of `u8` is parked
  Desk::take: the argument `must` is new
    write `#[handler(default)]` in front of `must`, or take an `Option`: else stored work is parked
needs a name: stored work that has it is parked, unless it is told
  Desk::take: the argument `old` is gone, and `young` is of the same type
    if it is the same, write `#[handler(was = \"old\")]` in front of `young`: stored work is parked otherwise
safe
  Desk::take, a: `u8` becomes `u64`
  Desk::take: the argument `named` is `renamed` now
  Desk::take: the argument `gone` is gone
    stored work runs without it
  Desk::take: the argument `added` is new
  Desk::take: the argument `maybe` is new
  Desk::take: arguments change places
"
    );
}

#[test]
fn what_helped_older_arguments_is_missed() {
    let plan = plan!(
        {} { fn take(&mut self, #[handler(was = "old")] young: u8, #[handler(default)] added: u8, a: char, b: char) {} }
        => {} { fn take(&mut self, young: u8, added: u8, #[handler(was = "a")] b: char) {} }
    );
    assert_eq!(
        plan,
        "\
breaking: stored work that has it is parked
  Desk::take: `old` is no former name of `young` any more
    work that was stored with it is parked
  Desk::take: the argument `added` has no default any more
    work that was stored before there was this argument is parked
  Desk::take: `b` takes what was `a` and what was `b`
    give it a new name with one of these as `was`: work is parked, for it was stored twice, as `a` and as `b`
safe
  Desk::take: the argument `a` is `b` now
"
    );
}

/// Work may be left under a former name: it is not to be another's.
#[test]
fn a_former_name_that_another_handler_has_is_told() {
    let plan = plan!(
        {} { #[handler(was = "old")] fn young(&mut self, a: u8) {} #[handler(was = "gone")] fn moved(&mut self) {} fn takes(&mut self) {} }
        => {} { fn young(&mut self, a: u8) {} fn old(&mut self, b: String) {} fn moved(&mut self) {} #[handler(was = "gone")] fn takes(&mut self) {} }
    );
    assert_eq!(
        plan,
        "\
breaking: stored work that has it is parked
  Desk::moved: `gone` is no former name any more, but reaches `takes`
    work that is left under it was meant for `moved`: it is run by the other, or parked; give that another name
  Desk::young: `old` is no former name any more, but reaches `old`
    work that is left under it was meant for `young`: it is run by the other, or parked; give that another name
safe
  Desk::takes: answers to its former name `gone`
"
    );
}

/// What had a name, and has it again, is no other.
#[test]
fn a_handler_that_has_its_former_name_again_is_the_same() {
    let plan = plan!(
        {} { #[handler(was = "old")] fn young(&mut self, a: u8) {} }
        => {} { #[handler(was = "young")] fn old(&mut self, a: u8) {} }
    );
    assert_eq!(
        plan,
        "\
safe
  Desk::young: is `old` now
"
    );
}
