//! What is written down of each second, and what is not.

use super::*;
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;
use topmast_wire::FrameSink as _;

/// A second that begins ten seconds of a trend.
const START: i64 = 1_795_000_000;
const SECOND: Duration = Duration::from_secs(1);

fn path(text: &str) -> ObjectPath {
    text.parse().unwrap()
}

/// A live model with one server, whose clock is right and which reads itself each second.
struct Fleet {
    live: LiveModel,
    began: Instant,
}

impl Fleet {
    fn new() -> Self {
        let fleet = Self { live: LiveModel::default(), began: Instant::now() };
        let server = fleet.live.server(&path("acme/main/db"));
        lock(&server).connected(SECOND);
        fleet
    }

    fn at(&self, second: i64) -> Instant {
        self.began + SECOND * u32::try_from(second).unwrap()
    }

    /// A frame with ticks of seconds that arrives at a second: load, and one service's transactions.
    fn hear(&self, arrives: i64, ticks: &[(i64, f64, f64)]) {
        let server = self.live.server(&path("acme/main/db"));
        let mut server = lock(&server);
        let mut receiver = server.receive(self.at(arrives), UnixMillis((START + arrives) * 1_000));
        receiver.series(0, Series::new("host_load_1", Vec::<(&str, &str)>::new()));
        let labels = [("application", "switch"), ("service", "AcqDB")];
        receiver.series(1, Series::new("service_transactions_total", labels));
        for (second, load, transactions) in ticks {
            receiver.tick(UnixMillis((START + second) * 1_000));
            receiver.value(0, *load);
            receiver.value(1, *transactions);
        }
        receiver.finish();
    }

    async fn record(&self, second: i64) {
        self.live.record(START + second, self.at(second)).await;
    }

    /// A figure's values from the first second to the last, as text: `-` for a gap.
    fn shown(&self, of: &str, figure: &str, seconds: RangeInclusive<i64>) -> String {
        let path = path(of);
        let figures = topmast_api::chart::figures_of(path.level());
        let position = figures.iter().position(|known| known.name == figure).unwrap();
        let steps = Steps { since: START + seconds.start(), until: START + seconds.end() + 1, step_s: 1 };
        let values = self.live.recent(&path, position, &steps);
        let text = |value: &f32| if value.is_nan() { "-".to_owned() } else { value.to_string() };
        values.iter().map(text).collect::<Vec<_>>().join(" ")
    }
}

#[tokio::test]
async fn each_second_is_what_the_figures_were_and_a_gap_stays_a_gap() {
    // H-1, H-2
    let fleet = Fleet::new();
    fleet.record(0).await;
    for second in 1..=3 {
        fleet.hear(second, &[(second, second as f64, 100.0 * second as f64)]);
        fleet.record(second).await;
    }
    for second in 4..=7 {
        fleet.record(second).await;
    }
    fleet.hear(8, &[(8, 8.0, 800.0)]);
    fleet.record(8).await;
    // The second after the last tick may still be its; then nothing was heard.
    assert_eq!(fleet.shown("acme/main/db", "load1", 0..=9), "- 1 2 3 3 - - - 8 -");
    assert_eq!(fleet.shown("acme/main/db/switch/AcqDB", "tps", 0..=9), "- - 100 100 100 - - - 100 -");
    assert_eq!(fleet.shown("acme/main/db/switch", "tps", 2..=8), "100 100 100 - - - 100");
    assert_eq!(fleet.shown("acme/main", "tps", 2..=8), "100 100 100 - - - 100");
    assert_eq!(fleet.shown("acme/main/other", "load1", 0..=3), "- - - -");
    assert_eq!(fleet.shown("acme/main/db/switch/Other", "tps", 0..=3), "- - - -");
}

#[tokio::test]
async fn data_of_the_past_never_fills_the_present() {
    let fleet = Fleet::new();
    fleet.hear(1, &[(1, 1.0, 0.0)]);
    fleet.record(1).await;
    // What the agent kept while it was away, sent in one go.
    fleet.hear(20, &[(2, 2.0, 0.0), (3, 3.0, 0.0), (4, 4.0, 0.0)]);
    fleet.record(20).await;
    assert_eq!(fleet.shown("acme/main/db", "load1", 18..=20), "- - -");
    fleet.hear(21, &[(5, 5.0, 0.0), (21, 21.0, 0.0)]);
    fleet.record(21).await;
    assert_eq!(fleet.shown("acme/main/db", "load1", 18..=21), "- - - 21");
}

