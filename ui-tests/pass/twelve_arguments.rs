//! Many arguments, of many types.

use lumenize::prelude::*;
use std::collections::BTreeMap;

pub struct Wide {
    svc: Services<Self>,
}

#[durable_object]
impl Wide {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    #[allow(clippy::too_many_arguments)]
    pub fn all(
        &mut self,
        a: u8,
        b: i64,
        c: String,
        d: &str,
        e: Option<u32>,
        f: Vec<String>,
        g: BTreeMap<String, u8>,
        h: (u8, char),
        i: [u8; 3],
        j: Duration,
        k: DateTime<Utc>,
        l: &[bool],
    ) -> (u8, i64, String) {
        let _ = (&self.svc, d, e, f, g, h, i, j, k, l);
        (a, b, c)
    }
    pub fn twelfth(&self, it: (u8, i64, String)) -> u8 {
        it.0
    }
}

fn main() {
    let steps = Wide::c()
        .all(
            1,
            -2,
            "c",
            "d",
            None,
            vec![],
            BTreeMap::new(),
            (1, 'h'),
            [1, 2, 3],
            Duration::ZERO,
            DateTime::<Utc>::MIN_UTC,
            vec![true],
        )
        .then(|it| Wide::c().twelfth(it));
    let _ = steps;
}
