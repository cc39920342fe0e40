//! The second factor: set, asked for, used once, lost, required.

use super::world::{PASSWORD, World, client, refused};
use crate::access::totp;
use std::time::Duration;
use topmast_api::audit::{ExportFormat, ExportQuery};
use topmast_api::client::{Client, ClientError, Credentials};
use topmast_api::event::EventQuery;
use topmast_api::problem::ProblemCode;
use topmast_api::session::{SecondFactorRequest, SecondFactorState, Session};
use topmast_api::token::TokenRequest;
use topmast_model::principal::Role;

/// A user's authenticator: what is typed off its screen.
struct Authenticator(Vec<u8>);

impl Authenticator {
    /// From the text that a person types into it.
    fn new(secret: &str) -> Self {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let value = |character: char| u128::try_from(alphabet.find(character).unwrap()).unwrap();
        let (first, last) = secret.split_at(secret.len() / 2);
        // 16 characters are ten bytes.
        let bytes = |half: &str| {
            let bits = half.chars().fold(0_u128, |bits, character| (bits << 5) | value(character));
            bits.to_be_bytes()[6..].to_vec()
        };
        Self([bytes(first), bytes(last)].concat())
    }

    fn code(&self, world: &World) -> String {
        let now = world.master.context.bus.clock().now();
        totp::code_at(&self.0, u64::try_from(now.0 / 30_000).unwrap(), 6)
    }
}

/// Lets a user of the session set a second factor. Returns the authenticator and the recovery codes.
async fn set(world: &World, eve: &Client) -> (Authenticator, Vec<String>) {
    let offer = eve.second_factor_offer().await.unwrap();
    assert!(offer.uri.contains(&offer.secret), "{}", offer.uri);
    let authenticator = Authenticator::new(&offer.secret);
    let (offer, code, password) = (offer.offer, authenticator.code(world), PASSWORD.into());
    let codes = eve.second_factor_set(&SecondFactorRequest { offer, code, password }).await.unwrap().codes;
    (authenticator, codes)
}

async fn login(world: &World, code: Option<&str>) -> Result<Session, ClientError> {
    world.anybody().session_open_with("eve", PASSWORD, code).await
}

/// The next code: that of the step after the one that was used.
fn pass_a_step(world: &World) {
    let clock = world.master.context.bus.clock();
    clock.not_before(clock.now().plus(Duration::from_secs(30)));
}

#[tokio::test]
async fn login_needs_a_code_which_counts_once() {
    let world = World::start().await;
    let (eve, _) = world.user("eve", &["viewer"]).await;
    assert_eq!(eve.session_get().await.unwrap().second_factor, Some(SecondFactorState::Unset));
    let (authenticator, _) = set(&world, &eve).await;
    assert_eq!(eve.session_get().await.unwrap().second_factor, Some(SecondFactorState::Set));
    assert_eq!(refused(login(&world, None).await), ProblemCode::SecondFactor);
    // The code that set it is used up.
    assert_eq!(refused(login(&world, Some(&authenticator.code(&world))).await), ProblemCode::SecondFactor);
    pass_a_step(&world);
    let code = authenticator.code(&world);
    let session = login(&world, Some(&code)).await.unwrap();
    let again = client(&world.master, Credentials::of(&session));
    assert!(again.session_get().await.is_ok());
    assert_eq!(refused(login(&world, Some(&code)).await), ProblemCode::SecondFactor, "replayed");
    assert_eq!(refused(world.basic("eve", PASSWORD).session_get().await), ProblemCode::SecondFactor);
    // A wrong password says nothing of a second factor.
    let wrong = world.anybody().session_open_with("eve", "a wrong password", Some(&code)).await;
    assert_eq!(refused(wrong), ProblemCode::Unauthenticated);
}

#[tokio::test]
async fn wrong_codes_wait_as_wrong_passwords_do() {
    let world = World::start().await;
    let (eve, _) = world.user("eve", &["viewer"]).await;
    let (authenticator, _) = set(&world, &eve).await;
    pass_a_step(&world);
    let guesses = (0..40).map(|_| login(&world, Some("000000")));
    let answers = futures_util::future::join_all(guesses).await;
    let codes: Vec<ProblemCode> = answers.into_iter().map(refused).collect();
    assert_eq!(codes.iter().filter(|code| **code == ProblemCode::SecondFactor).count(), 5, "{codes:?}");
    let right = login(&world, Some(&authenticator.code(&world))).await;
    assert_eq!(refused(right), ProblemCode::TooManyRequests);
    let query = EventQuery { kind: Some("LoginFailed".into()), ..EventQuery::default() };
    assert_eq!(world.admin.event_list(&query).await.unwrap().items.len(), 5);
}

#[tokio::test]
async fn recovery_code_opens_one_session_and_only_its_user_or_an_admin_resets() {
    let world = World::start().await;
    let (eve, _) = world.user("eve", &["viewer"]).await;
    let (zed, _) = world.user("zed", &["viewer"]).await;
    let (authenticator, codes) = set(&world, &eve).await;
    assert_eq!(codes.len(), 10);
    let typed = codes[3].to_lowercase().replace('-', " ");
    assert!(login(&world, Some(&typed)).await.is_ok());
    assert_eq!(refused(login(&world, Some(&codes[3])).await), ProblemCode::SecondFactor);
    assert_eq!(refused(zed.user_reset_second_factor("eve").await), ProblemCode::Forbidden);
    assert_eq!(refused(eve.user_reset_second_factor("eve").await), ProblemCode::Forbidden);
    assert_eq!(refused(eve.second_factor_remove("000000").await), ProblemCode::Invalid);
    pass_a_step(&world);
    eve.second_factor_remove(&authenticator.code(&world)).await.unwrap();
    assert!(login(&world, None).await.is_ok());
    set(&world, &eve).await;
    let row = world.admin.user_reset_second_factor("eve").await.unwrap();
    assert_eq!(row.second_factor, SecondFactorState::Unset);
    assert!(login(&world, None).await.is_ok());
    assert_eq!(refused(world.admin.user_reset_second_factor("admin").await), ProblemCode::Forbidden);
}

