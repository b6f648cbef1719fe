//! Money moves between accounts while everything goes wrong: what there is in all never changes, each
//! transfer is booked once or refused, never both, and is told once.

use crate::mishaps::{Mishaps, pass};
use crate::phone::Account;
use lumenize::testing::World;
use simulate::Random;
use std::time::Duration;

const ACCOUNTS: u64 = 10;
const OPENED_WITH: i64 = 1_000;

fn account(number: u64) -> String {
    format!("account {number}")
}

/// Asks until it is known to have happened: the number makes it happen once.
fn ask(world: &mut World, from: u64, number: i64, to: u64, amount: i64) {
    let steps = || Account::c().transfer(number, account(to), amount);
    let mut object = world.object::<Account>(&account(from));
    object.run_at_least_once(steps()).unwrap();
}

/// What a seed's world goes through, and what must be there then.
///
/// # Panics
/// If it is not.
pub fn run(seed: u64) {
    let mut dice = Random::new(seed);
    let mut world = World::new(seed);
    for number in 0..ACCOUNTS {
        let steps = Account::c().open(OPENED_WITH);
        world
            .object::<Account>(&account(number))
            .run(steps)
            .unwrap();
    }
    // A swarm: each seed has some of the faults.
    if dice.one_in(2) {
        world.lose_messages(dice.below(60) as u32);
    }
    if dice.one_in(2) {
        world.repeat_messages(dice.below(60) as u32);
    }
    if dice.one_in(2) {
        world.delay_messages(Duration::from_secs(1 + dice.below(90)));
    }
    let mishaps = Mishaps::begin(&mut world, &mut dice);
    let (cuts, evicts) = (dice.one_in(3), dice.one_in(2));
    let transfers = 5 + dice.below(20) as i64;
    for number in 0..transfers {
        let (from, to) = (dice.below(ACCOUNTS), dice.below(ACCOUNTS));
        mishaps.befall(&mut world, &mut dice);
        if cuts && dice.one_in(2) {
            let (name, cut) = (account(dice.below(ACCOUNTS)), dice.one_in(2));
            world.cut_off::<Account>(&name, cut);
        }
        if evicts && dice.one_in(2) {
            world
                .object::<Account>(&account(dice.below(ACCOUNTS)))
                .evict();
        }
        ask(&mut world, from, number, to, 1 + dice.below(50) as i64);
        pass(&mut world, &mut dice, 3_600);
    }
    world.heal();
    world.run_until_idle().unwrap();

    let mut total = 0;
    let mut sent = Vec::new();
    let mut received = Vec::new();
    for number in 0..ACCOUNTS {
        let mut object = world.object::<Account>(&account(number));
        total += object.run(Account::c().balance()).unwrap();
        sent.extend(object.run(Account::c().transfers()).unwrap());
        received.extend(object.run(Account::c().received()).unwrap());
        assert_eq!(object.failed().unwrap(), []);
    }
    assert_eq!(total, OPENED_WITH * ACCOUNTS as i64);
    assert_eq!(sent.len() as i64, transfers);
    received.sort_unstable();
    let mut booked = Vec::new();
    for transfer in sent {
        assert_eq!(transfer.told, 1, "{transfer:?}");
        let became = transfer.became.unwrap();
        match became.as_str() {
            "booked" => booked.push(transfer.number),
            _ => assert!(became.contains("it ends in 7"), "{became}"),
        }
        assert_eq!(became != "booked", transfer.amount % 10 == 7);
    }
    booked.sort_unstable();
    assert_eq!(received, booked);

    // Nothing stays behind, once the calls' time is over.
    world.advance(Duration::from_secs(11 * 24 * 3_600));
    for number in 0..ACCOUNTS {
        let mut object = world.object::<Account>(&account(number));
        assert_eq!(
            object
                .number("SELECT count(*) FROM lumenize_queue")
                .unwrap(),
            0
        );
        assert_eq!(
            object
                .number("SELECT count(*) FROM lumenize_inbox")
                .unwrap(),
            0
        );
    }
    assert_eq!(world.next_wake(), None);
}
