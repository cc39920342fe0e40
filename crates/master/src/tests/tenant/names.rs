//! What zebra has, and the names by which somebody could ask for it.

use super::Asker;
use crate::tests::world::until;
use serde_json::{Value, json};

/// Of minisign's own documentation: E7620F1842B4E81F.
pub(super) const TRUST_KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

/// Names of one of everything.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// The word that all names have and nobody else's.
    pub(super) word: &'static str,
    /// Ids by the beginning of an operation's name.
    pub(super) ids: Vec<(&'static str, String)>,
}

impl Names {
    /// The same of what there is not.
    pub(super) fn absent(&self) -> Self {
        let absent = |(place, (kind, _)): (usize, &(&'static str, String))| {
            let other = match *kind {
                "problem" | "permit" => "987654321".to_owned(),
                "access_key" => "AKIAABSENTABSENT2345".to_owned(),
                _ => format!("01900000-0000-7000-8000-00000000abc{place}"),
            };
            (*kind, other)
        };
        Self { word: "absnt", ids: self.ids.iter().enumerate().map(absent).collect() }
    }

    pub(super) fn id(&self, kind: &str) -> &str {
        self.ids.iter().find(|(other, _)| *other == kind).map_or("", |(_, id)| id)
    }

    pub(super) fn server(&self) -> String {
        let word = self.word;
        format!("{word}/main/{word}-db")
    }

    pub(super) fn application(&self) -> String {
        format!("{}/{}-switch", self.server(), self.word)
    }

    /// A name that has the word in it.
    pub(super) fn name(&self, kind: &str) -> String {
        format!("{}-{kind}", self.word)
    }

    /// A text with what was asked for taken out, so that two answers can be compared.
    pub(super) fn neutral(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (kind, id) in &self.ids {
            // A problem's and a permit's are short numbers, which other numbers may have in them.
            let (id, told) = match *kind {
                "problem" | "permit" => (format!("{kind} {id} "), format!("{kind} <{kind}> ")),
                kind => (id.clone(), format!("<{kind}>")),
            };
            text = text.replace(&id, &told);
        }
        text.replace(&self.word.to_uppercase(), "WORD").replace(self.word, "word")
    }
}

/// Makes one of everything for zebra, by the master's admin.
pub(super) async fn populate(admin: &Asker) -> Names {
    let application = "zebra/main/zebra-db/zebra-switch";
    let once = json!({"once": {"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2027-11-01T00:00:00Z"}});
    let grants = json!([{"role": "admin", "path": "zebra"}]);
    let post = async |path: &str, body: Value| admin.ok("POST", path, body).await;
    let id = |value: &Value| match value.get("id").unwrap_or(&value["row"]["id"]) {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let user = json!({"name": "zebra-user", "password": "a password of tests only", "grants": grants});
    post("/api/v1/users", user).await;
    let owned = json!({"name": "zebra-token", "owner": "zebra-user", "grants": grants});
    let token = post("/api/v1/tokens", owned).await;
    let owned = json!({"name": "zebra-key", "owner": "zebra-user", "grants": grants});
    let key = post("/api/v1/access-keys", owned).await;
    let join = post("/api/v1/join-tokens", json!({"cluster": "zebra/main"})).await;
    let freeze = json!({"name": "zebra-freeze", "objects": ["zebra/main/zebra-other"], "window": once});
    let freeze = post("/api/v1/freezes", freeze).await;
    let policy = json!({"name": "zebra-policy", "operations": ["stop"], "within": "zebra/main/zebra-other"});
    post("/api/v1/approval-policies", policy).await;
    let mute = post("/api/v1/mutes", json!({"object": application, "ends_in_s": 3_600})).await;
    let maintenance =
        json!({"name": "zebra-maintenance", "objects": ["zebra/main/zebra-other"], "window": once});
    let maintenance = post("/api/v1/maintenances", maintenance).await;
    let rule = "[[rule]]\nname = \"zebra-rule\"\nseverity = \"major\"\nmessage = \"m\"\nwithin = \"zebra\"\n\
                when.threshold = { query = \"zebra_metric\", compare = \">\", value = 1 }\n";
    post("/api/v1/rules", json!({"text": rule})).await;
    let configuration = "[[configuration]]\nname = \"zebra-configuration\"\nwithin = \"zebra\"\napplication = \"zebra-switch\"\n\
                         [[configuration.file]]\npath = \"a\"\ncontent = \"c\"\n";
    post("/api/v1/configurations", json!({"text": configuration})).await;
    let channel = "[[channel]]\nname = \"zebra-channel\"\ntenant = \"zebra\"\nwebhook = { url = \"http://127.0.0.1:9/\", secret = \"zebra secret of tests\" }\n";
    post("/api/v1/channels", json!({"text": channel})).await;
    let route = "[[route]]\nname = \"zebra-route\"\nwithin = \"zebra\"\nchannels = [\"zebra-channel\"]\n";
    post("/api/v1/routes", json!({"text": route})).await;
    let package = "/api/v1/packages?tenant=zebra&name=zebra-package&version=1.0&file=zebra-package.tar.gz";
    post(package, Value::String("some bytes of zebra".into())).await;
    post("/api/v1/trust-keys", json!({"tenant": "zebra", "key": TRUST_KEY, "comment": "zebra-key"})).await;
    post("/api/v1/heartbeats", json!({"path": format!("{application}/zebra-beat"), "every_s": 86_400})).await;
    post("/api/v1/influx/write", Value::String("zebra_metric,tenant=zebra,zebra_label=zebra value=7".into()))
        .await;
    let action = post("/api/v1/actions", json!({"operation": "stop", "targets": [application]})).await;
    let problem = until(async || {
        let (_, text) = admin.ask("GET", "/api/v1/problems?filter=zebra", None).await;
        let page: Value = serde_json::from_str(&text).unwrap();
        page["items"].get(0).map(id)
    })
    .await;
    // A permit waits, and its policy is in nobody's way.
    let policy =
        json!({"name": "zebra-permits", "requests": ["remove-server"], "within": "zebra/main/zebra-db"});
    post("/api/v1/approval-policies", policy).await;
    let (status, text) = admin.ask("DELETE", "/api/v1/servers/zebra/main/zebra-db", None).await;
    assert_eq!(status, 409, "{text}");
    admin.ask("DELETE", "/api/v1/approval-policies/zebra-permits", None).await;
    let (_, text) = admin.ask("GET", "/api/v1/permits", None).await;
    let permits: Value = serde_json::from_str(&text).unwrap();
    let ids = vec![
        ("permit", id(&permits["items"][0])),
        ("action", id(&action)),
        ("freeze", id(&freeze)),
        ("mute", id(&mute)),
        ("maintenance", id(&maintenance)),
        ("problem", problem),
        ("token", id(&token)),
        ("access_key", id(&key)),
        ("join_token", id(&join)),
        // There is none: the one of zebra's would need an agent that runs commands.
        ("terminal", "01900000-0000-7000-8000-00000000dead".to_owned()),
    ];
    Names { word: "zebra", ids }
}
