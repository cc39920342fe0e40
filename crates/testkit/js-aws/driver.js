// Does with AWS' SDK for JavaScript what is told by lines: {"service", "operation", "input"} on the way in,
// {"output"} or {"error"} on the way out.

import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as ec2 from "@aws-sdk/client-ec2";
import * as ecs from "@aws-sdk/client-ecs";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";
import { createInterface } from "node:readline";

// A fault is told at once: nothing here may be better the second time.
const settings = { maxAttempts: 1 };
const services = {
  cloudwatch: [cloudwatch, new cloudwatch.CloudWatchClient(settings)],
  ec2: [ec2, new ec2.EC2Client(settings)],
  ecs: [ecs, new ecs.ECSClient(settings)],
  ssm: [ssm, new ssm.SSMClient(settings)],
  sts: [sts, new sts.STSClient(settings)],
};
const TIMES = new Set(["StartTime", "EndTime", "Timestamp"]);

for await (const line of createInterface({ input: process.stdin })) {
  // The SDK takes times as dates only.
  const { service, operation, input } = JSON.parse(line, (key, value) =>
    TIMES.has(key) ? new Date(value) : value,
  );
  const [module, client] = services[service];
  let answer;
  try {
    const output = await client.send(new module[`${operation}Command`](input));
    delete output.$metadata;
    answer = { output };
  } catch (error) {
    if (!error.$metadata) throw error;
    // CloudWatch's faults have the code of forms beside the name of their shape.
    const code = error.Error?.Code ?? error.Code ?? error.name;
    answer = { error: { code, message: error.message } };
  }
  console.log(JSON.stringify(answer));
}
