//! Frames and traps: what real senders write, what lies, and anything.

use super::*;
use crate::intake::{Samples, Told};
use proptest::prelude::*;
use std::io::Write as _;
use std::time::Duration;

const NOW: i64 = 1_795_000_000_123;

fn packed(payload: &[u8], says: usize) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(payload).unwrap();
    let body = encoder.finish().unwrap();
    let number = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
    [b"ZBXD\x03", &number(body.len())[..], &number(says), &body].concat()
}

fn large(payload: &[u8]) -> Vec<u8> {
    [b"ZBXD\x05", &(payload.len() as u64).to_le_bytes()[..], &[0; 8], payload].concat()
}

#[test]
fn frame_is_read_when_it_is_whole() {
    for whole in [frame(b"6.0.14"), packed(b"6.0.14", 6), large(b"6.0.14")] {
        for cut in 0..whole.len() {
            assert_eq!(unframe(&whole[..cut], 100), Ok(None), "{cut}");
        }
        assert_eq!(unframe(&whole, 100).unwrap().unwrap(), &b"6.0.14"[..]);
    }
}

#[test]
fn frame_that_lies_is_refused_before_memory_is_taken() {
    // Z-1
    let bomb = packed(&vec![0; 1 << 20], 100);
    for (bytes, expect) in [
        (&b"HTTP/1.1 400 Bad Request"[..], "not Zabbix that speaks here"),
        (b"ZBXE", "not Zabbix that speaks here"),
        (b"ZBXD\x00", "flags 0x00"),
        (b"ZBXD\x09", "flags 0x09"),
        (b"ZBXD\x01\xff\xff\xff\xff", "says 4294967295 bytes, more than the 1000"),
        (b"ZBXD\x05\xff\xff\xff\xff\xff\xff\xff\xff", "says 18446744073709551615 bytes"),
        (b"ZBXD\x03\x04\0\0\0\xff\xff\xff\x7f", "says 2147483647 bytes"),
        (b"ZBXD\x03\x04\0\0\0\x04\0\0\0abcd", "cannot be unpacked"),
        (&packed(b"abcd", 5), "does not unpack to the 5 bytes"),
        (&packed(b"abcd", 3), "does not unpack to the 3 bytes"),
        (&bomb, "says"),
    ] {
        let error = unframe(bytes, 1_000).unwrap_err().to_string();
        assert!(error.contains(expect), "{error:?} does not say {expect:?}");
    }
    // Within the bound, more comes out than its header says: read no further than that.
    assert_eq!(unframe(&bomb, 2_000), Err(FrameError::Length(100)));
}

fn told(text: &str) -> (Trapped, Vec<Samples>) {
    let mut sink = Told::default();
    let trapped = take(text.as_bytes(), NOW, &mut sink).unwrap();
    (trapped, sink.0)
}

#[test]
fn values_become_series_by_host_key_and_parameters() {
    let (trapped, told) = told(
        r#"{"request":"sender data","data":[
            {"host":"db1","key":"app.orders[eu,1]","value":"17"},
            {"host":"db1","key":"app.load","value":" 0.5 ","clock":1795000000,"ns":250000000},
            {"host":"db1","key":"app.count","value":3,"clock":1795000001}],
          "clock":1795000002,"ns":1,"session":"x"}"#,
    );
    assert_eq!(
        told,
        [
            ("app_orders{host=db1,parameters=eu,1}".to_owned(), vec![(NOW, 17.0)]),
            ("app_load{host=db1}".to_owned(), vec![(1_795_000_000_250, 0.5)]),
            ("app_count{host=db1}".to_owned(), vec![(1_795_000_001_000, 3.0)]),
        ]
    );
    assert_eq!((trapped.total, trapped.outcome.samples, trapped.outcome.left_out), (3, 3, 0));
}

#[test]
fn what_is_no_number_of_a_named_item_fails_and_the_rest_is_taken() {
    // Z-2
    let (trapped, told) = told(
        r#"{"request":"agent data","data":[
            {"host":"db1","key":"app.state","value":"running"},
            {"host":"db1","key":"app.nan","value":"nan"},
            {"host":"db1","key":"app.list","value":[1,{"a":2}]},
            {"host":"db1","key":"app.none"},
            {"host":"db1","value":"1"},
            {"host":"db1","key":"app.good","value":"1"}]}"#,
    );
    assert_eq!(told, [("app_good{host=db1}".to_owned(), vec![(NOW, 1.0)])]);
    assert_eq!((trapped.total, trapped.outcome.samples, trapped.outcome.left_out), (6, 1, 5));
    let reason = trapped.outcome.reason.unwrap();
    assert!(reason.contains("\"app.state\" of \"db1\" is not a number"), "{reason}");
}

#[test]
fn request_for_something_else_is_refused_with_what_to_do() {
    for (text, expect) in [
        (r#"{"request":"active checks","host":"db1"}"#, "\"active checks\" is not answered here"),
        ("", "not what zabbix_sender writes"),
        (r#"{"request":"sender data","data":[{"host":1}]}"#, "not what zabbix_sender writes"),
        (r#"{"data":[]}"#, "missing field `request`"),
    ] {
        let error = take(text.as_bytes(), NOW, &mut Told::default()).unwrap_err().to_string();
        assert!(error.contains(expect), "{error:?} does not say {expect:?}");
    }
    let many = format!(r#"{{"request":"sender data","data":[{}{{}}]}}"#, "{},".repeat(10_000));
    let error = take(many.as_bytes(), NOW, &mut Told::default()).unwrap_err().to_string();
    assert!(error.contains("more than 10000 values"), "{error}");
}

#[test]
fn answers_are_the_words_that_senders_look_for() {
    let answer = accepted(2, 1, Duration::from_micros(55));
    let text = unframe(&answer, 1_000).unwrap().unwrap();
    assert_eq!(
        std::str::from_utf8(&text).unwrap(),
        r#"{"response":"success","info":"processed: 2; failed: 1; total: 3; seconds spent: 0.000055"}"#
    );
    let answer = refused("say \"what\"");
    let text = unframe(&answer, 1_000).unwrap().unwrap();
    assert_eq!(std::str::from_utf8(&text).unwrap(), r#"{"info":"say \"what\"","response":"failed"}"#);
}

proptest! {
    #[test]
    fn payloads_come_back(payload in prop::collection::vec(any::<u8>(), 0..2_000)) {
        for whole in [frame(&payload), packed(&payload, payload.len()), large(&payload)] {
            prop_assert_eq!(&*unframe(&whole, 4_000).unwrap().unwrap(), &payload[..]);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        flags in 0_u8..8,
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = unframe(&bytes, 1_000);
        let _ = unframe(&[b"ZBXD", &[flags][..], &bytes].concat(), 1_000);
        let _ = take(&bytes, NOW, &mut Told::default());
    }

    #[test]
    fn each_value_is_told_or_fails(key in ".{0,20}", host in ".{0,20}", value in "[0-9a-z.+-]{0,8}") {
        let item = serde_json::json!({ "host": host, "key": key, "value": value });
        let text = serde_json::json!({ "request": "sender data", "data": [item] }).to_string();
        let mut sink = Told::default();
        let trapped = take(text.as_bytes(), NOW, &mut sink).unwrap();
        prop_assert_eq!(trapped.outcome.samples + trapped.outcome.left_out, 1);
        prop_assert_eq!(sink.0.len() as u64, trapped.outcome.samples);
    }
}
