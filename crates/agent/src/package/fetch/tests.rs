//! Packages that come in pieces, over links that break and from masters that are wrong.

use super::*;
use crate::package::place::tests::package;
use std::sync::Arc;
use tempfile::TempDir;
use topmast_model::package::key::TrustKey;
use topmast_wire::PackagePiece;

/// Answers every question by `answer`, and counts them.
fn link(
    courier: &Arc<Courier>,
    answer: impl Fn(&PieceRequest) -> Option<Result<Vec<u8>, String>> + Send + 'static,
) -> tokio::task::JoinHandle<()> {
    let courier = Arc::clone(courier);
    tokio::spawn(async move {
        let mut asked = courier.asked();
        loop {
            while let Some(question) = courier.next() {
                if let Some(content) = answer(&question) {
                    let PieceRequest { sha256, offset, .. } = question;
                    courier.answer(PackagePiece { sha256, offset, content });
                }
            }
            asked.changed().await.unwrap();
        }
    })
}

fn piece(bytes: &[u8], question: &PieceRequest) -> Vec<u8> {
    let from = usize::try_from(question.offset).unwrap();
    bytes[from..(from + question.length as usize).min(bytes.len())].to_vec()
}

fn bytes() -> Vec<u8> {
    (0..PIECE_MAX * 2 + 1_000).map(|number| u8::try_from(number % 251).unwrap()).collect()
}

struct Fetching {
    directory: TempDir,
    courier: Arc<Courier>,
    policy: PackagePolicy,
}

impl Fetching {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory, courier: Arc::default(), policy: PackagePolicy::default() }
    }

    async fn fetch(&self, package: &Package, signed: Option<Signed>) -> Result<PathBuf, String> {
        let data_dir = self.directory.path();
        fetch(&self.courier, &self.policy, data_dir, package, signed, Duration::from_mins(1)).await
    }

    fn part(&self, package: &Package) -> PathBuf {
        self.directory.path().join(format!("packages/{}.part", package.sha256))
    }
}

#[tokio::test]
async fn package_comes_in_pieces_and_whole() {
    let (fetching, bytes) = (Fetching::new(), bytes());
    let package = package("switch@1", &bytes);
    let master = bytes.clone();
    let link = link(&fetching.courier, move |question| Some(Ok(piece(&master, question))));
    let path = fetching.fetch(&package, None).await.unwrap();
    assert_eq!(std::fs::read(path).unwrap(), bytes);
    link.abort();
}

#[tokio::test]
async fn transfer_that_was_cut_goes_on_from_where_it_was() {
    let (fetching, bytes) = (Fetching::new(), bytes());
    let package = package("switch@1", &bytes);
    let master = bytes.clone();
    // The first link brings one piece, loses the next question, and ends.
    let first =
        link(&fetching.courier, move |question| (question.offset == 0).then(|| Ok(piece(&master, question))));
    let fetch = fetching.fetch(&package, None);
    let other = async {
        let part = fetching.part(&package);
        let mut asked = fetching.courier.asked();
        while std::fs::metadata(&part).map_or(0, |part| part.len()) < PIECE_MAX as u64 {
            asked.changed().await.unwrap();
        }
        first.abort();
        fetching.courier.broke();
        let master = bytes.clone();
        let second = link(&fetching.courier, move |question| {
            assert!(question.offset > 0, "what is there is not asked for again");
            Some(Ok(piece(&master, question)))
        });
        [second]
    };
    let (fetched, [link]) = tokio::join!(fetch, other);
    assert_eq!(std::fs::read(fetched.unwrap()).unwrap(), bytes);
    link.abort();
}

#[tokio::test]
async fn what_is_there_of_an_earlier_try_is_not_fetched_again_but_verified() {
    let (fetching, bytes) = (Fetching::new(), bytes());
    let package = package("switch@1", &bytes);
    let part = fetching.part(&package);
    std::fs::create_dir_all(part.parent().unwrap()).unwrap();
    std::fs::write(&part, &bytes[..1_000]).unwrap();
    let master = bytes.clone();
    let link = link(&fetching.courier, move |question| {
        assert!(question.offset >= 1_000);
        Some(Ok(piece(&master, question)))
    });
    assert_eq!(std::fs::read(fetching.fetch(&package, None).await.unwrap()).unwrap(), bytes);
    std::fs::write(&part, vec![0; bytes.len()]).unwrap();
    let error = fetching.fetch(&package, None).await.unwrap_err();
    assert!(error.contains("instead of") && !part.exists(), "{error}");
    link.abort();
}

