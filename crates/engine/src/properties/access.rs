//! Random orders about somebody's access.

use super::generate::some_grants;
use super::*;
use topmast_model::access::{AccessOrder, NetworksOf, Outside, OutsideKind};
use topmast_model::agentless::Sealed;

pub(super) fn any_access_order() -> impl Strategy<Value = AccessOrder> {
    let user = || prop::sample::select(&USERS[..]).prop_map(str::to_owned);
    let digest = || (0_usize..6).prop_map(digest);
    prop_oneof![
        4 => digest().prop_map(|secret_hash| AccessOrder::CloseSession { secret_hash }),
        1 => (user(), prop::option::of(digest()))
            .prop_map(|(user, except)| AccessOrder::CloseSessions { user, except }),
        1 => user().prop_map(|user| AccessOrder::RevokeTokens { user }),
        1 => user().prop_map(|user| AccessOrder::RecordLock { user, until: UnixMillis(1) }),
        1 => user().prop_map(|user| AccessOrder::Unlock { user }),
        1 => Just(AccessOrder::RecordFailures { count: 2 }),
        2 => user().prop_map(|user| AccessOrder::SetSecondFactor {
            user, secret: Sealed("s".into()), recovery: (0..3).map(crate::fixture::digest).collect(), step: 2
        }),
        2 => (user(), 0_u64..9).prop_map(|(user, step)| AccessOrder::UseSecondFactor { user, step }),
        2 => (user(), digest()).prop_map(|(user, code_hash)| AccessOrder::UseRecoveryCode { user, code_hash }),
        1 => user().prop_map(|user| AccessOrder::ResetSecondFactor { user }),
        2 => (prop::sample::select(&["eve", "oda"][..]), digest(), some_grants()).prop_map(
            |(user, subject, grants)| {
                let outside = Outside { kind: OutsideKind::Oidc, subject };
                AccessOrder::AdmitUser { user: user.into(), outside, grants }
            }
        ),
        2 => (0_usize..6, user(), any::<bool>(), 0_u8..3).prop_map(|(number, user, force, count)| {
            let whose = match number {
                0 => NetworksOf::Everybody,
                1..3 => NetworksOf::User(user),
                _ => NetworksOf::Token(Uuid::from_u128(number as u128)),
            };
            let networks = (0..count).map(|host| format!("10.0.0.{host}").parse().unwrap()).collect();
            AccessOrder::SetNetworks { whose, networks, force }
        }),
    ]
}
