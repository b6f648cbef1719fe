//! What is refused, where, and in which words.

use lumenize_cron::{Cron, CronError};

/// The error, and the text that it points to.
#[track_caller]
fn refused(expression: &str) -> (CronError, Option<&str>) {
    let error = match Cron::new(expression) {
        Ok(_) => panic!("{expression} is accepted"),
        Err(error) => error,
    };
    let text = error.to_string();
    assert!(
        !text.ends_with('.') && !text.starts_with(char::is_uppercase),
        "{text}"
    );
    assert!(text.contains("; "), "no remedy: {text}");
    let span = error.span().map(|span| &expression[span]);
    (error, span)
}

/// Checks the variant and the place for each expression.
macro_rules! refused {
    ($($expression:literal => $variant:ident at $span:expr;)*) => {
        $({
            let (error, span) = refused($expression);
            assert!(matches!(error, CronError::$variant { .. }), "{}: {error:?}", $expression);
            assert_eq!(span, $span, "{}", $expression);
        })*
    };
}

#[test]
fn fields() {
    refused! {
        "" => Empty at None;
        " \t " => Empty at None;
        "*" => FieldCount at Some("*");
        " 0 9 * * " => FieldCount at Some("0 9 * *");
        "0 0 9 * * * 2027" => FieldCount at Some("2027");
        "0 0 9 * * * 2027 *  " => FieldCount at Some("2027 *");
        "0 9\n* * *" => FieldCount at Some("0 9\n* * *");
        "0\u{a0}9 * * *" => FieldCount at Some("0\u{a0}9 * * *");
    }
}

#[test]
fn values() {
    refused! {
        "60 * * * *" => OutOfRange at Some("60");
        "* 24 * * *" => OutOfRange at Some("24");
        "* * 0 * *" => OutOfRange at Some("0");
        "* * 1,32 * *" => OutOfRange at Some("32");
        "* * * 1-13 *" => OutOfRange at Some("13");
        "* * * * 5-8" => OutOfRange at Some("8");
        "60 * * * * *" => OutOfRange at Some("60");
        "* * * * 4294967297" => OutOfRange at Some("4294967297");
        "x * * * *" => Value at Some("x");
        "-1 * * * *" => Value at Some("");
        "5- * * * *" => Value at Some("");
        "1-2-3 * * * *" => Value at Some("2-3");
        "1.5 * * * *" => Value at Some("1.5");
        "0 mon * * *" => Value at Some("mon");
        "0 0 * * monday" => Value at Some("monday");
        "0 0 * mon *" => Value at Some("mon");
        "0 0 * * jan" => Value at Some("jan");
        "0 9 * jän *" => Value at Some("jän");
        "\0 * * * *" => Value at Some("\0");
        "** * * * *" => Value at Some("**");
        "٣ * * * *" => Value at Some("٣");
    }
}

#[test]
fn ranges_steps_and_lists() {
    refused! {
        "30-20 * * * *" => Backwards at Some("30-20");
        "* * * * 5-0" => Backwards at Some("5-0");
        "* * * * fri-mon" => Backwards at Some("fri-mon");
        "* * * * 0,6-2/2" => Backwards at Some("6-2");
        "*/0 * * * *" => Step at Some("0");
        "*/60 * * * *" => Step at Some("60");
        "* */24 * * *" => Step at Some("24");
        "*/ * * * *" => Step at Some("");
        "*/+5 * * * *" => Step at Some("+5");
        "*/5/2 * * * *" => Step at Some("5/2");
        "*/mon * * * *" => Step at Some("mon");
        "1-9/99999999999 * * * *" => Step at Some("99999999999");
        "5/10 * * * *" => StepOfValue at Some("5/10");
        "0 9 * * mon/2" => StepOfValue at Some("mon/2");
        "/5 * * * *" => Value at Some("");
        "1,,2 * * * *" => EmptyPlace at Some("1,,2");
        "1, * * * *" => EmptyPlace at Some("1,");
        ", * * * *" => EmptyPlace at Some(",");
        "0 9,* * * *" => StarInList at Some("*");
        "0 *,*/2 * * *" => StarInList at Some("*");
    }
}

