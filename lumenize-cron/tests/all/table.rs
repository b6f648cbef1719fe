//! What cronsim said: `cronsim/table.txt`, and how it came to be, `cronsim/table.py`.

/// A line of the table.
pub(crate) struct Line {
    pub(crate) zone: &'static str,
    pub(crate) expression: &'static str,
    pub(crate) start: i64,
    /// `None` if it refused the expression.
    pub(crate) matches: Option<Vec<i64>>,
}

impl Line {
    pub(crate) fn is_utc(&self) -> bool {
        self.zone == "UTC"
    }
}

pub(crate) fn lines() -> impl Iterator<Item = Line> {
    include_str!("../cronsim/table.txt").lines().map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [zone, expression, start, matches] = fields[..] else {
            panic!("not a line: {line}");
        };
        let second = |text: &str| text.parse().expect("a time");
        Line {
            zone,
            expression,
            start: second(start),
            matches: (matches != "refused").then(|| matches.split(' ').map(second).collect()),
        }
    })
}

/// The line of one expression.
pub(crate) fn line(zone: &str, expression: &str) -> Line {
    lines()
        .find(|line| line.zone == zone && line.expression == expression)
        .expect("it is in the table")
}