#[tokio::test]
async fn wrong_bytes_and_refusals_are_told_and_nothing_is_kept() {
    // PI-1
    let (fetching, bytes) = (Fetching::new(), bytes());
    let package = package("switch@1", &bytes);
    let mut wrong = bytes.clone();
    wrong[PIECE_MAX + 5] ^= 1;
    let tampering = link(&fetching.courier, move |question| Some(Ok(piece(&wrong, question))));
    let error = fetching.fetch(&package, None).await.unwrap_err();
    assert!(error.contains("SHA-256") && !fetching.part(&package).exists(), "{error}");
    tampering.abort();
    let _ = tampering.await;
    let short = link(&fetching.courier, |_| Some(Ok(Vec::new())));
    assert!(fetching.fetch(&package, None).await.unwrap_err().contains("the master has 0 bytes"));
    short.abort();
    let _ = short.await;
    let refusing = link(&fetching.courier, |_| Some(Err("no such package".to_owned())));
    assert_eq!(fetching.fetch(&package, None).await, Err("no such package".to_owned()));
    refusing.abort();
}

#[test]
fn pieces_of_a_slow_transfer_are_small_and_take_their_time() {
    assert_eq!(piece_length(None), PIECE_MAX as u64);
    assert_eq!(piece_length(Some(100_000)), 25_000);
    assert_eq!((piece_length(Some(1)), piece_length(Some(u64::MAX))), (1, PIECE_MAX as u64));
    assert_eq!(time_of(25_000, 100_000), Duration::from_millis(250));
}

/// Made with Ed25519 over `BLAKE2b` as minisign does it.
const KEY: &str = "RWR0b3BtYXN0Mc+k3rREbjRsStnJFVoC2oX+/Qp/m4TdC6gqkCu8JCxC";
const SIGNATURE: &str = "untrusted comment: signature of the tests\n\
RUR0b3BtYXN0Me3pvse/iKzBbgeseDKhbmzQXbpmiu02veqAk9Sh0jrObj5eXE0059SuxUiWvuCkGEvj3ueKDDFdGlPUy9MZBA4=\n\
trusted comment: a package of the tests\n\
KPLTi3sXsEeA94dATPGC7KA40df34CAhdxaLTY/PKD+XN49sANTYHQEOU3LNa3r76uzQMTJ0m+bNnWqP5osmCw==\n";

#[tokio::test]
async fn signature_is_verified_over_the_bytes() {
    // PI-1
    let fetching = Fetching::new();
    let policy = PackagePolicy { trusted_keys: vec![KEY.to_owned()], ..PackagePolicy::default() };
    for (bytes, fits) in [(&b"a signed package"[..], true), (b"another package", false)] {
        let package = Package { signature: Some(SIGNATURE.to_owned()), ..package("switch@1", bytes) };
        let master = bytes.to_vec();
        let link = link(&fetching.courier, move |question| Some(Ok(piece(&master, question))));
        let signed = policy.check(&package, &[]).ok().flatten();
        let fetched = fetching.fetch(&package, signed).await;
        assert_eq!(fetched.is_ok(), fits, "{fetched:?}");
        assert!(fits || fetched.unwrap_err().contains("does not fit its bytes"));
        link.abort();
        let _ = link.await;
    }
    let other = PackagePolicy {
        trusted_keys: vec!["RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3".to_owned()],
        ..PackagePolicy::default()
    };
    let package =
        Package { signature: Some(SIGNATURE.to_owned()), ..package("switch@1", b"a signed package") };
    // What the master lists counts where nothing is named here, and only there.
    let listed: [TrustKey; 1] = [KEY.parse().unwrap()];
    assert!(other.check(&package, &listed).err().unwrap().contains("[packages] of its agent.toml"));
    assert!(PackagePolicy::default().check(&package, &listed).unwrap().is_some());
    let listed: Vec<TrustKey> = other.trusted_keys.iter().map(|key| key.parse().unwrap()).collect();
    let refused = PackagePolicy::default().check(&package, &listed).err().unwrap();
    assert!(refused.contains("does not trust") && refused.contains("packages keys list"), "{refused}");
}
