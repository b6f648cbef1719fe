//! Money that moves while everything goes wrong.

use lumenize::prelude::*;
use lumenize::testing::World;
use std::collections::BTreeMap;
use user_directory::{Account, SHORT, Short, State, Statement, total};

fn open(world: &mut World) {
    for (name, limit) in [("alice", 1_000), ("bob", 1_250)] {
        let steps = Account::c().open(1_000, limit);
        world.object::<Account>(name).run(steps).unwrap();
    }
}

fn send(world: &mut World, number: u64, from: &str, to: &str, amount: u64) {
    let steps = Account::c().transfer(number, to, amount);
    let mut account = world.object::<Account>(from);
    account.run_at_least_once(steps).unwrap();
}

fn statements(world: &mut World) -> BTreeMap<String, Statement> {
    let mut ask = |name: &str| {
        let steps = Account::c().statement();
        let statement = world.object::<Account>(name).run(steps).unwrap();
        (name.to_owned(), statement)
    };
    [ask("alice"), ask("bob")].into()
}

fn states(statement: &Statement) -> Vec<State> {
    statement.sent.iter().map(|sent| sent.state).collect()
}

#[test]
fn money_moves_once_wherever_the_process_dies() {
    let transfers = |world: &mut World| {
        send(world, 1, "bob", "alice", 50);
        // Bob has room for two of these, whichever arrive first.
        for number in 1..=3 {
            send(world, number, "alice", "bob", 150);
        }
        loop {
            let seen = statements(world);
            assert_eq!(total(&seen), 2_000, "{seen:?}");
            let mut all = seen.values().flat_map(states);
            if !all.any(|state| state == State::UnderWay) {
                break;
            }
            world.advance_to_next().unwrap();
        }
        world.run_until_idle().unwrap();
        let seen = statements(world);
        assert_eq!(total(&seen), 2_000);
        let mut states = states(&seen["alice"]);
        states.sort_by_key(|state| *state as u8);
        (states, seen["alice"].balance, seen["bob"].balance)
    };
    let mut world = World::new(1);
    open(&mut world);
    let states = vec![State::Booked, State::Booked, State::Returned];
    assert_eq!(transfers(&mut world), (states, 750, 1_250));
    let tried = World::crash_everywhere(1, open, transfers).unwrap();
    // Four transfers, each with three handlers; commits are shared by what arrives at one time.
    assert!(tried >= 40, "{tried}");
}

#[test]
fn money_moves_once_whatever_becomes_of_messages() {
    for seed in 0..100 {
        let mut world = World::new(seed);
        open(&mut world);
        world.lose_messages(30);
        world.repeat_messages(30);
        world.delay_messages(Duration::from_secs(20));
        for number in 0..10 {
            let (from, to) = match number % 3 {
                0 => ("bob", "alice"),
                _ => ("alice", "bob"),
            };
            send(&mut world, number, from, to, 10 * (number + 1));
            world.advance(Duration::from_secs(number));
            assert_eq!(total(&statements(&mut world)), 2_000, "{seed}");
            if number == 5 {
                world.crash();
            }
        }
        world.run_until_idle().unwrap();
        let seen = statements(&mut world);
        let balances = seen.values().map(|seen| seen.balance);
        assert_eq!(balances.sum::<u64>(), 2_000, "{seed}: {seen:?}");
    }
}

#[test]
fn what_nobody_can_know_is_in_doubt_and_not_given_back() {
    let mut world = World::new(1);
    open(&mut world);
    send(&mut world, 1, "alice", "bob", 100);
    // It arrives. Its answer does not.
    while statements(&mut world)["bob"].received.is_empty() {
        world.advance_to_next().unwrap();
    }
    world.crash();
    world.cut_off::<Account>("bob", true);
    world.advance(Account::PATIENCE + Duration::from_secs(1));
    let seen = statements(&mut world);
    assert_eq!(states(&seen["alice"]), [State::InDoubt]);
    assert_eq!((seen["alice"].balance, seen["bob"].balance), (900, 1_100));
    assert_eq!(total(&seen), 2_000);
}

#[test]
fn refusals_say_how_much() {
    let mut world = World::new(1);
    open(&mut world);
    let steps = Account::c().transfer(1, "bob", 1_001);
    let error = world.object::<Account>("alice").run(steps).unwrap_err();
    assert_eq!(error.code(), Some(SHORT));
    let (needed, balance) = (1_001, 1_000);
    assert_eq!(error.details(), Ok(Some(Short { needed, balance })));
    assert_eq!(statements(&mut world)["alice"].sent, []);
    // Not from outside: nobody would have less for it.
    let steps = Account::c().deposit(1, 1);
    let error = world.object::<Account>("alice").run(steps).unwrap_err();
    let said = "the handler failed: only accounts have money";
    assert_eq!(error.to_string(), said);

    send(&mut world, 1, "alice", "bob", 251);
    send(&mut world, 2, "alice", "nobody", 1);
    world.run_until_idle().unwrap();
    let seen = statements(&mut world);
    let why: Vec<_> = seen["alice"]
        .sent
        .iter()
        .map(|sent| sent.why.as_deref())
        .collect();
    let expected = ["there is room for 250", "there is room for 0"].map(Some);
    assert_eq!(why, expected);
    assert_eq!(states(&seen["alice"]), [State::Returned, State::Returned]);
    assert_eq!((seen["alice"].balance, seen["bob"].balance), (1_000, 1_000));
}
