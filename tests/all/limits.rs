//! What one object, or one item, can't take from the others.

use lumenize::native::Host;
use lumenize::testing::World;
use lumenize::{ScheduleFilter, Why};
use lumenize_tests::planner::{Moment, Planner, Task};
use lumenize_tests::{At, Job, Lab};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tracing::{Event, Level, Metadata, Subscriber, span};

#[test]
fn work_that_begets_itself_a_hundred_thousand_times_is_slowed_and_says_so() {
    let mut world = World::new(1);
    let mut planner = world.object::<Planner>("main");
    planner
        .run(Planner::c().plan(None, Moment::After(0), Task::Beget))
        .unwrap();
    world.advance(Duration::from_millis(5));
    let fast = world.object::<Planner>("main").run(Planner::c().begot());
    assert!(fast.unwrap() > 100, "as fast as it can");

    // The last of what is stored with an item is how many begot each other up to it: here is one more
    // than the limit.
    let hops = "UPDATE lumenize_queue SET
        detail = CAST(substr(detail, 1, length(detail) - 2) || x'a18d06' AS BLOB)";
    let mut planner = world.object::<Planner>("main");
    planner.tamper(hops).unwrap();
    let page = planner
        .run(Planner::c().list(ScheduleFilter::default()))
        .unwrap();
    assert_eq!(page.items[0].why, Why::Slowed);
    let before = planner.run(Planner::c().begot()).unwrap();
    world.advance(Duration::from_secs(10));
    let mut planner = world.object::<Planner>("main");
    let slow = planner.run(Planner::c().begot()).unwrap() - before;
    assert!((98..=101).contains(&slow), "{slow} in ten seconds");

    // What comes from outside is as fast as ever, though it runs the same.
    let due = planner
        .run(Planner::c().plan(None, Moment::After(0), Task::Beget))
        .unwrap()
        .due;
    assert_eq!(due, planner.run(Planner::c().time()).unwrap());
}

#[tokio::test]
async fn a_handler_that_schedules_itself_for_ever_starves_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::open(directory.path())
        .unwrap()
        .register::<Planner>()
        .start()
        .unwrap();
    let busy = host.object::<Planner>("busy");
    busy.run(Planner::c().plan(None, Moment::After(0), Task::Beget))
        .await
        .unwrap();
    for name in ["busy", "other"] {
        let planner = host.object::<Planner>(name);
        let task = Task::Log("ran".to_owned());
        planner
            .run(Planner::c().plan(None, Moment::After(50), task))
            .await
            .unwrap();
        let begin = Instant::now();
        while planner.run(Planner::c().log()).await.unwrap() != ["ran"] {
            assert!(begin.elapsed() < Duration::from_secs(10), "{name}");
        }
    }
    assert!(busy.run(Planner::c().begot()).await.unwrap() > 0);
    host.shutdown().unwrap();
}

#[tokio::test]
async fn a_caller_does_not_wait_for_all_that_is_overdue() {
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        Host::open(directory.path())
            .unwrap()
            .register::<Lab>()
            .start()
            .unwrap()
    };
    let host = open();
    let lab = host.object::<Lab>("main");
    for _ in 0..5 {
        lab.run(Lab::c().schedule_many(1_000)).await.unwrap();
    }
    // A slow machine may have begun with them.
    let before = lab.run(Lab::c().log()).await.unwrap().len();
    host.shutdown().unwrap();
    std::thread::sleep(Duration::from_millis(1_100));
    let host = open();
    let lab = host.object::<Lab>("main");
    let ran = lab.run(Lab::c().log()).await.unwrap().len() - before;
    assert!(ran <= 500, "{ran} ran before the answer");
    let begin = Instant::now();
    while lab.run(Lab::c().log()).await.unwrap().len() < 5_000 {
        assert!(begin.elapsed() < Duration::from_secs(120), "they all run");
    }
    host.shutdown().unwrap();
}

/// Counts warnings.
struct Warnings(Arc<AtomicU32>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }

    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn event(&self, _event: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

#[test]
fn a_new_that_fails_for_an_hour_is_one_warning_and_no_loop() {
    let warnings = Arc::new(AtomicU32::new(0));
    let mut world = World::new(1);
    tracing::subscriber::with_default(Warnings(Arc::clone(&warnings)), || {
        let mut lab = world.object::<Lab>("main");
        for line in ["first", "second"] {
            lab.run(Lab::c().schedule(At::After(1_000), Job::Log(line.into())))
                .unwrap();
        }
        lab.run(Lab::c().break_new()).unwrap();
        lab.evict();
        let mut wakes = 0;
        let end = world.now() + chrono::TimeDelta::hours(1);
        while let Some(next) = world.next_wake().filter(|next| *next < end) {
            world.advance((next - world.now()).to_std().unwrap());
            wakes += 1;
        }
        // Doubling from a second up to five minutes.
        assert!((15..=25).contains(&wakes), "{wakes} wakes in an hour");
        assert_eq!(warnings.load(Ordering::Relaxed), 1);
        let mut lab = world.object::<Lab>("main");
        let pending = lab.pending().unwrap();
        assert_eq!(pending.len(), 2);
        for work in pending {
            assert_eq!(work.attempts, 0);
            assert!(matches!(work.why, Why::CannotBeBuilt(_)), "{work:?}");
        }
        let repair = "DELETE FROM lumenize_state WHERE key = 'broken'";
        lab.tamper(repair).unwrap();
        world.advance(Duration::from_secs(300));
        let mut lab = world.object::<Lab>("main");
        assert_eq!(lab.run(Lab::c().log()).unwrap(), ["first", "second"]);
    });
}
