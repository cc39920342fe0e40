//! `/api/v1/sessions/current/second-factor`: a user's own second factor.

use crate::access::second_factor::{self, SetError};
use crate::enrol::on_behalf;
use crate::http::authenticate::{Authenticated, Peer, verify_code, verify_password};
use crate::http::body::Body;
use crate::http::problem::{Refusal, not_current};
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use qrcode::{Color, EcLevel, QrCode};
use std::sync::Arc;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::session::{CodeRequest, RecoveryCodes, SecondFactorOffer, SecondFactorRequest};
use topmast_engine::Submission;
use topmast_model::access::AccessOrder;
use topmast_model::command::Command;
use topmast_model::principal::{Actor, AuthMethod};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::SECOND_FACTOR_OFFER, second_factor_offer)
        .route(&route::SECOND_FACTOR_SET, second_factor_set)
        .route(&route::SECOND_FACTOR_REMOVE, second_factor_remove)
}

async fn second_factor_offer(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Result<(StatusCode, Json<SecondFactorOffer>), Refusal> {
    let user = in_session(&authenticated)?.name.clone();
    if context.bus.state().user(&user).is_some_and(second_factor::is_of_provider) {
        let detail = "you log in through the identity provider: set a second factor there";
        return Err(Refusal::new(ProblemCode::Conflict, detail));
    }
    let offered = second_factor::offer(&context, &user).map_err(refusal)?;
    let second_factor::Offered { secret, uri, offer } = offered;
    Ok((StatusCode::CREATED, Json(SecondFactorOffer { secret, qr: qr(&uri), uri, offer })))
}

/// A link as a QR code; none when it is too long for one, for it can be opened and the secret be typed.
pub(super) fn qr(uri: &str) -> Vec<String> {
    let Ok(code) = QrCode::with_error_correction_level(uri, EcLevel::M) else { return Vec::new() };
    let colours = code.to_colors();
    let line = |line: &[Color]| line.iter().map(|colour| colour.select('1', '0')).collect();
    colours.chunks(code.width().max(1)).map(line).collect()
}

async fn second_factor_set(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Peer(address): Peer,
    Body(request): Body<SecondFactorRequest>,
) -> Result<Json<RecoveryCodes>, Refusal> {
    let actor = in_session(&authenticated)?.clone();
    verify_password(&context, &actor.name, request.password, address)
        .await
        .map_err(not_current("password"))?;
    let set = second_factor::set(&context, actor, &request.offer, &request.code).await;
    set.map(|codes| Json(RecoveryCodes { codes })).map_err(refusal)
}

async fn second_factor_remove(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Peer(address): Peer,
    Body(request): Body<CodeRequest>,
) -> Result<StatusCode, Refusal> {
    let actor = in_session(&authenticated)?.clone();
    // Not 401: the session is good, and logging in again would not help.
    let wrong = |refusal: Refusal| match refusal.problem().code {
        ProblemCode::SecondFactor => Refusal::invalid("code", refusal.detail()),
        _ => refusal,
    };
    verify_code(&context, &actor, Some(&request.code), address).await.map_err(wrong)?;
    let order = AccessOrder::ResetSecondFactor { user: actor.name.clone() };
    let submission = Submission { principal: on_behalf(actor), command: Command::ChangeAccess { order } };
    context.bus.submit(submission).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A user in a session: neither a program nor somebody who sends a password with each request has a second factor.
fn in_session(authenticated: &Authenticated) -> Result<&Actor, Refusal> {
    let actor = &authenticated.principal.actor;
    if actor.auth == AuthMethod::Session {
        return Ok(actor);
    }
    let detail = "a second factor is a user's own: log in with `topmast login` or in the console";
    Err(Refusal::new(ProblemCode::Forbidden, detail))
}

fn refusal(error: SetError) -> Refusal {
    match error {
        SetError::Offer => Refusal::invalid("offer", error.to_string()),
        SetError::Code => Refusal::invalid("code", error.to_string()),
        SetError::Random(_) | SetError::Secret(_) => Refusal::new(ProblemCode::Internal, error.to_string()),
        SetError::Submit(error) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qr_code_says_what_the_link_says() {
        let uri =
            "otpauth://totp/Topmast%20acme%2Fmain:ann?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Topmast";
        let lines = qr(uri);
        assert!(lines.iter().all(|line| line.len() == lines.len()), "{lines:?}");
        // As it is drawn: four light modules around it.
        let (quiet, scale) = (4, 4);
        let side = (lines.len() + 2 * quiet) * scale;
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
            let (x, y) = ((x / scale).checked_sub(quiet), (y / scale).checked_sub(quiet));
            let module = y.and_then(|y| lines.get(y)).zip(x).and_then(|(line, x)| line.as_bytes().get(x));
            if module == Some(&b'1') { 0 } else { 255 }
        });
        let found = image.detect_grids();
        let [grid] = &found[..] else { panic!("{} codes are found", found.len()) };
        assert_eq!(grid.decode().unwrap().1, uri);
        assert!(qr(&"x".repeat(5_000)).is_empty());
    }
}