#[tokio::test]
async fn history_outlives_a_connection_and_ends_with_its_last_second() {
    let fleet = Fleet::new();
    fleet.hear(0, &[(0, 1.5, 0.0)]);
    fleet.record(0).await;
    let server = fleet.live.server(&path("acme/main/db"));
    lock(&server).connected(SECOND);
    fleet.record(KEPT_S - 1).await;
    assert_eq!(fleet.shown("acme/main/db", "load1", 0..=1), "1.5 -");
    fleet.record(KEPT_S).await;
    assert_eq!(fleet.shown("acme/main/db", "load1", 0..=1), "- -");
    let server = lock(&server);
    assert!(server.recent.host.slots.is_none(), "memory of a silent server is given back");
    assert!(server.recent.applications.is_empty());
}

#[tokio::test]
async fn service_that_went_away_leaves_its_past_and_no_more() {
    let fleet = Fleet::new();
    for second in 0..=2 {
        fleet.hear(second, &[(second, 0.0, 10.0 * second as f64)]);
        fleet.record(second).await;
    }
    let server = fleet.live.server(&path("acme/main/db"));
    let now = UnixMillis((START + 3) * 1_000);
    {
        let mut server = lock(&server);
        let mut receiver = server.receive(fleet.at(3), now);
        receiver.retired(1);
        receiver.tick(now);
        receiver.value(0, 7.0);
        receiver.finish();
    }
    fleet.record(3).await;
    assert_eq!(fleet.shown("acme/main/db", "load1", 1..=3), "0 0 7");
    assert_eq!(fleet.shown("acme/main/db/switch/AcqDB", "tps", 1..=3), "10 10 -");
    assert_eq!(fleet.shown("acme/main", "tps", 1..=3), "10 10 -");
}

fn filled(seconds: &[(i64, f32)]) -> Recent<1> {
    let mut recent = Recent::default();
    for (second, value) in seconds {
        recent.write(START + second, [Short::of((*value).into())]);
    }
    recent
}

fn averages(recent: &Recent<1>, since: i64, until: i64, step_s: i64) -> Vec<Option<f32>> {
    let steps = Steps { since: START + since, until: START + until, step_s };
    let averages = recent.averages(0, &steps);
    averages.into_iter().map(|value| (!value.is_nan()).then_some(value)).collect()
}

#[test]
fn ring_wraps_and_shows_no_second_of_the_round_before() {
    let mut recent = filled(&[]);
    for second in 0..KEPT_S + 5 {
        recent.write(START + second, [Short::of(second as f64)]);
    }
    assert_eq!(averages(&recent, 3, 7, 1), [None, None, Some(5.0), Some(6.0)]);
    // Seconds that nobody wrote hold nothing of the round before.
    recent.write(START + KEPT_S + 8, [Short::of(1.0)]);
    assert_eq!(
        averages(&recent, KEPT_S + 4, KEPT_S + 10, 1),
        [Some(304.0), None, None, None, Some(1.0), None]
    );
    recent.write(START + 10 * KEPT_S, [Short::of(2.0)]);
    assert_eq!(averages(&recent, 9 * KEPT_S, 10 * KEPT_S + 1, KEPT_S), [None, Some(2.0)]);
    assert_eq!(averages(&recent, 9 * KEPT_S + 1, 10 * KEPT_S, 1).iter().flatten().count(), 0);
}

#[test]
fn written_second_stays_as_it_is() {
    // H-1
    let recent = filled(&[(5, 1.0), (5, 2.0), (4, 3.0)]);
    assert_eq!(averages(&recent, 4, 6, 1), [None, Some(1.0)]);
}

#[test]
fn step_averages_what_is_known_of_it() {
    let recent = filled(&[(0, 1.0), (1, f32::NAN), (2, 5.0), (6, 9.0)]);
    assert_eq!(averages(&recent, 0, 8, 3), [Some(3.0), None, Some(9.0)]);
    assert_eq!(averages(&recent, 0, 2, 3), [Some(1.0)], "nothing after the end counts");
}

#[test]
fn trend_has_ten_seconds_each_and_begins_with_what_is_known() {
    let mut server = RecentServer::default();
    for second in 0..45 {
        let cpu = if (20..30).contains(&second) { f64::NAN } else { second as f64 };
        let mut figures = [Short::UNKNOWN; 7];
        figures[0] = Short::of(cpu);
        server.host.write(START + second, figures);
        server.follow_trend();
    }
    // 4.5 is rounded up; the ten seconds under way are not over yet.
    assert_eq!(server.cpu_trend, [Some(5), Some(15), None, Some(35)]);
    for second in 45..1_000 {
        server.host.write(START + second, [Short::of(50.0); 7]);
        server.follow_trend();
    }
    assert_eq!(server.cpu_trend, vec![Some(50); 30]);
}
