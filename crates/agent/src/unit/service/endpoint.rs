//! Reads where a check goes: a whole URL, a path of the application's own port, a host with a port.

use crate::unit::reader::{Problem, Table, Value};
use std::path::PathBuf;

/// What the rest of the file says that a check depends on.
#[derive(Debug)]
pub(in crate::unit) struct Context<'c> {
    pub(in crate::unit) application: &'c str,
    pub(in crate::unit) http_port: Option<u16>,
    pub(in crate::unit) working_directory: Option<&'c PathBuf>,
}

const LOCAL: &str = "127.0.0.1";

/// The URL of fields `url`, or `path` and `port`.
pub(super) fn http_url(
    table: &Table<'_, '_>,
    context: &Context<'_>,
    default_path: &str,
) -> Result<String, Problem> {
    if let Some(value) = table.get("url") {
        table.refuse(&["path", "port"], "is part of url already")?;
        return url(value);
    }
    let path = table.get("path").map_or_else(|| Ok(default_path.to_owned()), local_path)?;
    let port = table.get("port").map(Value::port).transpose()?.or(context.http_port);
    let port = port.ok_or_else(|| {
        let message = "the port is not known: write port or url here, or http_port for the application";
        Problem::new(table.span(), message)
    })?;
    Ok(format!("http://{LOCAL}:{port}{path}"))
}

/// The URL of one field that is a URL or a path.
pub(in crate::unit) fn url_or_path(value: Value<'_, '_>, context: &Context<'_>) -> Result<String, Problem> {
    if !value.text()?.starts_with('/') {
        return url(value);
    }
    let path = local_path(value)?;
    let port = context.http_port.ok_or_else(|| {
        value.problem(r#"the port is not known: add http_port, or write a URL like "http://127.0.0.1:8080/""#)
    })?;
    Ok(format!("http://{LOCAL}:{port}{path}"))
}

/// `8080`, `"8080"`, `"host:8080"` or `"[::1]:8080"`.
pub(in crate::unit) fn host_and_port(value: Value<'_, '_>) -> Result<(String, u16), Problem> {
    if let Ok(port) = value.port() {
        return Ok((LOCAL.to_owned(), port));
    }
    let wrong = || value.problem(r#"write a port from 1 to 65535, or a text like "host:8080""#);
    let text = value.text().map_err(|_| wrong())?;
    let (host, port) = text.rsplit_once(':').unwrap_or((LOCAL, &text));
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
    if host.is_empty() || host.contains(['/', ' ']) { Err(wrong()) } else { Ok((host.to_owned(), port)) }
}

fn local_path(value: Value<'_, '_>) -> Result<String, Problem> {
    let path = value.text()?;
    let good = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Ok(path) } else { Err(value.problem("write a path that starts with / and has no blanks")) }
}

fn url(value: Value<'_, '_>) -> Result<String, Problem> {
    let url = value.text()?;
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let good = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && url.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Ok(url) } else { Err(value.problem(r#"write a URL like "http://127.0.0.1:8080/path""#)) }
}
