// An agency's system, whole: reads its inbox, accepts, asks, reports progress, resolves.
//
//   npm install        (kafkajs; Node 18 or later)
//   KAFKA_BOOTSTRAP=127.0.0.1:9092 AGENCY=sdabmbk STATE=agency.json node agency.js
//
// What it does at once, people do in yours. What must stay: every message is acted on once, nothing
// older than what was read is acted on, and the id of a command says which command it is.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Kafka, logLevel } from "kafkajs";

const { AGENCY, STATE, KAFKA_BOOTSTRAP } = process.env;
const PREFIX = "id.go.medan.";

// A file is enough to read this by; yours is a database, and one transaction keeps both parts.
const state = existsSync(STATE)
  ? JSON.parse(readFileSync(STATE, "utf8"))
  : { seen: {}, cases: {} }; // ce_id → true; complaint id → {version, words, unclear}

function save() {
  writeFileSync(`${STATE}.new`, JSON.stringify(state));
  renameSync(`${STATE}.new`, STATE); // whole or not at all
}

// What one new message makes us do: [command, its words], or nothing.
function react(type, body, kept) {
  switch (type) {
    case "case.handed-over":
      // every part of a place may be absent: of a confidential case, all but the kelurahan
      kept.unclear = !body.place?.address && !body.case.confidential;
      kept.words = body.text;
      return ["accept", { note: "Laporan kami terima." }];
    case "command.done":
      if (body.command_type === `${PREFIX}case.accept.v1`) {
        return kept.unclear
          ? ["ask", { question: "Di sebelah mana tepatnya? Mohon patokannya." }]
          : ["progress", { note: "Petugas menuju lokasi." }];
      }
      return body.command_type === `${PREFIX}case.progress.v1`
        ? ["resolve", { note: "Pekerjaan selesai. Terima kasih." }]
        : null;
    case "case.answered":
    case "case.resumed":
    case "case.reopened":
      return ["progress", { note: "Petugas melanjutkan pekerjaan." }];
    case "case.taken-away":
    case "case.withdrawn":
    case "case.confirmed":
    case "case.blanked":
      delete kept.words; // delete the words that we hold
      return null;
    case "command.refused":
      console.log("refused:", body.rule, body.reason, body.mend); // for a person
      return null;
    default:
      return null; // a type that we don't know is no error: it is new
  }
}

// A record for the outbox. The id is made of what the command is: sent twice, it is one.
function command(what, complaint, version, words) {
  const type = `${PREFIX}case.${what}.v1`;
  const id = createHash("sha256").update(`${AGENCY}/${complaint}/${version}/${type}`).digest("hex");
  return {
    key: complaint,
    value: JSON.stringify({ complaint_id: complaint, case_version: version, ...words }),
    headers: {
      ce_specversion: "1.0",
      ce_id: id,
      ce_type: type,
      ce_source: `/medan/agencies/${AGENCY}`,
      ce_time: new Date().toISOString(),
      ce_subject: complaint,
      "content-type": "application/json",
    },
  };
}

// One message: the command that follows from it, if any. `save()` once it is sent.
function handle(message) {
  const header = (name) => message.headers[name].toString();
  const [id, complaint, version] = [header("ce_id"), header("ce_subject"), Number(header("ce_sequence"))];
  const kept = (state.cases[complaint] ??= { version: 0 });
  if (state.seen[id] || version <= kept.version) return null; // read before, or newer was
  state.seen[id] = true;
  kept.version = version;
  const type = header("ce_type").slice(PREFIX.length).replace(/\.v1$/, "");
  const found = react(type, JSON.parse(message.value.toString()), kept);
  return found && command(found[0], complaint, version, found[1]);
}

const kafka = new Kafka({ brokers: KAFKA_BOOTSTRAP.split(","), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `agency-${AGENCY}` });
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topic: `agency.${AGENCY}.inbox.v1`, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ topic, partition, message }) => {
    const answer = handle(message);
    if (answer) {
      // 1. the command is safe at the broker
      await producer.send({ topic: `agency.${AGENCY}.outbox.v1`, acks: -1, messages: [answer] });
    }
    save(); // 2. what we did is kept
    const offset = String(BigInt(message.offset) + 1n);
    await consumer.commitOffsets([{ topic, partition, offset }]); // 3. and the message is done
  },
});
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, async () => {
    await consumer.disconnect();
    await producer.disconnect();
    process.exit(0);
  });
}
