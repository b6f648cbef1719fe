//! What holds for every expression and every time.

use lumenize_cron::{Cron, CronError};
use proptest::prelude::*;

/// Fields of the right letters, often in the dialect.
fn likely() -> impl Strategy<Value = String> {
    let item = prop_oneof![
        4 => Just("*".to_owned()),
        4 => (0..60_u32).prop_map(|value| value.to_string()),
        2 => (1..8_u32, 1..8_u32).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        2 => (1..8_u32).prop_map(|step| format!("*/{step}")),
        1 => "[0-9a-zA-Z*/,@?#LW-]{0,6}",
    ];
    let field = prop::collection::vec(item, 1..3).prop_map(|items| items.join(","));
    prop::collection::vec(field, 5..7).prop_map(|fields| fields.join(" "))
}

/// From the year −9999 to the year 12000, so beyond both ends.
const MILLIS: std::ops::Range<i64> = -377_705_116_800_000..316_516_032_000_000;

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), millis in any::<i64>()) {
        holds(&text, millis)?;
    }

    #[test]
    fn nor_does_a_likely_one(text in likely(), millis in MILLIS) {
        holds(&text, millis)?;
    }

    #[test]
    fn nor_does_one_of_letters(text in "[-0-9*/, @?#~+LWHa-z\\t]{0,40}", millis in MILLIS) {
        holds(&text, millis)?;
    }
}

fn holds(text: &str, millis: i64) -> Result<(), TestCaseError> {
    let cron = match Cron::new(text) {
        Ok(cron) => cron,
        Err(error) => {
            // What the dialect accepts, the library that searches does, too.
            let is_ours = !matches!(error, CronError::Search { .. });
            prop_assert!(is_ours, "{}", error);
            if let Some(span) = error.span() {
                prop_assert!(text.get(span).is_some(), "the span is not in the text");
            }
            prop_assert_eq!(Cron::literal(text.to_owned().leak()).check(), Err(error));
            return Ok(());
        }
    };
    prop_assert_eq!(cron.check(), Ok(()));
    prop_assert_eq!(&cron, &cron.clone());
    let Some(next) = cron.next_after_millis(millis) else {
        prop_assert!(
            millis > 3_800_000_000_000,
            "only near the end of 2099 is there no next"
        );
        return Ok(());
    };
    prop_assert!(next > millis);
    // It is the first one: from just before it, and from anywhere between, it is found again.
    for between in [next - 1, millis + (next - millis) / 2] {
        if between < next {
            prop_assert_eq!(cron.next_after_millis(between), Some(next));
        }
    }
    Ok(())
}