#[tokio::test]
async fn who_has_to_set_one_can_do_nothing_else_before() {
    let world = World::start_with(|config| config.access.second_factor = vec![Role::Operator]).await;
    let (viewer, _) = world.user("viewer", &["viewer"]).await;
    assert!(
        viewer.user_list().await.is_err_and(|error| error.problem().unwrap().code == ProblemCode::Forbidden)
    );
    let (eve, _) = world.user("eve", &["viewer", "operator:acme/main"]).await;
    assert_eq!(eve.session_get().await.unwrap().second_factor, Some(SecondFactorState::Due));
    let token = TokenRequest {
        name: "way-round".into(),
        owner: None,
        grants: super::world::grants_of(&["viewer"]),
        expires_in_s: None,
        speaks_for_users: false,
    };
    assert_eq!(refused(eve.token_create(&token).await), ProblemCode::SecondFactorDue);
    assert_eq!(refused(eve.session_list().await), ProblemCode::SecondFactorDue);
    assert_eq!(refused(world.basic("eve", PASSWORD).session_list().await), ProblemCode::SecondFactor);
    set(&world, &eve).await;
    assert!(eve.session_list().await.is_ok());
    assert!(eve.token_create(&token).await.is_ok());
}

#[tokio::test]
async fn offer_is_its_users_own_and_ends_and_needs_the_password() {
    let world = World::start().await;
    let (eve, _) = world.user("eve", &["viewer"]).await;
    let (zed, _) = world.user("zed", &["viewer"]).await;
    let offered = eve.second_factor_offer().await.unwrap();
    let authenticator = Authenticator::new(&offered.secret);
    let request = |world: &World, password: &str| SecondFactorRequest {
        offer: offered.offer.clone(),
        code: authenticator.code(world),
        password: password.into(),
    };
    let field = |answer: Result<_, ClientError>| {
        let _: &topmast_api::session::RecoveryCodes = match &answer {
            Ok(codes) => codes,
            Err(error) => return error.problem().unwrap().field.clone().unwrap(),
        };
        "set".to_owned()
    };
    assert_eq!(field(zed.second_factor_set(&request(&world, PASSWORD)).await), "offer");
    assert_eq!(field(eve.second_factor_set(&request(&world, "a wrong password")).await), "password");
    let wrong = SecondFactorRequest { code: "000000".into(), ..request(&world, PASSWORD) };
    assert_eq!(field(eve.second_factor_set(&wrong).await), "code");
    let clock = world.master.context.bus.clock();
    clock.not_before(clock.now().plus(Duration::from_mins(15)));
    assert_eq!(field(eve.second_factor_set(&request(&world, PASSWORD)).await), "offer");
}

#[tokio::test]
async fn neither_secret_nor_codes_leave_by_any_door() {
    let world = World::start().await;
    let (eve, _) = world.user("eve", &["viewer"]).await;
    let offered = eve.second_factor_offer().await.unwrap();
    let authenticator = Authenticator::new(&offered.secret);
    let request = SecondFactorRequest {
        offer: offered.offer.clone(),
        code: authenticator.code(&world),
        password: PASSWORD.into(),
    };
    assert!(!format!("{request:?} {offered:?}").contains(&offered.secret));
    let codes = eve.second_factor_set(&request).await.unwrap();
    assert!(!format!("{codes:?}").contains(&codes.codes[0]));
    login(&world, Some(&codes.codes[0])).await.unwrap();
    let query = ExportQuery { format: ExportFormat::Jsonl, ..ExportQuery::default() };
    let mut export = world.admin.audit_export(&query).await.unwrap();
    let mut told = Vec::new();
    while let Some(piece) = super::world::within(export.next()).await.unwrap() {
        told.extend(piece);
    }
    told.extend(serde_json::to_vec(&world.admin.event_list(&EventQuery::default()).await.unwrap()).unwrap());
    told.extend(serde_json::to_vec(&world.admin.user_list().await.unwrap()).unwrap());
    let sealed = world.master.context.bus.state().user("eve").unwrap().second_factor.clone().unwrap();
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("AccessChanged"));
    for secret in [&offered.secret, &codes.codes[0], &codes.codes[1], &sealed.secret.0] {
        assert!(!told.contains(secret.as_str()), "{secret}");
    }
    for hash in &sealed.recovery {
        assert!(!told.contains(hash), "{hash}");
    }
    let journal = std::fs::read(world.directory.path().join("master/journal.db")).unwrap();
    let wal = std::fs::read(world.directory.path().join("master/journal.db-wal")).unwrap_or_default();
    for bytes in [journal, wal] {
        assert!(
            !bytes.windows(32).any(|window| window == offered.secret.as_bytes()),
            "the journal has it bare"
        );
    }
}
