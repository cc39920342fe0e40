//! `/api/v1/packages`: what can be installed, and where it is.

use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::package::StoreError;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use std::sync::Arc;
use topmast_api::package::{PackageRow, PackageUpload, PackageUploadQuery, PackageUploaded};
use topmast_api::page::Page;
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::package::StoredPackage;
use topmast_engine::{State as EngineState, Submission};
use topmast_model::command::Command;
use topmast_model::package::{Digest, Package, PackageError, PackageFormat, PackageOrder, PackageVersion};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::PACKAGE_LIST, package_list)
        .route(&route::PACKAGE_ADD, package_add)
        .route(&route::PACKAGE_UPLOAD_GET, package_upload_get)
        .route(&route::PACKAGE_REMOVE, package_remove)
}

async fn package_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<PackageRow>> {
    let (principal, state) = (&authenticated.principal, context.bus.state());
    let rows = state
        .all_packages()
        .filter(|(tenant, _)| may_see(principal, &state, tenant))
        .map(|(tenant, kept)| row(&state, principal, tenant, kept));
    Json(Page::whole(rows.collect(), state.last_seq().0))
}

/// A tenant's packages are for whoever may read anything of it: what may be installed there is no secret there.
pub(super) fn may_see(principal: &Principal, state: &EngineState, tenant: &ObjectPath) -> bool {
    principal.may(Right::Read, Some(tenant))
        || state.servers().within(Some(tenant)).any(|(path, _)| principal.may(Right::Read, Some(path)))
}

fn row(state: &EngineState, principal: &Principal, tenant: ObjectPath, kept: &StoredPackage) -> PackageRow {
    let StoredPackage { package, added_at, added_by } = kept;
    let applications = state.installed(&tenant, &package.id);
    let applications = applications.filter(|path| principal.may(Right::Read, Some(path))).cloned().collect();
    PackageRow {
        name: package.id.name().to_owned(),
        version: package.id.version().to_owned(),
        format: package.format,
        file: package.file.clone(),
        sha256: package.sha256.clone(),
        size_bytes: package.size,
        signed: package.signature.is_some(),
        added_at: Timestamp(*added_at),
        added_by: added_by.clone(),
        applications,
        tenant,
    }
}

/// Whose packages are meant, when they may be changed.
fn tenant_of(
    context: &Context,
    principal: &Principal,
    named: Option<ObjectPath>,
) -> Result<ObjectPath, Refusal> {
    let tenant = named.or_else(|| context.cluster.ancestor(Level::Tenant));
    let tenant = tenant.ok_or_else(|| Refusal::invalid("tenant", "name a tenant"))?;
    if !principal.may(Right::ManageServers, Some(&tenant)) {
        let text = format!("{} may not add packages to {tenant}; ask its administrator", principal.actor);
        return Err(Refusal::new(ProblemCode::Forbidden, text));
    }
    Ok(tenant)
}

async fn package_upload_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(sha256): Named<String>,
    Asked(query): Asked<PackageUploadQuery>,
) -> Result<Json<PackageUploaded>, Refusal> {
    let tenant = tenant_of(&context, &authenticated.principal, query.tenant)?;
    let sha256: Digest =
        sha256.parse().map_err(|error: PackageError| Refusal::invalid("sha256", error.to_string()))?;
    Ok(Json(PackageUploaded { bytes: context.packages.uploaded(&tenant, &sha256) }))
}

