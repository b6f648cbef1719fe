//! What the plan says where the types of arguments change. (That it agrees with what becomes of values, the
//! table in `redeploy` shows.)

use super::plan;

/// What is said of a handler that takes a `T`.
macro_rules! says {
    ({ $($old:tt)* } => { $($new:tt)* }, $expected:expr) => {
        let plan = plan!(
            { #[derive(Serialize, Deserialize)] #[allow(dead_code)] $($old)* } { fn take(&mut self, t: T) {} }
            => { #[derive(Serialize, Deserialize)] #[allow(dead_code)] $($new)* } { fn take(&mut self, t: T) {} }
        );
        assert_eq!(plan, $expected);
    };
}

#[test]
fn nothing_changes() {
    says!({ struct T { a: u32 } } => { struct T { a: u32 } }, "");
}

#[test]
fn safe_changes_are_told() {
    says!(
        { struct T { a: u8, b: u32, gone: String, old: char } }
        => { struct T { b: Option<u64>, a: u64, #[serde(default)] new: bool, maybe: Option<u8>, #[serde(alias = "old")] young: char } },
        "\
safe
  Desk::take, t.a: `u8` becomes `u64`
  Desk::take, t.b: may be left out
  Desk::take, t.b: `u32` becomes `u64`
  Desk::take, t.old: is stored as `young` from now on
  Desk::take, t: the field `gone` is gone
    stored work runs without it
  Desk::take, t: the field `new` is new
  Desk::take, t: the field `maybe` is new
  Desk::take, t: fields change places
"
    );
}

#[test]
fn what_needs_a_name_is_told_which() {
    says!(
        { struct T { old: u32, kind: u8 } } => { struct T { young: u32, kind: u8 } },
        "\
needs a name: stored work that has it is parked, unless it is told
  Desk::take, t: the field `old` is gone, and `young` is of the same type
    if it is the same, write `#[serde(alias = \"old\")]` above `young`: stored work is parked otherwise
"
    );
    says!(
        { enum T { Old(u8), Same } } => { enum T { Same, Young(u8) } },
        "\
needs a name: stored work that has it is parked, unless it is told
  Desk::take, t: the variant `Old` is gone, and `Young` holds the same
    if it is the same, write `#[serde(alias = \"Old\")]` above `Young`: stored work is parked otherwise
"
    );
}

#[test]
fn breaking_changes_are_told_with_what_becomes_of_work() {
    says!(
        { struct T { a: u64, b: Option<u8>, c: String, d: bool } }
        => { #[serde(deny_unknown_fields)] struct T { a: u32, b: u8, c: u8, new: char } },
        "\
breaking: stored work that has it is parked
  Desk::take, t.a: `u64` becomes `u32`
    a value that is none of `u32` is parked
  Desk::take, t.b: may not be left out any more
    work without it is parked; work with it runs
  Desk::take, t.c: `string` becomes `u8`
    it is parked: a string was stored, a u8 is expected
  Desk::take, t: the field `d` is gone
    it is parked: unknown field `d`
  Desk::take, t: the field `new` is new
    write `#[serde(default)]` above `new`, or stored work is parked: missing field `new`
  Desk::take, t: takes no fields that it does not know, from now on
    work that has fields of former releases is parked
"
    );
    says!(
        { enum T { Gone(u8), Was { a: u8 }, Unit } } => { enum T { Was { a: u8, b: u8 }, Unit(String) } },
        "\
breaking: stored work that has it is parked
  Desk::take, t::Was: the field `b` is new
    write `#[serde(default)]` above `b`, or stored work is parked: missing field `b`
  Desk::take, t::Unit: holds one value instead of nothing
    work that has it is parked: it was stored with nothing, one value is expected
  Desk::take, t: the variant `Gone` is gone
    work that has it is parked: unknown variant `Gone`
"
    );
}

/// What an older release stored is not what the last one did.
#[test]
fn what_helped_older_work_is_missed() {
    says!(
        { struct T { #[serde(alias = "old")] young: u8, #[serde(default)] added: u8 } }
        => { struct T { young: u8, added: u8 } },
        "\
breaking: stored work that has it is parked
  Desk::take, t.young: is not read as `old` any more
    work that was stored with `old` is parked, or loses it
  Desk::take, t.added: must be there from now on
    work that was stored before there was this field is parked
"
    );
    says!(
        { enum T { #[serde(alias = "Old")] Young, #[serde(other)] Other } } => { enum T { Young, Other } },
        "\
breaking: stored work that has it is parked
  Desk::take, t::Old: is no former name any more
    work that was stored under this name is parked
  Desk::take, t: takes no variants that it does not know any more
    work that has variants of other releases is parked
"
    );
}

#[test]
fn the_place_is_said_however_deep_it_is() {
    says!(
        { struct T { list: Vec<Option<(u8, [u16; 2])>> } }
        => { struct T { list: Vec<Option<(u8, [u8; 2])>> } },
        "\
breaking: stored work that has it is parked
  Desk::take, t.list[].1[]: `u16` becomes `u8`
    a value that is none of `u8` is parked
"
    );
}

#[test]
fn a_type_within_itself_is_compared_once() {
    says!(
        { struct T { n: u32, next: Option<Box<T>> } } => { struct T { n: u64, next: Option<Box<T>> } },
        "\
safe
  Desk::take, t.n: `u32` becomes `u64`
"
    );
}

#[test]
fn only_the_name_of_a_type_changes() {
    let plan = plan!(
        { #[derive(Serialize, Deserialize)] struct Before { a: u8 } } { fn take(&mut self, t: Before) {} }
        => { #[derive(Serialize, Deserialize)] struct After { a: u8 } } { fn take(&mut self, t: After) {} }
    );
    assert_eq!(
        plan,
        "\
safe
  the text: what types are called, or the order of lines, has changed
"
    );
}

#[test]
fn what_cannot_be_found_out_is_said_to_be_so() {
    says!(
        { struct T { a: u8 } } => { #[serde(untagged)] enum T { A { a: u8 } } },
        "\
not known: try it with stored work
  Desk::take, t: `T` becomes `?`
"
    );
}

/// Work may be left under a former name: it is not to be another's.
#[test]
fn a_former_name_that_another_part_has_is_told() {
    says!(
        { struct T { #[serde(alias = "old")] young: u8 } }
        => { struct T { young: u8, #[serde(default)] old: u8 } },
        "\
breaking: stored work that has it is parked
  Desk::take, t.young: is not read as `old` any more
    work that was stored with `old` is parked, or loses it
safe
  Desk::take, t: the field `old` is new
"
    );
    says!(
        { enum T { #[serde(alias = "Old")] Young(u8) } } => { enum T { Young(u8), Old(u8) } },
        "\
breaking: stored work that has it is parked
  Desk::take, t::Old: is no former name any more, but a variant
    work that was stored under this name is read as another variant than it was, or parked; give that another name
"
    );
}

/// What had a name, and has it again, is no other.
#[test]
fn what_has_its_former_name_again_is_the_same() {
    says!(
        { struct T { #[serde(alias = "old")] young: u8 } } => { struct T { #[serde(alias = "young")] old: u8 } },
        "\
safe
  Desk::take, t.young: is stored as `old` from now on
"
    );
    says!(
        { enum T { #[serde(alias = "Old")] Young(u8) } } => { enum T { #[serde(alias = "Young")] Old(u8) } },
        "\
safe
  Desk::take, t::Young: has another name from now on
"
    );
}

/// Only texts, and variants without content, are read as the names of fields.
#[test]
fn a_map_becomes_a_struct_by_its_keys() {
    says!(
        { struct T(std::collections::BTreeMap<char, u8>); } => { struct T { #[serde(default)] a: u8 } },
        "\
breaking: stored work that has it is parked
  Desk::take, t: a map becomes a struct
    it is parked: keys that are no texts are no names
"
    );
    says!(
        {
            struct T(std::collections::BTreeMap<Key, u8>);
            #[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
            enum Key { A }
        } => { struct T { #[serde(default)] a: u8 } },
        "\
safe
  Desk::take, t: a map becomes a struct
"
    );
}

/// What both were stored in is there twice, which serde refuses.
#[test]
fn a_field_that_takes_two_is_told() {
    says!(
        { struct T { a: u8, b: u8 } } => { struct T { #[serde(alias = "a")] b: u8 } },
        "\
breaking: stored work that has it is parked
  Desk::take, t: `b` takes what was `a` and what was `b`
    give it a name of its own, with one of these as an alias: work is parked, for `b` is there twice
safe
  Desk::take, t.a: is stored as `b` from now on
  Desk::take, t.b: is read as `a`, too
"
    );
}
