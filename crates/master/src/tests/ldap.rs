//! Logging in with the password of a real directory: Debian's slapd, as a process of its own.

use super::world::{World, refused, until};
use crate::config::{GroupGrants, LdapConfig};
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use topmast_api::client::{Client, ClientError};
use topmast_api::event::EventQuery;
use topmast_api::problem::ProblemCode;
use topmast_api::session::Session;

const SEARCH_PASSWORD: &str = "password of the service account";
const ANN_PASSWORD: &str = "ann's own password";

/// The directory's process; it ends with this.
struct Slapd {
    process: Child,
    plain: SocketAddr,
    tls: SocketAddr,
    folder: TempDir,
}

impl Drop for Slapd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Slapd {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        fs::create_dir(folder.path().join("db")).unwrap();
        certificates(folder.path());
        let schema = "/etc/ldap/schema";
        fs::write(
            folder.path().join("slapd.conf"),
            format!(
                "include {schema}/core.schema\ninclude {schema}/cosine.schema\ninclude {schema}/inetorgperson.schema\n\
                 modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {}\n\
                 TLSCertificateFile {}\nTLSCertificateKeyFile {}\nTLSCACertificateFile {}\n\
                 database mdb\nsuffix \"dc=acme,dc=example\"\ndirectory {}\n\
                 rootdn \"cn=root,dc=acme,dc=example\"\nrootpw rootpw\n\
                 access to attrs=userPassword by anonymous auth by * none\n\
                 access to * by dn.exact=\"cn=search,dc=acme,dc=example\" read by * none\n",
                at("pid"),
                at("certificate.pem"),
                at("key.pem"),
                at("ca.pem"),
                at("db"),
            ),
        )
        .unwrap();
        fs::write(folder.path().join("people.ldif"), people()).unwrap();
        fs::write(folder.path().join("password"), SEARCH_PASSWORD).unwrap();
        let program = |name: &str| {
            let mut command = Command::new(format!("/usr/sbin/{name}"));
            command
                .args(["-f", &at("slapd.conf")])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command
        };
        let added = program("slapadd").args(["-l", &at("people.ldif")]).status();
        assert!(added.expect("slapd is there: `scripts/setup test` installs it").success());
        let (plain, tls) = (free(), free());
        let urls = format!("ldap://{plain} ldaps://{tls}");
        let process = program("slapd").args(["-d", "0", "-h", &urls]).spawn().unwrap();
        until(async || TcpStream::connect(plain).ok().and(TcpStream::connect(tls).ok())).await;
        Self { process, plain, tls, folder }
    }

    fn config(&self, url: &str, more: &str) -> LdapConfig {
        toml::from_str(&format!(
            "url = {url:?}\nbind_dn = \"cn=search,dc=acme,dc=example\"\nbind_password = \"file:{}\"\n\
             user_base = \"ou=people,dc=acme,dc=example\"\ngroup_base = \"ou=groups,dc=acme,dc=example\"\n{more}",
            self.folder.path().join("password").display()
        ))
        .unwrap()
    }

    async fn master(&self) -> World {
        self.master_with(self.config(&format!("ldap://{}", self.plain), "")).await
    }

    async fn master_with(&self, ldap: LdapConfig) -> World {
        World::start_with(|config| {
            config.access.ldap = Some(ldap);
            let rule = |text: &str| toml::from_str::<GroupGrants>(text).unwrap();
            config.access.groups = vec![
                rule("group = \"noc\"\ngrants = [\"operator:acme/main\"]"),
                rule("group = \"root\"\ngrants = [\"admin\"]"),
            ];
        })
        .await
    }
}