/// Everything that is wrong is said before the bytes are taken, but for what only they can show.
async fn package_add(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(upload): Asked<PackageUpload>,
    request: Request,
) -> Result<(StatusCode, Json<PackageRow>), Refusal> {
    let principal = authenticated.principal;
    let tenant = tenant_of(&context, &principal, upload.tenant.clone())?;
    let mut package = described(&upload)?;
    package.check().map_err(|error| Refusal::invalid("package", error.to_string()))?;
    let wanted = upload.sha256.as_deref().map(str::parse::<Digest>).transpose();
    let wanted = wanted.map_err(|error| Refusal::invalid("sha256", error.to_string()))?;
    let body = request.into_body().into_data_stream();
    let arrived = match &wanted {
        Some(wanted) => context.packages.go_on((&tenant, wanted), upload.offset.unwrap_or(0), body).await?,
        None if upload.offset.is_some() => {
            return Err(Refusal::invalid("offset", "needs the sha256 of the whole package beside it"));
        }
        None => context.packages.receive(body).await?,
    };
    if let Some(wanted) = wanted.filter(|wanted| *wanted != arrived.sha256) {
        let text = format!(
            "the bytes that arrived have SHA-256 {}, and {wanted} was announced; nothing was kept",
            arrived.sha256
        );
        return Err(Refusal::invalid("sha256", text));
    }
    (package.sha256, package.size) = (arrived.sha256.clone(), arrived.size);
    let (id, sha256) = (package.id.clone(), package.sha256.clone());
    let order = PackageOrder::Add { package: Box::new(package) };
    let submission = Submission {
        principal: principal.clone(),
        command: Command::ChangePackages { tenant: tenant.clone(), order },
    };
    let changing = context.packages.changing().await;
    context.bus.rehearse(&submission)?;
    context.packages.keep(&arrived).map_err(StoreError::from)?;
    let submitted = context.bus.submit(submission).await;
    if submitted.is_err() && !context.bus.state().has_package_bytes(&sha256) {
        context.packages.remove(&sha256);
    }
    drop(changing);
    submitted?;
    let state = context.bus.state();
    let kept = state.packages(&tenant).get(&id).ok_or_else(|| Refusal::not_found("package", &id))?;
    Ok((StatusCode::CREATED, Json(row(&state, &principal, tenant.clone(), kept))))
}

/// The package as it is described; its bytes are not known yet.
fn described(upload: &PackageUpload) -> Result<Package, Refusal> {
    let id = PackageVersion::new(&upload.name, &upload.version).map_err(|error| {
        let field = if matches!(error, PackageError::Version(_)) { "version" } else { "name" };
        Refusal::invalid(field, error.to_string())
    })?;
    let format = match (&upload.format, &upload.file) {
        (Some(format), _) => {
            format.parse().map_err(|error: PackageError| Refusal::invalid("format", error.to_string()))?
        }
        (None, Some(file)) => PackageFormat::of_file(file),
        (None, None) => {
            return Err(Refusal::invalid("format", "give the format, or the file's name to tell it by"));
        }
    };
    let file = upload.file.clone().unwrap_or_else(|| id.name().to_owned());
    let sha256 = Digest::of_bytes(&[0; 32]).map_err(|error| Refusal::invalid("sha256", error.to_string()))?;
    Ok(Package {
        file: (format == PackageFormat::File).then_some(file),
        id,
        format,
        sha256,
        size: 1,
        signature: upload.signature.clone(),
    })
}

async fn package_remove(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named((tenant, name, version)): Named<(ObjectPath, String, String)>,
) -> Result<StatusCode, Refusal> {
    let id = PackageVersion::new(&name, &version)
        .map_err(|_| Refusal::not_found("package", format!("{name}@{version}")))?;
    let changing = context.packages.changing().await;
    let kept = context.bus.state().packages(&tenant).get(&id).map(|kept| kept.package.sha256.clone());
    let command = Command::ChangePackages { tenant, order: PackageOrder::Remove { id } };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    if let Some(sha256) = kept.filter(|sha256| !context.bus.state().has_package_bytes(sha256)) {
        context.packages.remove(&sha256);
    }
    drop(changing);
    Ok(StatusCode::NO_CONTENT)
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::TooLarge(_) => ProblemCode::TooLarge,
            StoreError::Empty | StoreError::Cut(_) | StoreError::Kept(_) => ProblemCode::Invalid,
            StoreError::Offset { .. } | StoreError::Busy => ProblemCode::Conflict,
            StoreError::Io(_) => ProblemCode::Storage,
        };
        Self::new(code, error.to_string())
    }
}
