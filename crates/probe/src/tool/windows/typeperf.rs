//! `typeperf`: a CSV file of counters, a row a sample.

use super::counter::Counters;
use crate::error::ParseError;
use crate::reading::Reading;
use crate::tool::pdh;
use crate::tool::text::Text;

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let row = pdh::last_row(text, &mut reading)?;
    let mut counters = Counters::default();
    for (counter, value) in row {
        counters.take(&mut reading, &counter, value.as_deref());
    }
    counters.finish(&mut reading);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_is_not_known_and_the_trailer_no_row() {
        let text = "\r\n\"(PDH-CSV 4.0)\",\"\\\\SHOP1\\Processor(_Total)\\% User Time\",\"\\\\SHOP1\\Memory\\Available MBytes\",\"\\\\SHOP1\\Network Interface(Intel[R] A,B)\\Bytes Received/sec\"\r\n\
            \"01/02/2025 10:00:00.123\",\" \",\"1000.0\",\"\"\r\n\
            \"01/02/2025 10:00:01.123\",\"12.500000\",\"1024.000000\",\" \"\r\n\
            \"01/02/2025 10:00:02\r\n\r\nThe command completed successfully.\r\n";
        let reading = parse(&Text::of("windows typeperf", text)).unwrap();
        assert_eq!((reading.cpu_user_pct, reading.mem_available_bytes), (Some(12.5), Some(1 << 30)));
        let interfaces = reading.interfaces.unwrap();
        assert_eq!(
            (interfaces[0].name.as_deref(), interfaces[0].rx_bytes_per_s),
            (Some("Intel[R] A,B"), None)
        );
    }
}
