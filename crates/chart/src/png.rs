//! Pixels to PNG: one deflated stream of rows that are not filtered, for areas of one colour pack well as they are.

use crate::ChartError;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write as _;

const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
/// Eight bits of red, green and blue; deflated, filtered row by row, not interlaced.
const FORM: [u8; 5] = [8, 2, 0, 0, 0];
const NOT_FILTERED: u8 = 0;

/// Packs red, green and blue of each pixel, row by row.
pub(crate) fn encode(width: u32, height: u32, pixels: &[[u8; 3]]) -> Result<Vec<u8>, ChartError> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::new(6));
    let row_length = usize::try_from(width).map_err(|_| ChartError::Size)?;
    for row in pixels.chunks(row_length) {
        packed.write_all(&[NOT_FILTERED]).map_err(|_| ChartError::Packing)?;
        packed.write_all(row.as_flattened()).map_err(|_| ChartError::Packing)?;
    }
    let packed = packed.finish().map_err(|_| ChartError::Packing)?;
    let mut png = Vec::from(SIGNATURE);
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend(FORM);
    for (name, bytes) in [(b"IHDR", header.as_slice()), (b"IDAT", &packed), (b"IEND", &[])] {
        let length = u32::try_from(bytes.len()).map_err(|_| ChartError::Packing)?;
        png.extend(length.to_be_bytes());
        let start = png.len();
        png.extend(name);
        png.extend(bytes);
        png.extend(crc32fast::hash(&png[start..]).to_be_bytes());
    }
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_red_pixel_is_what_the_standard_says() {
        let png = encode(1, 1, &[[255, 0, 0]]).unwrap();
        // IHDR as every encoder writes it for 1 x 1 of eight-bit colours, with its checksum.
        let header = [
            0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53,
            0xde,
        ];
        assert_eq!(png[8..33], header);
        let end = [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82];
        assert_eq!(png[png.len() - 12..], end);
        let mut rows = Vec::new();
        let length = u32::from_be_bytes(png[33..37].try_into().unwrap()) as usize;
        flate2::write::ZlibDecoder::new(&mut rows).write_all(&png[41..41 + length]).unwrap();
        assert_eq!(rows, [NOT_FILTERED, 255, 0, 0]);
    }
}
