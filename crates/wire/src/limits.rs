//! The bounds of everything that can arrive (W-2).

/// Longest message, in bytes. A full tick of a thousand changed series is 4 KiB;
/// this leaves room to replay a spool and bounds what one peer can make us hold.
pub const MESSAGE_MAX: usize = 1 << 20;
/// Longest frame of samples: a message less its envelope.
pub const FRAME_MAX: usize = MESSAGE_MAX - 64;
/// Longest certificate, chain or signing request: ten times a usual one.
pub const PEM_MAX: usize = 16 << 10;
/// Longest signature: RSA-8192, which nobody uses, has 1,024 bytes.
pub const SIGNATURE_MAX: usize = 1 << 10;
/// Longest registration as JSON; its longest part is the list of addresses.
pub const REGISTRATION_MAX: usize = 64 << 10;
/// Longest report as JSON: some hundred times a usual one, so that eight always fit in a message.
pub const REPORT_MAX: usize = 120 << 10;
/// Longest package as JSON: its signature and comment, names and numbers.
pub const PACKAGE_MAX: usize = 8 << 10;
/// Longest custom action of a step as JSON: its arguments have 8 KiB at most.
pub const CUSTOM_MAX: usize = 16 << 10;
/// Most bytes of a package in one message: so few that reports and frames are not held up, enough that a round trip of
/// a millisecond carries 250 MB in a second.
pub const PIECE_MAX: usize = 256 << 10;
/// Longest free text for people: reasons, names.
pub const TEXT_MAX: usize = 4 << 10;

/// Longest command of a pane: one word of a program's arguments has 128 KiB at most on Linux.
pub const COMMAND_MAX: usize = 120 << 10;
/// Longest request to read logs, as JSON: the names of as many applications as a server has, and an expression.
pub const LOG_REQUEST_MAX: usize = 256 << 10;
/// Most bytes that are typed into a pane at once: the largest paste that a master takes.
pub const INPUT_MAX: usize = 256 << 10;
/// Most bytes of a pane's output in one message: small beside a frame, for they share a connection.
pub const OUTPUT_MAX: usize = 16 << 10;

/// Most series in one dictionary, retired ones included: 200 of the largest hosts measured.
/// An encoder that reaches it starts a new dictionary.
pub const SERIES_MAX: u32 = 200_000;
/// Most labels of a series; the catalogue has three at most.
pub const LABELS_MAX: usize = 32;
/// Longest metric name or label name, in bytes.
pub const NAME_MAX: usize = 256;
/// Longest label value, in bytes: a path of the filesystem may be a label.
pub const VALUE_MAX: usize = 4 << 10;
/// Most strings that a dictionary refers to by number; later ones are written out.
pub const STRINGS_MAX: usize = 65_536;
/// Most bytes of those strings together.
pub const STRING_BYTES_MAX: usize = 4 << 20;
/// Most ticks in one frame: an hour at the usual interval.
pub const TICKS_MAX: u32 = 3_600;
