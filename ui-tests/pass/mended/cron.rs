//! Cron expressions: the code of `docs/errors.md`, which is made of this. A comment before an
//! item names the case of `fail/` that it mends, its title there, and what else is to be said.
#![allow(dead_code, unused_variables, unused_mut)]

use lumenize::prelude::*;

// case: cron/expression
// title: A mistake in an expression
mod expression {
    use super::*;

    fn when() -> Cron {
        cron!("0 9 * * mon-fri")
    }
}

// case: cron/arguments
// title: What is no literal
mod literal {
    use super::*;

    fn when(text: &str) -> std::result::Result<Cron, lumenize::CronError> {
        Cron::new(text)
    }
}

// case: cron/arguments
// title: An argument too many
// shows: 4
mod arguments {
    use super::*;

    fn when() -> Cron {
        cron!("0 9 * * *")
    }
}

fn main() {}