#[test]
fn other_dialects() {
    refused! {
        "0 0 ? * 1" => Extension at Some("?");
        "0 0 L * *" => Extension at Some("L");
        "0 0 lw * *" => Extension at Some("lw");
        "0 0 1,15W * *" => Extension at Some("15W");
        "0 0 * * 5L" => Extension at Some("5L");
        "0 0 * * mon#2" => Extension at Some("mon#2");
        "0 0 1 * +1" => Extension at Some("+1");
        "H 0 * * *" => Extension at Some("H");
        "0~30 0 * * *" => Extension at Some("0~30");
        "@reboot" => Reboot at Some("@reboot");
        " @Reboot" => Reboot at Some("@Reboot");
        "@fortnightly" => Nickname at Some("@fortnightly");
        "@" => Nickname at Some("@");
        "@daily 5" => Nickname at Some("@daily 5");
        "@every 5m" => Nickname at Some("@every 5m");
        "5 @daily * * *" => Value at Some("@daily");
    }
}

#[test]
fn what_never_matches() {
    refused! {
        "0 0 31 2 *" => NeverMatches at Some("31 2");
        "0 0 30 feb *" => NeverMatches at Some("30 feb");
        "0 0 0 30-31 2 *" => NeverMatches at Some("30-31 2");
        "0 0 31 2,4,6,9,11 *" => NeverMatches at Some("31 2,4,6,9,11");
        "0 0 31 4-11/5 *" => NeverMatches at Some("31 4-11/5");
    }
    for expression in [
        "0 0 29 2 *",
        "0 0 31 2 1",
        "0 0 31 2 */7",
        "0 0 29-31 2 *",
        "0 0 31 4,5 *",
    ] {
        let cron = Cron::new(expression).expect(expression);
        assert!(cron.next_after_millis(0).is_some(), "{expression}");
    }
}

/// What was written is shown, and what could be written in its place.
#[test]
fn words() {
    for (expression, words) in [
        ("@fortnightly", "`@fortnightly` is no nickname"),
        ("@daily 5", "`@daily` is no nickname"),
        (
            "0 9 * jän *",
            "`jän` is no month: that is 1 to 12, or `jan` to `dec`, ",
        ),
        ("\0 * * * *", "`\\0` is no minute: that is 0 to 59, "),
        ("x 0 0 * * *", "`x` is no second: that is 0 to 59, "),
        ("0 x * * *", "`x` is no hour: that is 0 to 23, "),
        ("0 0 x * *", "`x` is no day of the month: that is 1 to 31, "),
        (
            "0 0 * * monday",
            "`monday` is no day of the week: that is 0 to 7, or `sun` to `sat`, ",
        ),
        ("0 24 * * *", "the hour can't be 24: it goes from 0 to 23"),
        ("0 0 * 13 *", "the month can't be 13: it goes from 1 to 12"),
        ("* * * * fri-mon", "the range `fri-mon` can't go backwards"),
        (
            "* */24 * * *",
            "`24` is no step for the hour: a step is a number from 1 to 23",
        ),
        ("0 9 * * mon/2", "`mon/2` has a step but no range"),
        ("0 0 1,15W * *", "`15W` is of another scheduler's dialect"),
        ("0 9 * *", "and this one has 4"),
    ] {
        let text = refused(expression).0.to_string();
        assert!(text.contains(words), "{text}");
    }
}

/// What reading can cost is bounded by the length, and what is longer is not looked at.
#[test]
fn length() {
    let mut longest = "0,".repeat(123) + "0 * * * *";
    longest.push(' ');
    assert_eq!(longest.len(), Cron::MAX_LEN);
    assert!(Cron::new(&longest).is_ok());
    longest.push(' ');
    assert_eq!(
        refused(&longest),
        (CronError::TooLong { length: 257 }, None)
    );
    let endless = "\0".repeat(10_000_000);
    assert_eq!(
        refused(&endless).0,
        CronError::TooLong { length: 10_000_000 }
    );
}
