//! What the reception hears of the directory.

use lumenize::prelude::*;
use lumenize::testing::World;
use user_directory::{NotFound, Org, Reception, User, UserAndOrg, UserDirectory, Visit};

fn user() -> User {
    User {
        id: "ada".to_owned(),
        name: "Ada Lovelace".to_owned(),
    }
}

fn org() -> Org {
    Org {
        id: "engines".to_owned(),
        name: "Analytical Engines".to_owned(),
    }
}

fn world() -> World {
    let mut world = World::new(1);
    let mut directory = world.object::<UserDirectory>("directory");
    directory.run(UserDirectory::c().add_user(user())).unwrap();
    directory.run(UserDirectory::c().add_org(org())).unwrap();
    world
}

fn visits(world: &mut World) -> Vec<Visit> {
    let steps = Reception::c().visits();
    world.object::<Reception>("door").run(steps).unwrap()
}

#[test]
fn an_answer_is_handled_with_its_context() {
    let mut world = world();
    let steps = Reception::c().call_remote("ada");
    let id: CallId = world.object::<Reception>("door").run(steps).unwrap();
    let pending = world.object::<Reception>("door").pending().unwrap();
    assert_eq!(pending[0].id, id.into());
    assert_eq!(visits(&mut world), []);
    world.run_until_idle().unwrap();
    let known = Visit::Known("ada".to_owned(), user());
    assert_eq!(visits(&mut world), [known]);
}

#[test]
fn a_nested_call_is_one_call() {
    let mut world = world();
    let steps = Reception::c().call_nested("ada", "engines");
    world.object::<Reception>("door").run(steps).unwrap();
    let pending = world.object::<Reception>("door").pending().unwrap();
    assert_eq!(pending.len(), 1);
    world.run_until_idle().unwrap();
    let (user, org) = (user(), org());
    let combined = Visit::Combined(UserAndOrg { user, org });
    assert_eq!(visits(&mut world), [combined]);
}

#[test]
fn what_is_not_found_is_told_with_details() {
    let mut world = world();
    for steps in [
        Reception::c().call_remote("alice"),
        Reception::c().call_nested("ada", "estates"),
        Reception::c().call_remote("zoe"),
    ] {
        world.object::<Reception>("door").run(steps).unwrap();
        world.run_until_idle().unwrap();
    }
    let not_found = |id: &str, similar: &[&str]| {
        Visit::Unknown(NotFound {
            id: id.to_owned(),
            similar: similar.iter().map(ToString::to_string).collect(),
        })
    };
    let expected = [
        not_found("alice", &["ada"]),
        not_found("estates", &["engines"]),
        not_found("zoe", &[]),
    ];
    assert_eq!(visits(&mut world), expected);
}

#[test]
fn a_directory_that_cannot_be_reached_is_another_error() {
    let mut world = world();
    world.cut_off::<UserDirectory>("directory", true);
    let steps = Reception::c().call_remote("ada");
    world.object::<Reception>("door").run(steps).unwrap();
    world.run_until_idle().unwrap();
    let visits = visits(&mut world);
    let timed_out = matches!(&visits[..], [Visit::Failed(CallError::Timeout { .. })]);
    assert!(timed_out, "{visits:?}");
}