/// A port that nothing listens on.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A CA and a certificate of it for 127.0.0.1.
fn certificates(folder: &Path) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = params.self_signed(&ca_key).unwrap();
    let issuer = Issuer::from_params(&params, &ca_key);
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
    fs::write(folder.join("certificate.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}

fn people() -> String {
    let mut ldif = String::from(
        "dn: dc=acme,dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: acme\no: Acme\n\n\
         dn: ou=people,dc=acme,dc=example\nobjectClass: organizationalUnit\nou: people\n\n\
         dn: ou=groups,dc=acme,dc=example\nobjectClass: organizationalUnit\nou: groups\n\n",
    );
    let person = |dn: &str, uid: &str, password: &str| {
        format!(
            "dn: {dn}\nobjectClass: inetOrgPerson\ncn: {uid}\nsn: {uid}\nuid: {uid}\nuserPassword: {password}\n\n"
        )
    };
    ldif += &person("cn=search,dc=acme,dc=example", "search", SEARCH_PASSWORD);
    for (uid, password) in
        [("ann", ANN_PASSWORD), ("eve", "eve's own password"), ("admin", "admin of the directory")]
    {
        ldif += &person(&format!("uid={uid},ou=people,dc=acme,dc=example"), uid, password);
    }
    for (group, member) in [("NOC", "ann"), ("others", "eve"), ("root", "admin")] {
        let entry =
            format!("dn: cn={group},ou=groups,dc=acme,dc=example\nobjectClass: groupOfNames\ncn: {group}\n");
        ldif.push_str(&entry);
        ldif.push_str("member: uid=");
        ldif.push_str(member);
        ldif.push_str(",ou=people,dc=acme,dc=example\n\n");
    }
    ldif
}

async fn login(world: &World, user: &str, password: &str) -> Result<Session, ClientError> {
    world.anybody().session_open(user, password).await
}

fn client(world: &World, session: &Session) -> Client {
    world.bearer(session.token.as_ref().unwrap())
}

#[tokio::test]
async fn password_of_the_directory_lets_in_with_the_grants_of_the_groups() {
    let slapd = Slapd::start().await;
    let world = slapd.master().await;
    // However it is typed, it is one user.
    for typed in ["ann", "ANN"] {
        let ann = client(&world, &login(&world, typed, ANN_PASSWORD).await.unwrap());
        let who = ann.session_get().await.unwrap();
        let grants: Vec<String> = who.grants.iter().map(ToString::to_string).collect();
        assert_eq!((who.name.as_str(), grants.join(" ").as_str()), ("ann", "operator:acme/main"));
    }
    let names: Vec<String> =
        world.admin.user_list().await.unwrap().items.into_iter().map(|row| row.name).collect();
    assert_eq!(names, ["admin", "ann"]);
    assert!(world.basic("ann", ANN_PASSWORD).session_get().await.is_ok());
    assert_eq!(
        refused(login(&world, "eve", "eve's own password").await),
        ProblemCode::Forbidden,
        "in no group"
    );
}

#[tokio::test]
async fn wrong_and_made_up_names_and_passwords_are_refused_alike() {
    let slapd = Slapd::start().await;
    let world = slapd.master().await;
    let mut texts = Vec::new();
    for (user, password) in [
        ("ann", "a wrong password"),
        ("nobody", ANN_PASSWORD),
        ("*", ANN_PASSWORD),
        ("ann)(uid=*", ANN_PASSWORD),
        ("a*n", ANN_PASSWORD),
        ("ann", ""),
        ("", ANN_PASSWORD),
        // Of this master, whatever the directory says of that name.
        ("admin", "admin of the directory"),
    ] {
        world.master.context.throttle.forget_addresses();
        let error = login(&world, user, password).await.unwrap_err();
        let problem = error.problem().unwrap();
        assert_eq!(problem.code, ProblemCode::Unauthenticated, "{user} {password}: {problem}");
        texts.push(problem.detail.clone());
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
    let query = EventQuery { kind: Some("LoginFailed".into()), ..EventQuery::default() };
    assert_eq!(world.admin.event_list(&query).await.unwrap().items.len(), 8);
    assert_eq!(world.admin.user_list().await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn passwords_go_over_tls_to_a_directory_that_is_trusted() {
    let slapd = Slapd::start().await;
    let ca = format!("ca_file = \"{}\"", slapd.folder.path().join("ca.pem").display());
    let (plain, tls) = (slapd.plain, slapd.tls);
    for (url, more) in [
        (format!("ldaps://{tls}"), ca.clone()),
        (format!("ldap://{plain}"), format!("starttls = true\n{ca}")),
    ] {
        let world = slapd.master_with(slapd.config(&url, &more)).await;
        assert!(login(&world, "ann", ANN_PASSWORD).await.is_ok(), "{url}");
    }
    // The system knows nothing of that CA.
    let world = slapd.master_with(slapd.config(&format!("ldaps://{tls}"), "")).await;
    assert_eq!(refused(login(&world, "ann", ANN_PASSWORD).await), ProblemCode::Busy);
}

#[tokio::test]
async fn local_users_log_in_while_the_directory_is_away() {
    let slapd = Slapd::start().await;
    let world = slapd.master().await;
    drop(slapd);
    let error = login(&world, "ann", ANN_PASSWORD).await.unwrap_err();
    let problem = error.problem().unwrap();
    assert_eq!(problem.code, ProblemCode::Busy);
    assert!(
        problem.detail.contains("use a user of this master") && !problem.detail.contains("cn="),
        "{problem}"
    );
    assert!(login(&world, "admin", &world.password).await.is_ok());
}
