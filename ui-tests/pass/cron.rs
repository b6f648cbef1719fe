//! Cron expressions, checked by the compiler.

#![deny(warnings)]

mod renamed {
    pub use lumenize::*;
}

mod shadowed {
    pub struct Cron;
    pub struct String;

    pub fn nightly() -> lumenize::Cron {
        let _ = (Cron, String);
        lumenize::cron!("@daily")
    }
}

use lumenize::prelude::*;

macro_rules! every_minutes {
    ($step:literal) => {
        cron!($step)
    };
}

fn main() {
    let weekdays: Cron = cron!("30 9 * * mon-fri");
    assert_eq!(weekdays.as_str(), "30 9 * * mon-fri");
    assert_eq!(weekdays.check(), Ok(()));
    assert_eq!(Ok(weekdays), "30 9 * * mon-fri".parse());

    assert_eq!(cron!(r"0 0 29 2 *",).zone(), None);
    assert_eq!(cron!("*/10 * * * * *", crate = "crate::renamed").as_str(), "*/10 * * * * *");
    assert_eq!(shadowed::nightly(), cron!("@daily"));
    assert_eq!(every_minutes!("*/5 * * * *").next_after_millis(0), Some(300_000));
}
