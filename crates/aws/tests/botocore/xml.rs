//! A client's reader of XML answers: elements to values by a shape.

use topmast_aws::codec::{Source, fit};
use topmast_aws::model::{Kind, Member, Service, ShapeId};
use topmast_aws::{Map, Value};

/// An element, without attributes.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) below: Vec<Element>,
}

impl Element {
    /// Reads a document.
    pub(crate) fn of(document: &str) -> Self {
        let mut open = vec![Self::default()];
        let mut rest = document;
        while let Some(begin) = rest.find('<') {
            open.last_mut().unwrap().text.push_str(&plain(&rest[..begin]));
            let end = begin + rest[begin..].find('>').expect("a tag ends");
            let tag = &rest[begin + 1..end];
            rest = &rest[end + 1..];
            if tag.starts_with('?') || tag.starts_with('!') {
            } else if let Some(name) = tag.strip_prefix('/') {
                let element = open.pop().unwrap();
                assert_eq!(element.name, name.trim(), "tags are nested");
                open.last_mut().unwrap().below.push(element);
            } else {
                let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap().to_owned();
                let element = Self { name, ..Self::default() };
                if tag.ends_with('/') {
                    open.last_mut().unwrap().below.push(element);
                } else {
                    open.push(element);
                }
            }
        }
        assert_eq!(open.len(), 1, "every tag is closed");
        open.pop().unwrap().below.pop().unwrap_or_default()
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.below.iter().find(|child| child.name == name)
    }

    /// The members of a structure.
    pub(crate) fn structure(&self, service: &'static Service, shape: ShapeId) -> Value {
        let Kind::Structure { members, .. } = &service.shape(shape).kind else { return Value::Null };
        let mut map = Map::new();
        for member in members {
            let inside = &service.shape(member.shape).kind;
            let named = |name: &str| self.below.iter().filter(|child| child.name == name).collect::<Vec<_>>();
            let name = member.wire_name();
            let found = named(name);
            let Some(first) = found.first() else { continue };
            let value = match inside {
                Kind::List(of) if member.is_flattened => list(&found, service, of),
                Kind::Map(key, of) if member.is_flattened => entries(&found, service, key, of),
                _ => first.value(service, member),
            };
            map.insert(member.name.clone().into(), value);
        }
        Value::Map(map)
    }

    fn value(&self, service: &'static Service, member: &Member) -> Value {
        let all: Vec<_> = self.below.iter().collect();
        match &service.shape(member.shape).kind {
            Kind::Structure { .. } => self.structure(service, member.shape),
            Kind::List(of) => {
                let name = of.location_name.as_deref().unwrap_or("member");
                assert!(all.iter().all(|child| child.name == name), "{name}: {all:?}");
                list(&all, service, of)
            }
            Kind::Map(key, of) => entries(&all, service, key, of),
            kind => {
                let text = self.text.as_str();
                let raw = match kind {
                    Kind::Integer(_) => Value::Integer(text.parse().unwrap()),
                    Kind::Float => text.parse().map_or_else(|_| text.into(), Value::Float),
                    Kind::Boolean => Value::Boolean(text.parse().unwrap()),
                    _ => Value::Text(text.to_owned()),
                };
                fit(raw, service, member.shape, Source::Json).unwrap()
            }
        }
    }
}

fn list(elements: &[&Element], service: &'static Service, of: &Member) -> Value {
    Value::List(elements.iter().map(|element| element.value(service, of)).collect())
}

fn entries(elements: &[&Element], service: &'static Service, key: &Member, of: &Member) -> Value {
    let name = |member: &Member, default: &str| member.location_name.clone().unwrap_or(default.to_owned());
    let entry = |element: &&Element| {
        let value = element.child(&name(of, "value")).map(|child| child.value(service, of));
        (element.child(&name(key, "key")).unwrap().text.clone().into(), value.unwrap())
    };
    Value::Map(elements.iter().map(entry).collect())
}

fn plain(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&#13;", "\r").replace("&#xD;", "\r").replace("&amp;", "&")
}
