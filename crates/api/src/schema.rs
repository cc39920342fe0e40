//! Schemas of the vocabulary: the model knows nothing of OpenAPI, so its words are described here.
//!
//! Each type stands in for the one of the same name in the model. The words of an
//! enumeration come from the model itself, so they cannot drift.

use std::borrow::Cow;
use topmast_model as model;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $words:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    let words: Vec<&str> = $words.iter().map(|word| word.as_str()).collect();
                    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )*
    };
}

words! {
    /// How well something is, from best to worst.
    Health = model::status::Health::ALL;
    /// Whether a server's data arrives.
    ServerStatus = model::status::ServerStatus::ALL;
    /// State of an application.
    ApplicationStatus = model::status::ApplicationStatus::ALL;
    /// State of a service.
    ServiceStatus = model::status::ServiceStatus::ALL;
    /// State of a task.
    TaskStatus = model::status::TaskStatus::ALL;
    /// State of an action or of one of its targets.
    ActionStatus = model::status::ActionStatus::ALL;
    /// Whether a problem is over.
    ProblemStatus = model::status::ProblemStatus::ALL;
    /// How much a problem matters, from least to most.
    Severity = model::status::Severity::ALL;
    /// How what lies on a server compares with what is meant to.
    ConfigurationStatus = model::configuration::ConfigurationStatus::ALL;
    /// What can be kept as code.
    CodeKind = model::code::CodeKind::ALL;
    /// What can be asked of an application.
    Operation = model::application::Operation::ALL;
    /// What a policy can want a permit for.
    PermitKind = model::permit::PermitKind::ALL;
    /// What a custom action is done to.
    CustomTarget = model::custom::CustomTarget::ALL;
    /// Who may order a custom action.
    CustomRight = model::custom::CustomRight::ALL;
    /// What the bytes of a package are.
    PackageFormat = model::package::PackageFormat::ALL;
    /// What an error means for the targets of an action that are not begun.
    OnError = model::rolling::OnError::ALL;
    /// A role that can be granted.
    Role = model::principal::Role::GRANTABLE;
    /// How an application is run.
    ApplicationKind = [
        model::application::ApplicationKind::Process,
        model::application::ApplicationKind::Systemd,
        model::application::ApplicationKind::Script,
        model::application::ApplicationKind::WindowsService,
    ];
    /// What a Topmast process on a server is.
    ServerRole = model::server::ServerRole::ALL;
    /// What a server inside another one is.
    GuestKind = model::guest::GuestKind::ALL;
    /// An operating system that can be read over ssh.
    HostSystem = model::agentless::HostSystem::ALL;
    /// What an account gives to whoever logs in over ssh.
    AccountShell = model::agentless::AccountShell::ALL;
    /// What the secret of a login is.
    LoginKind = model::agentless::LoginKind::ALL;
}

/// An object path.
#[derive(Debug)]
pub struct ObjectPath;

impl PartialSchema for ObjectPath {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("tenant/cluster/server/application/service, as deep as the object is"))
            .examples(["acme/main/pay-1/switch"])
            .into()
    }
}

impl ToSchema for ObjectPath {
    fn name() -> Cow<'static, str> {
        "ObjectPath".into()
    }
}

/// Why something entered its state, for programs: `kind` names it, the other fields depend on the kind.
#[derive(Debug)]
pub struct Cause;

impl PartialSchema for Cause {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("kind names the cause; the other fields depend on it"))
            .property("kind", ObjectBuilder::new().schema_type(Type::String))
            .required("kind")
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    }
}

impl ToSchema for Cause {
    fn name() -> Cow<'static, str> {
        "Cause".into()
    }
}

/// A role on a path and everything inside it.
#[derive(Debug)]
pub struct Grant;

impl PartialSchema for Grant {
    fn schema() -> RefOr<Schema> {
        let path = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("where it holds; null is everywhere"));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("role", Role::schema())
            .property("path", path)
            .required("role")
            .into()
    }
}

impl ToSchema for Grant {
    fn name() -> Cow<'static, str> {
        "Grant".into()
    }
}
