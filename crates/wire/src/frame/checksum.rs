//! CRC-32 (IEEE 802.3, reflected, polynomial 0xEDB88320): finds every burst of up to 32 changed bits.
//!
//! One table of 1 KiB: a frame has some 300 bytes, so a faster one would not show.

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0_u32;
    while index < 256 {
        let mut rest = index;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest & 1 == 1 { (rest >> 1) ^ 0xEDB8_8320 } else { rest >> 1 };
            bit += 1;
        }
        table[index as usize] = rest;
        index += 1;
    }
    table
};

pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes
        .iter()
        .fold(u32::MAX, |rest, byte| (rest >> 8) ^ TABLE[((rest ^ u32::from(*byte)) & 0xff) as usize])
}

#[cfg(test)]
mod tests {
    #[test]
    fn crc32_gives_the_standard_check_value() {
        assert_eq!(super::crc32(b"123456789"), 0xCBF4_3926);
    }
}
