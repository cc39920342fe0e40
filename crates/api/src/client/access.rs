//! Logging in; users, their sessions and their tokens.

use super::{Client, ClientError};
use crate::network::{Networks, NetworksRequest};
use crate::page::Page;
use crate::route;
use crate::session::{
    CodeRequest, DeviceLogin, DeviceSession, DeviceSessionRequest, LoginWays, LoopbackLogin,
    LoopbackLoginRequest, LoopbackSessionRequest, Principal, RecoveryCodes, SecondFactorOffer,
    SecondFactorRequest, Session, SessionRequest, SessionRow,
};
use crate::token::{TokenCreated, TokenRequest, TokenRow};
use crate::user::{GrantsRequest, PasswordRequest, UserRequest, UserRow};
use topmast_model::principal::Grant;
use uuid::Uuid;

type Answer<T> = Result<T, ClientError>;

#[expect(clippy::missing_errors_doc, reason = "every method returns ClientError as the type documents it")]
impl Client {
    /// Logs in; [`Credentials::of`](super::Credentials::of) the session are what later requests need.
    pub async fn session_open(&self, user: &str, password: &str) -> Answer<Session> {
        self.session_open_with(user, password, None).await
    }

    /// The same with a code of the second factor.
    pub async fn session_open_with(&self, user: &str, password: &str, code: Option<&str>) -> Answer<Session> {
        let (user, password) = (user.to_owned(), password.to_owned());
        let request = SessionRequest { user, password, code: code.map(str::to_owned), cookie: false };
        self.call(&route::SESSION_OPEN, &[]).body(&request).json().await
    }

    /// The ways in beside user name and password.
    pub async fn login_ways(&self) -> Answer<LoginWays> {
        self.call(&route::LOGIN_WAYS, &[]).json().await
    }

    /// Begins a login through the identity provider.
    pub async fn oidc_device_begin(&self) -> Answer<DeviceLogin> {
        self.call(&route::OIDC_DEVICE_BEGIN, &[]).json().await
    }

    /// Whether that is done.
    pub async fn oidc_device_session(&self, login: &str) -> Answer<DeviceSession> {
        let request = DeviceSessionRequest { login: login.to_owned() };
        self.call(&route::OIDC_DEVICE_SESSION, &[]).body(&request).json().await
    }

    /// Begins a login through the identity provider with a browser that comes back to a port of 127.0.0.1.
    pub async fn oidc_loopback_begin(&self, port: u16) -> Answer<LoopbackLogin> {
        self.call(&route::OIDC_LOOPBACK_BEGIN, &[]).body(&LoopbackLoginRequest { port }).json().await
    }

    /// Ends it with what the browser brought.
    pub async fn oidc_loopback_session(&self, request: &LoopbackSessionRequest) -> Answer<Session> {
        self.call(&route::OIDC_LOOPBACK_SESSION, &[]).body(request).json().await
    }

    /// Who this client is.
    pub async fn session_get(&self) -> Answer<Principal> {
        self.call(&route::SESSION_GET, &[]).json().await
    }

    /// Logs out.
    pub async fn session_close(&self) -> Answer<()> {
        self.call(&route::SESSION_CLOSE, &[]).empty().await
    }

    /// A secret for one's authenticator.
    pub async fn second_factor_offer(&self) -> Answer<SecondFactorOffer> {
        self.call(&route::SECOND_FACTOR_OFFER, &[]).json().await
    }

    /// Puts an offered secret into force.
    pub async fn second_factor_set(&self, request: &SecondFactorRequest) -> Answer<RecoveryCodes> {
        self.call(&route::SECOND_FACTOR_SET, &[]).body(request).json().await
    }

    /// Removes one's own second factor.
    pub async fn second_factor_remove(&self, code: &str) -> Answer<()> {
        let request = CodeRequest { code: code.to_owned() };
        self.call(&route::SECOND_FACTOR_REMOVE, &[]).body(&request).empty().await
    }

    /// Open sessions.
    pub async fn session_list(&self) -> Answer<Page<SessionRow>> {
        self.call(&route::SESSION_LIST, &[]).json().await
    }

    /// Ends a session.
    pub async fn session_revoke(&self, id: Uuid) -> Answer<()> {
        self.call(&route::SESSION_REVOKE, &[&id.to_string()]).empty().await
    }

    /// Users.
    pub async fn user_list(&self) -> Answer<Page<UserRow>> {
        self.call(&route::USER_LIST, &[]).json().await
    }

    /// Adds a user.
    pub async fn user_create(&self, request: &UserRequest) -> Answer<UserRow> {
        self.call(&route::USER_CREATE, &[]).body(request).json().await
    }

    /// Changes a password; one's own needs the present one too.
    pub async fn user_set_password(&self, name: &str, request: &PasswordRequest) -> Answer<()> {
        self.call(&route::USER_SET_PASSWORD, &[name]).body(request).empty().await
    }

    /// Replaces what a user may do.
    pub async fn user_set_grants(&self, name: &str, grants: Vec<Grant>) -> Answer<UserRow> {
        self.call(&route::USER_SET_GRANTS, &[name]).body(&GrantsRequest { grants }).json().await
    }

    /// Removes a user.
    pub async fn user_delete(&self, name: &str) -> Answer<()> {
        self.call(&route::USER_DELETE, &[name]).empty().await
    }

    /// API tokens.
    pub async fn token_list(&self) -> Answer<Page<TokenRow>> {
        self.call(&route::TOKEN_LIST, &[]).json().await
    }

    /// Makes an API token.
    pub async fn token_create(&self, request: &TokenRequest) -> Answer<TokenCreated> {
        self.call(&route::TOKEN_CREATE, &[]).body(request).json().await
    }

    /// Ends an API token.
    pub async fn token_revoke(&self, id: Uuid) -> Answer<()> {
        self.call(&route::TOKEN_REVOKE, &[&id.to_string()]).empty().await
    }

    /// Forgets a user's failed logins.
    pub async fn user_unlock(&self, name: &str) -> Answer<UserRow> {
        self.call(&route::USER_UNLOCK, &[name]).json().await
    }

    /// Takes another user's second factor away.
    pub async fn user_reset_second_factor(&self, name: &str) -> Answer<UserRow> {
        self.call(&route::USER_RESET_SECOND_FACTOR, &[name]).json().await
    }

    /// Says from which networks a user may come.
    pub async fn user_set_networks(&self, name: &str, request: &NetworksRequest) -> Answer<UserRow> {
        self.call(&route::USER_SET_NETWORKS, &[name]).body(request).json().await
    }

    /// Says from which networks programs may come with a token.
    pub async fn token_set_networks(&self, id: Uuid, request: &NetworksRequest) -> Answer<TokenRow> {
        self.call(&route::TOKEN_SET_NETWORKS, &[&id.to_string()]).body(request).json().await
    }

    /// From which networks anybody may come.
    pub async fn network_list(&self) -> Answer<Networks> {
        self.call(&route::NETWORK_LIST, &[]).json().await
    }

    /// Says from which networks anybody may come.
    pub async fn network_set(&self, request: &NetworksRequest) -> Answer<Networks> {
        self.call(&route::NETWORK_SET, &[]).body(request).json().await
    }

    /// Ends all sessions of a user, but not the one that asks.
    pub async fn user_end_sessions(&self, name: &str) -> Answer<()> {
        self.call(&route::USER_END_SESSIONS, &[name]).empty().await
    }

    /// Ends all API tokens of a user.
    pub async fn user_revoke_tokens(&self, name: &str) -> Answer<()> {
        self.call(&route::USER_REVOKE_TOKENS, &[name]).empty().await
    }
}
