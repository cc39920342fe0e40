//! Forms of AWS's clients: no bytes may panic, whatever the operation, and every answer to them is well formed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_aws::codec::form::{Dialect, pairs, read, tree};
use topmast_aws::codec::xml;
use topmast_aws::model::{Protocol, services};

fuzz_target!(|data: &[u8]| {
    let Some((which, body)) = data.split_first() else { return };
    let Ok(tree) = pairs(body).and_then(|pairs| tree(&pairs)) else { return };
    let inputs =
        services().iter().filter(|service| service.protocols.iter().any(|protocol| protocol.is_xml()));
    let inputs = inputs.flat_map(|service| {
        service.operations().filter_map(move |operation| Some((service, operation.input?)))
    });
    for (service, shape) in inputs.skip(usize::from(*which) % 34).take(4) {
        let is_ec2 = service.protocols.contains(&Protocol::Ec2);
        let dialect = if is_ec2 { Dialect::Ec2 } else { Dialect::Query };
        if let Ok(value) = read(&tree, service, shape, dialect) {
            let mut out = String::new();
            xml::members(&mut out, &value, service, shape);
            let closed = out.matches("</").count();
            assert_eq!(out.matches('<').count(), 2 * closed + out.matches("/>").count(), "{out}");
        }
    }
});
